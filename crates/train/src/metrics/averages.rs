//! Averages over the tags, and their intervals.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Averages over the tags that have both positives and negatives; null if there is no such tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Averages {
    /// Area under the ROC curve, 0..1.
    pub roc_auc: Option<f64>,
    /// Average precision, 0..1.
    pub pr_auc: Option<f64>,
}

/// 95 % intervals by a bootstrap over clips; null if they are unknown or the metric does not apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[ts(rename = "MetricIntervals")]
#[serde(default, rename_all = "camelCase")]
pub struct Intervals {
    /// Of the macro-averaged area under the ROC curve.
    pub roc_auc: Option<[f64; 2]>,
    /// Of the macro-averaged average precision.
    pub pr_auc: Option<[f64; 2]>,
    /// Of the accuracy.
    pub accuracy: Option<[f64; 2]>,
}
