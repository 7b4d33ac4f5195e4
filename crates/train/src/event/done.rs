//! The results of trainings.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::left_out::LeftOut;
use crate::metrics::Intervals;

/// The three metrics by which models are compared. Areas are macro averages over the tags that have both positives and
/// negatives; a metric that does not apply is null.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[ts(rename = "Metrics")]
#[serde(rename_all = "camelCase")]
pub struct Scores {
    /// Macro-averaged area under the ROC curve, 0..1; null if no tag has both positives and negatives.
    pub roc_auc: Option<f64>,
    /// Macro-averaged average precision, 0..1; null if no tag has both positives and negatives.
    pub pr_auc: Option<f64>,
    /// Share of clips whose highest score is that of their tag, 0..1; null when multi-label.
    pub accuracy: Option<f64>,
}

/// The durations of a training.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[ts(rename = "TrainingTimes")]
#[serde(rename_all = "camelCase")]
pub struct Timing {
    /// Median seconds per step: the median of the medians of the epochs.
    pub step: f64,
    /// Mean seconds of all steps of an epoch, without validation and checkpoints.
    pub epoch: f64,
    /// Seconds from the first step to the end of the schedule, including validation and checkpoints, excluding
    /// interruptions.
    pub total: f64,
}

/// A training is complete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TrainDone {
    /// The run folder, absolute.
    pub run: PathBuf,
    /// The file of the best model, absolute.
    pub best: PathBuf,
    /// Number of epochs trained.
    pub epochs: usize,
    /// Metrics of the best model on the test clips; all null without a test part.
    pub test: Scores,
    /// Metrics of the best model on the validation clips.
    pub valid: Scores,
    /// The durations of the training.
    pub seconds: Timing,
    /// Number of trainable parameters.
    pub parameters: usize,
    /// The clips of the dataset that could not be used or are damaged.
    #[serde(default)]
    pub left_out: LeftOut,
    /// With the option `seeds`: the runs and the spread of their metrics. The metrics above are then means, `epochs`
    /// and `seconds.total` are sums, and `best` is the model of the seed with the best validation metrics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub seeds: Option<Box<SeedSummary>>,
}

/// The run of one of several seeds is complete.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SeedDone {
    /// The seed.
    pub seed: u64,
    /// The run folder, absolute.
    pub run: PathBuf,
    /// The file of its best model, absolute.
    pub best: PathBuf,
    /// Number of epochs trained.
    pub epochs: usize,
    /// Metrics of its best model on the test clips.
    pub test: Scores,
    /// Metrics of its best model on the validation clips.
    pub valid: Scores,
    /// The durations of the training.
    pub seconds: Timing,
}

/// The run of one of several seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SeedRun {
    /// The seed.
    pub seed: u64,
    /// The run folder, absolute.
    pub run: PathBuf,
    /// Number of epochs trained.
    pub epochs: usize,
    /// Metrics of its best model on the test clips.
    pub test: Scores,
    /// Metrics of its best model on the validation clips.
    pub valid: Scores,
}

/// The runs of several seeds, and the spread of their metrics on the test clips.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SeedSummary {
    /// The run of each seed.
    pub runs: Vec<SeedRun>,
    /// The sample deviation of each metric over the seeds.
    pub deviation: Scores,
    /// 95 % intervals of the means, over clips and seeds.
    pub intervals: Intervals,
}
