//! The training plan. One step runs the forward pass, loss, backward pass and update for one batch.

mod features;
mod optimiser;
mod step;

use std::borrow::Cow;

use error::{Code, Error, Result};
use net::{Architecture, InputNormalisation, Parameters, Task};

use crate::backend::{Backends, TrainingBackend, Vector};
use crate::fine_tuning::FineTuning;
use crate::inference::Inference;
use crate::mel::Mel;
use crate::normaliser::{FrontEnd, Normaliser};
use crate::optimiser::UpdateRule;
use crate::segments::Holding;
use crate::tape::Tape;
use crate::timing::LaunchTime;
pub use step::Gradients;

/// A network compiled for training: parameters, velocity, running statistics and all buffers. A step allocates no
/// memory. The same seed and device give bit-identical results, on the CPU for any number of threads.
pub struct Training {
    architecture: Architecture,
    tape: Tape,
    backend: Box<dyn TrainingBackend>,
    /// The normalisation of the waveform; it has no effect until [`Training::load`].
    front_end: FrontEnd,
    task: Task,
    batch: usize,
    /// The optimiser.
    rule: UpdateRule,
    /// The number of updates since the optimiser's state was zero.
    updates: u64,
    /// Whether an update has received some of its batches.
    is_between: bool,
    /// Losses of queued steps that the caller has not read yet.
    losses: Vec<f64>,
    /// The number of samples that the plan holds.
    held: u64,
}

impl Training {
    /// Compiles `architecture` with `tags` outputs for batches of at most `batch` segments, on the device of
    /// `backends`. Parameters and statistics are zero until [`Training::load`]. A mel stem, or a standardised waveform,
    /// uses the mean and standard deviation in these statistics, and training never changes them.
    ///
    /// Errors: [`Code::InvalidOption`] for an invalid architecture, for a batch size of 0, for a precision that the
    /// device does not support or that is for inference only, and for too little memory on the CPU;
    /// [`Code::CudaUnavailable`] and [`Code::CudaOutOfMemory`] for failures of a GPU.
    pub fn new(
        architecture: &Architecture,
        tags: usize,
        task: Task,
        batch: usize,
        backends: &impl Backends,
    ) -> Result<Self> {
        Self::fine_tuned(architecture, tags, task, batch, &FineTuning::default(), backends)
    }

    /// As [`Training::new`], for a network that is fine-tuned. Also refuses what [`FineTuning::check`] refuses.
    pub fn fine_tuned(
        architecture: &Architecture,
        tags: usize,
        task: Task,
        batch: usize,
        tuning: &FineTuning,
        backends: &impl Backends,
    ) -> Result<Self> {
        let tape = Tape::fine_tuned(architecture, tags, tuning)?;
        Self::compile(architecture, tape, task, batch, backends, false)
    }

    /// As [`Training::fine_tuned`], and on a GPU also compiles the inference plan that validates the network during
    /// training, for batches of the same size. With both plans allocated, a run does not run out of memory later.
    /// [`Code::CudaOutOfMemory`] names the batch size with which both plans fit. The CPU compiles the inference plan
    /// when it is needed, so `None` is returned; its check of the memory ([`Code::InvalidOption`]) includes that plan.
    pub fn with_validation(
        architecture: &Architecture,
        tags: usize,
        task: Task,
        batch: usize,
        tuning: &FineTuning,
        backends: &impl Backends,
    ) -> Result<(Self, Option<Inference>)> {
        let tape = Tape::fine_tuned(architecture, tags, tuning)?;
        let training = Self::compile(architecture, tape, task, batch, backends, true)?;
        if !backends.keeps_validation() {
            return Ok((training, None));
        }
        // The standard deviation of a standardised waveform must not be 0.
        let mut nothing = Parameters::zeros(&training.tape.layout);
        nothing.statistics.fill(1.0);
        let inference =
            Inference::new(architecture, tags, &nothing, batch, backends).map_err(|error| match error.code {
                // Advice for the inference plan alone does not help: the batch size must be such that both plans fit.
                Code::CudaOutOfMemory => {
                    let why = "the GPU has too little memory for training and validation together";
                    training.backend.explain(Error::new(Code::CudaOutOfMemory, why))
                }
                _ => error,
            })?;
        Ok((training, Some(inference)))
    }

    fn compile(
        architecture: &Architecture,
        tape: Tape,
        task: Task,
        batch: usize,
        backends: &impl Backends,
        validation: bool,
    ) -> Result<Self> {
        backends.check(true)?;
        if batch == 0 {
            return Err(Error::new(Code::InvalidOption, "batch size must be at least 1, received 0"));
        }
        Self::on_tape(architecture, tape, task, batch, |tape, mel| {
            backends.training(architecture, tape, mel, batch, validation)
        })
    }

    /// As [`Training::new`], on the backend that `make` returns for the tape and its mel stem.
    pub fn on(
        architecture: &Architecture,
        tags: usize,
        task: Task,
        batch: usize,
        make: impl FnOnce(Tape, Option<Mel>) -> Result<Box<dyn TrainingBackend>>,
    ) -> Result<Self> {
        Self::on_tape(architecture, Tape::compile(architecture, tags)?, task, batch, make)
    }

    /// As [`Training::on`], with the tape of a network that is fine-tuned.
    pub fn on_tape(
        architecture: &Architecture,
        tape: Tape,
        task: Task,
        batch: usize,
        make: impl FnOnce(Tape, Option<Mel>) -> Result<Box<dyn TrainingBackend>>,
    ) -> Result<Self> {
        // The tape of a head has no stem.
        let mel = if tape.mel.is_some() { Mel::of(architecture)? } else { None };
        let backend = make(tape.clone(), mel)?;
        Ok(Self {
            architecture: architecture.clone(),
            tape,
            backend,
            front_end: FrontEnd::default(),
            task,
            batch,
            rule: UpdateRule::default(),
            updates: 0,
            is_between: false,
            losses: Vec::new(),
            held: 0,
        })
    }

    /// Sets parameters and statistics, and resets the state of the optimiser to zero. Wrong sizes, and a standard
    /// deviation of a mel stem or of the waveform that is not above 0, are [`Code::CheckpointMismatch`].
    pub fn load(&mut self, parameters: &Parameters) -> Result<()> {
        let layout = &self.tape.layout;
        fits("parameters", parameters.trainable.len(), layout.trainable)?;
        fits("statistics", parameters.statistics.len(), layout.statistics)?;
        if let Some(places) = self.tape.mel {
            Mel::check_statistics(parameters.statistics[places.mean], parameters.statistics[places.deviation])?;
        }
        if !self.tape.reads_features() {
            self.front_end.set(Normaliser::of(&self.architecture, layout, parameters)?);
        }
        self.advised(|backend| {
            backend.write(Vector::Values, &parameters.trainable)?;
            backend.write(Vector::Statistics, &parameters.statistics)
        })?;
        self.forget()
    }

    /// Returns the current parameters and statistics. This can fail only on a GPU.
    pub fn parameters(&self) -> Result<Parameters> {
        let (trainable, statistics) = (self.backend.read(Vector::Values)?, self.backend.read(Vector::Statistics)?);
        Ok(Parameters { trainable, statistics })
    }

    /// Returns the optimiser's velocity, in the order of [`Parameters::trainable`]. This can fail only on a GPU.
    pub fn velocity(&self) -> Result<Vec<f32>> {
        self.backend.read(Vector::Velocity)
    }

    /// Sets the optimiser's velocity. A wrong size is [`Code::CheckpointMismatch`].
    pub fn load_velocity(&mut self, velocity: &[f32]) -> Result<()> {
        fits("velocity", velocity.len(), self.tape.layout.trainable)?;
        self.backend.write(Vector::Velocity, velocity)
    }

    /// Copies audio to the memory of the device once, if it fits there together with the plan: `samples` 16-bit samples
    /// in total, clip after clip. The return value says how later steps take their segments. Audio that does not fit is
    /// not an error; too few or too many samples in `clips` are [`Code::Internal`]. Nothing is copied for a network
    /// that normalises its waveform, because the host computes the normalised samples of each batch.
    pub fn hold<'a>(
        &mut self,
        samples: u64,
        clips: impl Iterator<Item = impl Into<Cow<'a, [i16]>>>,
    ) -> Result<Holding> {
        if self.architecture.input_normalisation != InputNormalisation::None {
            return Ok(Holding::Samples);
        }
        let mut left = Some(samples);
        let mut counted =
            clips.map(Into::into).inspect(|clip| left = left.and_then(|left| left.checked_sub(clip.len() as u64)));
        let holding = self.backend.hold(samples, &mut counted)?;
        if holding == Holding::Resident {
            if left != Some(0) {
                return Err(Error::new(Code::Internal, format!("the clips do not have {samples} samples in total")));
            }
            self.held = samples;
        }
        Ok(holding)
    }

    /// The number of steps that replayed a recorded step, on a GPU.
    pub fn replayed(&self) -> u64 {
        self.backend.replayed()
    }

    /// Measures every kernel and matrix product between `trace(true)` and `trace(false)` on a GPU, in order. Measuring
    /// slows a step down. The CPU has no launches to measure.
    pub fn trace(&mut self, on: bool) -> Result<Vec<LaunchTime>> {
        self.backend.trace(on)
    }

    /// Calls `work` with the backend; an error includes what to do about it.
    fn advised<T>(&mut self, work: impl FnOnce(&mut dyn TrainingBackend) -> Result<T>) -> Result<T> {
        work(&mut *self.backend).map_err(|error| self.backend.explain(error))
    }
}

fn fits(what: &str, received: usize, expected: usize) -> Result<()> {
    if received == expected {
        return Ok(());
    }
    let why =
        format!("expected {expected} values of {what} for this architecture, received {received}; use the model's");
    Err(Error::new(Code::CheckpointMismatch, why))
}
