//! The records of a probe.

use std::path::PathBuf;

use serde::{Deserialize, Serialize, Serializer};
use train::metrics::TagMetrics;
use train::{PartCounts, Progress, Scores, Warning};
use ts_rs::TS;

use super::fit::FitEpoch;
use super::protocol::Protocol;

/// The events of `probe`; `type` is the kind of record.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum ProbeEvent {
    /// The features are read, and the trainings begin.
    Start(ProbeStart),
    /// The progress of the current phase; a few times per second.
    Progress(Progress),
    /// An epoch of a training has ended.
    Epoch(ProbeEpoch),
    /// A training is complete.
    Trial(ProbeTrial),
    /// A problem that does not stop the job.
    Warning(Warning),
    /// The probe is complete.
    Done(ProbeDone),
}

/// The features are read, and the trainings begin.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProbeStart {
    /// Version of the format of these records.
    #[ts(type = "1")]
    pub schema: u32,
    /// The folder of the result, absolute.
    pub out: PathBuf,
    /// The features or the model file, absolute; null for a model in memory that was not loaded from a file.
    pub source: Option<PathBuf>,
    /// Hash of the model that computed the features; null if it is unknown.
    pub model_hash: Option<String>,
    /// The levels of the features, joined in this order; null if they are unknown.
    pub levels: Option<Vec<i32>>,
    /// Number of features of a clip.
    pub width: usize,
    /// How the clips were assigned to parts.
    pub dataset: String,
    /// Number of usable clips.
    pub clips: PartCounts,
    /// Number of tags.
    pub tags: usize,
    /// Number of trainable parameters of the classifier.
    pub parameters: usize,
    /// Updates per epoch.
    pub updates_per_epoch: usize,
    /// The settings of the trainings.
    pub protocol: Protocol,
    /// The seed of each training.
    pub seeds: Vec<u64>,
    /// The device that trains the classifier: `cpu` or `cuda:N`.
    pub device: String,
    /// Number of threads.
    pub threads: usize,
}

/// An epoch of a training has ended.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProbeEpoch {
    /// Seed of the training.
    pub seed: u64,
    /// Number of the epoch, from 1.
    pub epoch: usize,
    /// Number of the stage, from 1: the learning rate falls at the start of a stage.
    pub stage: usize,
    /// Learning rate of the stage, before decay.
    pub learning_rate: f64,
    /// Mean loss over the training clips; the loss of each clip is measured before the update that uses it.
    pub train_loss: f64,
    /// Mean loss over the validation clips, in evaluation mode.
    pub valid_loss: f64,
    /// Whether the validation loss is the lowest of the training.
    pub best: bool,
    /// Duration of the epoch in seconds, including validation.
    pub seconds: f64,
}

impl ProbeEpoch {
    pub(super) fn new(seed: u64, epoch: FitEpoch) -> Self {
        let FitEpoch { epoch, stage, learning_rate, train_loss, valid_loss, best, seconds } = epoch;
        Self { seed, epoch, stage, learning_rate, train_loss, valid_loss, best, seconds }
    }
}

/// A training of a probe is complete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProbeTrial {
    /// Seed of the training.
    pub seed: u64,
    /// Number of epochs trained.
    pub epochs: usize,
    /// The epoch with the lowest validation loss, from 1, whose classifier is kept.
    pub best_epoch: usize,
    /// The lowest validation loss.
    pub valid_loss: f64,
    /// Metrics of the classifier on the validation clips.
    pub valid: Scores,
    /// Metrics of the classifier on the test clips; all null without a test part.
    pub test: Scores,
    /// The file of the classifier, absolute.
    pub classifier: PathBuf,
    /// The scores of the test clips as a NumPy file, absolute; a CSV file of the same name names the clips. Null
    /// without a test part.
    pub predictions: Option<PathBuf>,
    /// Duration of the training in seconds.
    pub seconds: f64,
}

/// A probe is complete. Metrics are means over its trainings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProbeDone {
    /// The folder of the result, absolute.
    pub out: PathBuf,
    /// The file that holds this record and the settings, absolute.
    pub result: PathBuf,
    /// Metrics on the test clips; all null without a test part.
    pub test: Scores,
    /// Sample deviation of the metrics on the test clips over the trainings; all null for one training.
    pub deviation: Scores,
    /// Metrics on the validation clips.
    pub valid: Scores,
    /// Number of test clips.
    pub clips: usize,
    /// The metrics of every tag on the test clips; thresholds are those of the validation clips, and null for several
    /// trainings.
    pub per_tag: Vec<TagMetrics>,
    /// Tags that are left out of the averages.
    pub skipped: Vec<String>,
    /// Each training, as its own record.
    #[serde(serialize_with = "records")]
    pub trials: Vec<ProbeTrial>,
    /// Number of trainable parameters of the classifier.
    pub parameters: usize,
}

/// Writes trainings as the records that they are, with their `type`.
fn records<S: Serializer>(trials: &[ProbeTrial], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(trials.iter().map(|trial| ProbeEvent::Trial(trial.clone())))
}
