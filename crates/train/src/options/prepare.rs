//! The options of preparing.

use std::path::PathBuf;

use net::ArchitectureOption;
use serde::{Deserialize, Serialize};

use super::defaults::default_architecture;
use crate::dataset::DatasetOptions;

/// Options of [`crate::prepare`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PrepareOptions {
    /// What to prepare.
    pub dataset: DatasetOptions,
    /// The network whose sampling rate is wanted, and whose mel front end, if it has one, learns its mean and deviation. Default: `3^9`.
    #[serde(default = "default_architecture")]
    pub architecture: ArchitectureOption,
    /// Hz. Default: the architecture's.
    #[serde(default)]
    pub sampling_rate: Option<u32>,
    /// Seconds of each clip that are used, from its start. Default: all; of mtat 29.05.
    #[serde(default)]
    pub clip_seconds: Option<f64>,
    /// Segments of each clip over which a mel front end is measured. Default: all.
    #[serde(default)]
    pub segments: Option<usize>,
    /// Seed of a split that is drawn. Default: 0.
    #[serde(default)]
    pub seed: u64,
    /// Whether clips that could not be used before are tried again. Default: no.
    #[serde(default)]
    pub retry_failed: bool,
    /// Fails where a clip is left out or damaged. Default: no.
    #[serde(default)]
    pub strict: bool,
    /// Threads that decode; 0: all. Default: 0.
    #[serde(default)]
    pub threads: usize,
    /// Folder for prepared audio. Default: the user's cache folder.
    #[serde(default)]
    pub cache: Option<PathBuf>,
}
