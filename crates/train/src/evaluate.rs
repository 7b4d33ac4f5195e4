//! Evaluation: the metrics of a model on a dataset.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use engine::Precision;
use error::Result;
use net::{Model, Task};
use serde::Serialize;
use ts_rs::TS;

use crate::clips_to_score::ClipsToScore;
use crate::dataset::Part;
use crate::event::Event;
use crate::heard::Origin;
use crate::metrics::{Averages, Metrics, TagMetrics};
use crate::options::EvaluateOptions;
use crate::run::{EvaluationFolder, Predictions};
use crate::train::{engine_options, segment_rule};

/// The result of `evaluate`: averages over the tags, then the metrics of every tag.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(tag = "type", rename = "evaluation", rename_all = "camelCase")]
pub struct Evaluation {
    /// The model file, absolute; null for a model in memory that was not loaded from a file.
    pub model: Option<PathBuf>,
    /// How the clips were assigned to parts. Results with different values must not be compared.
    pub dataset: String,
    /// The part whose clips were scored; null: all clips.
    pub part: Option<Part>,
    /// SHA-256 over name, part, tags and audio of every clip.
    pub checksum: String,
    /// Arithmetic precision of the network.
    #[ts(inline)]
    pub precision: Precision,
    /// How a clip was cut into segments.
    pub segment_rule: String,
    /// The source of the segment rule: an option, the training of the model, or the default.
    #[ts(inline)]
    pub segments_from: Origin,
    /// Seconds of each clip that were used, from its start; null: all.
    pub clip_seconds: Option<f64>,
    /// The source of `clipSeconds`: an option, the training of the model, or the default.
    #[ts(inline)]
    pub clip_seconds_from: Origin,
    /// Number of clips that were scored.
    pub clips: usize,
    /// Number of clips that could not be used.
    pub failed: usize,
    /// Number of scored clips whose audio the model was trained on: their scores do not show how the model performs on
    /// other clips. Null for a model that does not record its training clips.
    pub training_clips: Option<usize>,
    /// Number of scored clips that the training of the model used to choose weights and thresholds. Null for a model
    /// that does not record its training clips.
    pub validation_clips: Option<usize>,
    /// Number of segments that were scored.
    pub segments: usize,
    /// Macro-averaged area under the ROC curve, 0..1; null if no tag has both positives and negatives.
    pub roc_auc: Option<f64>,
    /// Macro-averaged average precision, 0..1; null if no tag has both positives and negatives.
    pub pr_auc: Option<f64>,
    /// Share of clips whose highest score is that of their tag, 0..1; null when multi-label.
    pub accuracy: Option<f64>,
    /// Micro average: all (clip, tag) cells pooled.
    pub micro: Averages,
    /// Mean over tags, weighted by the number of positives of each tag.
    pub weighted: Averages,
    /// Mean F1 at the thresholds that the training of the model chose on its validation clips; null for a model without
    /// thresholds.
    pub f1: Option<f64>,
    /// The metrics of every tag, in the order of the model.
    pub per_tag: Vec<TagMetrics>,
    /// Tags that are left out of the averages.
    pub skipped: Vec<String>,
    /// Tags of the model that the dataset does not have: they are left out of all metrics. `skipped` contains them too.
    pub absent: Vec<String>,
}

/// Scores the clips of a dataset with a model and computes the metrics of the scores. Tags are matched by name; a tag
/// of the model that the dataset lacks is left out of all metrics. The segments and seconds of each clip are those of
/// the model's training unless the options set others. A warning reports clips that the model was trained on. With
/// `out`, `evaluation.json` and the predictions are written to that folder.
///
/// # Errors
/// Those of [`Model::load`], of [`crate::dataset::Dataset::load`] and of the cache; [`error::Code::Dataset`] if the model and the dataset have
/// no tag in common, if a single-label clip has a tag that the model lacks, or if no clip can be used; [`error::Code::Output`]
/// if `out` cannot be written, or if it holds files with these names that no evaluation wrote and `force` is not set;
/// [`error::Code::Aborted`] after `cancel`.
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
    let clips = ClipsToScore::with_engine(model, options, engine, on_event, cancel)?;
    let data = clips.data();
    let scores = clips.scores(&data, on_event, cancel)?;
    let ClipsToScore { dataset, present, known, .. } = &clips;
    let ((segments, segments_from), (clip_seconds, clip_seconds_from)) = (clips.segments, clips.clip_seconds);
    let targets = data.targets();
    let thresholds = thresholds(model);
    let single = model.task == Task::SingleLabel;
    let metrics = Metrics::over(present, &model.tags, &scores, &targets, single, thresholds.as_deref());
    let evaluation = Evaluation {
        model: (!options.model.as_os_str().is_empty())
            .then(|| std::path::absolute(&options.model).unwrap_or_else(|_| options.model.clone())),
        dataset: dataset.split.clone(),
        part: options.part.part(),
        checksum: clips.checksum_of(&data),
        precision: options.precision,
        segment_rule: segment_rule(segments, model.architecture.input_length),
        segments_from,
        clip_seconds,
        clip_seconds_from,
        clips: data.clips.len(),
        failed: dataset.clips.len() - data.clips.len(),
        training_clips: known.map(|known| known.train),
        validation_clips: known.map(|known| known.valid),
        segments: data.segments.len(),
        roc_auc: metrics.macro_average.roc_auc,
        pr_auc: metrics.macro_average.pr_auc,
        accuracy: metrics.accuracy,
        micro: metrics.micro_average,
        weighted: metrics.weighted_average,
        f1: metrics.f1,
        per_tag: metrics.per_tag,
        skipped: metrics.skipped,
        absent: model.tags.iter().zip(present).filter(|(_, present)| !**present).map(|(tag, _)| tag.clone()).collect(),
    };
    if let Some(report) = report {
        let clips = data.clips.iter().map(|usable| usable.clip.name.as_str()).collect();
        let predictions = Predictions { clips, tags: &model.tags, scores: &scores, targets: &targets };
        report.write(&evaluation, &predictions)?;
    }
    Ok(evaluation)
}

/// The thresholds recorded with the training of a model, if there is one for each tag.
fn thresholds(model: &Model) -> Option<Vec<Option<f32>>> {
    let values = model.training.get("thresholds")?.as_array()?;
    let thresholds: Vec<Option<f32>> = values.iter().map(|value| value.as_f64().map(|v| v as f32)).collect();
    (thresholds.len() == model.tags.len()).then_some(thresholds)
}
