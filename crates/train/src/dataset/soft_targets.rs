//! Soft targets: weights in 0..1 instead of tags that a clip has or has not, for example the scores of another model.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use error::Result;
use net::Task;

use super::broken;
use crate::run::read_npy;

/// How far from 1 the weights of a single-label clip may add up: programs round the scores that they write.
const SUM_TOLERANCE: f64 = 0.01;

/// The soft targets of a clip.
#[derive(Clone, Debug, PartialEq)]
pub struct SoftTargets {
    /// `[rows, tags]`, in 0..1: one row for the whole clip or, with a file, one for each of its segments. When
    /// single-label, every row adds up to 1.
    pub values: Vec<f32>,
    /// The array file of targets for each segment.
    pub file: Option<PathBuf>,
}

impl SoftTargets {
    /// The number of rows, of `tags` weights each.
    pub fn rows(&self, tags: usize) -> usize {
        self.values.len().checked_div(tags).unwrap_or(0)
    }

    /// The weights of segment `segment` of the clip, `[tags]`.
    pub(crate) fn of_segment(&self, segment: usize, tags: usize) -> &[f32] {
        let row = if self.file.is_some() { segment } else { 0 };
        &self.values[row * tags..(row + 1) * tags]
    }

    /// The mean weight of each tag over the rows, `[tags]`.
    pub(crate) fn means(&self, tags: usize) -> Vec<f32> {
        self.means_in_f64(tags).into_iter().map(|mean| mean as f32).collect()
    }

    fn means_in_f64(&self, tags: usize) -> Vec<f64> {
        let rows = self.rows(tags).max(1) as f64;
        let mean = |tag: usize| self.values[tag..].iter().step_by(tags).map(|&v| f64::from(v)).sum::<f64>() / rows;
        (0..tags).map(mean).collect()
    }

    /// The indices of the tags that count as those of the clip for metrics, counts and the split: those whose mean over
    /// the rows is at least `positive_from`; when single-label, the tag with the largest mean.
    fn tags(&self, tags: usize, task: Task, positive_from: f64) -> Vec<u32> {
        let means = self.means_in_f64(tags);
        match task {
            Task::MultiLabel => (0..tags as u32).filter(|&tag| means[tag as usize] >= positive_from).collect(),
            Task::SingleLabel => {
                let best = (0..tags).fold(0, |best, tag| if means[tag] > means[best] { tag } else { best });
                vec![best as u32]
            }
        }
    }
}

/// The soft targets of a row as a list states them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RawSoftTargets {
    /// `[rows, columns]`; the columns are the tags of the row.
    pub(super) weights: Vec<f32>,
    /// The array file, if the weights come from one.
    pub(super) file: Option<PathBuf>,
}

impl RawSoftTargets {
    /// Reads the array of the list `list`, whose columns are `columns`, at `line`.
    ///
    /// # Errors
    /// [`error::Code::Dataset`], [`error::Code::FileNotFound`], [`error::Code::Io`], naming list, line and array.
    pub(super) fn read(list: &Path, line: u64, file: PathBuf, columns: &[String]) -> Result<Self> {
        let (_, width, weights) = read_npy(&file).map_err(|failure| error::Error {
            message: format!("{}: line {line}: {}", list.display(), failure.message),
            ..failure
        })?;
        if width != columns.len() {
            let message = format!(
                "line {line}: {} has {width} columns, but \"tags\" names {}: name the tag of every column, in their \
                 order",
                file.display(),
                columns.len()
            );
            return Err(broken(list, message));
        }
        Ok(Self { weights, file: Some(file) })
    }

    /// Renames `columns` by `name`. Of columns that get the same name, one with the largest weight remains.
    pub(super) fn rename(&mut self, columns: &mut Vec<String>, name: impl Fn(&str) -> String) {
        let mut names: Vec<String> = Vec::new();
        let places: Vec<usize> = columns
            .iter()
            .map(|column| {
                let new = name(column);
                names.iter().position(|known| *known == new).unwrap_or_else(|| {
                    names.push(new);
                    names.len() - 1
                })
            })
            .collect();
        let mut weights = Vec::with_capacity(self.weights.len());
        for row in self.weights.chunks_exact(columns.len().max(1)) {
            let start = weights.len();
            weights.resize(start + names.len(), 0.0f32);
            for (&place, &weight) in places.iter().zip(row) {
                // A weight that is not a number must stay, so that it is refused.
                if weight.is_nan() || weight > weights[start + place] {
                    weights[start + place] = weight;
                }
            }
        }
        (*columns, self.weights) = (names, weights);
    }

    /// The columns whose mean weight is at least `from`.
    pub(super) fn positives<'c>(&self, columns: &'c [String], from: f64) -> impl Iterator<Item = &'c String> {
        let rows = (self.weights.len() / columns.len().max(1)).max(1) as f64;
        let mut sums = vec![0.0; columns.len()];
        for row in self.weights.chunks_exact(columns.len().max(1)) {
            sums.iter_mut().zip(row).for_each(|(sum, &weight)| *sum += f64::from(weight));
        }
        columns.iter().zip(sums).filter(move |(_, sum)| sum / rows >= from).map(|(column, _)| column)
    }

    /// Checks the weights and arranges them by `numbers`, the numbers of all `tags` tags; also returns the tags that
    /// count as those of the clip. The error says what is wrong with the row.
    pub(super) fn arranged(
        &self,
        columns: &[String],
        numbers: &HashMap<&str, u32>,
        task: Task,
        positive_from: f64,
    ) -> Result<(SoftTargets, Vec<u32>), String> {
        let tags = numbers.len();
        let mut values = Vec::with_capacity(self.weights.len() / columns.len().max(1) * tags);
        let inside = self.file.as_ref().map_or_else(String::new, |file| format!("{}: ", file.display()));
        for (number, weights) in self.weights.chunks_exact(columns.len().max(1)).enumerate() {
            let row = self.file.as_ref().map_or_else(String::new, |_| format!(", row {number}"));
            let start = values.len();
            values.resize(start + tags, 0.0);
            for (tag, &weight) in columns.iter().zip(weights) {
                if !(0.0..=1.0).contains(&weight) {
                    return Err(format!(
                        "{inside}the weight of \"{tag}\"{row} must be a number from 0 to 1, received {weight}"
                    ));
                }
                if let Some(&index) = numbers.get(tag.as_str()) {
                    values[start + index as usize] = weight;
                }
            }
            if task == Task::SingleLabel {
                let sum: f64 = values[start..].iter().map(|&value| f64::from(value)).sum();
                if (sum - 1.0).abs() > SUM_TOLERANCE {
                    return Err(format!(
                        "{inside}the weights{row} must add up to 1 when single-label, received {sum:.4}; correct \
                         them, or use the task multi-label"
                    ));
                }
                values[start..].iter_mut().for_each(|value| *value = (f64::from(*value) / sum) as f32);
            }
        }
        if values.is_empty() {
            return Err(format!("{inside}it has no rows: give at least one row of targets"));
        }
        let targets = SoftTargets { values, file: self.file.clone() };
        let positive = targets.tags(tags, task, positive_from);
        Ok((targets, positive))
    }
}
