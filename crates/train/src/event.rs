//! Events of a job: `onEvent`, `events.jsonl` and `--json` all receive the same records.

mod done;
mod undefined;

use std::path::PathBuf;

use engine::Precision;
use error::{shown, Error, WarningCode};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::dataset::{Part, PartCounts};
pub use done::{Scores, SeedDone, SeedRun, SeedSummary, Timing, TrainDone};

/// The events of `train`; `type` is the kind of record.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "TrainEvent")]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Event {
    /// A training has started or resumed.
    Start(Start),
    /// The progress of the current phase; a few times per second, not stored in `events.jsonl`.
    Progress(Progress),
    /// An epoch has ended.
    Epoch(Epoch),
    /// A checkpoint was written: `--resume` continues from here.
    Checkpoint(Checkpoint),
    /// With `seeds`: the run of one seed is complete.
    Seed(SeedDone),
    /// A problem that does not stop the job.
    Warning(Warning),
    /// The training is complete.
    Done(TrainDone),
}

/// A training has started or resumed.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "TrainStart")]
#[serde(rename_all = "camelCase")]
pub struct Start {
    /// Version of the format of these records.
    #[ts(type = "1")]
    pub schema: u32,
    /// The run folder, absolute.
    pub run: PathBuf,
    /// How the clips were assigned to parts.
    pub dataset: String,
    /// Number of usable clips.
    pub clips: PartCounts,
    /// Number of segments of these clips.
    pub segments: PartCounts,
    /// Number of tags.
    pub tags: usize,
    /// Number of trainable parameters.
    pub parameters: usize,
    /// Updates per epoch.
    pub updates_per_epoch: usize,
    /// The device: `cpu` or `cuda:N`.
    pub device: String,
    /// Arithmetic precision of the network.
    #[ts(type = "\"f32\" | \"tf32\" | \"bf16\"")]
    pub precision: Precision,
    /// Number of threads of the engine.
    pub threads: usize,
    /// Number of epochs that were finished before the training resumed; 0 for a new training.
    pub epochs_before: usize,
}

/// The progress of a job.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "PhaseProgress")]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// The current phase.
    #[ts(inline)]
    pub phase: Phase,
    /// Units finished: clips when preparing, when comparing prepared clips with their hashes, when scoring and when
    /// generating the demo; segments when measuring mel spectrograms and when validating; batches when training.
    pub done: usize,
    /// Total number of units.
    pub total: usize,
    /// When preparing: number of clips so far that cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub failed: Option<usize>,
    /// When training or validating: the epoch, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub epoch: Option<usize>,
    /// When training: the mean training loss of the epoch so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub loss: Option<f64>,
    /// Seconds since the phase began, in this process.
    pub seconds: f64,
}

impl Progress {
    /// `done` of `total` units, without the optional fields.
    pub fn of(phase: Phase, done: usize, total: usize, seconds: f64) -> Self {
        Self { phase, done, total, failed: None, epoch: None, loss: None, seconds }
    }
}

/// The phases of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Decoding clips into the cache; before a training on mel spectrograms also measuring the training segments.
    Prepare,
    /// Reading prepared clips and comparing them with their hashes; reported only if it takes longer than a second.
    Check,
    /// Updating parameters.
    Train,
    /// Computing the validation loss.
    Validate,
    /// Scoring clips.
    Score,
    /// Generating the music of the demo.
    Synthesise,
    /// Computing an analysis.
    Visualize,
    /// Computing the features of the training segments, before a training of the head alone.
    Features,
}

/// An epoch has ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[ts(rename = "TrainEpoch")]
#[serde(rename_all = "camelCase")]
pub struct Epoch {
    /// Number of the epoch, from 1, over all stages.
    pub epoch: usize,
    /// Number of the stage, from 1.
    pub stage: usize,
    /// Learning rate of the last update of the epoch, without the decay within a stage.
    pub learning_rate: f64,
    /// Mean loss over the training segments; the loss of each segment is measured before the update that uses it.
    pub train_loss: f64,
    /// Mean loss over the validation segments, in evaluation mode. Null without a validation part.
    #[serde(with = "undefined")]
    #[ts(type = "number | null")]
    pub valid_loss: f64,
    /// Whether the validation loss is the lowest of its stage.
    pub best: bool,
    /// Training segments per second: training steps only, without validation and checkpoints.
    pub segments_per_second: f64,
    /// Median duration of a step, in seconds.
    pub step_seconds: f64,
    /// Duration of all training steps of the epoch, in seconds.
    pub train_seconds: f64,
    /// Duration of the epoch in seconds, including validation and checkpoints.
    pub seconds: f64,
}

/// A checkpoint was written: `resume` continues from here.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "TrainCheckpoint")]
#[serde(rename_all = "camelCase")]
pub struct Checkpoint {
    /// The checkpoint file, absolute.
    pub file: PathBuf,
    /// Number of finished epochs.
    pub epoch: usize,
    /// Number of finished batches of the next epoch.
    pub batch: usize,
}

/// A problem with a dataset or a training that does not stop the job.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "TrainWarning")]
#[serde(rename_all = "camelCase")]
pub struct Warning {
    /// Stable warning code, such as `clips-left-out`.
    pub code: WarningCode,
    /// Message for people.
    pub message: String,
    /// The part that the warning is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub part: Option<Part>,
    /// The tags that the warning is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<_>")]
    pub tags: Vec<String>,
    /// The clips that the warning is about, by their names in the dataset; at most the first 100.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<_>")]
    pub clips: Vec<String>,
    /// Number of clips that the warning is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub count: Option<usize>,
}

impl Warning {
    /// Largest number of clips that one warning names.
    pub const CLIPS: usize = 100;

    /// A warning without part, tags, clips and count.
    pub fn new(code: WarningCode, message: impl AsRef<str>) -> Self {
        Self { code, message: shown(message.as_ref()), part: None, tags: Vec::new(), clips: Vec::new(), count: None }
    }

    /// The same warning, about `count` clips.
    #[must_use]
    pub fn of_count(self, count: usize) -> Self {
        Self { count: Some(count), ..self }
    }

    /// The same warning, about `tags`.
    #[must_use]
    pub fn of_tags(self, tags: Vec<String>) -> Self {
        Self { tags, ..self }
    }
}

/// An error as a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Stable error code, such as `ERR_DECODE`.
    pub code: String,
    /// Message for people.
    pub message: String,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self { code: error.code.as_str().to_owned(), message: error.message.clone() }
    }
}

/// Limits the rate of progress records: the first one passes, then one every quarter of a second.
pub struct Pace {
    started: std::time::Instant,
    last: Option<std::time::Instant>,
}

impl Default for Pace {
    fn default() -> Self {
        Self::new()
    }
}

impl Pace {
    /// The phase begins now.
    pub fn new() -> Self {
        Self { started: std::time::Instant::now(), last: None }
    }

    /// Seconds since the phase began.
    pub fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// Whether the next record is due.
    pub fn is_due(&mut self) -> bool {
        let due = self.last.is_none_or(|last| last.elapsed().as_millis() >= 250);
        if due {
            self.last = Some(std::time::Instant::now());
        }
        due
    }
}
