//! The metrics of one tag.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::calibration_error::{calibration_error, log_loss};
use super::ranking::{average_precision, f1_at, roc_auc};

/// A tag with fewer clips than this is marked as `few`: its metrics depend on single clips.
pub const FEW: usize = 10;

/// The metrics of one tag over all clips.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default, rename_all = "camelCase")]
pub struct TagMetrics {
    /// The tag's name.
    pub tag: String,
    /// Area under the ROC curve, 0..1; null if the tag has no positives or no negatives.
    pub roc_auc: Option<f64>,
    /// 95 % interval of `rocAuc`, by a bootstrap over clips; null if it is unknown.
    pub roc_auc_interval: Option<[f64; 2]>,
    /// Average precision, 0..1; null if the tag has no positives or no negatives.
    pub pr_auc: Option<f64>,
    /// 95 % interval of `prAuc`, by a bootstrap over clips; null if it is unknown.
    pub pr_auc_interval: Option<[f64; 2]>,
    /// Number of clips with the tag.
    pub positives: usize,
    /// Whether fewer than 10 clips have the tag: its metrics then depend on single clips.
    pub few: bool,
    /// Share of the clips with the tag, 0..1: the average precision of a random scorer.
    pub prevalence: f64,
    /// F1 at `threshold`; null without a threshold or without positives.
    pub f1: Option<f64>,
    /// Score above which the tag is assigned, chosen on the validation clips of the model's training; null if there is
    /// none.
    pub threshold: Option<f32>,
    /// Mean binary cross-entropy of the scores; null without clips. Scores closer to 0 or 1 than 1e-7 count as 1e-7 and
    /// 1 - 1e-7.
    pub log_loss: Option<f64>,
    /// Expected calibration error, 0..1: the mean distance between score and share of clips with the tag, over 15
    /// equally wide bins of the score; null without clips.
    pub calibration_error: Option<f64>,
}

impl TagMetrics {
    /// The metrics of `scores` `[clips]` compared with `positive` `[clips]`, without intervals.
    pub(super) fn new(tag: &str, scores: &[f32], positive: &[bool], clips: usize, threshold: Option<f32>) -> Self {
        let positives = positive.iter().filter(|&&p| p).count();
        Self {
            tag: tag.to_owned(),
            roc_auc: roc_auc(scores, positive),
            pr_auc: average_precision(scores, positive),
            positives,
            few: positives < FEW,
            prevalence: if clips == 0 { 0.0 } else { positives as f64 / clips as f64 },
            f1: threshold.filter(|_| positives > 0).map(|t| f1_at(t, scores, positive)),
            threshold,
            log_loss: log_loss(scores, positive),
            calibration_error: calibration_error(scores, positive),
            ..Self::default()
        }
    }
}
