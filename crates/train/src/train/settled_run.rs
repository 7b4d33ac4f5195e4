//! A run whose data and options are fixed: starting or resuming it.

use std::sync::atomic::{AtomicBool, Ordering};

use engine::{Holding, Inference, LossTerms, Mel, OptimiserState, Options, Training};
use error::{Code, Error, Result, WarningCode};
use net::Parameters;

use super::parts::Parts;
use super::plan::Plan;
use super::reporter::Reporter;
use super::source::Source;
use super::trainer::Trainer;
use crate::augmentation::Augmentation;
use crate::event::{Event, Start, TrainDone};
use crate::initial::first_parameters;
use crate::input_statistics::{InputStatistics, Standardised};
use crate::known_clips::KnownClips;
use crate::options::Best;
use crate::run::{Checkpoint, Config, Report, ResumePoint, RunFolder};

/// A run whose data and options are fixed.
pub(super) struct Run<'a> {
    pub(super) config: &'a Config,
    pub(super) plan: &'a Plan,
    pub(super) folder: &'a RunFolder,
    pub(super) parts: &'a Parts<'a>,
    pub(super) known: KnownClips,
    /// The model that the training starts from.
    pub(super) source: Option<Source>,
    pub(super) engine: Options,
    pub(super) cancel: &'a AtomicBool,
}

impl Run<'_> {
    /// Trains from `found` or from the beginning, unless the run is complete, and finishes it. `compiled` are the plans
    /// if they have been compiled already.
    pub(super) fn train(
        &self,
        ResumePoint { checkpoint: found, trouble }: ResumePoint,
        compiled: Option<(Training, Option<Inference>)>,
        reporter: &mut Reporter,
    ) -> Result<TrainDone> {
        let Config { options, architecture, tags, task, .. } = self.config;
        if let Some(done) = found.as_ref().and_then(|checkpoint| self.finished_before(checkpoint)) {
            reporter.emit(Event::Done(done.clone()))?;
            return Ok(done);
        }
        let (mut training, validation) = match compiled {
            Some(compiled) => compiled,
            None => compile(self.config, self.plan, &self.engine)?,
        };
        if let Some(trouble) = trouble {
            let from =
                if found.is_some() { "resuming from an older checkpoint" } else { "starting from the beginning" };
            reporter.warn(WarningCode::OlderCheckpoint, format!("{from}: {}", trouble.message))?;
        }
        let state = match found {
            None => {
                training.use_rule(self.plan.phase(0).rule)?;
                training.load(&self.first_parameters(reporter)?)?;
                let mut fresh = Checkpoint::default();
                fresh.state.threads = self.engine.threads;
                fresh.state.run.clone_from(&self.config.id);
                fresh
            }
            Some(checkpoint) => {
                let position = &checkpoint.state.schedule;
                training.use_rule(self.plan.phase(position.phase).rule)?;
                training.load(&checkpoint.parameters)?;
                training.load_optimiser_state(&OptimiserState {
                    velocity: checkpoint.velocity.clone(),
                    squares: checkpoint.squares.clone(),
                    accumulated: checkpoint.accumulated.clone(),
                    updates: position.updates,
                })?;
                checkpoint
            }
        };
        let augmentation = match options.augment.as_slice() {
            [] => None,
            changes => Some(Augmentation::new(changes, architecture.sampling_rate, options.seed)?),
        };
        let phase = state.state.schedule.phase;
        let (training, holding) = match self.head_alone(&mut training, phase, reporter)? {
            Some(head) => {
                // Frees the memory of the whole network.
                drop(training);
                (head, Holding::Samples)
            }
            // Only samples can be changed.
            None if augmentation.is_some() => (training, Holding::Samples),
            None => {
                let holding = self.hold(&mut training)?;
                (training, holding)
            }
        };
        reporter.emit(Event::Start(Start {
            schema: 1,
            run: self.folder.path().to_path_buf(),
            dataset: self.config.dataset.split.clone(),
            clips: self.config.dataset.clips,
            segments: self.config.dataset.segments,
            tags: tags.len(),
            parameters: self.config.parameters,
            updates_per_epoch: self.config.updates_per_epoch,
            device: self.config.device.clone(),
            precision: self.engine.precision,
            threads: self.engine.threads,
            epochs_before: state.state.schedule.epochs,
        }))?;
        let model = |parameters: Parameters, state: &Checkpoint| self.model(parameters, state, None);
        let mut trainer = Trainer {
            options,
            plan: self.plan,
            best: self.best(),
            folder: self.folder,
            architecture,
            task: *task,
            engine: self.engine.clone(),
            train: &self.parts.train,
            valid: &self.parts.valid,
            training,
            holding,
            augmentation,
            validation,
            state,
            model: &model,
            cancel: self.cancel,
        };
        trainer.run(reporter)?;
        let state = trainer.state;
        // Frees memory that is no longer needed.
        drop((trainer.training, trainer.validation));
        self.finish(&state, reporter)
    }

    /// The weights that are the result: without a validation part, those of the last epoch.
    pub(super) fn best(&self) -> Best {
        if self.parts.valid.segments.is_empty() {
            Best::Last
        } else {
            self.config.options.best
        }
    }

    /// The first parameters: those of the source, or drawn.
    fn first_parameters(&self, reporter: &mut Reporter) -> Result<Parameters> {
        let Config { options, architecture, tags, .. } = self.config;
        if let Some(source) = &self.source {
            return source.parameters(self.config)?.ok_or_else(|| {
                let message = "the model that the run started from is gone, and so are the checkpoints: start over";
                Error::new(Code::CheckpointMismatch, message)
            });
        }
        let input = self.input_statistics(reporter)?;
        first_parameters(architecture, tags.len(), options.initialisation, options.seed, input)
    }

    /// Copies the training part to the GPU if there is enough room.
    fn hold(&self, training: &mut Training) -> Result<Holding> {
        let data = &self.parts.train;
        let stopped = || self.cancel.load(Ordering::Relaxed);
        let mut unread = None;
        let clips =
            data.audio().take_while(|_| !stopped()).map_while(|clip| clip.map_err(|why| unread = Some(why)).ok());
        let holding = training.hold(data.samples(), clips);
        match (unread, stopped()) {
            (Some(why), _) => Err(why),
            (None, true) => holding.map_err(|_| Error::aborted()),
            (None, false) => holding,
        }
    }

    /// The mean and deviation with which the network standardises its samples or its log-mel values, from the cache or
    /// measured; every checkpoint stores them with the statistics.
    fn input_statistics(&self, reporter: &mut Reporter) -> Result<Option<InputStatistics>> {
        let Some(standardised) = Standardised::of(&self.config.architecture)? else { return Ok(None) };
        if let Standardised::Mel(mel) = &standardised {
            warn_of_empty_bands(mel, reporter)?;
        }
        let Config { architecture, dataset, .. } = self.config;
        let (data, threads) = (&self.parts.train, self.engine.threads);
        let on_event = &mut *reporter.on_event;
        let (learned, kept) = InputStatistics::learned(
            architecture,
            &standardised,
            data,
            &dataset.cache,
            threads,
            on_event,
            self.cancel,
        )?;
        if let Err(reason) = kept {
            reporter.warn(
                WarningCode::StatisticsNotKept,
                format!("the statistics will be measured again next time: {}", reason.message),
            )?;
        }
        Ok(Some(learned))
    }

    /// The result of the run, if it is complete and its report and model exist.
    fn finished_before(&self, checkpoint: &Checkpoint) -> Option<TrainDone> {
        let progress = &checkpoint.state.schedule;
        let report = std::fs::read(self.folder.report()).ok()?;
        let report: Report = serde_json::from_slice(&report).ok()?;
        // The folder may have been moved.
        let (run, best) = (self.folder.path().to_path_buf(), self.folder.best());
        let ours = report.run == self.config.id && report.done.epochs == progress.epochs && best.is_file();
        let finished = ours && self.plan.schedule.is_finished(progress);
        finished.then_some(TrainDone { run, best, ..report.done })
    }
}

/// Warns of mel bands that are always 0.
fn warn_of_empty_bands(mel: &Mel, reporter: &mut Reporter) -> Result<()> {
    if mel.empty_bands() > 0 {
        let message = format!(
            "{} of the {} mel bands lie between two bins of the FFT and are always 0: use a longer FFT or fewer \
             bands",
            mel.empty_bands(),
            mel.bands()
        );
        reporter.warn(WarningCode::EmptyMelBands, message)?;
    }
    Ok(())
}

/// Compiles the plans of a run, with the memory of its optimisers and the weights of its loss.
///
/// # Errors
/// Those of [`Training::with_validation`].
pub(super) fn compile(config: &Config, plan: &Plan, engine: &Options) -> Result<(Training, Option<Inference>)> {
    let Config { architecture, tags, task, options, .. } = config;
    let tuning = options.fine_tuning();
    let (mut training, validation) =
        Training::with_validation(architecture, tags.len(), *task, options.batch_size, &tuning, engine)?;
    prepare(&mut training, config, plan)?;
    Ok((training, validation))
}

/// Gives `training` the memory of the optimisers and the weights of the loss.
pub(super) fn prepare(training: &mut Training, config: &Config, plan: &Plan) -> Result<()> {
    let Config { options, tag_weights, .. } = config;
    training.use_rule(plan.largest_rule())?;
    if tag_weights.is_some() || options.label_smoothing > 0.0 {
        let weights = tag_weights.clone().unwrap_or_default();
        training.weigh(Some(&LossTerms { smoothing: options.label_smoothing as f32, weights }))?;
    }
    Ok(())
}
