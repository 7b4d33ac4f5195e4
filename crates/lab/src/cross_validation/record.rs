//! The records of a cross-validation.

use std::path::PathBuf;

use serde::Serialize;
use train::Scores;
use ts_rs::TS;

use crate::experiment::TrainingEvent;

/// The events of `crossValidate`.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(untagged)]
pub enum CrossValidationEvent {
    /// An event of the training of one fold; `training` is `fold-K`. Its last event, `done`, is not passed on.
    #[ts(type = "Readonly<Exclude<TrainEvent, TrainDone> & { training: string }>")]
    Training(TrainingEvent),
    /// The training of a fold is complete.
    Fold(FoldResult),
    /// All folds are complete.
    Done(CrossValidationDone),
}

/// The training of a fold is complete.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "FoldResult")]
#[serde(tag = "type", rename = "fold", rename_all = "camelCase")]
pub struct FoldResult {
    /// The number of the fold that was the test part.
    pub fold: usize,
    /// The run folder, absolute.
    pub run: PathBuf,
    /// The file of the best model, absolute.
    pub best: PathBuf,
    /// Number of epochs trained.
    pub epochs: usize,
    /// Metrics of the best model on the clips of this fold.
    pub test: Scores,
    /// Metrics of the best model on the clips of the next fold.
    pub valid: Scores,
}

/// All folds are complete.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "CrossValidationDone")]
#[serde(tag = "type", rename = "done", rename_all = "camelCase")]
pub struct CrossValidationDone {
    /// The folder of all runs, absolute.
    pub run: PathBuf,
    /// The table of all folds in Markdown, absolute.
    pub table: PathBuf,
    /// The result of each fold.
    pub folds: Vec<FoldResult>,
    /// Mean of the test metrics over the folds; a metric is null if it is null for any fold.
    pub mean: Scores,
    /// Sample deviation of the test metrics over the folds.
    pub deviation: Scores,
    /// Seconds that the call took.
    pub seconds: f64,
}
