//! The three parts of a dataset that a training takes.

use std::path::Path;

use error::{Code, Error, Result};

use crate::cache::BadFile;
use crate::dataset::{Dataset, Part, PartCounts};
use crate::part::PartData;

/// The usable clips of the three parts.
pub(super) struct Parts<'a> {
    pub(super) train: PartData<'a>,
    pub(super) valid: PartData<'a>,
    pub(super) test: PartData<'a>,
}

impl<'a> Parts<'a> {
    pub(super) fn all(&self) -> [(Part, &PartData<'a>); 3] {
        [(Part::Train, &self.train), (Part::Valid, &self.valid), (Part::Test, &self.test)]
    }

    pub(super) fn count(&self, of: impl Fn(&PartData) -> usize) -> PartCounts {
        PartCounts { train: of(&self.train), valid: of(&self.valid), test: of(&self.test) }
    }

    /// Refuses a dataset that cannot train: nothing to learn from, or nothing to end the stages by.
    pub(super) fn refuse_empty(&self, dataset: &Dataset, location: &Path, bad: &[BadFile]) -> Result<()> {
        for (part, data) in self.all() {
            let listed = dataset.part(part).next().is_some();
            // A dataset may do without a test part.
            if !data.clips.is_empty() || (part == Part::Test && !listed) {
                continue;
            }
            let message = if !listed {
                no_clips(part, dataset)
            } else {
                let first = bad.iter().find_map(|file| file.error.as_ref()).map_or("", |error| &error.message);
                format!("no clip of the {part} part can be used; the first file that failed: {first}")
            };
            let message = format!("{}: {message}", location.display());
            return Err(Error::new(Code::Dataset, message).with_file(location));
        }
        Ok(())
    }
}

/// Why a part is empty, and what to do.
fn no_clips(part: Part, dataset: &Dataset) -> String {
    let empty = format!("no clips in the {part} part");
    match (dataset.kind, dataset.other_seed) {
        (_, Some(seed)) => format!(
            "{empty}, where each clip is drawn by a hash of the seed and its name: choose another seed, such as {seed}, or give \
             some clips the split {part}"
        ),
        ("manifest", None) => format!("{empty}: give some clips the split {part}, or leave the split empty"),
        ("folders", None) => format!("{empty}: move some files into folders for each class in a folder {part}"),
        _ => format!("{empty}: its files are missing, or too few"),
    }
}
