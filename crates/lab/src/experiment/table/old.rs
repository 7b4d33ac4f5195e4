//! Rows of the tables of version 0.1.0 (format 1).

use std::path::Path;

use serde::Deserialize;
use train::run::Config;
use train::{Scores, Timing};

use super::super::run::{Run, RunResult};

/// A row of format 1.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OldRow {
    experiment: String,
    id: String,
    parameters: usize,
    roc_auc: Option<f64>,
    pr_auc: Option<f64>,
    accuracy: Option<f64>,
    epochs: usize,
    seconds: Timing,
    #[serde(default)]
    dataset: String,
}

impl OldRow {
    /// Experiment, id, runs and dataset. The seed is in the configuration of the run in `folder`.
    pub(super) fn into_parts(self, folder: &Path) -> (String, String, Vec<Run>, String) {
        let Self { experiment, id, parameters, roc_auc, pr_auc, accuracy, epochs, seconds, dataset } = self;
        let run = folder.join(&id);
        let config = Config::load(&run.join("config.json")).ok();
        let seed = config.as_ref().map_or(0, |config| config.options.seed);
        let dataset = if dataset.is_empty() { config.map_or(dataset, |config| config.dataset.kind) } else { dataset };
        let result =
            RunResult { test: Scores { roc_auc, pr_auc, accuracy }, epochs, parameters, seconds, clipped: None };
        (experiment, id, vec![Run { seed, folder: run, result: Some(result), failure: None }], dataset)
    }
}
