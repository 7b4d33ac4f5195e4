//! The features and targets of the clips of a dataset.

use error::{Code, Error, Result, WarningCode};
use net::Task;
use sha2::{Digest, Sha256};
use train::dataset::Part;
use train::{PartCounts, Warning};

use super::join::Joined;

/// The features and targets of the clips of a dataset.
#[derive(Clone, Debug, PartialEq)]
pub struct Examples {
    /// The names of the clips.
    pub clips: Vec<String>,
    /// The part of each clip.
    pub parts: Vec<Part>,
    /// The names of the tags.
    pub tags: Vec<String>,
    /// Whether the tags exclude each other.
    pub task: Task,
    /// Number of features of a clip.
    pub width: usize,
    /// `[clips, width]`, finite.
    pub features: Vec<f32>,
    /// `[clips, tags]`: whether each clip has each tag; exactly one when single-label.
    pub targets: Vec<bool>,
}

impl Examples {
    /// Refuses examples that a classifier cannot be trained on.
    ///
    /// # Errors
    /// [`Code::Dataset`] for a feature that is not finite, naming the clip, for arrays of other lengths, and for a
    /// training or validation part without clips; the message says what is missing.
    pub fn validate(&self) -> Result<()> {
        let count = self.clips.len();
        if self.parts.len() != count
            || self.features.len() != count * self.width
            || self.targets.len() != count * self.tags.len()
            || self.width == 0
            || self.tags.is_empty()
        {
            let message = format!(
                "the arrays do not fit: {count} clips, {} parts, {} features of width {}, {} targets of {} tags",
                self.parts.len(),
                self.features.len(),
                self.width,
                self.targets.len(),
                self.tags.len()
            );
            return Err(Error::new(Code::Dataset, message));
        }
        for (clip, row) in self.clips.iter().zip(self.features.chunks_exact(self.width)) {
            if let Some(column) = row.iter().position(|value| !value.is_finite()) {
                let message = format!(
                    "the features of {clip} are not usable: value {} of {} is {}, expected a finite number; compute \
                     them again",
                    column + 1,
                    self.width,
                    row[column]
                );
                return Err(Error::new(Code::Dataset, message).shown());
            }
        }
        let counts = self.counts();
        for (part, count, purpose) in [
            (Part::Train, counts.train, "the classifier is trained on them"),
            (Part::Valid, counts.valid, "the validation loss decides when the training ends"),
        ] {
            if count == 0 {
                let message = format!("no clips in the {part} part: {purpose}; assign some clips the split {part}");
                return Err(Error::new(Code::Dataset, message));
            }
        }
        Ok(())
    }

    /// Number of clips in each part.
    pub fn counts(&self) -> PartCounts {
        let mut counts = PartCounts::default();
        self.parts.iter().for_each(|&part| *counts.of(part) += 1);
        counts
    }

    /// The rows of the clips of `part`, ascending.
    pub fn rows(&self, part: Part) -> Vec<usize> {
        (0..self.clips.len()).filter(|&row| self.parts[row] == part).collect()
    }

    /// The targets of `rows`, `[rows, tags]`.
    pub fn targets_of(&self, rows: &[usize]) -> Vec<bool> {
        let tags = self.tags.len();
        rows.iter().flat_map(|&row| &self.targets[row * tags..(row + 1) * tags]).copied().collect()
    }

    /// The same clips with the features `[clips, width]` of [`super::join()`], or with some of their columns.
    #[must_use]
    pub fn with_features(&self, joined: Joined) -> Self {
        Self {
            clips: self.clips.clone(),
            parts: self.parts.clone(),
            tags: self.tags.clone(),
            task: self.task,
            width: joined.width,
            features: joined.features,
            targets: self.targets.clone(),
        }
    }

    /// Warns of tags that no training clip or no test clip has.
    pub(super) fn warnings(&self) -> Vec<Warning> {
        let tags = self.tags.len();
        let mut warnings = Vec::new();
        for (part, effect) in [
            (Part::Train, "which the classifier cannot learn"),
            (Part::Test, "whose metrics are null and left out of the averages"),
        ] {
            let rows = self.rows(part);
            let has = |tag: usize| rows.iter().any(|&row| self.targets[row * tags + tag]);
            let named: Vec<String> = (0..tags).filter(|&tag| !has(tag)).map(|tag| self.tags[tag].clone()).collect();
            if !named.is_empty() && !rows.is_empty() {
                let message = format!("tags without positives in the {part} part, {effect}: {}", named.join(", "));
                let warning = Warning::new(WarningCode::TagsWithoutPositives, message).of_tags(named);
                warnings.push(Warning { part: Some(part), ..warning });
            }
        }
        warnings
    }

    /// SHA-256 over everything that a training depends on: task, tags, and name, part, targets and features of every
    /// clip.
    pub(super) fn checksum(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(format!("{:?}\n{}\n{}\n", self.task, self.tags.join("\n"), self.width));
        for (row, (clip, part)) in self.clips.iter().zip(&self.parts).enumerate() {
            hash.update(format!("{part}\t{clip}\t"));
            hash.update(self.targets_of(&[row]).into_iter().map(u8::from).collect::<Vec<_>>());
            let features = &self.features[row * self.width..(row + 1) * self.width];
            hash.update(features.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>());
        }
        hex::encode(hash.finalize())
    }
}
