//! The scores of clips, for other programs.

use std::path::Path;

use error::{Code, Error, Result};

use super::npy::write_npy;
use crate::dataset::join_tags;

/// Scores of the clips of a part beside what they should be.
pub(crate) struct Predictions<'a> {
    /// Names of the clips.
    pub(crate) clips: Vec<&'a str>,
    pub(crate) tags: &'a [String],
    /// `[clips, tags]`.
    pub(crate) scores: &'a [f32],
    /// `[clips, tags]`.
    pub(crate) targets: &'a [bool],
}

impl Predictions<'_> {
    /// Writes `STEM.npy` (float32 `[clips, tags]`) and `STEM.csv` (path, true tags as in a manifest, one column a tag) into `folder`.
    pub(crate) fn write(&self, folder: &Path, stem: &str) -> Result<()> {
        let width = self.tags.len();
        write_npy(&folder.join(format!("{stem}.npy")), width, self.scores)?;
        let internal = |reason: &dyn std::fmt::Display| Error::new(Code::Internal, reason.to_string());
        let mut table = csv::Writer::from_writer(Vec::new());
        let header = ["path", "tags"].into_iter().chain(self.tags.iter().map(String::as_str));
        table.write_record(header).map_err(|reason| internal(&reason))?;
        let rows = self.scores.chunks_exact(width).zip(self.targets.chunks_exact(width));
        for (clip, (scores, targets)) in self.clips.iter().zip(rows) {
            let tags: Vec<&str> =
                self.tags.iter().zip(targets).filter(|(_, &target)| target).map(|(tag, _)| tag.as_str()).collect();
            let mut row = vec![(*clip).to_owned(), join_tags(&tags)];
            row.extend(scores.iter().map(f32::to_string));
            table.write_record(&row).map_err(|reason| internal(&reason))?;
        }
        let bytes = table.into_inner().map_err(|reason| internal(&reason))?;
        files::write_atomic(folder.join(format!("{stem}.csv")), &bytes)
    }
}
