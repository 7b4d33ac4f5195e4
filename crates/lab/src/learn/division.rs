//! The songs of a library as a task of learning: the tags that are learnt, and the part of every song.

use error::Result;

use super::head::FeatureLayout;
use super::learn_set::LearnSet;
use super::options::LearnOptions;
use super::parts::{folds, groups, GroupCounts};
use super::refusal::{nothing_to_learn, FEWEST_PARTS};
use super::songs::LearnSong;
use super::tag_list::{fewest_tags, TagList};

/// The tags that are learnt, and the part of every song.
pub(super) struct Division {
    /// The names of the tags that are learnt, in the order of their code points.
    pub(super) tags: Vec<String>,
    /// `[songs, tags]`.
    targets: Vec<bool>,
    /// The group of every song.
    pub(super) groups: Vec<usize>,
    pub(super) counts: GroupCounts,
    /// The part of every song, `0..parts`.
    pub(super) part_of: Vec<usize>,
    pub(super) parts: usize,
}

impl Division {
    /// The division of `songs` for the tags of `list` that can be learnt.
    ///
    /// # Errors
    /// [`error::Code::Dataset`] if there is nothing to learn, with the reasons.
    pub(super) fn of(songs: &[LearnSong], list: &TagList, options: &LearnOptions) -> Result<Self> {
        let (groups, counts) = groups(songs, !options.folder_levels.is_empty());
        let learnt = list.learnt();
        let parts = options.folds.min(counts.groups);
        if learnt.len() < fewest_tags(options.task) || parts < FEWEST_PARTS {
            return Err(nothing_to_learn(list, learnt.len(), counts, songs.len(), options.task));
        }
        let targets = list.targets(songs, &learnt);
        let part_of = folds(&groups, &targets, learnt.len(), parts, options.seed);
        let tags = learnt.iter().map(|&tag| list.names[tag].clone()).collect();
        Ok(Self { tags, targets, groups, counts, part_of, parts })
    }

    /// The songs, whose features have the means `means`, as arrays.
    pub(super) fn set<'a>(&self, layout: &'a FeatureLayout, means: &'a [f32], options: &LearnOptions) -> LearnSet<'a> {
        LearnSet { layout, means, tags: self.tags.len(), targets: self.targets.clone(), task: options.task }
    }

    /// The songs whose part is `wanted`.
    pub(super) fn songs_of(&self, wanted: impl Fn(usize) -> bool) -> Vec<usize> {
        (0..self.part_of.len()).filter(|&song| wanted(self.part_of[song])).collect()
    }
}
