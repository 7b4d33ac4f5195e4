//! What runs plans: memory and fused operations on one device.

use std::borrow::Cow;

use error::{Error, Result};
use net::{Architecture, Parameters};

use crate::mel::Mel;
use crate::segments::{Holding, Segments};
use crate::tape::{Operation, Tape};
use crate::targets::Targets;
use crate::timing::{LaunchTime, StepTime};
use crate::update::Update;

/// Makes the backends of plans: a device with its settings.
pub trait Backends {
    /// Refuses a precision that the device does not have, or with `training` one that is for inference alone:
    /// [`error::Code::InvalidOption`].
    fn check(&self, training: bool) -> Result<()>;
    /// A backend for steps of at most `batch` segments of `architecture`, whose tape is `tape` and whose mel stem, if it has one, is
    /// `mel`. With `validation` there must be memory for an inference plan of the same batch, too. Too little memory is
    /// [`error::Code::InvalidOption`] on the CPU and [`error::Code::CudaOutOfMemory`] on a GPU.
    fn training(
        &self,
        architecture: &Architecture,
        tape: Tape,
        mel: Option<Mel>,
        batch: usize,
        validation: bool,
    ) -> Result<Box<dyn TrainingBackend>>;
    /// A backend for the logits of at most `batch` segments of `architecture`, which is valid, with `tags` outputs and the
    /// `parameters` of its layout. Errors: those of [`Backends::training`].
    fn inference(
        &self,
        architecture: &Architecture,
        tags: usize,
        parameters: &Parameters,
        batch: usize,
    ) -> Result<Box<dyn InferenceBackend>>;
    /// Whether the inference plan that measures a network in training is made with the training plan and kept, as where memory
    /// is scarce; else it is made each time that it is needed.
    fn keeps_validation(&self) -> bool {
        false
    }
}

/// One training step's circumstances.
#[derive(Clone, Copy)]
pub struct Step<'a> {
    /// Segments in it, at most those of the plan.
    pub batch: usize,
    /// What the segments should be called.
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
pub enum Vector {
    /// The trainable parameters.
    Values,
    /// The optimiser's velocity, one for each trainable parameter.
    Velocity,
    /// The gradients of the trainable parameters.
    Gradients,
    /// Running statistics.
    Statistics,
    /// `[batch, tags]`.
    Logits,
    /// `[batch, input_length]`; of a network on waveforms only.
    InputGradient,
}

/// A tape on a device. A step takes everything from outside in [`TrainingBackend::upload`]; from then on it only computes: the input, the
/// operations forward in the order of the tape, then backward in reverse, then the update.
pub trait TrainingBackend: Send {
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
    /// A whole step after [`TrainingBackend::upload`]. A backend may record what it launches here, and replay it for steps of the same form.
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

/// A network with fixed parameters on a device.
pub trait InferenceBackend: Send {
    /// Takes other parameters of the same layout.
    fn load(&mut self, parameters: &Parameters) -> Result<()>;
    /// The form of segments that comes to it quickest: [`Holding::Samples`] or [`Holding::Pcm`].
    fn takes(&self) -> Holding;
    /// Logits `[n, tags]` of `n` segments, at most the batch. A failure comes with what to do about it.
    fn logits(&mut self, segments: Segments, n: usize) -> Result<&[f32]>;
    /// Computes the same: seconds of each step of the plan, in its order. A GPU, which only queues its work, has none to tell.
    fn timed(&mut self, segments: &[f32], n: usize) -> Result<Vec<StepTime>>;
}
