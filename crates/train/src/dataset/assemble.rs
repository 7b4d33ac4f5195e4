//! From rows to a dataset: one file once, tags numbered, missing splits drawn.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use error::Result;
use net::{validate_tags, Task};

use super::{broken, split, Clip, Dataset, DatasetOptions, Row, Source};

pub(super) fn assemble(options: &DatasetOptions, source: Source, task: Option<Task>, seed: u64) -> Result<Dataset> {
    let file = options.location();
    let task = task.unwrap_or(source.task);
    if source.rows.is_empty() {
        return Err(broken(file, "it lists no audio files"));
    }
    refuse_duplicates(options, &source.rows)?;
    let tags = source.tags.unwrap_or_else(|| {
        let all: BTreeSet<&String> = source.rows.iter().flat_map(|row| &row.tags).collect();
        all.into_iter().cloned().collect()
    });
    if tags.is_empty() {
        return Err(broken(file, "no clip has a tag: give at least one tag to some of them"));
    }
    validate_tags(&tags).map_err(|reason| broken(file, reason))?;
    let numbers: HashMap<&str, u32> = tags.iter().zip(0..).map(|(tag, number)| (tag.as_str(), number)).collect();
    let mut labels = Vec::with_capacity(source.rows.len());
    for row in &source.rows {
        let mut label: Vec<u32> = row.tags.iter().filter_map(|tag| numbers.get(tag.as_str()).copied()).collect();
        label.sort_unstable();
        label.dedup();
        if task == Task::SingleLabel && label.len() != 1 {
            let found = if label.is_empty() { "none".to_owned() } else { row.tags.join(", ") };
            let message = format!(
                "{}{} needs exactly one tag when single-label, found {found}; mend it, or use the task multi-label",
                place(row),
                row.name
            );
            return Err(broken(file, message));
        }
        labels.push(label);
    }
    let drawn = source.rows.iter().any(|row| row.part.is_none());
    let parts = split::draw(&source.rows, &labels, task, seed);
    let mut clips = Vec::with_capacity(source.rows.len());
    for ((row, tags), part) in source.rows.into_iter().zip(labels).zip(parts) {
        clips.push(Clip { name: row.name, path: row.path, tags, part });
    }
    let split = if drawn { format!("{}; 80/10/10 drawn with seed {seed}", source.split) } else { source.split };
    Ok(Dataset {
        kind: options.kind(),
        split,
        task,
        tags,
        clips,
        clip_seconds: source.clip_seconds,
        warnings: source.warnings,
    })
}

/// The same file under two names counts as the same file.
fn refuse_duplicates(options: &DatasetOptions, rows: &[Row]) -> Result<()> {
    let mut seen: HashMap<PathBuf, &Row> = HashMap::with_capacity(rows.len());
    for row in rows {
        let key = std::fs::canonicalize(&row.path).unwrap_or_else(|_| row.path.clone());
        match seen.entry(key) {
            Entry::Vacant(free) => {
                free.insert(row);
            }
            Entry::Occupied(other) => {
                let other = other.get();
                let lines = match (other.line, row.line) {
                    (Some(a), Some(b)) => format!(" (lines {a} and {b})"),
                    _ => String::new(),
                };
                let message = match (other.part, row.part) {
                    (Some(a), Some(b)) if a != b => format!(
                        "{} is in two splits, {a} and {b}{lines}: a file may be in one only, or its score is no test",
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

fn place(row: &Row) -> String {
    row.line.map_or_else(String::new, |line| format!("line {line}: "))
}
