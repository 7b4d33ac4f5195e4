//! Features of the clips of a dataset: one vector for each clip and level.

use error::{Code, Error, Result};

/// The clips of an analysis and their tags.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ClipSet {
    /// The name of each clip: its path relative to the dataset.
    pub names: Vec<String>,
    /// The audio file of each clip where it is on this machine.
    pub files: Vec<Option<std::path::PathBuf>>,
    /// The names of the tags.
    pub tags: Vec<String>,
    /// Whether clip i has tag t, `[clips][tags]`.
    pub labels: Vec<Vec<bool>>,
}

/// The features of all clips at one level.
#[derive(Clone, Debug, PartialEq)]
pub struct LevelFeatures {
    /// The level, counted from the end: -1 is the hidden layer of the head, -2 the output of the last block.
    pub level: i32,
    /// Values of each clip.
    pub width: usize,
    /// `[clips, width]`.
    pub values: Vec<f32>,
}

impl ClipSet {
    /// The number of clips.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no clips.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The number of clips that have tag `tag`.
    pub fn count(&self, tag: usize) -> usize {
        self.labels.iter().filter(|labels| labels[tag]).count()
    }

    /// The tags that clips have, the most common one first; of equally common ones the first.
    pub fn common_tags(&self) -> Vec<usize> {
        let mut tags: Vec<usize> = (0..self.tags.len()).filter(|&tag| self.count(tag) > 0).collect();
        tags.sort_by_key(|&tag| (std::cmp::Reverse(self.count(tag)), tag));
        tags
    }

    /// The indices of the tags `asked`.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for a tag that the dataset does not have, that is named twice, or that no clip has.
    pub fn tags_named(&self, asked: &[String]) -> Result<Vec<usize>> {
        let refused = |why: String| Error::new(Code::InvalidOption, format!("tags: {why}"));
        let mut found = Vec::new();
        for name in asked {
            let Some(tag) = self.tags.iter().position(|tag| tag == name) else {
                let known = self.tags.join(", ");
                return Err(refused(format!("the dataset has no tag \"{name}\"; it has {known}")));
            };
            if found.contains(&tag) {
                return Err(refused(format!("\"{name}\" is named twice; name it once")));
            }
            if self.count(tag) == 0 {
                return Err(refused(format!("no clip has the tag \"{name}\"; choose a tag that clips have")));
            }
            found.push(tag);
        }
        Ok(found)
    }

    /// The clips at `indices` only.
    #[must_use]
    pub fn only(&self, indices: &[usize]) -> Self {
        Self {
            names: indices.iter().map(|&i| self.names[i].clone()).collect(),
            files: indices.iter().map(|&i| self.files[i].clone()).collect(),
            tags: self.tags.clone(),
            labels: indices.iter().map(|&i| self.labels[i].clone()).collect(),
        }
    }
}

impl LevelFeatures {
    /// The clips at `indices` only.
    #[must_use]
    pub fn only(&self, indices: &[usize]) -> Self {
        let values = indices.iter().flat_map(|&i| &self.values[i * self.width..][..self.width]).copied().collect();
        Self { values, ..*self }
    }

    /// The values in f64, each feature minus its mean and divided by its standard deviation; a constant feature is 0.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for a value that is not finite, with the level.
    pub fn standardised(&self) -> Result<Vec<f64>> {
        let width = self.width;
        if let Some(at) = self.values.iter().position(|value| !value.is_finite()) {
            let message =
                format!("feature {} of clip {} at level {} is not a finite number", at % width, at / width, self.level);
            return Err(Error::new(Code::InvalidOption, message));
        }
        let mut values: Vec<f64> = self.values.iter().map(|value| f64::from(*value)).collect();
        let rows = (values.len() / width.max(1)) as f64;
        for column in 0..width {
            let at = || (column..self.values.len()).step_by(width);
            let mean = at().map(|i| values[i]).sum::<f64>() / rows;
            let deviation = (at().map(|i| (values[i] - mean).powi(2)).sum::<f64>() / rows).sqrt();
            let factor = if deviation > 1e-12 * mean.abs().max(1e-12) { 1.0 / deviation } else { 0.0 };
            at().for_each(|i| values[i] = (values[i] - mean) * factor);
        }
        Ok(values)
    }
}
