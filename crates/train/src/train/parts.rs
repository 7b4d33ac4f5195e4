//! The three parts of a dataset as a training uses them.

use std::path::Path;

use audio::SegmentPolicy;
use error::{Code, Error, Result};
use net::Task;

use crate::cache::BadFile;
use crate::dataset::{Dataset, Part, PartCounts};
use crate::options::ClassWeights;
use crate::part::{PartData, UsableClip};

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

    /// The weight of each tag in the loss, by the clips of the training part.
    pub(super) fn weights(&self, weights: &ClassWeights, tags: &[String], task: Task) -> Result<Vec<f32>> {
        let mut counts = vec![0; tags.len()];
        for usable in &self.train.clips {
            usable.clip.tags.iter().for_each(|&tag| counts[tag as usize] += 1);
        }
        weights.of(tags, &counts, self.train.clips.len(), task == Task::SingleLabel)
    }

    /// Refuses a dataset that cannot be used for training because it has no clips to train on, or none to validate on.
    /// It may have no validation part if the schedule `is_fixed`.
    pub(super) fn refuse_empty(
        &self,
        dataset: &Dataset,
        location: &Path,
        bad: &[BadFile],
        is_fixed: bool,
    ) -> Result<()> {
        for (part, data) in self.all() {
            let listed = dataset.part(part).next().is_some();
            // A dataset may have no test part.
            let is_optional = part == Part::Test || (part == Part::Valid && is_fixed);
            if !data.clips.is_empty() || (is_optional && !listed) {
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

    /// Refuses segments at other places of clips that have targets for each of their consecutive segments.
    pub(super) fn refuse_other_segments(&self, random_crops: Option<usize>, policy: SegmentPolicy) -> Result<()> {
        let option = match (random_crops, policy) {
            (Some(_), _) => "randomCrops",
            (None, SegmentPolicy::Overlapping(_)) => "overlapping segments",
            _ => return Ok(()),
        };
        let file = |usable: &UsableClip| usable.clip.soft.as_ref().and_then(|soft| soft.file.clone());
        let Some(file) = self.train.clips.iter().find_map(file) else { return Ok(()) };
        let message = format!(
            "{}: {option} cannot be used with targets for each segment, which belong to consecutive segments: use all \
             or N segments, or give the clips one weight for each tag",
            file.display()
        );
        Err(Error::new(Code::InvalidOption, message).with_file(file))
    }
}

/// The error message for an empty part: the reason and what to do.
fn no_clips(part: Part, dataset: &Dataset) -> String {
    let empty = format!("no clips in the {part} part");
    match (dataset.kind, dataset.other_seed) {
        (_, Some(seed)) => format!(
            "{empty}: the part of each clip is drawn by a hash of the seed and its name; choose another seed, such as \
             {seed}, or assign some clips the split {part}"
        ),
        ("manifest", None) => format!("{empty}: assign some clips the split {part}, or leave the split column empty"),
        ("folders", None) => {
            format!("{empty}: create a folder {part} with a folder for each class, and move some files there")
        }
        _ => format!("{empty}: its files are missing, or too few"),
    }
}
