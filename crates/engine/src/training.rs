//! The training plan: one step is forward, loss, backward and update of one batch.

use std::time::Instant;

use error::{Code, Error, Result};
use net::{Architecture, Parameters, Task};

use crate::backend::{Backend, Step, Vector};
use crate::cpu::train::CpuTraining;
use crate::device::Device;
use crate::inference::Inference;
use crate::mel::Mel;
use crate::options::Options;
use crate::segments::{Holding, Segments};
use crate::tape::{Operation, Tape};
use crate::timing::{LaunchTime, StepTime};

/// What the segments of a batch should be called.
#[derive(Clone, Copy, Debug)]
pub enum Targets<'a> {
    /// `[batch, tags]`, 0 or 1, row by row: mean binary cross-entropy over batch and tags.
    Tags(&'a [f32]),
    /// `[batch]`, the index of the one tag: mean softmax cross-entropy over the batch.
    Classes(&'a [u32]),
    /// `[batch, tags]`, the logits' gradient of a loss of the caller's own, under any task. The loss that is returned is the sum
    /// of logits times these, which has this gradient.
    LogitGradient(&'a [f32]),
}

/// Nesterov SGD as PyTorch defines it: `g += weight_decay w; v = momentum v + g; w -= learning_rate (g + momentum v)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Update {
    /// Learning rate of this step.
    pub learning_rate: f32,
    /// Momentum, 0.9 in the papers.
    pub momentum: f32,
    /// L2 term added to every gradient, 0 in the papers.
    pub weight_decay: f32,
}

/// Everything one forward and backward pass gives, without an update; for tests and analyses.
#[derive(Clone, Debug, Default)]
pub struct Gradients {
    /// Mean loss of the batch.
    pub loss: f64,
    /// `[batch, tags]`.
    pub logits: Vec<f32>,
    /// In the order of [`Parameters::trainable`].
    pub parameters: Vec<f32>,
    /// `[batch, input_length]`; empty for a network on mel spectrograms, whose front end passes no gradient.
    pub input: Vec<f32>,
}

/// A network compiled for training: parameters, velocity, running statistics and all buffers. A step allocates nothing.
/// Same seed and device: bit-identical results, on the CPU for any number of threads.
pub struct Training {
    tape: Tape,
    backend: Box<dyn Backend>,
    task: Task,
    batch: usize,
    input_length: usize,
    /// Losses of queued steps that nobody has asked for yet.
    losses: Vec<f64>,
    /// Samples that the plan holds.
    held: u64,
}

impl Training {
    /// Compiles `architecture` with `tags` outputs for batches of at most `batch` segments. Parameters and statistics are zero
    /// until [`Training::load`]; a mel stem standardises by the mean and deviation in these statistics, and never moves them. An architecture that cannot work, a batch of 0, or
    /// a precision that the device does not have or that is for inference alone, is [`Code::InvalidOption`]; so is too little memory of
    /// the CPU. Of a GPU: [`Code::CudaUnavailable`] and [`Code::CudaOutOfMemory`].
    pub fn new(architecture: &Architecture, tags: usize, task: Task, batch: usize, options: &Options) -> Result<Self> {
        Self::compile(architecture, tags, task, batch, options, false)
    }

    /// The same, and on a GPU the inference plan for batches of the same size that measures the network while it is trained: a run that
    /// gets both does not run out of memory later. [`Code::CudaOutOfMemory`] names the batch with which both fit. The CPU makes
    /// such a plan when it is needed: none.
    pub fn with_validation(
        architecture: &Architecture,
        tags: usize,
        task: Task,
        batch: usize,
        options: &Options,
    ) -> Result<(Self, Option<Inference>)> {
        let training = Self::compile(architecture, tags, task, batch, options, true)?;
        if options.device == Device::Cpu {
            return Ok((training, None));
        }
        let nothing = Parameters::zeros(&training.tape.layout);
        let inference =
            Inference::new(architecture, tags, &nothing, batch, options).map_err(|error| match error.code {
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
        options: &Options,
        validation: bool,
    ) -> Result<Self> {
        options.check(true)?;
        if batch == 0 {
            return Err(Error::new(Code::InvalidOption, "batch size must be at least 1, received 0"));
        }
        #[cfg(not(feature = "cuda"))]
        let _ = validation;
        Self::on(architecture, tags, task, batch, |tape, mel| match options.device {
            Device::Cpu => Ok(Box::new(CpuTraining::new(tape, mel, batch, options.threads)?)),
            #[cfg(feature = "cuda")]
            Device::Cuda(index) => {
                let gpu = crate::cuda::open_for(index, options.precision, crate::cuda::Purpose::Training)?;
                Ok(Box::new(crate::cuda::CudaTraining::new(gpu, tape, mel, batch, options, validation)?))
            }
            #[cfg(not(feature = "cuda"))]
            Device::Cuda(_) => Err(crate::device::no_cuda()),
        })
    }

    /// The same, on the backend that `make` gives for the tape and its mel stem.
    pub(crate) fn on(
        architecture: &Architecture,
        tags: usize,
        task: Task,
        batch: usize,
        make: impl FnOnce(Tape, Option<Mel>) -> Result<Box<dyn Backend>>,
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
    pub fn hold<'a>(&mut self, samples: u64, clips: impl Iterator<Item = &'a [i16]>) -> Result<Holding> {
        let mut left = Some(samples);
        let mut counted = clips.inspect(|clip| left = left.and_then(|left| left.checked_sub(clip.len() as u64)));
        let holding = self.backend.hold(samples, &mut counted)?;
        if holding == Holding::Resident {
            if left != Some(0) {
                return Err(Error::new(Code::Internal, format!("the clips to hold are not {samples} samples")));
            }
            self.held = samples;
        }
        Ok(holding)
    }

    /// One step on `n` segments with 1 <= n <= batch (the last batch of an epoch may be short). Dropout masks are drawn from
    /// `(seed, step)`; `dropout: None` switches dropout off. Returns the mean loss before the update. Input or targets of
    /// another size are [`Code::InvalidOption`].
    pub fn step<'a>(
        &mut self,
        segments: impl Into<Segments<'a>>,
        targets: Targets,
        update: &Update,
        dropout: Option<(u64, u64)>,
    ) -> Result<f64> {
        self.queue(segments, targets, update, dropout)?;
        self.settle()?;
        self.last_loss()
    }

    /// The same step without waiting for it, where a GPU computes: [`Training::losses`] will have its loss. The CPU computes it
    /// before this returns.
    pub fn queue<'a>(
        &mut self,
        segments: impl Into<Segments<'a>>,
        targets: Targets,
        update: &Update,
        dropout: Option<(u64, u64)>,
    ) -> Result<()> {
        let segments = segments.into();
        let step = self.circumstances(&segments, targets, Some(*update), dropout, false)?;
        let Self { backend, tape, .. } = self;
        let queued = backend.upload(segments, &step).and_then(|()| backend.step(&tape.operations, &step));
        queued.map_err(|error| self.backend.explain(error))
    }

    /// How many steps to queue before their losses are asked for, so that a GPU never waits for the next: 1 on the CPU.
    pub fn ahead(&self) -> usize {
        self.backend.ahead()
    }

    /// The losses of the steps that were queued since the last call, in their order; waits for them.
    pub fn losses(&mut self) -> Result<Vec<f64>> {
        self.settle()?;
        Ok(std::mem::take(&mut self.losses))
    }

    /// Waits for all losses.
    fn settle(&mut self) -> Result<()> {
        let Self { backend, losses, .. } = self;
        backend.losses(losses).map_err(|error| self.backend.explain(error))
    }

    /// Does something with the backend; its failure comes with what to do.
    fn advised<T>(&mut self, work: impl FnOnce(&mut dyn Backend) -> Result<T>) -> Result<T> {
        work(&mut *self.backend).map_err(|error| self.backend.explain(error))
    }

    /// That of the pass that has just been made; those of queued steps before it stay.
    fn last_loss(&mut self) -> Result<f64> {
        self.losses.pop().ok_or_else(|| Error::new(Code::Internal, "a step has no loss"))
    }

    /// The same step, for a benchmark: seconds of each operation forward, then backward, then of the update. A GPU only queues
    /// operations: see [`Training::trace`].
    pub fn timed_step<'a>(
        &mut self,
        segments: impl Into<Segments<'a>>,
        targets: Targets,
        update: &Update,
        dropout: Option<(u64, u64)>,
    ) -> Result<Vec<StepTime>> {
        let (mut times, mut last) = (Vec::new(), Instant::now());
        let mut lap = |name: String| {
            times.push(StepTime { name, seconds: last.elapsed().as_secs_f64() });
            last = Instant::now();
        };
        let tape = self.tape.clone();
        let segments = segments.into();
        let step = self.circumstances(&segments, targets, Some(*update), dropout, false)?;
        self.pass(segments, &step, |operation, back| {
            lap(format!("{}{}", tape.name(operation), if back { " backward" } else { "" }));
        })?;
        self.backend.update(&step)?;
        lap("update".into());
        self.settle()?;
        self.last_loss()?;
        Ok(times)
    }

    /// Forward and backward in training mode without an update; running statistics move as in a step.
    pub fn gradients<'a>(
        &mut self,
        segments: impl Into<Segments<'a>>,
        targets: Targets,
        dropout: Option<(u64, u64)>,
    ) -> Result<Gradients> {
        let (segments, on_waveform) = (segments.into(), self.tape.mel.is_none());
        let step = self.circumstances(&segments, targets, None, dropout, on_waveform)?;
        self.pass(segments, &step, |_, _| {})?;
        self.settle()?;
        Ok(Gradients {
            loss: self.last_loss()?,
            logits: self.backend.read(Vector::Logits)?,
            parameters: self.backend.read(Vector::Gradients)?,
            input: if on_waveform { self.backend.read(Vector::InputGradient)? } else { Vec::new() },
        })
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

    /// Forward and backward; `done` hears of each operation, and whether it went backward.
    fn pass(&mut self, segments: Segments, step: &Step, mut done: impl FnMut(Operation, bool)) -> Result<()> {
        let operations = self.tape.operations.clone();
        self.advised(|backend| {
            backend.upload(segments, step)?;
            backend.feed(step)?;
            for &operation in &operations {
                backend.forward(operation, step)?;
                done(operation, false);
            }
            for &operation in operations.iter().rev() {
                backend.backward(operation, step)?;
                done(operation, true);
            }
            Ok(())
        })
    }

    /// The circumstances of a step on `segments`, once everything fits.
    fn circumstances<'a>(
        &self,
        segments: &Segments,
        targets: Targets<'a>,
        update: Option<Update>,
        dropout: Option<(u64, u64)>,
        input_gradient: bool,
    ) -> Result<Step<'a>> {
        let batch = segments.count(self.input_length, self.held)?;
        if batch == 0 || batch > self.batch {
            let why = format!("a batch holds 1 to {} segments, received {batch}", self.batch);
            return Err(Error::new(Code::InvalidOption, why));
        }
        self.check(targets, batch)?;
        Ok(Step { batch, targets, update, dropout, input_gradient })
    }

    fn check(&self, targets: Targets, batch: usize) -> Result<()> {
        let tags = self.tape.tags;
        let refuse = |why: String| Err(Error::new(Code::InvalidOption, why));
        match (targets, self.task) {
            (Targets::Tags(truth), Task::MultiLabel) if truth.len() != batch * tags => {
                refuse(format!("targets must be {batch} x {tags} values, received {}", truth.len()))
            }
            (Targets::Classes(classes), Task::SingleLabel) if classes.len() != batch => {
                refuse(format!("targets must be {batch} class numbers, received {}", classes.len()))
            }
            (Targets::Classes(classes), Task::SingleLabel) => match classes.iter().find(|&&c| c as usize >= tags) {
                Some(class) => refuse(format!("a class number must be under {tags}, received {class}")),
                None => Ok(()),
            },
            (Targets::LogitGradient(values), _) if values.len() != batch * tags => {
                refuse(format!("the logits' gradient must be {batch} x {tags} values, received {}", values.len()))
            }
            (Targets::LogitGradient(_), _) | (Targets::Tags(_), Task::MultiLabel) => Ok(()),
            (Targets::Tags(_), Task::SingleLabel) => {
                refuse("a single-label plan needs class numbers as targets".into())
            }
            (Targets::Classes(_), Task::MultiLabel) => refuse("a multi-label plan needs a value for every tag".into()),
        }
    }
}

fn fits(what: &str, received: usize, expected: usize) -> Result<()> {
    if received == expected {
        return Ok(());
    }
    let why = format!("{what} of this architecture are {expected} values, received {received}; take the model's own");
    Err(Error::new(Code::CheckpointMismatch, why))
}
