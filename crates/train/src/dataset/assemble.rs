//! Builds a dataset from rows: refuses duplicate files, numbers the tags, draws missing splits.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use error::{Result, WarningCode};
use net::{validate_tags, Task};

use super::{
    broken, broken_at, fold, group, split, tag_findings, vocabulary, Clip, Dataset, DatasetOptions, Part, RawClip,
    RawDataset, SoftTargets, SplitRules,
};
use crate::event::Warning;

pub(super) fn assemble(
    options: &DatasetOptions,
    mut source: RawDataset,
    asked: Option<Task>,
    seed: u64,
    rules: SplitRules,
) -> Result<Dataset> {
    let file = options.location();
    let task = asked.unwrap_or(source.task);
    if source.rows.is_empty() {
        return Err(broken(file, "it lists no audio files"));
    }
    refuse_duplicates(options, &source.rows)?;
    let selection = options.selection();
    let has_own_tags = source.tags.is_some();
    let folds = fold::assign(options, &mut source)?;
    if let Some(name) = &selection.group {
        group::assign(file, name, &mut source)?;
    }
    if selection.changes_tags() {
        vocabulary::select(file, selection, options.positive_from(), &mut source)?;
    }
    let mut warnings = std::mem::take(&mut source.warnings);
    let tags = source.tags.clone().unwrap_or_else(|| {
        let all: BTreeSet<&String> = source.rows.iter().flat_map(|row| &row.tags).collect();
        all.into_iter().cloned().collect()
    });
    if tags.is_empty() {
        return Err(broken(file, "no clip has a tag: give some of the clips at least one tag"));
    }
    validate_tags(&tags).map_err(|reason| broken(file, reason))?;
    if !has_own_tags {
        warnings.extend(tag_findings::findings(&source.rows, &tags, task, asked.is_some()));
    }
    let (labels, soft) = labels(options, &source.rows, &tags, task)?;
    let drawn = source.rows.iter().any(|row| row.part.is_none());
    let parts = split::draw(&source.rows, options.folder(), &labels, task, seed, rules);
    let mut other_seed = None;
    if drawn && rules == SplitRules::Hashed {
        if let Some(empty) = Part::ALL.into_iter().find(|part| !parts.contains(part)) {
            other_seed = split::seed_for_all_parts(&source.rows, options.folder(), seed);
            warnings.push(empty_part(empty, source.rows.len(), seed, other_seed));
        }
    }
    let mut clips = Vec::with_capacity(source.rows.len());
    for (((row, tags), soft), part) in source.rows.into_iter().zip(labels).zip(soft).zip(parts) {
        clips.push(Clip { name: row.name, path: row.path, tags, soft, part, place: row.place, groups: row.groups });
    }
    let source_split = source.split;
    let split = match (drawn, &selection.group, rules) {
        (false, _, _) => source_split,
        (true, Some(group), _) => format!("{source_split}; 80/10/10 by hash of seed {seed} and {group}"),
        (true, None, SplitRules::Shuffled) => format!("{source_split}; 80/10/10 drawn with seed {seed}"),
        (true, None, SplitRules::Hashed) => format!("{source_split}; 80/10/10 by hash of seed {seed} and name"),
    };
    Ok(Dataset {
        kind: options.kind(),
        split,
        rules,
        task,
        tags,
        clips,
        folds,
        clip_seconds: source.clip_seconds,
        shortest_seconds: source.shortest_seconds,
        other_seed,
        warnings,
    })
}

/// The tag numbers of each row, ascending, and its soft targets.
type Labels = (Vec<Vec<u32>>, Vec<Option<SoftTargets>>);

fn labels(options: &DatasetOptions, rows: &[RawClip], tags: &[String], task: Task) -> Result<Labels> {
    let numbers: HashMap<&str, u32> = tags.iter().zip(0..).map(|(tag, number)| (tag.as_str(), number)).collect();
    let mut labels = Vec::with_capacity(rows.len());
    let mut soft = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(raw) = &row.soft {
            let arranged = raw.arranged(&row.tags, &numbers, task, options.positive_from());
            let (targets, label) = arranged.map_err(|why| broken_at(row, options, why))?;
            labels.push(label);
            soft.push(Some(targets));
            continue;
        }
        let mut label: Vec<u32> = row.tags.iter().filter_map(|tag| numbers.get(tag.as_str()).copied()).collect();
        label.sort_unstable();
        label.dedup();
        if task == Task::SingleLabel && label.len() != 1 {
            let found = if label.is_empty() { "none".to_owned() } else { row.tags.join(", ") };
            let message = format!(
                "{} needs exactly one tag when single-label, found {found}; correct the list, or use the task \
                 multi-label",
                row.name
            );
            return Err(broken_at(row, options, message));
        }
        labels.push(label);
        soft.push(None);
    }
    Ok((labels, soft))
}

/// The warning about a part that is empty by chance, as happens in small datasets.
fn empty_part(part: Part, clips: usize, seed: u64, other_seed: Option<u64>) -> Warning {
    let other = other_seed.map_or_else(String::new, |other| format!("choose another seed, such as {other}, or "));
    let message = format!(
        "none of the {clips} clips is in the {part} part: the part of each clip is drawn by a hash of the seed, \
         {seed}, and its name; {other}assign the split of the clips yourself"
    );
    Warning { part: Some(part), ..Warning::new(WarningCode::DrawnPartEmpty, message) }
}

/// Refuses files that are listed twice, also under different names.
fn refuse_duplicates(options: &DatasetOptions, rows: &[RawClip]) -> Result<()> {
    let mut seen: HashMap<PathBuf, &RawClip> = HashMap::with_capacity(rows.len());
    for row in rows {
        let key = std::fs::canonicalize(&row.path).unwrap_or_else(|_| row.path.clone());
        match seen.entry(key) {
            Entry::Vacant(free) => {
                free.insert(row);
            }
            Entry::Occupied(other) => {
                let other = other.get();
                let lines = match (&other.place, &row.place) {
                    (Some(a), Some(b)) if a.file == b.file => format!(" (lines {} and {})", a.line, b.line),
                    (Some(a), Some(b)) => format!(" ({a} and {b})"),
                    _ => String::new(),
                };
                let message = match (other.part, row.part) {
                    (Some(a), Some(b)) if a != b => format!(
                        "{} is in two splits, {a} and {b}{lines}: a file must be in one split only, or the test \
                         results are not valid",
                        row.name
                    ),
                    _ => format!("{} is listed twice{lines}: list it once, with all its tags", row.name),
                };
                return Err(broken(options.location(), message));
            }
        }
    }
    Ok(())
}
