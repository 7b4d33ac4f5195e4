//! The options of checking a dataset.

use std::path::PathBuf;

use error::Result;
use net::Task;
use options::dataset as check;
use serde::{Deserialize, Serialize};

use crate::dataset::DatasetOptions;

/// Options of [`crate::check_dataset`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CheckOptions {
    /// The dataset to check.
    pub dataset: DatasetOptions,
    /// Whether tags exclude each other. Default: the kind of the dataset decides.
    #[serde(default)]
    pub task: Option<Task>,
    /// Seed of a drawn split. Default: 0.
    #[serde(default)]
    pub seed: u64,
    /// Sampling rate of the cache, in Hz. Default: 22050.
    #[serde(default = "default_sampling_rate")]
    pub sampling_rate: u32,
    /// Whether to decode no audio: then only the lists and the presence and bytes of the files are checked. Default:
    /// false.
    #[serde(default)]
    pub quick: bool,
    /// A model whose embeddings show clips that sound the same and labels that are likely wrong. Default: none.
    #[serde(default)]
    pub model: Option<PathBuf>,
    /// Where the model computes: `auto`, `cpu`, `cuda` or `cuda:N`. Default: `auto`.
    #[serde(default = "default_device")]
    pub device: String,
    /// Threads that decode; 0: as many as the machine runs at once. Default: 0.
    #[serde(default)]
    pub threads: usize,
    /// Folder for prepared audio. Default: the user's cache folder.
    #[serde(default)]
    pub cache: Option<PathBuf>,
}

fn default_sampling_rate() -> u32 {
    check::SAMPLING_RATE.default as u32
}

fn default_device() -> String {
    check::DEVICE.to_owned()
}

impl CheckOptions {
    /// Refuses invalid options; [`crate::check_dataset`] calls it first.
    ///
    /// # Errors
    /// [`error::Code::InvalidOption`], naming the option and the value received.
    pub fn validate(&self) -> Result<()> {
        options::check_relations(check::ALL, |name| match name {
            "quick" => self.quick,
            "model" => self.model.is_some(),
            _ => false,
        })?;
        check::SAMPLING_RATE.check(self.sampling_rate as usize)?;
        check::THREADS.check_or_zero(self.threads)
    }
}
