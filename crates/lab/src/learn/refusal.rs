//! The errors for a library from which no model can be made, with the reasons.

use error::{Code, Error};
use net::Task;

use super::event::LearnTag;
use super::parts::GroupCounts;
use super::tag_list::{fewest_tags, TagList};

/// The fewest parts of a cross-validation: one to test on, one to choose on, one to learn from.
pub(super) const FEWEST_PARTS: usize = 3;
/// Most tags whose reasons are named.
const MOST_REASONS: usize = 3;

/// The error for a library from which nothing can be learnt: `learnt` of the tags of `list` could be.
pub(super) fn nothing_to_learn(list: &TagList, learnt: usize, counts: GroupCounts, songs: usize, task: Task) -> Error {
    let mut most: Vec<usize> = (0..list.names.len()).collect();
    most.sort_by_key(|&tag| std::cmp::Reverse(list.songs[tag].positives));
    let reasons: Vec<String> = most
        .iter()
        .take(MOST_REASONS)
        .filter_map(|&tag| Some(format!("{}: {}", list.names[tag], list.songs[tag].objection()?)))
        .collect();
    let why = match learnt >= fewest_tags(task) || reasons.is_empty() {
        true => format!(
            "the {songs} songs with tags are of {} groups (artists, albums), at least {FEWEST_PARTS} are needed",
            counts.groups
        ),
        false => format!("{songs} songs with {} tags; {}", list.names.len(), reasons.join("; ")),
    };
    let what = match task {
        Task::MultiLabel => "no tag can be learnt",
        Task::SingleLabel => "fewer than two tags can be learnt, and a single-label model chooses between tags",
    };
    let advice = "give more songs tags, or read other sources of tags (--folder-levels, --manifest, --playlists); \
                  --dry-run shows what was found";
    Error::new(Code::Dataset, format!("{what}: {why}; {advice}")).shown()
}

/// The error if every tag is withheld, or all but one of a single-label task.
pub(super) fn nothing_kept(tags: &[LearnTag], task: Task) -> Error {
    let mut measured: Vec<&LearnTag> = tags.iter().filter(|tag| tag.roc_auc.is_some()).collect();
    measured.sort_by(|one, other| other.roc_auc.unwrap_or(0.0).total_cmp(&one.roc_auc.unwrap_or(0.0)));
    let reasons: Vec<String> = measured
        .iter()
        .take(MOST_REASONS)
        .map(|tag| format!("{}: {}", tag.tag, tag.reason.as_deref().unwrap_or("it would be kept")))
        .collect();
    let what = match task {
        Task::MultiLabel => "every tag is withheld",
        Task::SingleLabel => "fewer than two tags remain",
    };
    let message = format!(
        "{what}, so there is no model; the best are {}; give more songs these tags, or use another base \
         model (--from)",
        reasons.join("; ")
    );
    Error::new(Code::Dataset, message).shown()
}

#[cfg(test)]
mod tests {
    use super::super::songs::LearnSong;
    use super::*;

    /// A list with these numbers of songs of each tag, every song in a group of its own.
    fn list(counts: &[usize]) -> TagList {
        let tags = counts.iter().enumerate().flat_map(|(tag, &count)| vec![tag as u32; count]);
        let song = |tag| LearnSong {
            path: "a.mp3".into(),
            tags: vec![tag],
            artists: Vec::new(),
            album: None,
            content: String::new(),
        };
        let songs: Vec<LearnSong> = tags.map(song).collect();
        let names: Vec<String> = (0..counts.len()).map(|tag| format!("tag {tag}")).collect();
        TagList::of(&songs, &names, &(0..songs.len()).collect::<Vec<_>>())
    }

    #[test]
    fn the_reason_is_the_groups_if_tags_could_be_learnt_from_more_of_them() {
        let counts = GroupCounts { groups: 2, ..GroupCounts::default() };
        let why = |list: &TagList, task| {
            let failure = nothing_to_learn(list, list.learnt().len(), counts, 40, task);
            assert_eq!(failure.code, Code::Dataset);
            failure.message
        };
        let good = why(&list(&[20, 20, 3]), Task::MultiLabel);
        assert!(good.contains("no tag can be learnt") && good.contains("are of 2 groups"), "{good}");
        assert!(why(&list(&[20, 20]), Task::SingleLabel).contains("are of 2 groups"));
        let rare = why(&list(&[3, 9]), Task::MultiLabel);
        assert!(rare.contains("tag 1: 9 songs have the tag, at least 10"), "{rare}");
        let one = why(&list(&[20, 3, 9]), Task::SingleLabel);
        assert!(one.contains("fewer than two tags") && one.contains("tag 2: 9 songs have the tag"), "{one}");
    }
}
