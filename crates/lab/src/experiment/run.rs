//! A run of a training or of a classifier: its seed, its folder and its results.

use std::path::PathBuf;

use error::Error;
use serde::{Deserialize, Serialize};
use train::{Scores, Timing};
use ts_rs::TS;

/// One run of a training, or of a classifier on features, with one seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(rename = "ExperimentRun")]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// The seed.
    #[ts(type = "number")]
    pub seed: u64,
    /// The run folder, absolute.
    pub folder: PathBuf,
    /// The results; null if the training failed.
    #[ts(inline)]
    pub result: Option<RunResult>,
    /// Why the training failed, for example because it diverged; null if it is complete.
    #[serde(default)]
    #[ts(inline)]
    pub failure: Option<RunFailure>,
}

/// The results of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RunResult {
    /// Metrics of the best model on the test clips.
    pub test: Scores,
    /// Number of epochs trained.
    pub epochs: usize,
    /// Number of trainable parameters.
    pub parameters: usize,
    /// The durations of the training. Of a classifier: a step and an epoch are means that include validation.
    pub seconds: Timing,
}

/// Why a training failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RunFailure {
    /// Stable error code, such as `ERR_DIVERGED`.
    pub code: String,
    /// Message for people.
    pub message: String,
}

impl Run {
    /// A run without result, because of `failure`.
    pub(super) fn failed(seed: u64, folder: PathBuf, failure: Error) -> Self {
        let failure = RunFailure { code: failure.code.as_str().to_owned(), message: failure.message };
        Self { seed, folder, result: None, failure: Some(failure) }
    }
}
