//! `seeds.json`: the runs of several seeds in one folder.

use std::path::{Path, PathBuf};

use error::Result;
use serde::{Deserialize, Serialize};

use super::versioned::read_versioned;
use crate::event::{SeedSummary, TrainDone};
use crate::options::TrainOptions;

/// The format that this version writes, and the newest one it reads.
const FORMAT: u32 = 1;
/// The name of the file.
const NAME: &str = "seeds.json";

/// The content of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeedsFile {
    /// Format of the file.
    pub format: u32,
    /// Version of samplecnn that started the runs.
    pub version: String,
    /// The folders of the runs, in the same folder as this file.
    pub seed_runs: Vec<PathBuf>,
    /// The options; `seed` is the first seed, `seeds` the number of seeds.
    pub options: TrainOptions,
    /// The means of the metrics; null until all runs are complete.
    pub done: Option<TrainDone>,
}

impl SeedsFile {
    /// The file for `options` with `count` seeds, without a result.
    pub(crate) fn new(options: &TrainOptions, count: usize) -> Self {
        let seeds = (0..count as u64).map(|k| options.seed.saturating_add(k));
        Self {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            seed_runs: seeds.map(|seed| PathBuf::from(format!("seed-{seed}"))).collect(),
            options: options.clone(),
            done: None,
        }
    }

    /// The path of the file in `folder`.
    pub(crate) fn path(folder: &Path) -> PathBuf {
        folder.join(NAME)
    }

    /// Reads the file in `folder`; `None` if the folder does not have it.
    ///
    /// # Errors
    /// [`error::Code::CheckpointMismatch`] if it cannot be understood; [`error::Code::ModelVersion`] for a file of a
    /// newer version; [`error::Code::Io`].
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = Self::path(folder);
        if !path.exists() {
            return Ok(None);
        }
        read_versioned(&path, FORMAT, "the list of the runs of several seeds", "train again (force)").map(Some)
    }

    /// Writes the file into `folder`.
    ///
    /// # Errors
    /// [`error::Code::Output`].
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        files::write_json(Self::path(folder), self)
    }

    /// The summary of the finished runs.
    pub fn summary(&self) -> Option<&SeedSummary> {
        self.done.as_ref()?.seeds.as_deref()
    }
}
