//! A backend: the traits of the code that holds a plan's memory and runs its fused operations on one device.

use std::borrow::Cow;

use error::{Code, Error, Result};
use net::{Architecture, Parameters};

use crate::loss_terms::LossTerms;
use crate::mel::Mel;
use crate::optimiser::{Share, StepUpdate, UpdateRule};
use crate::segments::{Holding, Segments};
use crate::tap::Tap;
use crate::tape::{MapId, Operation, Tape};
use crate::targets::Targets;
use crate::timing::{LaunchTime, StepTime};

/// Creates the backends of plans for one device with its settings.
pub trait Backends {
    /// Checks that the device supports the precision and, with `training`, that the precision is not restricted to
    /// inference; otherwise [`error::Code::InvalidOption`].
    fn check(&self, training: bool) -> Result<()>;
    /// Creates a backend for training steps of at most `batch` segments of `architecture`. `tape` is its tape and `mel`
    /// its mel stem, if it has one. With `validation`, memory for an inference plan with the same batch size must be
    /// available as well. Too little memory is [`error::Code::InvalidOption`] on the CPU and
    /// [`error::Code::CudaOutOfMemory`] on a GPU.
    fn training(
        &self,
        architecture: &Architecture,
        tape: Tape,
        mel: Option<Mel>,
        batch: usize,
        validation: bool,
    ) -> Result<Box<dyn TrainingBackend>>;
    /// Creates a backend for the logits and `taps` of at most `batch` segments. `architecture` must be valid,
    /// `parameters` must have the layout of `architecture` with `tags` outputs, and the nodes of the taps must be those
    /// of its graph. Errors: those of [`Backends::training`]; [`error::Code::InvalidOption`] for taps on a device that
    /// cannot return them.
    fn inference(
        &self,
        architecture: &Architecture,
        tags: usize,
        parameters: &Parameters,
        batch: usize,
        taps: &[Tap],
    ) -> Result<Box<dyn InferenceBackend>>;
    /// Whether the inference plan for validation is created together with the training plan and kept (for devices with
    /// scarce memory). Otherwise it is created each time validation needs it.
    fn keeps_validation(&self) -> bool {
        false
    }
}

/// The inputs and settings of one training step.
#[derive(Clone, Copy)]
pub struct Step<'a> {
    /// Number of segments; at most the batch size of the plan.
    pub batch: usize,
    /// The targets of the segments.
    pub targets: Targets<'a>,
    /// The optimiser's update after the backward pass; `None` for no update.
    pub update: Option<StepUpdate>,
    /// The share of this batch in the gradient of an update that uses several batches; `None` if the batch is all of
    /// it.
    pub share: Option<Share>,
    /// Seed and step number from which dropout masks are drawn; `None` for no dropout.
    pub dropout: Option<(u64, u64)>,
    /// Whether to compute [`Vector::InputGradient`].
    pub input_gradient: bool,
}

/// A vector that can be read from a backend, in the order of the file layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vector {
    /// The trainable parameters.
    Values,
    /// The optimiser's velocity (Adam: the mean of the gradients), one for each trainable parameter.
    Velocity,
    /// Adam's mean of the squared gradients. Only after [`TrainingBackend::prepare`] for Adam.
    Squares,
    /// The gradient of an update that uses several batches. Only after [`TrainingBackend::prepare`] for such updates.
    Accumulated,
    /// The gradients of the trainable parameters.
    Gradients,
    /// The running statistics.
    Statistics,
    /// The logits, `[batch, tags]`.
    Logits,
    /// The gradient with respect to the segments of [`TrainingBackend::upload`], `[batch, input_length]`; only for
    /// networks on waveforms.
    InputGradient,
}

/// A tape on a device. [`TrainingBackend::upload`] passes all the data of a step to the backend, the segments already
/// normalised where the network has a normalisation of its waveform; after that the backend only computes: it prepares
/// the network's input, runs the operations forward in the order of the tape, then backward in reverse order, then
/// updates the parameters.
pub trait TrainingBackend: Send {
    /// Copies a vector to the host.
    fn read(&self, vector: Vector) -> Result<Vec<f32>>;
    /// Allocates the vectors that updates by `rule` need besides the velocity, as zeros, if they are not there yet. Too
    /// little memory is an error as in [`Backends::training`].
    fn prepare(&mut self, rule: UpdateRule) -> Result<()>;
    /// Sets how targets become a loss, for all steps that follow; `None` for the plain loss.
    fn weigh(&mut self, terms: Option<&LossTerms>) -> Result<()>;
    /// Sets one of the vectors that are not results of a step.
    fn write(&mut self, vector: Vector, values: &[f32]) -> Result<()>;
    /// Copies `samples` samples of audio, clip after clip, to the device and keeps them there, if this avoids
    /// transferring segments from the host in every step.
    fn hold(&mut self, _samples: u64, _clips: &mut dyn Iterator<Item = Cow<'_, [i16]>>) -> Result<Holding> {
        Ok(Holding::Samples)
    }
    /// Takes the segments of a step and everything else that changes from step to step. Computes the mel spectrograms
    /// of the segments if the network has a mel stem.
    fn upload(&mut self, segments: Segments, step: &Step) -> Result<()>;
    /// Prepares the network's input from the uploaded data.
    fn feed(&mut self, step: &Step) -> Result<()>;
    /// Runs one operation forward.
    fn forward(&mut self, operation: Operation, step: &Step) -> Result<()>;
    /// Runs one operation backward.
    fn backward(&mut self, operation: Operation, step: &Step) -> Result<()>;
    /// Adds the gradients to those of the update's other batches if the step has a share, then updates the parameters
    /// in the runs of [`Tape::rates`] if the step has an update.
    fn update(&mut self, step: &Step) -> Result<()>;
    /// Runs a whole step after [`TrainingBackend::upload`]. A backend may record the launches of this step and replay
    /// them for steps of the same form. The backward pass runs only `trained`, the last ones of `operations`.
    fn step(&mut self, operations: &[Operation], trained: &[Operation], step: &Step) -> Result<()> {
        self.feed(step)?;
        operations.iter().try_for_each(|&operation| self.forward(operation, step))?;
        trained.iter().rev().try_for_each(|&operation| self.backward(operation, step))?;
        self.update(step)
    }
    /// Whether [`TrainingBackend::map_values`] returns the values of maps.
    fn returns_maps(&self) -> bool {
        false
    }
    /// The values of a map after a forward pass of `batch` segments, `[batch, length, channels]`, without dropout.
    fn map_values(&self, _map: MapId, _batch: usize) -> Result<Vec<f32>> {
        Err(Error::new(Code::Internal, "this backend does not return the values of maps"))
    }
    /// The number of steps replayed so far.
    fn replayed(&self) -> u64 {
        0
    }
    /// How many steps to queue before the caller waits for their losses.
    fn ahead(&self) -> usize {
        1
    }
    /// Waits for all queued passes and appends their mean losses since the last call to `to`, in order.
    fn losses(&mut self, to: &mut Vec<f64>) -> Result<()>;
    /// The parts of the operations since the last call, and the seconds of all threads in each; the first call starts
    /// the measurement. Only on the CPU.
    fn parts(&mut self) -> Vec<(&'static str, f64)> {
        Vec::new()
    }
    /// Adds advice about what to do to `error`, if the backend has any.
    fn explain(&self, error: Error) -> Error {
        error
    }
    /// Starts measuring every launch, or stops and returns the launches in order. Only on a GPU.
    fn trace(&mut self, _on: bool) -> Result<Vec<LaunchTime>> {
        Ok(Vec::new())
    }
}

/// A network with fixed parameters on a device.
pub trait InferenceBackend: Send {
    /// Replaces the parameters by others of the same layout.
    fn load(&mut self, parameters: &Parameters) -> Result<()>;
    /// The form of segments that the backend accepts with the least transfer time: [`Holding::Samples`] or
    /// [`Holding::Pcm`].
    fn takes(&self) -> Holding;
    /// Computes the logits `[n, tags]` of `n` segments, at most the batch size, which are already normalised where the
    /// network has a normalisation of its waveform. An error includes what to do about it.
    fn logits(&mut self, segments: Segments, n: usize) -> Result<&[f32]>;
    /// The values of the taps for the segments of the last call, `[n, width]`: the channels of each tap, in the order
    /// of the taps.
    fn tapped(&self) -> &[f32];
    /// Computes the same logits and returns the seconds of each step of the plan, in order. The list is empty on a GPU,
    /// which only queues its work.
    fn timed(&mut self, segments: &[f32], n: usize) -> Result<Vec<StepTime>>;
}
