//! The end of a run: evaluates the best weights and writes all results.

use engine::Inference;
use error::{Code, Error, Result};
use net::{Model, Parameters, Task};
use serde_json::json;

use super::reporter::Reporter;
use super::settled_run::Run;
use super::trainer::median;
use crate::event::{Event, Scores, Timing, TrainDone};
use crate::metrics::Metrics;
use crate::part::PartData;
use crate::run::{markdown, Checkpoint, Config, Predictions, Report};
use crate::scoring::{score_clips, score_progress};

impl Run<'_> {
    /// Evaluates the best weights and writes the model, the predictions and the reports.
    pub(super) fn finish(&self, state: &Checkpoint, reporter: &mut Reporter) -> Result<TrainDone> {
        let Config { tags, task, .. } = self.config;
        let Some(best) = &state.best else {
            return Err(Error::new(Code::Diverged, "no epoch had a validation loss: use lower learningRates"));
        };
        let single = *task == Task::SingleLabel;
        let (mut thresholds, mut valid, mut test) = (None, None, None);
        if !self.parts.valid.clips.is_empty() {
            let scores = self.score(best, &self.parts.valid, reporter)?;
            let targets = self.parts.valid.targets();
            let chosen = Metrics::thresholds(&scores, &targets, tags.len());
            valid = Some(Metrics::new(tags, &scores, &targets, single, Some(&chosen)));
            thresholds = Some(chosen);
            self.predictions(&self.parts.valid, &scores, &targets, "predictions-valid")?;
        }
        if !self.parts.test.clips.is_empty() {
            let scores = self.score(best, &self.parts.test, reporter)?;
            let targets = self.parts.test.targets();
            self.predictions(&self.parts.test, &scores, &targets, "predictions-test")?;
            test = Some(Metrics::new(tags, &scores, &targets, single, thresholds.as_deref()));
        }
        let done = TrainDone {
            run: self.folder.path().to_path_buf(),
            best: self.folder.best(),
            epochs: state.state.schedule.epochs,
            test: test.as_ref().map(Metrics::scores).unwrap_or_default(),
            valid: valid.as_ref().map(Metrics::scores).unwrap_or_default(),
            seconds: timing(state),
            parameters: self.config.parameters,
            left_out: self.config.dataset.left_out,
        };
        self.model(best.clone(), state, thresholds.as_deref(), Some(&done.test)).save(self.folder.best())?;
        let report = Report {
            format: 1,
            run: self.config.id.clone(),
            dataset: self.config.dataset.clone(),
            best_epoch: state.state.best_epoch,
            protocol: self.config.options.protocol.clone(),
            best: self.best(),
            done: done.clone(),
            valid,
            test,
        };
        files::write_json(self.folder.report(), &report)?;
        files::write_atomic(self.folder.report_for_people(), markdown(&report).as_bytes())?;
        reporter.emit(Event::Done(done.clone()))?;
        Ok(done)
    }

    fn score(&self, parameters: &Parameters, data: &PartData, reporter: &mut Reporter) -> Result<Vec<f32>> {
        let Config { options, architecture, tags, task, .. } = self.config;
        let inference = Inference::new(architecture, tags.len(), parameters, options.batch_size, &self.engine)?;
        let mut progress = score_progress(data.clips.len(), &mut *reporter.on_event);
        score_clips(inference, *task, data, &mut progress, self.cancel)
    }

    fn predictions(&self, data: &PartData, scores: &[f32], targets: &[bool], stem: &str) -> Result<()> {
        let clips = data.clips.iter().map(|usable| usable.clip.name.as_str()).collect();
        Predictions { clips, tags: &self.config.tags, scores, targets }.write(self.folder.path(), stem)
    }

    /// The model with `parameters` and the record of its training.
    pub(super) fn model(
        &self,
        parameters: Parameters,
        state: &Checkpoint,
        thresholds: Option<&[Option<f32>]>,
        test: Option<&Scores>,
    ) -> Model {
        let Config { options, architecture, task, tags, dataset, version, .. } = self.config;
        let progress = &state.state.schedule;
        let mut training = json!({
            "version": version,
            "seed": options.seed,
            "epochs": progress.epochs,
            "bestEpoch": state.state.best_epoch,
            "batchSize": options.batch_size,
            "precision": options.precision,
            "protocol": options.protocol,
            "optimiser": options.optimiser,
            "schedule": options.schedule,
            "learningRates": options.learning_rates,
            "initialisation": options.initialisation,
            "dataset": {
                "kind": dataset.kind, "split": dataset.split, "checksum": dataset.checksum, "clips": dataset.clips,
                "segments": dataset.segments, "segmentRule": dataset.segment_rule, "clipSeconds": dataset.clip_seconds,
                "segmentsPerClip": options.segments, "splitRules": dataset.split_rules,
            },
        });
        self.known.add_to(&mut training);
        if let Some(thresholds) = thresholds {
            training["thresholds"] = json!(thresholds);
        }
        if let Some(test) = test {
            training["test"] = json!(test);
        }
        Model {
            architecture: architecture.clone(),
            tags: tags.clone(),
            task: *task,
            licence: None,
            training,
            parameters,
        }
    }
}

fn timing(state: &Checkpoint) -> Timing {
    let timings = &state.state.timings;
    Timing {
        step: median(&mut timings.step.clone()),
        epoch: timings.epoch.iter().sum::<f64>() / timings.epoch.len().max(1) as f64,
        total: timings.total,
    }
}
