//! Chooses the tags of a dataset: merges tags, reads their order from a file, and drops rare ones.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

use error::{Result, WarningCode};

use super::lists::read_tags;
use super::merge_rules::MergeRules;
use super::{broken, RawDataset, Selection};
use crate::event::Warning;
use crate::some::some;

/// Applies `selection` to the tags of `source`: merges first, then counts clips, then selects. Clips that lose all of
/// their tags are left out. A soft target counts as a tag of its clip from a mean weight of `positive_from` on.
///
/// # Errors
/// Those of [`MergeRules::read`]; [`error::Code::Dataset`] for a list of tags that cannot be read, and if no tag is
/// left. The message says so if the selection names tags and the dataset has none of them.
pub(super) fn select(file: &Path, selection: &Selection, positive_from: f64, source: &mut RawDataset) -> Result<()> {
    let rules = MergeRules::read(selection)?;
    let before: HashSet<&String> = source.rows.iter().flat_map(|row| &row.tags).collect();
    let mut named: Vec<String> = rules.named.iter().filter(|tag| !before.contains(tag)).cloned().collect();
    let merged = |tags: &[String]| -> Vec<String> {
        let mut seen = HashSet::new();
        tags.iter().map(|tag| rules.of(tag).to_owned()).filter(|tag| seen.insert(tag.clone())).collect()
    };
    for row in &mut source.rows {
        match &mut row.soft {
            Some(soft) => soft.rename(&mut row.tags, |tag| rules.of(tag).to_owned()),
            None => row.tags = merged(&row.tags),
        }
    }
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for row in &source.rows {
        let own: Vec<&String> = match &row.soft {
            Some(soft) => soft.positives(&row.tags, positive_from).collect(),
            None => row.tags.iter().collect(),
        };
        own.into_iter().for_each(|tag| *counts.entry(tag).or_default() += 1);
    }
    let count = |tag: &String| counts.get(tag.as_str()).copied().unwrap_or(0);

    let by_name = || counts.keys().copied().collect::<BTreeSet<_>>().into_iter();
    let mut order: Vec<String> = match (&selection.tag_list, &selection.tags, &source.tags) {
        (Some(list), ..) => {
            let listed = read_tags(list)?;
            named.extend(listed.iter().filter(|tag| count(tag) == 0).cloned());
            listed
        }
        (None, Some(selected), _) => {
            let known: Vec<String> = selected.iter().filter(|tag| count(tag) > 0).cloned().collect();
            if known.is_empty() {
                let theirs =
                    if counts.is_empty() { "no tags".to_owned() } else { some(&by_name().collect::<Vec<_>>()) };
                let message = format!("no tag in common: the dataset has {theirs}, the selection {}", some(selected));
                return Err(broken(file, message));
            }
            known
        }
        (None, None, Some(order)) => merged(order),
        (None, None, None) => by_name().map(str::to_owned).collect(),
    };
    if let Some(least) = selection.min_positives {
        order.retain(|tag| count(tag) >= least);
    }
    if let Some(most) = selection.top_tags {
        let mut by_count: Vec<&String> = order.iter().collect();
        // The sort is stable: of two tags with the same number of clips the first one stays.
        by_count.sort_by_key(|tag| std::cmp::Reverse(count(tag)));
        let kept: HashSet<String> = by_count.into_iter().take(most).cloned().collect();
        order.retain(|tag| kept.contains(tag));
    }
    if order.is_empty() {
        let most = counts.values().max().copied().unwrap_or(0);
        let message = format!(
            "no tag is left: the most frequent tag has {most} clips; choose fewer minPositives (--min-positives), or \
             another list of tags"
        );
        return Err(broken(file, message));
    }
    // The tags of a model, and their rules, may well be those of another dataset.
    if !named.is_empty() && selection.tags.is_none() {
        let message = format!("no clip has these tags of the selection: {}; check their spelling", some(&named));
        source.warnings.push(Warning::new(WarningCode::UnknownTags, message).of_tags(named));
    }
    keep(&order, source);
    source.split = format!("{}; {} selected tags", source.split, order.len());
    source.tags = Some(order);
    Ok(())
}

/// Leaves out all tags except `order`, and the clips that lose all of their tags.
fn keep(order: &[String], source: &mut RawDataset) {
    let kept: HashSet<&String> = order.iter().collect();
    let before = source.rows.len();
    source.rows.retain_mut(|row| {
        if row.soft.is_some() {
            // Its tags name all of its weights; those that are not selected are not used.
            return row.tags.iter().any(|tag| kept.contains(tag));
        }
        let untagged = row.tags.is_empty();
        row.tags.retain(|tag| kept.contains(tag));
        untagged || !row.tags.is_empty()
    });
    let lost = before - source.rows.len();
    if lost > 0 {
        let message = format!("{lost} clips without any of the {} selected tags are left out", order.len());
        source.warnings.push(Warning::new(WarningCode::UntaggedLeftOut, message).of_count(lost));
    }
}

#[cfg(test)]
mod tests {
    use error::Code;
    use net::Task;

    use super::*;
    use crate::dataset::RawClip;

    #[test]
    fn tags_of_another_dataset_are_named_instead_of_advice_about_numbers_of_clips() {
        let failure = |tags: &[&str], selected: &[&str], min_positives| {
            let tags = tags.iter().map(|&tag| tag.to_owned()).collect();
            let mut source = RawDataset::new(Task::MultiLabel, String::new());
            source.rows.push(RawClip { tags, ..RawClip::default() });
            let selected = selected.iter().map(|&tag| tag.to_owned()).collect();
            let selection = Selection { tags: Some(selected), min_positives, ..Selection::default() };
            select(Path::new("list.csv"), &selection, 0.5, &mut source).unwrap_err()
        };
        let none = failure(&["rock", "pop"], &["dog", "rain"], Some(2));
        let expected = "no tag in common: the dataset has pop, rock, the selection dog, rain";
        assert!(none.code == Code::Dataset && none.message.contains(expected), "{none}");
        let none = failure(&[], &["dog"], None);
        assert!(none.message.contains("the dataset has no tags, the selection dog"), "{none}");
        let few = failure(&["rock"], &["rock"], Some(2));
        assert!(few.message.contains("--min-positives"), "{few}");
    }
}
