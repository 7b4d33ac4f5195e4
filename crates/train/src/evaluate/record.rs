//! The record of an evaluation.

use std::path::PathBuf;

use engine::{Precision, Reduction};
use serde::Serialize;
use ts_rs::TS;

use crate::dataset::Part;
use crate::heard::Origin;
use crate::metrics::{Averages, Intervals, TagMetrics};

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
    /// The reduction of the scores over the segments of a clip.
    #[ts(inline)]
    pub across_segments: Reduction,
    /// The source of `acrossSegments`: an option, the training of the model, or the default.
    #[ts(inline)]
    pub across_segments_from: Origin,
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
    /// 95 % intervals of `rocAuc`, `prAuc` and `accuracy`, by a bootstrap over clips.
    pub intervals: Intervals,
    /// Mean over the tags of the share of their clips whose highest score is that of the tag, 0..1; null when
    /// multi-label.
    pub balanced_accuracy: Option<f64>,
    /// `[tags][tags]`: number of clips of each tag (row) whose highest score is that of each tag (column); null when
    /// multi-label.
    pub confusion: Option<Vec<Vec<usize>>>,
    /// Whether the scores were mapped to probabilities by the calibration of the model.
    pub calibrated: bool,
    /// Mean cross-entropy of the scores: over clips and tags when multi-label, over clips when single-label.
    pub log_loss: Option<f64>,
    /// Expected calibration error, 0..1: when multi-label the mean over the tags, when single-label that of the highest
    /// score of each clip.
    pub calibration_error: Option<f64>,
    /// Clip-wise metrics: the mean over the clips that have at least one tag, but not all, of the ranking of their
    /// tags.
    pub clipwise: Averages,
    /// Micro average: all (clip, tag) cells pooled.
    pub micro: Averages,
    /// Mean over tags, weighted by the number of positives of each tag.
    pub weighted: Averages,
    /// Mean F1 at the thresholds that the training of the model chose on its validation clips; null for a model without
    /// thresholds, for maxima over the segments, to which these thresholds do not belong, and for calibrated scores of a
    /// single-label model.
    pub f1: Option<f64>,
    /// The metrics of every tag, in the order of the model.
    pub per_tag: Vec<TagMetrics>,
    /// Tags that are left out of the averages.
    pub skipped: Vec<String>,
    /// Tags with fewer than 10 clips, whose metrics depend on single clips.
    pub few: Vec<String>,
    /// Tags of the model that the dataset does not have: they are left out of all metrics. `skipped` contains them too.
    pub absent: Vec<String>,
}
