//! The records of a check.

use net::Task;
use serde::Serialize;
use ts_rs::TS;

use super::heard::Heard;
use crate::dataset::{Clip, Dataset, PartCounts};
use crate::event::{Progress, Warning};

/// The events of `checkDataset`; `type` is the kind of record.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "CheckDatasetEvent")]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum CheckEvent {
    /// The progress of decoding.
    Progress(Progress),
    /// What the dataset consists of.
    Dataset(DatasetFacts),
    /// Something that deserves attention; the most severe findings come first.
    Finding(Finding),
    /// The check is complete.
    Done(CheckDone),
}

/// What a dataset consists of.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DatasetFacts {
    /// The kind of the dataset.
    pub kind: String,
    /// How the clips were assigned to parts.
    pub split: String,
    /// Whether the tags exclude each other.
    #[ts(type = "\"multi-label\" | \"single-label\"")]
    pub task: Task,
    /// Number of usable clips in each part: with `quick`, of clips whose files exist.
    pub parts: PartCounts,
    /// The tags in the order of the outputs, with their numbers of usable clips.
    pub tags: Vec<TagCounts>,
    /// The numbers of the folds, if the parts are folds.
    pub folds: Vec<usize>,
    /// Number of clips whose files do not exist.
    pub missing: usize,
    /// Number of clips that cannot be decoded; null with `quick`.
    pub broken: Option<usize>,
    /// Number of clips that are used although parts of them are damaged; null with `quick`.
    pub damaged: Option<usize>,
    /// Number of clips that are shorter than the split allows; null with `quick`.
    pub short: Option<usize>,
    /// Seconds of usable audio; null with `quick`.
    pub duration: Option<f64>,
    /// The published results that use exactly these clips and parts.
    pub comparable: Vec<String>,
}

/// The number of clips that have a tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct TagCounts {
    /// The tag.
    pub tag: String,
    /// In the training part.
    pub train: usize,
    /// In the validation part.
    pub valid: usize,
    /// In the test part.
    pub test: usize,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Results would be wrong, or clips cannot be used.
    Error,
    /// Results may be wrong.
    Warning,
    /// Good to know.
    Note,
}

/// Something about a dataset that deserves attention.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "DatasetFinding")]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The stable name of the kind of finding, such as `missing-files`, or a warning code.
    pub kind: String,
    /// How much it matters.
    #[ts(inline)]
    pub severity: Severity,
    /// The clips that it is about, by their names in the dataset; at most the first 100.
    pub clips: Vec<String>,
    /// How many clips, tags or groups it is about.
    pub count: usize,
    /// Message for people, with what to do.
    pub message: String,
    /// Of a finding about labels: the labels, the most doubtful first; at most the first 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub labels: Option<Vec<DoubtfulLabel>>,
}

/// A label that is likely wrong.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DoubtfulLabel {
    /// The clip, by its name in the dataset.
    pub clip: String,
    /// The tag whose label is likely wrong. When single-label: the tag that the clip was given.
    pub tag: String,
    /// Whether the clip was given the tag.
    pub given: bool,
    /// The probability of the tag, 0..1, by a classifier that has not seen the labels of the clip.
    pub probability: f32,
    /// How much more the clip looks like one with the other label, in natural logarithms, above 0.
    pub margin: f32,
    /// The tag that fits instead, when single-label; otherwise null.
    pub instead: Option<String>,
}

impl Finding {
    /// A finding about `clips`, of which at most the first 100 are named.
    pub fn of<'a>(
        kind: &str,
        severity: Severity,
        clips: impl IntoIterator<Item = &'a str>,
        count: usize,
        message: impl AsRef<str>,
    ) -> Self {
        let clips = clips.into_iter().take(Warning::CLIPS).map(str::to_owned).collect();
        Self { kind: kind.to_owned(), severity, clips, count, message: error::shown(message.as_ref()), labels: None }
    }

    /// The same finding with the labels that it is about, of which at most the first 100 are listed.
    #[must_use]
    pub fn with_labels(self, labels: impl IntoIterator<Item = DoubtfulLabel>) -> Self {
        Self { labels: Some(labels.into_iter().take(Warning::CLIPS).collect()), ..self }
    }
}

/// The result of a check.
#[derive(Clone, Debug, Default, PartialEq, Serialize, TS)]
#[ts(rename = "CheckDatasetDone")]
#[serde(rename_all = "camelCase")]
pub struct CheckDone {
    /// Number of clips in the dataset.
    pub clips: usize,
    /// Number of usable clips.
    pub usable: usize,
    /// Number of findings with the severity `error`.
    pub errors: usize,
    /// Number of findings with the severity `warning`.
    pub warnings: usize,
    /// Number of findings with the severity `note`.
    pub notes: usize,
    /// Seconds that the call took.
    pub seconds: f64,
}

impl DatasetFacts {
    pub(super) fn of(
        dataset: &Dataset,
        usable: &[&Clip],
        missing: usize,
        heard: &Heard,
        comparable: Vec<String>,
    ) -> Self {
        let mut parts = PartCounts::default();
        let mut counts = vec![PartCounts::default(); dataset.tags.len()];
        for clip in usable {
            *parts.of(clip.part) += 1;
            clip.tags.iter().for_each(|&tag| *counts[tag as usize].of(clip.part) += 1);
        }
        let counted = dataset.tags.iter().zip(counts);
        let tags =
            counted.map(|(tag, PartCounts { train, valid, test })| TagCounts { tag: tag.clone(), train, valid, test });
        Self {
            kind: dataset.kind.to_owned(),
            split: dataset.split.clone(),
            task: dataset.task,
            parts,
            tags: tags.collect(),
            folds: dataset.folds.clone(),
            missing,
            broken: heard.counts.map(|counts| counts.broken),
            damaged: heard.counts.map(|counts| counts.damaged),
            short: heard.counts.map(|counts| counts.short),
            duration: heard.counts.map(|counts| counts.seconds),
            comparable,
        }
    }
}
