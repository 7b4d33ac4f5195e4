//! The errors for a library from which no model can be made, with the reasons.

use error::{Code, Error};

use super::event::LearnTag;
use super::parts::GroupCounts;
use super::verdict::TagSongs;

/// The fewest parts of a cross-validation: one to test on, one to choose on, one to learn from.
pub(super) const FEWEST_PARTS: usize = 3;
/// Most tags whose reasons are named.
const MOST_REASONS: usize = 3;

/// The error for a library from which nothing can be learnt: `of_tag` are the songs of the tags `names`.
pub(super) fn nothing_to_learn(names: &[String], of_tag: &[TagSongs], counts: GroupCounts, songs: usize) -> Error {
    let mut most: Vec<usize> = (0..names.len()).collect();
    most.sort_by_key(|&tag| std::cmp::Reverse(of_tag[tag].positives));
    let reasons: Vec<String> = most
        .iter()
        .take(MOST_REASONS)
        .filter_map(|&tag| Some(format!("{}: {}", names[tag], of_tag[tag].objection()?)))
        .collect();
    let why = match of_tag.iter().any(|tag| tag.objection().is_none()) || reasons.is_empty() {
        true => format!(
            "the {songs} songs with tags are of {} groups (artists, albums), at least {FEWEST_PARTS} are needed",
            counts.groups
        ),
        false => format!("{songs} songs with {} tags; {}", names.len(), reasons.join("; ")),
    };
    let advice = "give more songs tags, or read other sources of tags (--folder-levels, --manifest, --playlists); \
                  --dry-run shows what was found";
    Error::new(Code::Dataset, format!("no tag can be learnt: {why}; {advice}")).shown()
}

/// The error if every tag is withheld.
pub(super) fn nothing_kept(tags: &[LearnTag]) -> Error {
    let mut measured: Vec<&LearnTag> = tags.iter().filter(|tag| tag.roc_auc.is_some()).collect();
    measured.sort_by(|one, other| other.roc_auc.unwrap_or(0.0).total_cmp(&one.roc_auc.unwrap_or(0.0)));
    let reasons: Vec<String> = measured
        .iter()
        .take(MOST_REASONS)
        .map(|tag| format!("{}: {}", tag.tag, tag.reason.as_deref().unwrap_or_default()))
        .collect();
    let message = format!(
        "every tag is withheld, so there is no model; the best are {}; give more songs these tags, or use another base \
         model (--from)",
        reasons.join("; ")
    );
    Error::new(Code::Dataset, message).shown()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_the_groups_if_a_tag_could_be_learnt_from_more_of_them() {
        let names = ["good".to_owned(), "rare".to_owned()];
        let counts = GroupCounts { groups: 2, ..GroupCounts::default() };
        let (good, rare) =
            (TagSongs { positives: 20, negatives: 20, groups: 2 }, TagSongs { positives: 3, negatives: 37, groups: 2 });
        let why = |of_tag: [TagSongs; 2]| nothing_to_learn(&names, &of_tag, counts, 40).message;
        assert!(why([good, rare]).contains("are of 2 groups"), "{}", why([good, rare]));
        assert!(why([rare, rare]).contains("rare: 3 songs have the tag"), "{}", why([rare, rare]));
    }
}
