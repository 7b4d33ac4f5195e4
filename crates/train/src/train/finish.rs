//! The end of a run: evaluates the best weights and writes all results.

use engine::{ClipScorer, Inference, Reduction};
use error::{Code, Error, Result};
use net::{Calibration, Model, Parameters, Task};
use serde_json::json;

use super::reporter::Reporter;
use super::settled_run::Run;
use super::trainer::median;
use crate::event::{Event, Scores, Timing, TrainDone};
use crate::metrics::{calibration, soft_calibration, Metrics, Scored, FEW};
use crate::page::{Page, Shown};
use crate::part::PartData;
use crate::run::{markdown, Checkpoint, Config, Predictions, Report};
use crate::scoring::{score_clips, score_progress};

/// What is decided and measured once the training is over.
pub(super) struct Decisions {
    thresholds: Option<Vec<Option<f32>>>,
    calibration: Option<Calibration>,
    /// The metrics on the test clips.
    test: Scores,
}

/// The scores of the clips of a part, and what they are worth.
struct Measured {
    scores: Vec<f32>,
    targets: Vec<bool>,
    metrics: Metrics,
}

impl Measured {
    fn shown<'a>(&'a self, title: &'static str, data: &'a PartData<'a>) -> Shown<'a> {
        Shown { title, data, scores: &self.scores, targets: &self.targets, metrics: &self.metrics }
    }
}

impl Run<'_> {
    /// Evaluates the best weights and writes the model, the predictions and the reports.
    pub(super) fn finish(&self, state: &Checkpoint, reporter: &mut Reporter) -> Result<TrainDone> {
        let Config { options, .. } = self.config;
        let across = options.across_segments;
        let Some(best) = &state.best else {
            return Err(Error::new(Code::Diverged, "no epoch had a validation loss: use lower learningRates"));
        };
        let (mut thresholds, mut fitted, mut valid, mut test) = (None, None, None, None);
        // What the model file keeps: it belongs to the scores of `tag`, which are means over the segments.
        let mut kept = (None, None);
        if !self.parts.valid.clips.is_empty() {
            let (scores, targets) = self.scores(best, &self.parts.valid, "valid", reporter)?;
            (thresholds, fitted) = self.decisions(&scores, &targets);
            kept = match across {
                Reduction::Mean => (thresholds.clone(), fitted.clone()),
                Reduction::Max => {
                    let means = self.score(best, &self.parts.valid, Reduction::Mean, reporter)?;
                    self.decisions(&means, &targets)
                }
            };
            let metrics = self.metrics(&self.parts.valid, &scores, &targets, thresholds.as_deref());
            valid = Some(Measured { scores, targets, metrics });
        }
        if !self.parts.test.clips.is_empty() {
            let (scores, targets) = self.scores(best, &self.parts.test, "test", reporter)?;
            let metrics = self.metrics(&self.parts.test, &scores, &targets, thresholds.as_deref());
            test = Some(Measured { scores, targets, metrics });
        }
        let done = TrainDone {
            run: self.folder.path().to_path_buf(),
            best: self.folder.best(),
            epochs: state.state.schedule.epochs,
            test: test.as_ref().map(|test| test.metrics.scores()).unwrap_or_default(),
            valid: valid.as_ref().map(|valid| valid.metrics.scores()).unwrap_or_default(),
            seconds: timing(state),
            parameters: self.config.parameters,
            left_out: self.config.dataset.left_out,
            seeds: None,
        };
        let decisions = Decisions { thresholds: kept.0, calibration: kept.1, test: done.test };
        self.model(best.clone(), state, Some(decisions)).save(self.folder.best())?;
        let report = Report {
            format: 1,
            run: self.config.id.clone(),
            dataset: self.config.dataset.clone(),
            best_epoch: state.state.best_epoch,
            protocol: self.config.options.protocol.clone(),
            best: self.best(),
            done: done.clone(),
            valid: valid.as_ref().map(|valid| valid.metrics.clone()),
            test: test.as_ref().map(|test| test.metrics.clone()),
        };
        files::write_atomic(self.folder.report_for_people(), markdown(&report).as_bytes())?;
        let shown = match (&test, &valid) {
            (Some(test), _) => Some(test.shown("Test", &self.parts.test)),
            (None, Some(valid)) => Some(valid.shown("Validation", &self.parts.valid)),
            (None, None) => None,
        };
        let (config, epochs) = (self.config, &reporter.epochs[..]);
        let page = Page { report: &report, config, epochs, calibration: fitted.as_ref(), shown };
        files::write_atomic(self.folder.report_page(), page.html().as_bytes())?;
        // The last file: a run whose report exists is finished, and is not finished again.
        files::write_json(self.folder.report(), &report)?;
        reporter.emit(Event::Done(done.clone()))?;
        Ok(done)
    }

    /// The scores `[clips, tags]` of the clips of `data` with `parameters`, reduced over their segments by `across`.
    fn score(
        &self,
        parameters: &Parameters,
        data: &PartData,
        across: Reduction,
        reporter: &mut Reporter,
    ) -> Result<Vec<f32>> {
        let Config { options, architecture, tags, task, .. } = self.config;
        let engine = self.engine.for_inference();
        let inference = Inference::new(architecture, tags.len(), parameters, options.batch_size, &engine)?;
        let mut progress = score_progress(data.clips.len(), &mut *reporter.on_event);
        score_clips(ClipScorer::new(inference, *task).pooled(across), data, &mut progress, self.cancel)
    }

    /// The scores of the clips of `data` with `parameters`, and their targets, which are written as those of `part`.
    fn scores(
        &self,
        parameters: &Parameters,
        data: &PartData,
        part: &str,
        reporter: &mut Reporter,
    ) -> Result<(Vec<f32>, Vec<bool>)> {
        let across = self.config.options.across_segments;
        let (scores, targets) = (self.score(parameters, data, across, reporter)?, data.targets());
        self.predictions(data, &scores, &targets, part)?;
        Ok((scores, targets))
    }

    /// Thresholds and calibration from the scores of the validation part.
    fn decisions(&self, scores: &[f32], targets: &[bool]) -> (Option<Vec<Option<f32>>>, Option<Calibration>) {
        let Config { tags, task, .. } = self.config;
        let fitted = match (task, self.parts.valid.weights()) {
            (Task::MultiLabel, Some(weights)) => soft_calibration(scores, &weights, tags.len()),
            _ => calibration(scores, targets, tags.len(), *task),
        };
        (Some(self.thresholds(scores, targets)), fitted)
    }

    /// The thresholds with the best F1 on the scores of the validation part. Scores of soft targets estimate weights:
    /// for a tag with too few positives there, the threshold is the weight from which a soft target counts as a tag.
    fn thresholds(&self, scores: &[f32], targets: &[bool]) -> Vec<Option<f32>> {
        let Config { options, tags, task, .. } = self.config;
        let mut thresholds = Metrics::thresholds(scores, targets, tags.len());
        if *task == Task::MultiLabel && self.parts.valid.is_soft() {
            for (tag, threshold) in thresholds.iter_mut().enumerate() {
                let positives = targets.iter().skip(tag).step_by(tags.len()).filter(|&&is| is).count();
                if positives < FEW {
                    *threshold = Some(options.dataset.positive_from() as f32);
                }
            }
        }
        thresholds
    }

    /// The metrics of `scores` with their intervals.
    fn metrics(
        &self,
        data: &PartData,
        scores: &[f32],
        targets: &[bool],
        thresholds: Option<&[Option<f32>]>,
    ) -> Metrics {
        let Config { options, tags, task, .. } = self.config;
        let (present, single_label) = (vec![true; tags.len()], *task == Task::SingleLabel);
        let clips = data.clips.iter().map(|usable| usable.clip.name.as_str()).collect();
        let scored = Scored { clips, present: &present, scores, targets, single_label };
        Metrics::with_intervals(tags, &scored, thresholds, options.bootstrap)
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
        if options.across_segments != Reduction::Mean {
            training["dataset"]["acrossSegments"] = json!(options.across_segments);
        }
        // So that an evaluation can select the same tags. A file of rules that is gone now says nothing.
        let selection = options.dataset.selection();
        if let Some(rules) = selection.merge_rules().ok().filter(|_| selection.changes_tags()) {
            training["dataset"]["vocabulary"] = json!({ "mergeTags": rules });
        }
        if let Some(source) = &self.config.source {
            training["from"] = json!(source);
            training["freeze"] = json!(options.freeze);
            training["frozenNorms"] = json!(options.frozen_norms);
            training["fixedNorms"] = json!(options.fixed_norms);
            training["layerDecay"] = json!(options.layer_decay);
        }
        self.known.add_to(&mut training);
        let (mut thresholds, mut calibration) = (None, None);
        if let Some(decisions) = decisions {
            training["test"] = json!(decisions.test);
            (thresholds, calibration) = (decisions.thresholds, decisions.calibration);
        }
        let model = Model::new(architecture.clone(), tags.clone(), *task, parameters);
        Model { training, thresholds, calibration, ..model }
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
