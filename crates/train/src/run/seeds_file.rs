//! `seeds.json`: the runs of several seeds in one folder.

use std::path::{Path, PathBuf};

use error::{Code, Error, Result};
use serde::{Deserialize, Serialize};

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
    /// The folders of the runs, beside this file.
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

    /// Reads the file in `folder`; `None` if there is none.
    ///
    /// # Errors
    /// [`Code::CheckpointMismatch`] if it cannot be understood; [`Code::ModelVersion`] for a file of a newer version;
    /// [`Code::Io`].
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = Self::path(folder);
        if !path.exists() {
            return Ok(None);
        }
        let bytes = std::fs::read(&path).map_err(|reason| Error::input(&path, Code::CheckpointMismatch, &reason))?;
        let broken = |reason: serde_json::Error| {
            let message =
                format!("{}: not the list of the runs of several seeds: {reason}; train again (force)", path.display());
            Error::new(Code::CheckpointMismatch, message).with_file(&path)
        };
        let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(broken)?;
        let format = value.get("format").and_then(serde_json::Value::as_u64).unwrap_or(0);
        if format > u64::from(FORMAT) {
            let message =
                format!("{}: format {format}, this version reads up to {FORMAT}: update samplecnn", path.display());
            return Err(Error::new(Code::ModelVersion, message).with_file(&path));
        }
        serde_json::from_value(value).map(Some).map_err(broken)
    }

    /// Writes the file into `folder`.
    ///
    /// # Errors
    /// [`Code::Output`].
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        files::write_json(Self::path(folder), self)
    }

    /// The summary of the finished runs.
    pub fn summary(&self) -> Option<&SeedSummary> {
        self.done.as_ref()?.seeds.as_deref()
    }
}
