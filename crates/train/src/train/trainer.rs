//! The training loop: batches, epochs, stages, checkpoints.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use engine::{Holding, Inference, OptimiserState, Options, Training, Update};
use error::{Code, Error, Result};
use net::{Architecture, Layout, Model, Parameters, Task};

use super::divergence::{diverged, infinite};
use super::plan::Plan;
use super::queued::Queued;
use super::reporter::Reporter;
use super::shares::Shares;
use crate::augmentation::Augmentation;
use crate::batch::{for_each_batch, Changes, Feed};
use crate::crops::epoch_segments;
use crate::event::{self, Epoch, Event, Pace, Phase, Progress};
use crate::options::{Best, TrainOptions};
use crate::part::PartData;
use crate::run::{Checkpoint, RunFolder};
use crate::sampler::EpochOrder;
use crate::schedule::Schedule;

/// The state of a training between two steps.
pub(super) struct Trainer<'a> {
    pub(super) options: &'a TrainOptions,
    pub(super) plan: &'a Plan,
    /// The weights that are the result.
    pub(super) best: Best,
    pub(super) folder: &'a RunFolder,
    pub(super) architecture: &'a Architecture,
    pub(super) task: Task,
    pub(super) engine: Options,
    pub(super) train: &'a PartData<'a>,
    /// May be empty if the schedule is fixed.
    pub(super) valid: &'a PartData<'a>,
    pub(super) training: Training,
    /// The form in which `training` accepts the segments of the training part.
    pub(super) holding: Holding,
    /// The random changes of the training segments.
    pub(super) augmentation: Option<Augmentation>,
    /// Computes the validation loss; kept between epochs if there is enough memory.
    pub(super) validation: Option<Inference>,
    /// The state that is not inside `training`; parameters and velocity are filled in when it is saved.
    pub(super) state: Checkpoint,
    /// Builds the model with given parameters, for the model files.
    pub(super) model: &'a dyn Fn(Parameters, &Checkpoint) -> Model,
    pub(super) cancel: &'a AtomicBool,
}

impl Trainer<'_> {
    /// Trains to the end of the schedule. The best weights are then in `state.best`.
    ///
    /// # Errors
    /// [`Code::Aborted`] after `cancel`, once a checkpoint is written; [`Code::Diverged`] if a loss, a weight or a
    /// statistic is no longer finite; [`Code::Output`]; those of the engine.
    pub(super) fn run(&mut self, reporter: &mut Reporter) -> Result<()> {
        let schedule = &self.plan.schedule;
        while !schedule.is_finished(&self.state.state.schedule) {
            match self.epoch(schedule, reporter) {
                Err(failure) if failure.code == Code::Aborted => {
                    self.save(reporter)?;
                    return Err(failure);
                }
                other => other?,
            }
        }
        Ok(())
    }

    /// Trains one epoch, or the rest of it.
    fn epoch(&mut self, schedule: &Schedule, reporter: &mut Reporter) -> Result<()> {
        let opened = Instant::now();
        let before = self.state.state.timings.open_total;
        let mut steps = Vec::new();
        let trained = self.train_epoch(schedule, reporter, opened, before, &mut steps);
        self.state.state.timings.open_total = before + opened.elapsed().as_secs_f64();
        trained?;
        // Without a validation part there is no loss, and no minimum.
        let valid =
            if self.valid.segments.is_empty() { self.check().map(|()| f64::NAN) } else { self.validate(reporter) };
        self.state.state.timings.open_total = before + opened.elapsed().as_secs_f64();
        let valid_loss = valid?;
        self.end_epoch(schedule, reporter, valid_loss, &mut steps)
    }

    /// The steps of the epoch, starting with the current batch.
    fn train_epoch(
        &mut self,
        schedule: &Schedule,
        reporter: &mut Reporter,
        opened: Instant,
        before: f64,
        steps: &mut Vec<f64>,
    ) -> Result<()> {
        let epoch = self.state.state.schedule.epochs;
        let TrainOptions { seed, batch_size, random_crops, .. } = *self.options;
        let segments = epoch_segments(self.train, random_crops, seed, epoch as u64);
        let order = EpochOrder::new(seed, epoch as u64, segments.len(), batch_size);
        let (first, batches) = (self.state.state.batch, order.batches());
        let longest = Duration::from_secs_f64(self.options.checkpoint_seconds);
        let augmentation = self.augmentation.clone();
        let changes =
            augmentation.as_ref().map(|augmentation| Changes { augmentation, epoch: epoch as u64, batch_size });
        let feed = Feed { data: self.train, segments: &segments, task: self.task, holding: self.holding, changes };
        let mut pace = Pace::new();
        let mut written = Instant::now();
        let mut last = Instant::now();
        let mut queued = Queued::default();
        let shares = Shares { size: self.options.accumulate, order: &order };
        let phase = self.plan.phase(self.state.state.schedule.phase);
        for_each_batch(&feed, first..batches, &|index| order.batch(index), &mut |index, batch| {
            let state = &mut self.state.state;
            let update = Update {
                learning_rate: schedule.learning_rate(&state.schedule) as f32,
                momentum: phase.momentum,
                weight_decay: phase.weight_decay,
            };
            queued.add(index, batch.count);
            let (segments, targets, dropout) =
                (batch.segments(), batch.targets(), Some((self.options.seed, state.step)));
            let ends_update = shares.ends_update(index);
            match shares.share(index) {
                None => self.training.queue(segments, targets, &update, dropout)?,
                Some(share) => {
                    self.training.queue_share(segments, targets, share, ends_update.then_some(&update), dropout)?;
                }
            }
            let (done, total) = (index + 1, batches);
            let tell = pace.is_due() || done == total;
            let stop = self.cancel.load(Ordering::Relaxed);
            let save = written.elapsed() >= longest && done < total;
            if tell || stop || save || queued.batches.len() >= self.training.ahead() {
                let losses = self.training.losses()?;
                queued.settle(&losses, state, steps).map_err(|batch| {
                    let what = format!("the loss of batch {} is no longer finite", batch + 1);
                    diverged(&what, epoch, self.options, schedule.learning_rate(&state.schedule))
                })?;
            }
            state.step += 1;
            if ends_update {
                Schedule::count_update(&mut state.schedule);
            }
            state.batch = index + 1;
            state.timings.open_epoch += last.elapsed().as_secs_f64();
            if tell {
                reporter.emit(Event::Progress(Progress {
                    phase: Phase::Train,
                    done,
                    total,
                    failed: None,
                    epoch: Some(epoch + 1),
                    loss: Some(state.loss_sum / state.segments as f64),
                    seconds: pace.seconds(),
                }))?;
            }
            if stop {
                return Err(Error::aborted());
            }
            if save {
                state.timings.open_total = before + opened.elapsed().as_secs_f64();
                self.save(reporter)?;
                written = Instant::now();
            }
            last = Instant::now();
            Ok(())
        })
    }

    /// Refuses parameters that are not finite.
    fn check(&self) -> Result<()> {
        self.refuse_infinite(&self.training.parameters()?, &[])
    }

    fn validate(&mut self, reporter: &mut Reporter) -> Result<f64> {
        let parameters = self.training.parameters()?;
        self.refuse_infinite(&parameters, &[])?;
        let (size, mut made) = (self.options.batch_size, None);
        let inference = match &mut self.validation {
            Some(kept) => {
                kept.load(&parameters)?;
                kept
            }
            None => {
                let engine = self.engine.for_inference();
                made.insert(Inference::new(self.architecture, self.valid.tags, &parameters, size, &engine)?)
            }
        };
        let (total, epoch) = (self.valid.segments.len(), self.state.state.schedule.epochs + 1);
        let mut pace = Pace::new();
        let mut progress = |done: usize| {
            if pace.is_due() || done == total {
                (reporter.on_event)(Event::Progress(Progress {
                    phase: Phase::Validate,
                    done,
                    total,
                    failed: None,
                    epoch: Some(epoch),
                    loss: None,
                    seconds: pace.seconds(),
                }));
            }
        };
        let loss = crate::validation::mean_loss(inference, self.valid, self.task, &mut progress, self.cancel)?;
        if !loss.is_finite() {
            return Err(self.diverged("the validation loss is not finite"));
        }
        Ok(loss)
    }

    /// Refuses numbers that are not finite, before they replace the last usable checkpoint and model.
    fn refuse_infinite(&self, parameters: &Parameters, velocity: &[f32]) -> Result<()> {
        let layout = Layout::new(self.architecture, self.valid.tags);
        infinite(&layout, parameters, velocity).map_or(Ok(()), |what| Err(self.diverged(&what)))
    }

    fn diverged(&self, what: &str) -> Error {
        let progress = &self.state.state.schedule;
        diverged(what, progress.epochs, self.options, self.plan.schedule.learning_rate(progress))
    }

    /// Ends the epoch: verdict, best weights, next stage, event, checkpoint.
    fn end_epoch(
        &mut self,
        schedule: &Schedule,
        reporter: &mut Reporter,
        valid_loss: f64,
        steps: &mut [f64],
    ) -> Result<()> {
        let state = &mut self.state.state;
        let (stage, train_loss) = (state.schedule.stage, state.loss_sum / state.segments as f64);
        let learning_rate = schedule.epoch_rate(&state.schedule);
        let verdict = schedule.end_epoch(&mut state.schedule, valid_loss);
        let is_best = match self.best {
            Best::Last => true,
            Best::LastStage => verdict.best_of_stage,
            Best::AllStages => verdict.best_of_all,
        };
        let parameters = self.training.parameters()?;
        if is_best {
            state.best_epoch = state.schedule.epochs;
            self.state.best = Some(parameters.clone());
            (self.model)(parameters.clone(), &self.state).save(self.folder.best())?;
        }
        (self.model)(parameters.clone(), &self.state).save(self.folder.last())?;
        let state = &mut self.state.state;
        let phase = self.plan.phase(state.schedule.phase);
        if verdict.next_phase {
            self.training.use_rule(phase.rule)?;
        }
        if verdict.next_stage {
            // Loading also resets the state of the optimiser.
            match &self.state.best {
                _ if verdict.next_phase && !phase.from_best => self.training.load(&parameters)?,
                Some(best) => self.training.load(best)?,
                None => return Err(self.diverged("no epoch of the first stage had a validation loss")),
            }
        }
        let timings = &mut state.timings;
        let (train_seconds, seconds) = (timings.open_epoch, timings.open_total);
        let record = Epoch {
            epoch: state.schedule.epochs,
            stage: stage + 1,
            learning_rate,
            train_loss,
            valid_loss,
            best: verdict.best_of_stage,
            segments_per_second: state.segments as f64 / train_seconds.max(1e-9),
            step_seconds: median(steps),
            train_seconds,
            seconds,
        };
        // An epoch that was resumed after its last step has no steps in this process.
        if !steps.is_empty() {
            timings.step.push(record.step_seconds);
        }
        timings.epoch.push(train_seconds);
        timings.total += seconds;
        (timings.open_epoch, timings.open_total) = (0.0, 0.0);
        (state.batch, state.loss_sum, state.segments) = (0, 0.0, 0);
        reporter.emit(Event::Epoch(record))?;
        self.save(reporter)
    }

    /// Writes a checkpoint and reports it.
    fn save(&mut self, reporter: &mut Reporter) -> Result<()> {
        let said = Event::Checkpoint(event::Checkpoint {
            file: self.folder.checkpoint(),
            epoch: self.state.state.schedule.epochs,
            batch: self.state.state.batch,
        });
        let (parameters, optimiser) = (self.training.parameters()?, self.training.optimiser_state()?);
        self.refuse_infinite(&parameters, &optimiser.velocity)?;
        let OptimiserState { velocity, squares, accumulated, .. } = optimiser;
        (self.state.parameters, self.state.velocity) = (parameters, velocity);
        (self.state.squares, self.state.accumulated) = (squares, accumulated);
        self.state.state.events = reporter.log.length_with(&said)?;
        self.state.save(self.folder)?;
        reporter.emit(said)
    }
}

/// The median; 0 for an empty list. Sorts the values.
pub(super) fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        n if n % 2 == 1 => values[n / 2],
        n => (values[n / 2 - 1] + values[n / 2]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&mut []), 0.0);
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]), 2.5);
    }
}
