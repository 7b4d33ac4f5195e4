//! Evaluation: the metrics of a model on a dataset.

mod record;

use std::sync::atomic::AtomicBool;

use engine::Reduction;
use error::{Code, Error, Result};
use net::{Model, Task};

use crate::clips_to_score::ClipsToScore;
use crate::event::Event;
use crate::metrics::{Metrics, Scored};
use crate::options::EvaluateOptions;
use crate::run::{EvaluationFolder, Predictions};
use crate::train::{engine_options, segment_rule};
pub use record::Evaluation;

/// Scores the clips of a dataset with a model and computes the metrics of the scores. Tags are matched by name; a tag
/// of the model that the dataset lacks is left out of all metrics. The segments and seconds of each clip are those of
/// the model's training unless the options set others. A warning reports clips that the model was trained on. With
/// `out`, `evaluation.json` and the predictions are written to that folder.
///
/// # Errors
/// [`Code::InvalidOption`] if `calibrated` is set and the model has no calibration; those of [`Model::load`], of
/// [`crate::dataset::Dataset::load`] and of the cache; [`Code::Dataset`] if the model and the dataset have no tag in
/// common, if a single-label clip has a tag that the model lacks, or if no clip can be used; [`Code::Output`] if `out`
/// cannot be written, or if it holds files with these names that no evaluation wrote and `force` is not set;
/// [`Code::Aborted`] after `cancel`.
pub fn evaluate(options: &EvaluateOptions, on_event: &mut dyn FnMut(Event), cancel: &AtomicBool) -> Result<Evaluation> {
    measure(None, options, on_event, cancel)
}

/// Like [`evaluate`], with a model in memory. The model file in the options is only reported, not read.
///
/// # Errors
/// Those of [`evaluate`], except those of [`Model::load`].
pub fn evaluate_model(
    model: &Model,
    options: &EvaluateOptions,
    on_event: &mut dyn FnMut(Event),
    cancel: &AtomicBool,
) -> Result<Evaluation> {
    measure(Some(model), options, on_event, cancel)
}

fn measure(
    given: Option<&Model>,
    options: &EvaluateOptions,
    on_event: &mut dyn FnMut(Event),
    cancel: &AtomicBool,
) -> Result<Evaluation> {
    options.validate()?;
    let engine = engine_options(&options.device, options.threads, options.precision)?;
    let report = options.out.as_deref().map(|out| EvaluationFolder::claim(out, options.force)).transpose()?;
    let loaded;
    let model = match given {
        Some(model) => model,
        None => {
            loaded = Model::load(&options.model)?;
            &loaded
        }
    };
    if options.calibrated && model.calibration.is_none() {
        let message = format!(
            "calibrated: {} has no calibration: train it with this version and with at least ten validation clips with \
             and without each tag, or leave out calibrated (--calibrated)",
            options.model.display()
        );
        return Err(Error::new(Code::InvalidOption, message));
    }
    let calibration = model.calibration.clone().filter(|_| options.calibrated);
    let is_mean = |across: Reduction| across == Reduction::Mean;
    let prepared = ClipsToScore::with_engine(model, options, engine, on_event, cancel)?;
    let (across_segments, across_segments_from) = prepared.across_segments;
    if options.calibrated && !is_mean(across_segments) {
        let message = "calibrated: the calibration of a model belongs to the mean over the segments, and the scores \
                       are the maximum (acrossSegments max): leave out calibrated, or give acrossSegments mean";
        return Err(Error::new(Code::InvalidOption, message));
    }
    let data = prepared.data();
    let scores = prepared.scores(&data, calibration.clone(), on_event, cancel)?;
    let ClipsToScore { dataset, present, known, .. } = &prepared;
    let ((segments, segments_from), (clip_seconds, clip_seconds_from)) = (prepared.segments, prepared.clip_seconds);
    let targets = data.targets();
    let thresholds = match (&model.thresholds, &calibration) {
        (Some(thresholds), Some(calibration)) => calibration.thresholds(thresholds),
        (thresholds, _) => thresholds.clone(),
    };
    // The thresholds of a model belong to the mean too.
    let thresholds = thresholds.filter(|_| is_mean(across_segments));
    let clips: Vec<&str> = data.clips.iter().map(|usable| usable.clip.name.as_str()).collect();
    let single_label = model.task == Task::SingleLabel;
    let scored = Scored { clips, present, scores: &scores, targets: &targets, single_label };
    let metrics = Metrics::with_intervals(&model.tags, &scored, thresholds.as_deref(), options.bootstrap);
    let evaluation = Evaluation {
        model: (!options.model.as_os_str().is_empty())
            .then(|| std::path::absolute(&options.model).unwrap_or_else(|_| options.model.clone())),
        dataset: dataset.split.clone(),
        part: options.part.part(),
        checksum: prepared.checksum_of(&data),
        precision: options.precision,
        segment_rule: segment_rule(segments, model.architecture.input_length),
        segments_from,
        clip_seconds,
        clip_seconds_from,
        across_segments,
        across_segments_from,
        clips: data.clips.len(),
        failed: dataset.clips.len() - data.clips.len(),
        training_clips: known.map(|known| known.train),
        validation_clips: known.map(|known| known.valid),
        segments: data.segments.len(),
        roc_auc: metrics.macro_average.roc_auc,
        pr_auc: metrics.macro_average.pr_auc,
        accuracy: metrics.accuracy,
        intervals: metrics.intervals,
        balanced_accuracy: metrics.balanced_accuracy,
        confusion: metrics.confusion,
        calibrated: calibration.is_some(),
        log_loss: metrics.log_loss,
        calibration_error: metrics.calibration_error,
        clipwise: metrics.clipwise,
        micro: metrics.micro_average,
        weighted: metrics.weighted_average,
        f1: metrics.f1,
        per_tag: metrics.per_tag,
        skipped: metrics.skipped,
        few: metrics.few,
        absent: model.tags.iter().zip(present).filter(|(_, present)| !**present).map(|(tag, _)| tag.clone()).collect(),
    };
    if let Some(report) = report {
        let predictions = Predictions { clips: scored.clips, tags: &model.tags, scores: &scores, targets: &targets };
        report.write(&evaluation, &predictions)?;
    }
    Ok(evaluation)
}
