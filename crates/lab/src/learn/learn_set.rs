//! The songs from which heads are learnt, as arrays: means of features, and tags.

use net::Task;

use super::head::{FeatureLayout, FeatureSet};

/// The songs from which heads are learnt.
pub(super) struct LearnSet<'a> {
    /// Which values the features of a song are.
    pub(super) layout: &'a FeatureLayout,
    /// `[songs, width]`: the means over the segments.
    pub(super) means: &'a [f32],
    /// Number of tags.
    pub(super) tags: usize,
    /// `[songs, tags]`; exactly one is true of each song in a single-label task.
    pub(super) targets: Vec<bool>,
    /// Whether the tags exclude each other.
    pub(super) task: Task,
}

impl LearnSet<'_> {
    /// Number of songs.
    pub(super) fn songs(&self) -> usize {
        self.targets.len() / self.tags.max(1)
    }

    /// The targets of `rows`, `[rows, tags]`.
    pub(super) fn targets_of(&self, rows: &[usize]) -> Vec<bool> {
        rows.iter().flat_map(|&row| &self.targets[row * self.tags..(row + 1) * self.tags]).copied().collect()
    }

    /// The features `set` of `rows`, `[rows, values]`.
    pub(super) fn features_of(&self, rows: &[usize], set: FeatureSet) -> Vec<f32> {
        let (width, range) = (self.layout.width(), self.layout.range(set));
        rows.iter().flat_map(|&row| &self.means[row * width + range.start..row * width + range.end]).copied().collect()
    }

    /// The same songs with only the tags `kept`.
    pub(super) fn with_tags(&self, kept: &[usize]) -> Self {
        Self { tags: kept.len(), targets: columns(&self.targets, self.tags, kept), ..*self }
    }
}

/// The columns `kept` of `values` `[rows, width]`.
pub(super) fn columns<T: Copy>(values: &[T], width: usize, kept: &[usize]) -> Vec<T> {
    values.chunks_exact(width.max(1)).flat_map(|row| kept.iter().map(|&column| row[column])).collect()
}

/// The highest of the scores `[songs, tags]` of each song, and whether the song has that tag: what a single-label model
/// says, and whether it is right.
pub(super) fn answers(scores: &[f32], targets: &[bool], tags: usize) -> (Vec<f32>, Vec<bool>) {
    let rows = scores.chunks_exact(tags.max(1)).zip(targets.chunks_exact(tags.max(1)));
    rows.filter_map(|(row, targets)| {
        // Of equal scores the first one.
        let best = (0..row.len()).rev().max_by(|&one, &other| row[one].total_cmp(&row[other]))?;
        Some((row[best], targets[best]))
    })
    .unzip()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_columns_are_those_of_the_songs_and_tags() {
        let layout = FeatureLayout { levels: vec![-2, -1], blocks: 2, hidden: 1 };
        let targets = vec![true, false, false, true, true, true];
        let set = LearnSet {
            layout: &layout,
            means: &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
            tags: 3,
            targets,
            task: Task::MultiLabel,
        };
        assert_eq!(set.songs(), 2);
        assert_eq!(set.features_of(&[1, 0], FeatureSet::Hidden), [6.0, 3.0]);
        assert_eq!(set.features_of(&[1], FeatureSet::Blocks), [4.0, 5.0]);
        assert_eq!(set.targets_of(&[1]), [true, true, true]);
        let kept = set.with_tags(&[2, 0]);
        assert_eq!((kept.songs(), kept.targets), (2, vec![false, true, true, true]));
    }

    #[test]
    fn the_answer_is_the_tag_with_the_highest_score() {
        let (sure, right) = answers(&[0.2, 0.8, 0.5, 0.5], &[true, false, true, false], 2);
        assert_eq!((sure, right), (vec![0.8, 0.5], vec![false, true]));
    }
}
