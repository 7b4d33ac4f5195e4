//! The options of preparing a dataset.

use std::path::PathBuf;

use audio::SegmentPolicy;
use error::Result;
use net::ArchitectureOption;
use options::prepare;
use serde::{Deserialize, Serialize};

use crate::dataset::DatasetOptions;

/// Options of [`crate::prepare`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PrepareOptions {
    /// The dataset to prepare.
    pub dataset: DatasetOptions,
    /// The network to prepare for. It determines the sampling rate; if it has a mel front end, its mean and deviation
    /// are measured. Default: `3^9`.
    #[serde(default = "default_architecture")]
    pub architecture: ArchitectureOption,
    /// Sampling rate in Hz. Default: that of the architecture.
    #[serde(default)]
    pub sampling_rate: Option<u32>,
    /// Seconds of each clip that are used, from its start. Default: all; 29.05 for mtat.
    #[serde(default)]
    pub clip_seconds: Option<f64>,
    /// Segments of each clip over which the mean and deviation of a mel front end are measured. Default: all.
    #[serde(default)]
    pub segments: SegmentPolicy,
    /// Seed of a drawn split. Default: 0.
    #[serde(default)]
    pub seed: u64,
    /// Whether to try clips again that could not be used before. Default: false.
    #[serde(default)]
    pub retry_failed: bool,
    /// Whether to fail if a clip is left out or damaged. Default: false.
    #[serde(default)]
    pub strict: bool,
    /// Threads that decode; 0: as many as the machine runs at once. Default: 0.
    #[serde(default)]
    pub threads: usize,
    /// Folder for prepared audio. Default: the user's cache folder.
    #[serde(default)]
    pub cache: Option<PathBuf>,
}

fn default_architecture() -> ArchitectureOption {
    ArchitectureOption::Preset(prepare::ARCHITECTURE.to_owned())
}

impl PrepareOptions {
    /// Refuses invalid options; [`crate::prepare`] calls it first.
    ///
    /// # Errors
    /// [`error::Code::InvalidOption`], naming the option and the value received.
    pub fn validate(&self) -> Result<()> {
        prepare::SAMPLING_RATE.check(self.sampling_rate.map(|rate| rate as usize))?;
        prepare::CLIP_SECONDS.check(self.clip_seconds)?;
        prepare::SEGMENTS.check(self.segments.count())?;
        prepare::THREADS.check_or_zero(self.threads)
    }
}
