//! A training step: forward pass, loss, backward pass and update for one batch; and the same without the update.

use std::time::Instant;

use error::{Code, Error, Result};

use super::Training;
use crate::backend::{Step, TrainingBackend, Vector};
use crate::optimiser::{Share, StepUpdate};
use crate::segments::Segments;
use crate::tape::Operation;
use crate::targets::Targets;
use crate::timing::StepTime;
use crate::update::Update;

/// All results of one forward and backward pass without an update, for tests and analyses.
#[derive(Clone, Debug, Default)]
pub struct Gradients {
    /// The mean loss of the batch.
    pub loss: f64,
    /// The logits, `[batch, tags]`.
    pub logits: Vec<f32>,
    /// The gradients of the parameters, in the order of [`net::Parameters::trainable`]; 0 where they are frozen.
    pub parameters: Vec<f32>,
    /// The gradient with respect to the waveform, `[batch, input_length]`; empty for a network on mel spectrograms,
    /// whose front end is not differentiated, and with a frozen part.
    pub input: Vec<f32>,
}

impl Training {
    /// Runs one step on `n` segments with 1 <= n <= batch (the last batch of an epoch may be short). Dropout masks are
    /// drawn from `(seed, step)`; `dropout: None` disables dropout. Returns the mean loss before the update. Input or
    /// targets of the wrong size are [`Code::InvalidOption`].
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

    /// Queues the same step on a GPU without waiting for it; [`Training::losses`] returns its loss later. The CPU
    /// computes the step before this method returns.
    pub fn queue<'a>(
        &mut self,
        segments: impl Into<Segments<'a>>,
        targets: Targets,
        update: &Update,
        dropout: Option<(u64, u64)>,
    ) -> Result<()> {
        self.queue_step(segments.into(), targets, Some(update), None, dropout)
    }

    /// Queues a step of a whole update, or of the share of one.
    pub(super) fn queue_step(
        &mut self,
        segments: Segments,
        targets: Targets,
        update: Option<&Update>,
        share: Option<Share>,
        dropout: Option<(u64, u64)>,
    ) -> Result<()> {
        let step = Step { share, ..self.circumstances(&segments, targets, update, dropout, false)? };
        let Self { backend, tape, front_end, .. } = self;
        let uploaded = front_end.apply(segments).and_then(|segments| backend.upload(segments, &step));
        let queued = uploaded.and_then(|()| backend.step(&tape.operations, tape.trained(), &step));
        queued.map_err(|error| self.backend.explain(error))?;
        self.note_update(step.update.is_some());
        Ok(())
    }

    /// Counts a step, which ended an update or not.
    fn note_update(&mut self, ended: bool) {
        self.updates += u64::from(ended);
        self.is_between = !ended;
    }

    /// How many steps to queue before reading their losses, so that a GPU never waits for the next step: 1 on the CPU.
    pub fn ahead(&self) -> usize {
        self.backend.ahead()
    }

    /// Waits for the steps queued since the last call, and returns their losses in order.
    pub fn losses(&mut self) -> Result<Vec<f64>> {
        self.settle()?;
        Ok(std::mem::take(&mut self.losses))
    }

    /// Waits for the losses of all queued steps and appends them to `self.losses`.
    fn settle(&mut self) -> Result<()> {
        let Self { backend, losses, .. } = self;
        backend.losses(losses).map_err(|error| self.backend.explain(error))
    }

    /// Removes and returns the loss of the latest pass. The losses of steps queued before it stay.
    fn last_loss(&mut self) -> Result<f64> {
        self.losses.pop().ok_or_else(|| Error::new(Code::Internal, "a step returned no loss"))
    }

    /// The same step, for a benchmark. Returns the seconds of each operation forward, then backward, then of the
    /// update. A GPU only queues operations, so use [`Training::trace`] there.
    pub fn timed_step<'a>(
        &mut self,
        segments: impl Into<Segments<'a>>,
        targets: Targets,
        update: &Update,
        dropout: Option<(u64, u64)>,
    ) -> Result<Vec<StepTime>> {
        let (mut times, mut last) = (Vec::new(), Instant::now());
        self.backend.parts();
        let mut lap = |name: String, parts: Vec<(&'static str, f64)>| {
            times.push(StepTime { name, seconds: last.elapsed().as_secs_f64(), parts });
            last = Instant::now();
        };
        let tape = self.tape.clone();
        let segments = segments.into();
        let step = self.circumstances(&segments, targets, Some(update), dropout, false)?;
        self.pass(segments, &step, |backend, operation, back| {
            lap(format!("{}{}", tape.name(operation), if back { " backward" } else { "" }), backend.parts());
        })?;
        self.backend.update(&step)?;
        self.note_update(true);
        lap("update".into(), self.backend.parts());
        self.settle()?;
        self.last_loss()?;
        Ok(times)
    }

    /// Runs the forward and backward pass in training mode without an update; running statistics change as in a step.
    pub fn gradients<'a>(
        &mut self,
        segments: impl Into<Segments<'a>>,
        targets: Targets,
        dropout: Option<(u64, u64)>,
    ) -> Result<Gradients> {
        let (segments, on_waveform) = (segments.into(), self.tape.mel.is_none() && self.tape.frozen == 0);
        let step = self.circumstances(&segments, targets, None, dropout, on_waveform)?;
        self.pass(segments, &step, |_, _, _| {})?;
        self.settle()?;
        let mut parameters = self.backend.read(Vector::Gradients)?;
        self.tape.clear_frozen(&mut parameters);
        let mut input = if on_waveform { self.backend.read(Vector::InputGradient)? } else { Vec::new() };
        self.front_end.chain(segments, &mut input)?;
        Ok(Gradients { loss: self.last_loss()?, logits: self.backend.read(Vector::Logits)?, parameters, input })
    }

    /// Runs the forward and backward pass; calls `done` after each operation, with `true` for the backward pass.
    fn pass(
        &mut self,
        segments: Segments,
        step: &Step,
        mut done: impl FnMut(&mut dyn TrainingBackend, Operation, bool),
    ) -> Result<()> {
        let Self { backend, tape, front_end, .. } = self;
        let mut work = || {
            backend.upload(front_end.apply(segments)?, step)?;
            backend.feed(step)?;
            for &operation in &tape.operations {
                backend.forward(operation, step)?;
                done(backend.as_mut(), operation, false);
            }
            for &operation in tape.trained().iter().rev() {
                backend.backward(operation, step)?;
                done(backend.as_mut(), operation, true);
            }
            Ok(())
        };
        work().map_err(|error| backend.explain(error))
    }

    /// Checks the sizes of `segments` and `targets`, and returns the settings of the step.
    fn circumstances<'a>(
        &self,
        segments: &Segments,
        targets: Targets<'a>,
        update: Option<&Update>,
        dropout: Option<(u64, u64)>,
        input_gradient: bool,
    ) -> Result<Step<'a>> {
        let batch = self.count(segments)?;
        targets.check(self.task, self.tape.tags, batch)?;
        let update = update.map(|update| StepUpdate::new(self.rule, update, self.updates + 1));
        Ok(Step { batch, targets, update, share: None, dropout, input_gradient })
    }

    /// The number of segments; none, and more than a batch holds, are [`Code::InvalidOption`].
    pub(super) fn count(&self, segments: &Segments) -> Result<usize> {
        let batch = segments.count(self.tape.samples, self.held)?;
        if batch == 0 || batch > self.batch {
            let why = format!("a batch holds 1 to {} segments, received {batch}", self.batch);
            return Err(Error::new(Code::InvalidOption, why));
        }
        Ok(batch)
    }
}
