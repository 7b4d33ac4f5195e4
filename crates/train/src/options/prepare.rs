//! The options of preparing.

use std::path::PathBuf;

use audio::SegmentPolicy;
use error::Result;
use options::prepare;
use serde::{Deserialize, Serialize};

use crate::dataset::DatasetOptions;
use net::ArchitectureOption;

/// Options of [`crate::prepare`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PrepareOptions {
    /// What to prepare.
    pub dataset: DatasetOptions,
    /// The network whose sampling rate to prepare for, and whose mel front end, if it has one, measures its mean and deviation.
    /// Default: `3^9`.
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
    pub segments: SegmentPolicy,
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

fn default_architecture() -> ArchitectureOption {
    ArchitectureOption::Preset(prepare::ARCHITECTURE.to_owned())
}

impl PrepareOptions {
    /// Refuses what cannot work; [`crate::prepare`] calls it first.
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
