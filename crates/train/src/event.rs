//! What a job says while it runs: the same records in `onEvent`, in `events.jsonl` and in `--json`.

use std::path::PathBuf;

use engine::Precision;
use error::{shown, Error};
use serde::{Deserialize, Serialize};

use crate::dataset::Part;
use crate::left_out::LeftOut;

/// One record. `type` tells which.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Event {
    /// A training begins or goes on.
    Start(Start),
    /// How far the present work is; a few times a second, not kept in `events.jsonl`.
    Progress(Progress),
    /// An epoch is over.
    Epoch(Epoch),
    /// The state was written: from here `--resume` goes on.
    Checkpoint(Checkpoint),
    /// Something is odd but does not hinder.
    Warning(Warning),
    /// The training is over.
    Done(TrainDone),
}

/// A number of clips, or of segments, in each part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartCounts {
    /// In the training part.
    pub train: usize,
    /// In the validation part.
    pub valid: usize,
    /// In the test part.
    pub test: usize,
}

impl PartCounts {
    /// The count of `part`.
    pub fn of(&mut self, part: Part) -> &mut usize {
        match part {
            Part::Train => &mut self.train,
            Part::Valid => &mut self.valid,
            Part::Test => &mut self.test,
        }
    }
}

/// A training begins or goes on.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Start {
    /// Version of these records.
    pub schema: u32,
    /// The run folder, absolute.
    pub run: PathBuf,
    /// How the parts of the dataset came about.
    pub dataset: String,
    /// Usable clips.
    pub clips: PartCounts,
    /// Segments of these clips.
    pub segments: PartCounts,
    /// Outputs.
    pub tags: usize,
    /// Trainable parameters.
    pub parameters: usize,
    /// Updates in an epoch.
    pub updates_per_epoch: usize,
    /// Where it runs: `cpu` or `cuda:N`.
    pub device: String,
    /// In which numbers the network multiplies.
    pub precision: Precision,
    /// Threads of the engine.
    pub threads: usize,
    /// Epochs that were finished before, where the training goes on; 0 for a new one.
    pub epochs_before: usize,
}

/// How far the present work is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// What is being done.
    pub phase: Phase,
    /// Units finished: clips when preparing or checking (segments when measuring mel spectrograms), updates when training, segments when validating, clips when testing.
    pub done: usize,
    /// Units in all.
    pub total: usize,
    /// Clips that could not be used so far, when preparing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<usize>,
    /// The epoch, from 1, when training or validating.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<usize>,
    /// Mean training loss of the epoch so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<f64>,
    /// Seconds since the phase began, in this process.
    pub seconds: f64,
}

impl Progress {
    /// `done` of `total` units, with nothing more to tell.
    pub(crate) fn of(phase: Phase, done: usize, total: usize, seconds: f64) -> Self {
        Self { phase, done, total, failed: None, epoch: None, loss: None, seconds }
    }
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Decoding clips into the prepared cache; then, ahead of a training on mel spectrograms, measuring the training segments.
    Prepare,
    /// Reading prepared clips and comparing them with their hashes; told only where it takes longer than a second.
    Check,
    /// Updating parameters.
    Train,
    /// Computing the validation loss.
    Validate,
    /// Scoring clips.
    Score,
}

/// An epoch is over.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Epoch {
    /// Number of the epoch, from 1, over all stages.
    pub epoch: usize,
    /// Number of the stage, from 1.
    pub stage: usize,
    /// Learning rate of the stage, before inner decay.
    pub learning_rate: f64,
    /// Mean loss over the training segments, each measured before its update.
    pub train_loss: f64,
    /// Mean loss over the validation segments, evaluation mode. Null where it is not a number.
    pub valid_loss: f64,
    /// Whether the validation loss is the lowest of its stage.
    pub best: bool,
    /// Training segments a second: training steps only, without validation and checkpoints.
    pub segments_per_second: f64,
    /// Median seconds of one step.
    pub step_seconds: f64,
    /// Seconds of all training steps of the epoch.
    pub train_seconds: f64,
    /// Seconds of the epoch, validation and checkpoints included.
    pub seconds: f64,
}

/// The state was written.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Checkpoint {
    /// The file, absolute.
    pub file: PathBuf,
    /// Epochs finished.
    pub epoch: usize,
    /// Batches of the next epoch that are done.
    pub batch: usize,
}

/// Something is odd but does not hinder.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Warning {
    /// Stable name of what is odd, such as `clips-left-out`.
    pub code: &'static str,
    /// For people.
    pub message: String,
    /// The part it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// The tags it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The clips it is about, by their names in the dataset; of many the first [`Warning::CLIPS`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clips: Vec<String>,
    /// How many clips it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
}

impl Warning {
    /// Most clips that one warning names.
    pub const CLIPS: usize = 100;

    /// A warning that names neither part nor tags nor clips. `code` is kebab-case and never changes its meaning. What `message`
    /// quotes of names and lists is shown, not obeyed.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        let message = shown(&message.into());
        Self { code, message, part: None, tags: Vec::new(), clips: Vec::new(), count: None }
    }

    /// The same about `count` clips.
    #[must_use]
    pub fn of_count(self, count: usize) -> Self {
        Self { count: Some(count), ..self }
    }

    /// The same about `tags`.
    #[must_use]
    pub fn of_tags(self, tags: Vec<String>) -> Self {
        Self { tags, ..self }
    }
}

/// The three numbers by which models are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Scores {
    /// Macro area under the ROC curve, 0..1; null where no tag can be ranked.
    pub roc_auc: Option<f64>,
    /// Macro average precision, 0..1; null where no tag can be ranked.
    pub pr_auc: Option<f64>,
    /// Share of clips whose highest score is their tag; null when multi-label.
    pub accuracy: Option<f64>,
}

/// How long a training took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Timing {
    /// Median seconds of one step: the median over epochs of the epochs' medians.
    pub step: f64,
    /// Mean seconds of all steps of an epoch, without validation and checkpoints.
    pub epoch: f64,
    /// Seconds from the first step to the end of the schedule, validation and checkpoints included, interruptions not.
    pub total: f64,
}

/// The training is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrainDone {
    /// The run folder, absolute.
    pub run: PathBuf,
    /// The file of the best model, absolute.
    pub best: PathBuf,
    /// Epochs trained.
    pub epochs: usize,
    /// The best model on the test clips; nulls without a test part.
    pub test: Scores,
    /// The best model on the validation clips.
    pub valid: Scores,
    /// How long the training took.
    pub seconds: Timing,
    /// Trainable parameters.
    pub parameters: usize,
    /// What of the dataset could not be used.
    #[serde(default)]
    pub left_out: LeftOut,
}

/// A failure as a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Stable code, such as `ERR_DECODE`.
    pub code: String,
    /// For people.
    pub message: String,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self { code: error.code.as_str().to_owned(), message: error.message.clone() }
    }
}

/// Lets through the first of a burst of progress records, then one each quarter of a second.
pub(crate) struct Pace {
    started: std::time::Instant,
    last: Option<std::time::Instant>,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self { started: std::time::Instant::now(), last: None }
    }

    /// Seconds since the phase began.
    pub(crate) fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// Whether it is time for a record.
    pub(crate) fn is_due(&mut self) -> bool {
        let due = self.last.is_none_or(|last| last.elapsed().as_millis() >= 250);
        if due {
            self.last = Some(std::time::Instant::now());
        }
        due
    }
}
