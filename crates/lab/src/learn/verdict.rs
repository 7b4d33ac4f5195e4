//! Which tags a learnt model gets, and why the other ones are withheld.

use net::Task;
use train::metrics::{Metrics, Scored, TagMetrics};

/// Songs with a tag, and songs without it, that the tag needs.
pub(super) const FEWEST_SONGS: usize = 10;

/// The songs of one tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TagSongs {
    /// Songs with the tag.
    pub(super) positives: usize,
    /// Songs without it.
    pub(super) negatives: usize,
    /// Groups of songs that belong together with a song that has the tag.
    pub(super) groups: usize,
}

impl TagSongs {
    /// The songs of tag `tag` in `targets` `[songs, tags]`.
    pub(super) fn of(tag: usize, targets: &[bool], tags: usize, groups: &[usize]) -> Self {
        let has = |song: usize| targets[song * tags + tag];
        let positives: Vec<usize> = (0..groups.len()).filter(|&song| has(song)).collect();
        let mut of_groups: Vec<usize> = positives.iter().map(|&song| groups[song]).collect();
        of_groups.sort_unstable();
        of_groups.dedup();
        Self { positives: positives.len(), negatives: groups.len() - positives.len(), groups: of_groups.len() }
    }

    /// Why the tag cannot be learnt; `None` if it can.
    pub(super) fn objection(self) -> Option<String> {
        let Self { positives, negatives, groups } = self;
        if positives < FEWEST_SONGS {
            let songs = if positives == 1 { "song has" } else { "songs have" };
            return Some(format!("{positives} {songs} the tag, at least {FEWEST_SONGS} are needed"));
        }
        if negatives < FEWEST_SONGS {
            return Some(format!(
                "{negatives} of the tagged songs do not have the tag, at least {FEWEST_SONGS} are needed"
            ));
        }
        if groups < 2 {
            return Some(
                "all songs with the tag belong together (one artist or album): what was learnt cannot be tested on \
                 others"
                    .to_owned(),
            );
        }
        None
    }
}

/// The metrics of every tag for `scores` `[songs, tags]`, with intervals by `draws` draws of the bootstrap over groups:
/// the songs of a group are drawn together, because they are not independent.
pub(super) fn metrics(
    tags: &[String],
    scores: &[f32],
    targets: &[bool],
    task: Task,
    groups: &[usize],
    draws: usize,
) -> Metrics {
    // A draw depends on the name only, so songs with the name of their group are drawn together.
    let names: Vec<String> = groups.iter().map(usize::to_string).collect();
    let clips = names.iter().map(String::as_str).collect();
    let present = vec![true; tags.len()];
    let scored = Scored { clips, present: &present, scores, targets, single_label: task == Task::SingleLabel };
    Metrics::with_intervals(tags, &scored, None, draws)
}

/// Why a tag with these metrics is withheld; `None` if it is kept.
pub(super) fn objection(metrics: &TagMetrics) -> Option<String> {
    match metrics.roc_auc_interval {
        Some([low, high]) if low <= 0.5 => Some(format!(
            "not better than chance: the 95 % interval of its ROC-AUC, {low:.3} to {high:.3}, touches 0.5"
        )),
        Some(_) => None,
        None => Some("its ROC-AUC could not be measured".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_needs_songs_with_and_without_it_from_several_groups() {
        let of = |positives, negatives, groups| TagSongs { positives, negatives, groups }.objection();
        assert!(of(1, 50, 1).unwrap().starts_with("1 song has the tag"));
        assert!(of(9, 50, 5).unwrap().contains("at least 10"));
        assert!(of(50, 3, 5).unwrap().starts_with("3 of the tagged songs do not"));
        assert!(of(50, 50, 1).unwrap().contains("belong together"));
        assert_eq!(of(10, 10, 2), None);
        let targets = [true, false, true, true, true, false];
        assert_eq!(TagSongs::of(0, &targets, 2, &[4, 4, 5]), TagSongs { positives: 3, negatives: 0, groups: 2 });
        assert_eq!(TagSongs::of(1, &targets, 2, &[4, 4, 5]), TagSongs { positives: 1, negatives: 2, groups: 1 });
    }

    #[test]
    fn a_tag_at_chance_is_withheld_and_a_clear_one_is_kept() {
        let songs = 60;
        let targets: Vec<bool> = (0..songs).flat_map(|song| [song % 3 == 0, song % 4 == 0]).collect();
        let scores: Vec<f32> = (0..songs)
            .flat_map(|song| [if song % 3 == 0 { 0.8 } else { 0.2 }, ((song * 37) % 61) as f32 / 61.0])
            .collect();
        let groups: Vec<usize> = (0..songs).map(|song| song / 2).collect();
        let tags = ["clear".to_owned(), "noise".to_owned()];
        let found = metrics(&tags, &scores, &targets, Task::MultiLabel, &groups, 500);
        assert_eq!(objection(&found.per_tag[0]), None);
        assert!(objection(&found.per_tag[1]).unwrap().contains("touches 0.5"));
        let without = metrics(&tags, &scores, &targets, Task::MultiLabel, &groups, 0);
        assert!(objection(&without.per_tag[0]).unwrap().contains("could not be measured"));
    }

    #[test]
    fn songs_of_one_group_are_not_independent() {
        let targets: Vec<bool> = (0..200).map(|song| (song / 10) % 2 == 0).collect();
        // Whole groups are right or wrong.
        let scores: Vec<f32> = (0..200).map(|song| (((song / 10) * 7) % 20) as f32 / 20.0).collect();
        let tags = ["a".to_owned()];
        let width = |groups: &[usize]| {
            let [low, high] =
                metrics(&tags, &scores, &targets, Task::MultiLabel, groups, 500).per_tag[0].roc_auc_interval.unwrap();
            high - low
        };
        let together: Vec<usize> = (0..200).map(|song| song / 10).collect();
        let alone: Vec<usize> = (0..200).collect();
        assert!(width(&together) > 2.0 * width(&alone));
    }
}
