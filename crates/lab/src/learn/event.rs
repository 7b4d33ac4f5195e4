//! The records of `learn`.

use std::path::PathBuf;

use library::{Library, LibrarySummary};
use net::Task;
use serde::Serialize;
use tagger::Failed;
use train::{Epoch, Warning};
use ts_rs::TS;

use super::parts::GroupCounts;

/// The events of `learn`; `type` is the kind of record.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum LearnEvent {
    /// What was found in the library.
    Library(LibrarySummary),
    /// The songs and their parts are known: learning begins.
    Start(LearnStart),
    /// The progress of the current phase; a few times per second.
    Progress(LearnProgress),
    /// A song that cannot be used.
    Failed(Failed),
    /// A part of the cross-validation is complete.
    Fold(LearnFold),
    /// A tag: what the model can tell about it, and whether the model has it.
    Tag(LearnTag),
    /// An epoch of the fine-tuning has ended.
    Epoch(Epoch),
    /// The fine-tuning is complete.
    FineTuning(LearnFineTuning),
    /// A problem that does not stop the job.
    Warning(Warning),
    /// The model is written; after a dry run, only the library was read.
    Done(LearnDone),
}

/// The phases of `learn`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum LearnPhase {
    /// Reading the tags of the files.
    Library,
    /// Hashing the audio of the files.
    Content,
    /// Computing the features of the songs.
    Features,
    /// Learning and testing heads.
    Head,
    /// Fine-tuning the network.
    FineTuning,
}

/// The progress of `learn`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LearnProgress {
    /// The current phase.
    #[ts(inline)]
    pub phase: LearnPhase,
    /// Units finished: files, songs, parts of the cross-validation, or steps of the fine-tuning.
    pub done: usize,
    /// Total number of units; null while it is unknown.
    pub total: Option<usize>,
    /// Number of files so far that cannot be used.
    pub failed: usize,
    /// Seconds since the phase began.
    pub seconds: f64,
}

/// The songs and their parts are known: learning begins.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LearnStart {
    /// Version of the format of these records.
    #[ts(type = "1")]
    pub schema: u32,
    /// The folder of the result, absolute.
    pub out: PathBuf,
    /// The base model, absolute.
    pub from: PathBuf,
    /// SHA-256 of the file of the base model.
    pub from_hash: String,
    /// Number of songs from which is learnt.
    pub songs: usize,
    /// Songs without tags, which are not used.
    pub untagged: usize,
    /// Songs that were left out because they could not be decoded.
    pub failed: usize,
    /// Songs that were left out because another song has the same audio, or nearly the same.
    pub duplicates: usize,
    /// Songs whose features were computed before.
    pub cached: usize,
    /// Number of tags that are learnt.
    pub tags: usize,
    /// Whether the tags exclude each other.
    #[ts(type = "'multi-label' | 'single-label'")]
    pub task: Task,
    /// Number of features of a segment.
    pub width: usize,
    /// What the songs were grouped by.
    pub groups: GroupCounts,
    /// Number of parts of the cross-validation.
    pub folds: usize,
}

/// A part of the cross-validation is complete.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LearnFold {
    /// Number of the part, from 1.
    pub fold: usize,
    /// Number of parts.
    pub folds: usize,
    /// Number of songs in the part.
    pub songs: usize,
    /// Number of songs from which its head learnt.
    pub train: usize,
    /// The head that was chosen without the songs of the part.
    pub head: String,
    /// ROC-AUC on the songs of the part, the mean over the tags; null if it is undefined.
    pub roc_auc: Option<f64>,
    /// Average precision on the songs of the part, the mean over the tags; null if it is undefined.
    pub pr_auc: Option<f64>,
    /// Share of the songs of the part whose highest score is that of their tag; null when multi-label.
    pub accuracy: Option<f64>,
    /// Duration in seconds.
    pub seconds: f64,
}

/// A tag: what the model can tell about it, and whether the model has it.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LearnTag {
    /// The tag.
    pub tag: String,
    /// Number of songs with the tag.
    pub positives: usize,
    /// Number of groups of songs (artists, albums) with the tag.
    pub groups: usize,
    /// Cross-validated area under the ROC curve; null for a tag that cannot be learnt.
    pub roc_auc: Option<f64>,
    /// Cross-validated average precision; null for a tag that cannot be learnt.
    pub pr_auc: Option<f64>,
    /// 95 % interval of `rocAuc`, by a bootstrap over the groups; null if it is unknown.
    pub interval: Option<[f64; 2]>,
    /// 95 % interval of `prAuc`; null if it is unknown.
    pub pr_auc_interval: Option<[f64; 2]>,
    /// Expected calibration error of the cross-validated probabilities; null for a tag that cannot be learnt.
    pub calibration_error: Option<f64>,
    /// The score from which the head assigns the tag, before calibration; null for a tag that the model does not have.
    /// If a fine-tuned network becomes the model, `learn.json` has the thresholds of that network. Null when single-label.
    pub threshold: Option<f32>,
    /// Whether the model has the tag.
    pub kept: bool,
    /// Why the model does not have the tag; null if it has it.
    pub reason: Option<String>,
}

/// The fine-tuning is complete.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LearnFineTuning {
    /// Which part of the network was trained: `blocks:N` or `all`.
    pub depth: String,
    /// Number of held-out songs on which both models were compared.
    pub songs: usize,
    /// ROC-AUC of the head alone on these songs, the mean over the tags; the accuracy when single-label.
    pub head: f64,
    /// The same of the fine-tuned network on these songs.
    pub tuned: f64,
    /// `tuned` minus `head`.
    pub difference: f64,
    /// 95 % interval of the difference, by a paired bootstrap over the groups; null if it is unknown.
    pub interval: Option<[f64; 2]>,
    /// Whether the fine-tuned network is the result: only if the whole interval is above 0.
    pub kept: bool,
}

/// The model is written; after a dry run, only the library was read.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LearnDone {
    /// The folder of the result, absolute; null after a dry run.
    pub out: Option<PathBuf>,
    /// The model file, absolute; null after a dry run.
    pub model: Option<PathBuf>,
    /// The report, absolute; null after a dry run.
    pub report: Option<PathBuf>,
    /// The list of likely wrong labels, absolute; null after a dry run.
    pub wrong_labels: Option<PathBuf>,
    /// Number of songs from which was learnt; after a dry run, of songs with tags.
    pub songs: usize,
    /// The tags of the model.
    pub tags: Vec<String>,
    /// Number of tags that are withheld.
    pub withheld: usize,
    /// Cross-validated ROC-AUC, the mean over the tags of the model; null after a dry run.
    pub roc_auc: Option<f64>,
    /// Its 95 % interval; null if it is unknown.
    pub interval: Option<[f64; 2]>,
    /// Cross-validated average precision, the mean over the tags of the model; null after a dry run.
    pub pr_auc: Option<f64>,
    /// Cross-validated share of the songs whose highest score is that of their tag; null when multi-label, and after a
    /// dry run.
    pub accuracy: Option<f64>,
    /// Its 95 % interval; null if it is unknown.
    pub accuracy_interval: Option<[f64; 2]>,
    /// `[tags][tags]`: number of songs of each tag of the model (row) whose highest score is that of each tag (column);
    /// null when multi-label, and after a dry run.
    pub confusion: Option<Vec<Vec<usize>>>,
    /// Expected calibration error of the cross-validated probabilities: of all songs and tags of the model together, or
    /// when single-label of the highest one of each song; null after a dry run.
    pub calibration_error: Option<f64>,
    /// Number of likely wrong labels; null after a dry run.
    pub suspects: Option<usize>,
    /// The head of the model; null after a dry run.
    pub head: Option<String>,
    /// Duration in seconds.
    pub seconds: f64,
}

impl LearnDone {
    /// The result of a dry run, which found `library`.
    pub(super) fn of_dry_run(library: &Library, seconds: f64) -> Self {
        Self {
            out: None,
            model: None,
            report: None,
            wrong_labels: None,
            songs: library.songs.iter().filter(|song| !song.tags.is_empty()).count(),
            tags: library.tags.iter().map(|tag| tag.tag.clone()).collect(),
            withheld: 0,
            roc_auc: None,
            interval: None,
            pr_auc: None,
            accuracy: None,
            accuracy_interval: None,
            confusion: None,
            calibration_error: None,
            suspects: None,
            head: None,
            seconds,
        }
    }
}
