//! A run of a training or of a classifier: its seed, its folder and its results.

use std::path::PathBuf;

use error::{Code, Error};
use serde::{Deserialize, Serialize};
use train::{Scores, Timing};
use ts_rs::TS;

/// One run with one seed: of a training, of a classifier on features, or of an evaluation under a distortion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(rename = "ExperimentRun")]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// The seed.
    #[ts(type = "number")]
    pub seed: u64,
    /// The run folder, absolute.
    pub folder: PathBuf,
    /// The results; null if there is a failure.
    #[ts(inline)]
    pub result: Option<RunResult>,
    /// Why there is no result, for example because the training diverged; null if it is complete.
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
    /// Number of epochs trained; 0 for an evaluation.
    pub epochs: usize,
    /// Number of trainable parameters.
    pub parameters: usize,
    /// The durations of the training. Of a classifier: a step and an epoch are means that include validation. Of an
    /// evaluation: `total` alone, the others are 0.
    pub seconds: Timing,
    /// Share of the samples that the distortion of an evaluation clipped at full scale; null if it does not clip.
    #[serde(default)]
    pub clipped: Option<f64>,
}

/// Why a run has no result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RunFailure {
    /// Stable error code, such as `ERR_DIVERGED`.
    pub code: String,
    /// Message for people.
    pub message: String,
}

impl RunFailure {
    /// What stands in the table instead of values: a program that is not there is no fault of the row.
    pub(super) fn word(&self) -> &'static str {
        match self.code == Code::FileNotFound.as_str() {
            true => "skipped",
            false => "failed",
        }
    }
}

impl Run {
    /// A run without result, because of `failure`.
    pub(super) fn failed(seed: u64, folder: PathBuf, failure: Error) -> Self {
        let failure = RunFailure { code: failure.code.as_str().to_owned(), message: failure.message };
        Self { seed, folder, result: None, failure: Some(failure) }
    }
}
