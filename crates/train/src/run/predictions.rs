//! Writes the scores of clips for other programs.

use std::path::Path;

use error::{Code, Error, Result};
use files::text::csv;

use super::npy::write_npy;
use crate::dataset::join_tags;

/// The scores of the clips of a part, and their targets.
pub struct Predictions<'a> {
    /// Names of the clips.
    pub clips: Vec<&'a str>,
    /// The names of the tags.
    pub tags: &'a [String],
    /// `[clips, tags]`.
    pub scores: &'a [f32],
    /// `[clips, tags]`.
    pub targets: &'a [bool],
}

impl Predictions<'_> {
    /// Writes the targets: `STEM.npy` (float32 `[clips, tags]`, 0 or 1) and `STEM.csv` (path, one column per tag) into
    /// `folder`.
    ///
    /// # Errors
    /// [`Code::Output`].
    pub fn write_targets(&self, folder: &Path, stem: &str) -> Result<()> {
        let width = self.tags.len();
        let values: Vec<f32> = self.targets.iter().map(|&is| f32::from(u8::from(is))).collect();
        write_npy(&folder.join(format!("{stem}.npy")), width, &values)?;
        let header =
            std::iter::once("path").chain(self.tags.iter().map(String::as_str)).map(|name| csv(name).into_owned());
        let rows = self.clips.iter().zip(self.targets.chunks_exact(width)).map(|(clip, targets)| {
            let mut row = vec![csv(clip).into_owned()];
            row.extend(targets.iter().map(|&is| u8::from(is).to_string()));
            row
        });
        write_table(&folder.join(format!("{stem}.csv")), std::iter::once(header.collect()).chain(rows))
    }

    /// Writes `STEM.npy` (float32 `[clips, tags]`) and `STEM.csv` (path, true tags as in a manifest, one column per
    /// tag) into `folder`. Names that a spreadsheet would read as formulas are written with a leading `'`.
    ///
    /// # Errors
    /// [`Code::Output`].
    pub fn write(&self, folder: &Path, stem: &str) -> Result<()> {
        let width = self.tags.len();
        write_npy(&folder.join(format!("{stem}.npy")), width, self.scores)?;
        let header = ["path", "tags"].into_iter().chain(self.tags.iter().map(String::as_str));
        let header = header.map(|name| csv(name).into_owned());
        let rows = self.scores.chunks_exact(width).zip(self.targets.chunks_exact(width));
        let rows = self.clips.iter().zip(rows).map(|(clip, (scores, targets))| {
            let tags: Vec<&str> =
                self.tags.iter().zip(targets).filter(|(_, &target)| target).map(|(tag, _)| tag.as_str()).collect();
            let mut row = vec![csv(clip).into_owned(), csv(&join_tags(&tags)).into_owned()];
            row.extend(scores.iter().map(f32::to_string));
            row
        });
        write_table(&folder.join(format!("{stem}.csv")), std::iter::once(header.collect()).chain(rows))
    }
}

/// Writes a CSV file.
fn write_table(path: &Path, rows: impl Iterator<Item = Vec<String>>) -> Result<()> {
    let internal = |reason: &dyn std::fmt::Display| Error::new(Code::Internal, reason.to_string());
    let mut table = ::csv::Writer::from_writer(Vec::new());
    for row in rows {
        table.write_record(&row).map_err(|reason| internal(&reason))?;
    }
    let bytes = table.into_inner().map_err(|reason| internal(&reason))?;
    files::write_atomic(path, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_text_to_a_spreadsheet_and_scores_are_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let tags = ["=1+1".to_owned(), "-vocals".to_owned(), "rock".to_owned()];
        let predictions = Predictions {
            clips: vec!["@a.wav", "b,\"c\".wav"],
            tags: &tags,
            scores: &[0.5, 0.25, 1.0, 1e-7, 0.0, 0.125],
            targets: &[true, false, true, false, false, false],
        };
        predictions.write(folder.path(), "p").unwrap();
        let text = std::fs::read_to_string(folder.path().join("p.csv")).unwrap();
        let expected =
            "path,tags,'=1+1,'-vocals,rock\n'@a.wav,'=1+1|rock,0.5,0.25,1\n\"b,\"\"c\"\".wav\",,0.0000001,0,0.125\n";
        assert_eq!(text, expected);
        predictions.write_targets(folder.path(), "t").unwrap();
        let text = std::fs::read_to_string(folder.path().join("t.csv")).unwrap();
        assert_eq!(text, "path,'=1+1,'-vocals,rock\n'@a.wav,1,0,1\n\"b,\"\"c\"\".wav\",0,0,0\n");
        let (rows, columns, values) = super::super::npy::read_npy(&folder.path().join("t.npy")).unwrap();
        assert_eq!((rows, columns, values), (2, 3, vec![1.0, 0.0, 1.0, 0.0, 0.0, 0.0]));
    }
}
