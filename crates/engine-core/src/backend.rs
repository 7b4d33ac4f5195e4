//! What runs a tape: memory and fused operations on one device.

use std::borrow::Cow;

use error::{Error, Result};

use crate::segments::{Holding, Segments};
use crate::tape::Operation;
use crate::timing::LaunchTime;
use crate::training::{Targets, Update};

/// One training step's circumstances.
#[derive(Clone, Copy)]
pub(crate) struct Step<'a> {
    /// Segments in it, at most those of the plan.
    pub batch: usize,
    pub targets: Targets<'a>,
    /// What follows on the backward pass; none: nothing.
    pub update: Option<Update>,
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

/// A tape on a device. A step takes everything from outside in [`Backend::upload`]; from then on it only computes: the input, the
/// operations forward in the order of the tape, then backward in reverse, then the update.
pub(crate) trait Backend: Send {
    /// Copies a vector out.
    fn read(&self, vector: Vector) -> Result<Vec<f32>>;
    /// Sets one of [`Vector::Values`], [`Vector::Velocity`], [`Vector::Statistics`].
    fn write(&mut self, vector: Vector, values: &[f32]) -> Result<()>;
    /// Takes `samples` samples of audio to itself, clip after clip, where that spares the way from the host in every step.
    fn hold(&mut self, _samples: u64, _clips: &mut dyn Iterator<Item = Cow<'_, [i16]>>) -> Result<Holding> {
        Ok(Holding::Samples)
    }
    /// Takes a step's segments and everything else that changes from step to step. Makes the segments' mel spectrograms where the
    /// network has that stem.
    fn upload(&mut self, segments: Segments, step: &Step) -> Result<()>;
    /// Makes the network's input of what was uploaded.
    fn feed(&mut self, step: &Step) -> Result<()>;
    /// Runs one operation forward.
    fn forward(&mut self, operation: Operation, step: &Step) -> Result<()>;
    /// Runs one operation backward.
    fn backward(&mut self, operation: Operation, step: &Step) -> Result<()>;
    /// Nesterov SGD on the whole flat vector.
    fn update(&mut self, step: &Step) -> Result<()>;
    /// A whole step after [`Backend::upload`]. A backend may record what it launches here, and replay it for steps of the same form.
    fn step(&mut self, operations: &[Operation], step: &Step) -> Result<()> {
        self.feed(step)?;
        operations.iter().try_for_each(|&operation| self.forward(operation, step))?;
        operations.iter().rev().try_for_each(|&operation| self.backward(operation, step))?;
        self.update(step)
    }
    /// Steps that were replayed so far.
    fn replayed(&self) -> u64 {
        0
    }
    /// How many steps to run ahead of whoever asks for losses.
    fn ahead(&self) -> usize {
        1
    }
    /// Appends the mean losses of the passes since the last call, in their order; waits for them.
    fn losses(&mut self, to: &mut Vec<f64>) -> Result<()>;
    /// The failure with what to do about it, where the backend knows more than who failed.
    fn explain(&self, error: Error) -> Error {
        error
    }
    /// Starts to measure every launch, or ends it and gives them in their order. On a GPU only.
    fn trace(&mut self, _on: bool) -> Result<Vec<LaunchTime>> {
        Ok(Vec::new())
    }
}
