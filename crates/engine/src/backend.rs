//! What runs a tape: memory and fused operations on one device.

use error::Result;

use crate::tape::Operation;
use crate::timing::LaunchTime;
use crate::training::{Targets, Update};

/// One training step's circumstances.
#[derive(Clone, Copy)]
pub(crate) struct Step<'a> {
    /// Segments in it, at most those of the plan.
    pub batch: usize,
    pub targets: Targets<'a>,
    /// Seed and number of the step, from which dropout masks are drawn; none: no dropout.
    pub dropout: Option<(u64, u64)>,
    /// Whether somebody wants the waveform's gradient.
    pub input_gradient: bool,
}

/// What can be read from a backend, in the file layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vector {
    Values,
    Velocity,
    Gradients,
    Statistics,
    /// `[batch, tags]`.
    Logits,
    /// `[batch, input_length]`; of a network on waveforms only.
    InputGradient,
}

/// A tape on a device. Operations run forward in the order of the tape, then backward in reverse, then comes the update.
pub(crate) trait Backend: Send {
    /// Copies a vector out.
    fn read(&self, vector: Vector) -> Result<Vec<f32>>;
    /// Sets one of [`Vector::Values`], [`Vector::Velocity`], [`Vector::Statistics`].
    fn write(&mut self, vector: Vector, values: &[f32]) -> Result<()>;
    /// Takes the waveforms `[n, input_length]`; makes their mel spectrograms where the network has that stem.
    fn feed(&mut self, input: &[f32]) -> Result<()>;
    /// Runs one operation forward.
    fn forward(&mut self, operation: Operation, step: &Step) -> Result<()>;
    /// Runs one operation backward.
    fn backward(&mut self, operation: Operation, step: &Step) -> Result<()>;
    /// Mean loss of the last forward pass.
    fn loss(&self) -> Result<f64>;
    /// Starts to measure every launch, or ends it and gives them in their order. On a GPU only.
    fn trace(&mut self, _on: bool) -> Result<Vec<LaunchTime>> {
        Ok(Vec::new())
    }
    /// Nesterov SGD on the whole flat vector.
    fn update(&mut self, update: &Update) -> Result<()>;
}
