//! The events of an experiment.

use std::path::PathBuf;

use serde::Serialize;
use train::Event;
use ts_rs::TS;

use super::row::Row;
use super::table::MissingRow;
use super::verdict::ClaimResult;

/// The events of `experiment`.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(untagged)]
pub enum ExperimentEvent {
    /// An event of one of the trainings; of a classifier or an evaluation, only its progress and its warnings. The last
    /// event of a training, `done`, is not passed on.
    #[ts(type = "Readonly<Exclude<TrainEvent, TrainDone> & { training: string }>")]
    Training(TrainingEvent),
    /// A training, a classifier or an evaluation is complete, with all its seeds.
    Row(Row),
    /// A claim, and whether it holds.
    Claim(ClaimResult),
    /// The experiment is complete, or the part of it that was asked for.
    Done(ExperimentDone),
}

/// An event of a training, with the training to which it belongs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainingEvent {
    /// The event.
    #[serde(flatten)]
    pub event: Event,
    /// The id of the training; with several seeds also the seed: `3^9/seed-1`.
    pub training: String,
}

/// The experiment is complete, or the part of it that was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(tag = "type", rename = "done", rename_all = "camelCase")]
#[ts(rename = "ExperimentDone")]
pub struct ExperimentDone {
    /// Name of the experiment.
    pub experiment: String,
    /// One row for each training, classifier or evaluation that has been run, and for each row that is only published, in
    /// the order of the published table.
    pub table: Vec<Row>,
    /// The trainings, classifiers and evaluations that are not complete; optional ones are left out.
    pub missing: Vec<MissingRow>,
    /// The claims, and whether they hold.
    pub claims: Vec<ClaimResult>,
    /// The table as text.
    pub markdown: String,
    /// The file that contains this text, absolute; `table.json`, `table.csv` and `table.tex` are beside it.
    pub file: PathBuf,
    /// The page `report.html` with claims, table and figures, absolute.
    pub report: PathBuf,
}
