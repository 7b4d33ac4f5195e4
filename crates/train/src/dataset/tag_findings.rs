//! Warnings about unusual tags of a list, each with advice.

use std::collections::{BTreeMap, BTreeSet};

use error::WarningCode;
use net::Task;
use unicode_normalization::UnicodeNormalization;

use super::RawClip;
use crate::event::Warning;
use crate::some::some;

/// Words that tables contain in place of a missing value, in lower case.
const PLACEHOLDERS: [&str; 9] = ["nan", "null", "none", "n/a", "na", "nil", "undefined", "-", "?"];

/// The warnings about `rows`, whose tags are read as `task`; `given` says whether the task was set by an option.
pub(super) fn findings(rows: &[RawClip], tags: &[String], task: Task, given: bool) -> Vec<Warning> {
    let found = [
        untagged(rows, task),
        placeholders(rows, tags),
        compound(rows, tags),
        similar(tags),
        one_each(rows, tags, task, given),
    ];
    found.into_iter().flatten().chain(lone(tags, task)).collect()
}

fn untagged(rows: &[RawClip], task: Task) -> Option<Warning> {
    let count = rows.iter().filter(|row| row.tags.is_empty()).count();
    let message = format!(
        "{count} of {} clips have no tag: they count as negative examples of every tag; remove them from the list if \
         nobody has listened to them",
        rows.len()
    );
    (count > 0 && task == Task::MultiLabel).then(|| Warning::new(WarningCode::UntaggedClips, message).of_count(count))
}

/// Tags that are placeholders for "no tag".
fn placeholders(rows: &[RawClip], tags: &[String]) -> Option<Warning> {
    let named: Vec<String> =
        tags.iter().filter(|tag| PLACEHOLDERS.contains(&tag.to_lowercase().as_str())).cloned().collect();
    let clips = rows.iter().filter(|row| row.tags.iter().any(|tag| named.contains(tag))).count();
    let message = format!(
        "{} counts as a tag of {clips} clips; if these clips have no tag, leave the cell empty or remove the row",
        some(&named)
    );
    (!named.is_empty()).then(|| Warning::new(WarningCode::PlaceholderTags, message).of_count(clips).of_tags(named))
}

/// Tags that look like several tags, such as "rock,pop", which is one tag because `|` is the separator.
fn compound(rows: &[RawClip], tags: &[String]) -> Option<Warning> {
    let known: BTreeSet<String> = tags.iter().map(|tag| folded(tag)).collect();
    let several = |tag: &&String| {
        let parts = |separators: &[char]| -> Vec<String> {
            tag.split(separators).map(folded).filter(|part| !part.is_empty()).collect()
        };
        // These characters can be part of a name: report only tags whose parts are tags themselves.
        let others = parts(&['/', '|', '+', '&']);
        parts(&[',', ';']).len() > 1 || (others.len() > 1 && others.iter().all(|part| known.contains(part)))
    };
    let named: Vec<String> = tags.iter().filter(several).cloned().collect();
    if named.is_empty() {
        return None;
    }
    let clips = rows.iter().filter(|row| row.tags.iter().any(|tag| named.contains(tag))).count();
    let message = format!(
        "{} tags look like several tags: {}; write two tags as rock|pop in CSV or as [\"rock\", \"pop\"] in JSONL",
        named.len(),
        some(&named)
    );
    Some(Warning::new(WarningCode::CompoundTags, message).of_count(clips).of_tags(named))
}

/// Tags that differ only by case, Unicode form, spaces, hyphens or underscores.
fn similar(tags: &[String]) -> Option<Warning> {
    let mut alike: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    tags.iter().for_each(|tag| alike.entry(folded(tag)).or_default().push(tag));
    let groups: Vec<Vec<&String>> = alike.into_values().filter(|group| group.len() > 1).collect();
    let shown = |tag: &String| format!("\"{}\"", tag.escape_debug());
    let named: Vec<String> =
        groups.iter().map(|group| group.iter().map(|tag| shown(tag)).collect::<Vec<_>>().join(" and ")).collect();
    let message = format!(
        "these tags have similar spellings and count as different tags: {}; use one spelling for each tag",
        some(&named)
    );
    let tags: Vec<String> = groups.into_iter().flatten().cloned().collect();
    (!tags.is_empty()).then(|| Warning::new(WarningCode::SimilarTags, message).of_tags(tags))
}

/// Exactly one tag in every row suggests that the tags are classes.
fn one_each(rows: &[RawClip], tags: &[String], task: Task, given: bool) -> Option<Warning> {
    let one = task == Task::MultiLabel && !given && tags.len() > 1 && rows.iter().all(|row| row.tags.len() == 1);
    let message = "every clip has exactly one tag, but the task is multi-label: set the task to single-label \
                   (--task single-label) if the tags exclude each other, else set it to multi-label";
    one.then(|| Warning::new(WarningCode::OneTagEach, message).of_count(rows.len()))
}

/// With a single class, every answer is correct.
fn lone(tags: &[String], task: Task) -> Option<Warning> {
    let lone = tags.first().filter(|_| task == Task::SingleLabel && tags.len() == 1)?;
    let message = format!(
        "all clips have the same class, {lone}: there is nothing to learn; if the classes are the folders below it, \
         use that folder as the root"
    );
    Some(Warning::new(WarningCode::OneClass, message).of_tags(tags.to_vec()))
}

/// `tag` in lower case and one Unicode form, without spaces, hyphens, underscores and invisible characters.
pub fn folded(tag: &str) -> String {
    let unseen = |c: &char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '-' | '_' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
    };
    // Conversion to lower case can produce letters with another Unicode form.
    tag.nfkc().flat_map(char::to_lowercase).nfkc().filter(|c| !unseen(c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(rows: &[&[&str]], task: Task, given: bool) -> Vec<Warning> {
        let rows: Vec<RawClip> = rows
            .iter()
            .map(|tags| RawClip { tags: tags.iter().map(|tag| (*tag).to_owned()).collect(), ..RawClip::default() })
            .collect();
        let tags: BTreeSet<String> = rows.iter().flat_map(|row| row.tags.clone()).collect();
        findings(&rows, &tags.into_iter().collect::<Vec<_>>(), task, given)
    }

    fn codes(rows: &[&[&str]]) -> Vec<WarningCode> {
        found(rows, Task::MultiLabel, false).iter().map(|warning| warning.code).collect()
    }

    #[test]
    fn good_lists_have_no_findings() {
        assert!(codes(&[&["rock", "slow"], &["pop"], &["rock", "pop"]]).is_empty());
        assert!(codes(&[&["mood/theme---happy", "r&b"], &["drum + bass", "mood/theme---sad"]]).is_empty());
        assert!(codes(&[&["male voice"], &["male vocal", "man"], &["no voice"]]).is_empty());
    }

    #[test]
    fn clips_without_tags_are_counted() {
        let warnings = found(&[&["a"], &[], &["a", "b"], &[]], Task::MultiLabel, false);
        assert_eq!((warnings.len(), warnings[0].code, warnings[0].count), (1, WarningCode::UntaggedClips, Some(2)));
        assert!(warnings[0].message.starts_with("2 of 4 clips"), "{}", warnings[0].message);
    }

    #[test]
    fn what_tables_write_for_nothing_is_told() {
        for tag in ["nan", "NaN", "None", "N/A", "-"] {
            let warnings = found(&[&[tag], &["x", "y"], &[tag]], Task::MultiLabel, false);
            assert_eq!(
                (warnings.len(), warnings[0].code, warnings[0].count),
                (1, WarningCode::PlaceholderTags, Some(2)),
                "{tag}"
            );
        }
    }

    #[test]
    fn several_tags_in_one_are_told() {
        for tag in ["rock,pop", "rock; pop", "rock, pop", "a;b;c"] {
            let warnings = found(&[&[tag, "x"], &["x", "y"]], Task::MultiLabel, false);
            assert_eq!(
                (warnings.len(), warnings[0].code, warnings[0].count),
                (1, WarningCode::CompoundTags, Some(1)),
                "{tag}"
            );
            assert_eq!(warnings[0].tags, [tag]);
        }
        assert_eq!(codes(&[&["rock/pop"], &["rock", "x"], &["pop"]]), [WarningCode::CompoundTags]);
        assert!(codes(&[&["rock,"], &["x", "y"]]).is_empty(), "a comma at the end is not a separator");
    }

    #[test]
    fn tags_that_look_alike_are_told_together() {
        for (a, b) in [
            ("Noise", "noise"),
            ("caf\u{e9}", "cafe\u{301}"),
            ("hip hop", "hip-hop"),
            ("hip hop", "hip  hop"),
            ("new_age", "New Age"),
            ("rock", "ro\u{200b}ck"),
            ("\u{ff32}ock", "rock"),
        ] {
            let warnings = found(&[&[a, "x"], &[b, "x"]], Task::MultiLabel, false);
            assert_eq!(warnings.len(), 1, "{a} {b}: {warnings:?}");
            assert_eq!((warnings[0].code, warnings[0].tags.len()), (WarningCode::SimilarTags, 2));
        }
    }

    #[test]
    fn one_tag_in_every_row_may_be_a_class_unless_the_task_was_chosen() {
        let rows: [&[&str]; 3] = [&["a"], &["b"], &["a"]];
        assert_eq!(codes(&rows), [WarningCode::OneTagEach]);
        assert!(found(&rows, Task::MultiLabel, true).is_empty());
        assert!(found(&rows, Task::SingleLabel, false).is_empty());
        assert!(codes(&[&["a"], &["a"]]).is_empty(), "a single tag is a yes-or-no question");
    }

    #[test]
    fn a_single_class_is_told() {
        assert_eq!(found(&[&["a"], &["a"]], Task::SingleLabel, false)[0].code, WarningCode::OneClass);
    }
}
