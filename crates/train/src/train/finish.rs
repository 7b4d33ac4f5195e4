//! The end of a run: evaluates the best weights and writes all results.

use engine::{ClipScorer, Inference};
use error::{Code, Error, Result};
use net::{Calibration, Model, Parameters, Task};
use serde_json::json;

use super::reporter::Reporter;
use super::settled_run::Run;
use super::trainer::median;
use crate::event::{Event, Scores, Timing, TrainDone};
use crate::metrics::{calibration, Metrics, Scored};
use crate::page::{Page, Shown};
use crate::part::PartData;
use crate::run::{markdown, Checkpoint, Config, Predictions, Report};
use crate::scoring::{score_clips, score_progress};

/// What is decided and measured once the training is over.
pub(super) struct Decisions {
    thresholds: Vec<Option<f32>>,
    calibration: Option<Calibration>,
    /// The metrics on the test clips.
    test: Scores,
}

impl Run<'_> {
    /// Evaluates the best weights and writes the model, the predictions and the reports.
    pub(super) fn finish(&self, state: &Checkpoint, reporter: &mut Reporter) -> Result<TrainDone> {
        let Config { tags, task, .. } = self.config;
        let Some(best) = &state.best else {
            return Err(Error::new(Code::Diverged, "no epoch had a validation loss: use lower learningRates"));
        };
        let valid_scores = self.score(best, &self.parts.valid, reporter)?;
        let valid_targets = self.parts.valid.targets();
        let thresholds = Metrics::thresholds(&valid_scores, &valid_targets, tags.len());
        let calibration = calibration(&valid_scores, &valid_targets, tags.len(), *task);
        let valid = self.metrics(&self.parts.valid, &valid_scores, &valid_targets, &thresholds);
        self.predictions(&self.parts.valid, &valid_scores, &valid_targets, "valid")?;
        let (mut test, mut test_scores, test_targets) = (None, Vec::new(), self.parts.test.targets());
        if !self.parts.test.clips.is_empty() {
            test_scores = self.score(best, &self.parts.test, reporter)?;
            self.predictions(&self.parts.test, &test_scores, &test_targets, "test")?;
            test = Some(self.metrics(&self.parts.test, &test_scores, &test_targets, &thresholds));
        }
        let done = TrainDone {
            run: self.folder.path().to_path_buf(),
            best: self.folder.best(),
            epochs: state.state.schedule.epochs,
            test: test.as_ref().map(Metrics::scores).unwrap_or_default(),
            valid: valid.scores(),
            seconds: timing(state),
            parameters: self.config.parameters,
            left_out: self.config.dataset.left_out,
            seeds: None,
        };
        let decisions = Decisions { thresholds, calibration: calibration.clone(), test: done.test };
        self.model(best.clone(), state, Some(decisions)).save(self.folder.best())?;
        let report = Report {
            format: 1,
            run: self.config.id.clone(),
            dataset: self.config.dataset.clone(),
            best_epoch: state.state.best_epoch,
            done: done.clone(),
            valid,
            test,
        };
        files::write_json(self.folder.report(), &report)?;
        files::write_atomic(self.folder.report_for_people(), markdown(&report).as_bytes())?;
        let shown = match &report.test {
            Some(metrics) => {
                let (data, scores, targets) = (&self.parts.test, &test_scores[..], &test_targets[..]);
                Shown { title: "Test", data, scores, targets, metrics }
            }
            None => {
                let (data, scores, targets) = (&self.parts.valid, &valid_scores[..], &valid_targets[..]);
                Shown { title: "Validation", data, scores, targets, metrics: &report.valid }
            }
        };
        let (config, epochs) = (self.config, &reporter.epochs[..]);
        let page = Page { report: &report, config, epochs, calibration: calibration.as_ref(), shown };
        files::write_atomic(self.folder.report_page(), page.html().as_bytes())?;
        reporter.emit(Event::Done(done.clone()))?;
        Ok(done)
    }

    fn score(&self, parameters: &Parameters, data: &PartData, reporter: &mut Reporter) -> Result<Vec<f32>> {
        let Config { options, architecture, tags, task, .. } = self.config;
        let inference = Inference::new(architecture, tags.len(), parameters, options.batch_size, &self.engine)?;
        let mut progress = score_progress(data.clips.len(), &mut *reporter.on_event);
        score_clips(ClipScorer::new(inference, *task), data, &mut progress, self.cancel)
    }

    /// The metrics of `scores` with their intervals.
    fn metrics(&self, data: &PartData, scores: &[f32], targets: &[bool], thresholds: &[Option<f32>]) -> Metrics {
        let Config { options, tags, task, .. } = self.config;
        let (present, single_label) = (vec![true; tags.len()], *task == Task::SingleLabel);
        let clips = data.clips.iter().map(|usable| usable.clip.name.as_str()).collect();
        let scored = Scored { clips, present: &present, scores, targets, single_label };
        Metrics::new(tags, scores, targets, single_label, Some(thresholds)).with_intervals(&scored, options.bootstrap)
    }

    fn predictions(&self, data: &PartData, scores: &[f32], targets: &[bool], part: &str) -> Result<()> {
        let clips = data.clips.iter().map(|usable| usable.clip.name.as_str()).collect();
        let predictions = Predictions { clips, tags: &self.config.tags, scores, targets };
        predictions.write_targets(self.folder.path(), &format!("targets-{part}"))?;
        predictions.write(self.folder.path(), &format!("predictions-{part}"))
    }

    /// The model with `parameters` and the record of its training.
    pub(super) fn model(&self, parameters: Parameters, state: &Checkpoint, decisions: Option<Decisions>) -> Model {
        let Config { options, architecture, task, tags, dataset, version, .. } = self.config;
        let progress = &state.state.schedule;
        let mut training = json!({
            "version": version,
            "seed": options.seed,
            "splitSeed": options.split_seed.unwrap_or(options.seed),
            "epochs": progress.epochs,
            "bestEpoch": state.state.best_epoch,
            "batchSize": options.batch_size,
            "precision": options.precision,
            "learningRates": options.learning_rates,
            "initialisation": options.initialisation,
            "dataset": {
                "kind": dataset.kind, "split": dataset.split, "checksum": dataset.checksum, "clips": dataset.clips,
                "segments": dataset.segments, "segmentRule": dataset.segment_rule, "clipSeconds": dataset.clip_seconds,
                "segmentsPerClip": options.segments, "splitRules": dataset.split_rules,
            },
        });
        if let Some(source) = &self.config.source {
            training["from"] = json!(source);
            training["freeze"] = json!(options.freeze);
            training["frozenNorms"] = json!(options.frozen_norms);
            training["layerDecay"] = json!(options.layer_decay);
        }
        self.known.add_to(&mut training);
        let (mut thresholds, mut calibration) = (None, None);
        if let Some(decisions) = decisions {
            training["test"] = json!(decisions.test);
            (thresholds, calibration) = (Some(decisions.thresholds), decisions.calibration);
        }
        Model {
            architecture: architecture.clone(),
            tags: tags.clone(),
            task: *task,
            licence: None,
            training,
            thresholds,
            calibration,
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
