//! `bad-files.json`: the files that cannot be used or are damaged, and why.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use error::{Code, Error, Result};
use serde::{Deserialize, Serialize};

use super::index::BadFile;
use crate::dataset::Dataset;

#[derive(Default, Serialize, Deserialize)]
struct BadFileReport {
    format: u32,
    files: Vec<BadFile>,
}

/// The path of the report of the cache in `folder`.
pub(crate) fn report_path(folder: &Path) -> PathBuf {
    folder.join("bad-files.json")
}

/// Writes the report if it has changed. Entries about clips that are not in `dataset`, such as those of another part,
/// are kept.
///
/// # Errors
/// [`Code::Output`].
pub(super) fn write_report(folder: &Path, dataset: &Dataset, bad: &[BadFile]) -> Result<()> {
    let path = report_path(folder);
    let before = std::fs::read(&path).unwrap_or_default();
    let mut report: BadFileReport = serde_json::from_slice(&before).unwrap_or_default();
    let here: HashSet<&Path> = dataset.clips.iter().map(|clip| clip.path.as_path()).collect();
    report.files.retain(|file| !here.contains(file.file.as_path()));
    report.files.splice(0..0, bad.iter().filter(|file| !file.passes()).cloned());
    report.format = 1;
    let text = serde_json::to_vec_pretty(&report).map_err(|reason| Error::new(Code::Internal, reason.to_string()))?;
    if text == before {
        return Ok(());
    }
    std::fs::create_dir_all(folder).map_err(|reason| Error::output(folder, &reason))?;
    files::write_atomic(&path, &text)
}
