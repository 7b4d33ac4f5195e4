//! The training plan: one step is forward, loss, backward and update of one batch.

mod step;

use std::borrow::Cow;

use error::{Code, Error, Result};
use net::{Architecture, Parameters, Task};

use crate::backend::{Backends, TrainingBackend, Vector};
use crate::inference::Inference;
use crate::mel::Mel;
use crate::segments::Holding;
use crate::tape::Tape;
use crate::timing::LaunchTime;
pub use step::Gradients;

/// A network compiled for training: parameters, velocity, running statistics and all buffers. A step allocates nothing.
/// Same seed and device: bit-identical results, on the CPU for any number of threads.
pub struct Training {
    tape: Tape,
    backend: Box<dyn TrainingBackend>,
    task: Task,
    batch: usize,
    input_length: usize,
    /// Losses of queued steps that nobody has asked for yet.
    losses: Vec<f64>,
    /// Samples that the plan holds.
    held: u64,
}

impl Training {
    /// Compiles `architecture` with `tags` outputs for batches of at most `batch` segments, on the device of `backends`. Parameters and statistics are zero
    /// until [`Training::load`]; a mel stem standardises by the mean and deviation in these statistics, and never moves them. An architecture that cannot work, a batch of 0, or
    /// a precision that the device does not have or that is for inference alone, is [`Code::InvalidOption`]; so is too little memory of
    /// the CPU. Of a GPU: [`Code::CudaUnavailable`] and [`Code::CudaOutOfMemory`].
    pub fn new(
        architecture: &Architecture,
        tags: usize,
        task: Task,
        batch: usize,
        backends: &impl Backends,
    ) -> Result<Self> {
        Self::compile(architecture, tags, task, batch, backends, false)
    }

    /// The same, and on a GPU the inference plan for batches of the same size that measures the network while it is trained: a run that
    /// gets both does not run out of memory later. [`Code::CudaOutOfMemory`] names the batch with which both fit. The CPU makes
    /// such a plan when it is needed: none; but its [`Code::InvalidOption`] of too little memory counts it, too.
    pub fn with_validation(
        architecture: &Architecture,
        tags: usize,
        task: Task,
        batch: usize,
        backends: &impl Backends,
    ) -> Result<(Self, Option<Inference>)> {
        let training = Self::compile(architecture, tags, task, batch, backends, true)?;
        if !backends.keeps_validation() {
            return Ok((training, None));
        }
        let nothing = Parameters::zeros(&training.tape.layout);
        let inference =
            Inference::new(architecture, tags, &nothing, batch, backends).map_err(|error| match error.code {
                // Which batch fits beside nothing is no help.
                Code::CudaOutOfMemory => {
                    let why = "the GPU has too little memory for validation beside training";
                    training.backend.explain(Error::new(Code::CudaOutOfMemory, why))
                }
                _ => error,
            })?;
        Ok((training, Some(inference)))
    }

    fn compile(
        architecture: &Architecture,
        tags: usize,
        task: Task,
        batch: usize,
        backends: &impl Backends,
        validation: bool,
    ) -> Result<Self> {
        backends.check(true)?;
        if batch == 0 {
            return Err(Error::new(Code::InvalidOption, "batch size must be at least 1, received 0"));
        }
        Self::on(architecture, tags, task, batch, |tape, mel| {
            backends.training(architecture, tape, mel, batch, validation)
        })
    }

    /// The same, on the backend that `make` gives for the tape and its mel stem.
    pub fn on(
        architecture: &Architecture,
        tags: usize,
        task: Task,
        batch: usize,
        make: impl FnOnce(Tape, Option<Mel>) -> Result<Box<dyn TrainingBackend>>,
    ) -> Result<Self> {
        let tape = Tape::compile(architecture, tags)?;
        let backend = make(tape.clone(), Mel::of(architecture)?)?;
        let input_length = architecture.input_length;
        Ok(Self { tape, backend, task, batch, input_length, losses: Vec::new(), held: 0 })
    }

    /// Sets parameters and statistics; the velocity becomes zero. Sizes that do not fit are [`Code::CheckpointMismatch`], as is a
    /// mel stem's deviation that is not above 0.
    pub fn load(&mut self, parameters: &Parameters) -> Result<()> {
        let layout = &self.tape.layout;
        fits("parameters", parameters.trainable.len(), layout.trainable)?;
        fits("statistics", parameters.statistics.len(), layout.statistics)?;
        if let Some(places) = self.tape.mel {
            Mel::check_statistics(parameters.statistics[places.mean], parameters.statistics[places.deviation])?;
        }
        let zeros = vec![0.0; parameters.trainable.len()];
        self.advised(|backend| {
            backend.write(Vector::Values, &parameters.trainable)?;
            backend.write(Vector::Statistics, &parameters.statistics)?;
            backend.write(Vector::Velocity, &zeros)
        })
    }

    /// The present parameters and statistics. Only a GPU can fail to give them.
    pub fn parameters(&self) -> Result<Parameters> {
        let (trainable, statistics) = (self.backend.read(Vector::Values)?, self.backend.read(Vector::Statistics)?);
        Ok(Parameters { trainable, statistics })
    }

    /// The optimiser's velocity, in the order of [`Parameters::trainable`]. Only a GPU can fail to give it.
    pub fn velocity(&self) -> Result<Vec<f32>> {
        self.backend.read(Vector::Velocity)
    }

    /// Sets the optimiser's velocity. A size that does not fit is [`Code::CheckpointMismatch`].
    pub fn load_velocity(&mut self, velocity: &[f32]) -> Result<()> {
        fits("velocity", velocity.len(), self.tape.layout.trainable)?;
        self.backend.write(Vector::Velocity, velocity)
    }

    /// Brings audio to where the plan computes, once, if it fits beside the plan: `samples` samples in all, of 16 bits, clip after
    /// clip. What comes back says how steps take their segments from then on. What does not fit is no error; too few or too
    /// many samples in `clips` are [`Code::Internal`].
    pub fn hold<'a>(
        &mut self,
        samples: u64,
        clips: impl Iterator<Item = impl Into<Cow<'a, [i16]>>>,
    ) -> Result<Holding> {
        let mut left = Some(samples);
        let mut counted =
            clips.map(Into::into).inspect(|clip| left = left.and_then(|left| left.checked_sub(clip.len() as u64)));
        let holding = self.backend.hold(samples, &mut counted)?;
        if holding == Holding::Resident {
            if left != Some(0) {
                return Err(Error::new(Code::Internal, format!("the clips to hold are not {samples} samples")));
            }
            self.held = samples;
        }
        Ok(holding)
    }

    /// How many steps were started as one recorded whole, on a GPU.
    pub fn replayed(&self) -> u64 {
        self.backend.replayed()
    }

    /// Measures what happens between `trace(true)` and `trace(false)` on a GPU: every kernel and matrix product, in their
    /// order. Measuring slows a step down. The CPU has no launches to measure.
    pub fn trace(&mut self, on: bool) -> Result<Vec<LaunchTime>> {
        self.backend.trace(on)
    }

    /// Does something with the backend; its failure comes with what to do.
    fn advised<T>(&mut self, work: impl FnOnce(&mut dyn TrainingBackend) -> Result<T>) -> Result<T> {
        work(&mut *self.backend).map_err(|error| self.backend.explain(error))
    }
}

fn fits(what: &str, received: usize, expected: usize) -> Result<()> {
    if received == expected {
        return Ok(());
    }
    let why = format!("{what} of this architecture are {expected} values, received {received}; take the model's own");
    Err(Error::new(Code::CheckpointMismatch, why))
}
