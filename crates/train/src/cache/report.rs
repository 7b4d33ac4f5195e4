//! The report of a dataset: the files that cannot be used or are damaged, and why.

use std::collections::HashSet;
use std::path::Path;

use error::{Code, Error, Result};
use serde::{Deserialize, Serialize};

use super::outcome::BadFile;
use crate::dataset::Dataset;

#[derive(Default, Serialize, Deserialize)]
struct BadFileReport {
    format: u32,
    files: Vec<BadFile>,
}

/// Writes the report to `path` if it has changed. Entries about clips that are not in `dataset`, such as those of
/// another part, are kept.
///
/// # Errors
/// [`Code::Output`].
pub(super) fn write_report(path: &Path, dataset: &Dataset, bad: &[BadFile]) -> Result<()> {
    let before = std::fs::read(path).unwrap_or_default();
    let mut report: BadFileReport = serde_json::from_slice(&before).unwrap_or_default();
    let here: HashSet<&Path> = dataset.clips.iter().map(|clip| clip.path.as_path()).collect();
    report.files.retain(|file| !here.contains(file.file.as_path()));
    report.files.splice(0..0, bad.iter().filter(|file| !file.passes()).cloned());
    report.format = 1;
    let text = serde_json::to_vec_pretty(&report).map_err(|reason| Error::new(Code::Internal, reason.to_string()))?;
    if text == before {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        files::make_folder(folder)?;
    }
    files::write_atomic(path, &text)
}
