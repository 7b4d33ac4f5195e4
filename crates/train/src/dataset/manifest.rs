//! Manifests: lists of files in CSV or JSONL.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use error::{Result, WarningCode};
use net::Task;
use serde::Deserialize;
use serde_json::Value;

use super::file_names::{FileNames, Likeness};
use super::joined_tags::split_tags;
use super::line_tags::LineTags;
use super::part::{Part, PartWord};
use super::soft_targets::RawSoftTargets;
use super::text::{line_of, read_text};
use super::{broken, Group, Place, RawClip, RawDataset, Selection, POSITIVE_FROM};
use crate::event::Warning;

/// The columns and keys that are used.
const KNOWN: [&str; 3] = ["path", "tags", "split"];
/// Columns and keys that say what clips have in common.
const GROUPS: [&str; 3] = ["artist", "album", "group"];
/// The column or key with the number of the fold.
const FOLD: &str = "fold";

/// A row whose split is still text.
struct Listed {
    line: u64,
    path: String,
    tags: Vec<String>,
    soft: Soft,
    split: Option<PartWord>,
    fold: Option<usize>,
    groups: Vec<Group>,
}

/// Where a row has its soft targets.
enum Soft {
    None,
    /// A weight for each of its tags.
    Weights(Vec<f32>),
    /// The path of an array.
    File(String),
}

/// The other columns that a selection uses.
struct Others<'a> {
    /// The names of the groups, in lower case.
    groups: Vec<Cow<'a, str>>,
    /// Whether a fold is chosen.
    fold: bool,
}

impl<'a> Others<'a> {
    fn of(selection: &'a Selection) -> Self {
        let mut groups: Vec<Cow<str>> = GROUPS.map(Cow::from).to_vec();
        if let Some(name) = selection.group.as_deref().filter(|name| !GROUPS.contains(name)) {
            groups.push(name.into());
        }
        Self { groups, fold: selection.fold.is_some() }
    }

    /// Whether the column is used.
    fn uses(&self, column: &str) -> bool {
        self.groups.iter().any(|group| group == column) || (self.fold && column == FOLD)
    }

    /// Adds the `value` of `column` to a row.
    fn add(&self, file: &Path, column: &str, value: &str, row: &mut Listed) -> Result<()> {
        let value = value.trim();
        if value.is_empty() {
            return Ok(());
        }
        if self.fold && column == FOLD {
            // Programs that know only numbers with a fraction write 1.0.
            let whole = value.split_once('.').filter(|(_, rest)| rest.bytes().all(|digit| digit == b'0'));
            let digits = whole.map_or(value, |(digits, _)| digits);
            let fold = digits.parse().ok().filter(|&fold| fold > 0).ok_or_else(|| {
                let message =
                    format!("line {}: the fold must be a whole number from 1, received \"{value}\"", row.line);
                broken(file, message)
            })?;
            row.fold = Some(fold);
        } else if let Some(name) = self.groups.iter().find(|name| *name == column) {
            row.groups.push(Group { name: name.clone().into_owned().into(), value: value.to_owned() });
        }
        Ok(())
    }
}

/// Reads a list. `selection` names a column of groups, and says whether folds are used.
pub(super) fn read(file: &Path, selection: &Selection) -> Result<RawDataset> {
    let others = Others::of(selection);
    let suffix = file.extension().map(|s| s.to_ascii_lowercase());
    let name = format!("manifest {}", file.file_name().unwrap_or_default().to_string_lossy());
    let mut source = RawDataset::new(Task::MultiLabel, name);
    let listed = match suffix.as_ref().and_then(|s| s.to_str()) {
        Some("csv" | "tsv") => read_csv(file, &others, &mut source)?,
        Some("jsonl" | "ndjson") => read_jsonl(file, &others, &mut source)?,
        other => {
            let received = other.map_or_else(|| "no suffix".to_owned(), |s| format!(".{s}"));
            return Err(broken(
                file,
                format!("the file name of a manifest must end in .csv or .jsonl, received {received}"),
            ));
        }
    };
    let mut words: Vec<PartWord> = Vec::new();
    for word in listed.iter().filter_map(|row| row.split) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    let folder = file.parent().unwrap_or(Path::new("."));
    let paths: HashSet<PathBuf> = listed.iter().map(|row| full_path(folder, &row.path)).collect();
    let mut names = FileNames::new(Likeness::Stem);
    let list: Arc<Path> = file.into();
    for Listed { line, path, tags, soft, split, fold, groups } in listed {
        let part = match split.map(|word| word.part(&words)) {
            Some(None) => {
                let message =
                    format!("line {line}: the meaning of this split is ambiguous: write train, valid or test");
                return Err(broken(file, message));
            }
            part => part.flatten(),
        };
        let found = names.find(full_path(folder, &path), &paths);
        let soft = match soft {
            Soft::None => None,
            Soft::Weights(weights) => Some(RawSoftTargets { weights, file: None }),
            Soft::File(array) => Some(RawSoftTargets::read(file, line, full_path(folder, &array), &tags)?),
        };
        let place = Some(Place { file: list.clone(), line });
        let row = RawClip { name: path, path: found, tags, soft, part, fold, groups, place, ..RawClip::default() };
        source.rows.push(row);
    }
    source.warnings.extend(names.warning());
    Ok(source)
}

/// The files of a list by their real paths, each with its part if the list gives one.
///
/// # Errors
/// Those of a manifest that is read for training.
pub fn listed_splits(file: &Path) -> Result<HashMap<PathBuf, Option<Part>>> {
    if let Err(reason) = std::fs::metadata(file) {
        return Err(error::Error::input(file, error::Code::Dataset, &reason));
    }
    let real = |path: PathBuf| std::fs::canonicalize(&path).unwrap_or(path);
    Ok(read(file, &Selection::default())?.rows.into_iter().map(|row| (real(row.path), row.part)).collect())
}

/// A file of a manifest, as it is listed.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedClip {
    /// The path as it is written.
    pub name: String,
    /// The path of the file, absolute; it may not exist.
    pub path: PathBuf,
    /// Its tags; of a row with weights those of at least [`POSITIVE_FROM`].
    pub tags: Vec<String>,
    /// Its artist, album and group, where the manifest has them.
    pub groups: Vec<Group>,
    /// Number of the line, from 1.
    pub line: u64,
}

/// The files of a manifest and the problems that do not prevent its use.
pub type ListedClips = (Vec<ListedClip>, Vec<Warning>);

/// The files of a manifest in its order, without a split: a file may be listed several times.
///
/// # Errors
/// Those of a manifest that is read for training.
pub fn listed_clips(file: &Path) -> Result<ListedClips> {
    if let Err(reason) = std::fs::metadata(file) {
        return Err(error::Error::input(file, error::Code::Dataset, &reason));
    }
    let raw = read(file, &Selection::default())?;
    let of_row = |RawClip { name, path, tags, soft, groups, place, .. }: RawClip| {
        let tags = match soft {
            Some(soft) => soft.positives(&tags, POSITIVE_FROM).cloned().collect(),
            None => tags,
        };
        ListedClip { name, path, tags, groups, line: place.map_or(0, |place| place.line) }
    };
    Ok((raw.rows.into_iter().map(of_row).collect(), raw.warnings))
}

/// The path of a listed file. `\` separates folders in lists from Windows, unless a file with `\` in its name exists.
fn full_path(folder: &Path, path: &str) -> PathBuf {
    let absolute = |path: &str| {
        let full = folder.join(path);
        std::path::absolute(&full).unwrap_or(full)
    };
    let full = absolute(path);
    if path.contains('\\') && !full.exists() {
        return absolute(&path.replace('\\', "/"));
    }
    full
}

fn read_csv(file: &Path, others: &Others, source: &mut RawDataset) -> Result<Vec<Listed>> {
    let text = read_text(file)?;
    let (delimiter, columns) = columns(file, &text)?;
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|reason| broken(file, reason))?.clone();
    let lower: Vec<String> = headers.iter().map(str::to_lowercase).collect();
    unused(lower.clone(), others, source);
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|reason| broken(file, reason))?;
        if record.iter().all(str::is_empty) {
            continue;
        }
        let line = line_of(&text, &record);
        if record.len() != headers.len() {
            let message = format!(
                "line {line}: {} columns, expected {}; put quotes around a path or tag that contains a {}",
                record.len(),
                headers.len(),
                named(delimiter)
            );
            return Err(broken(file, message));
        }
        let cell = |column: Option<usize>| column.and_then(|column| record.get(column)).unwrap_or_default();
        let [path, tags, split] = columns.map(cell);
        let mut row = listed(file, line, path, (split_tags(tags), Soft::None), split)?;
        for (column, value) in lower.iter().zip(&record) {
            others.add(file, column, value, &mut row)?;
        }
        rows.push(row);
    }
    Ok(rows)
}

/// The separator of the cells and the positions of the [`KNOWN`] columns, from the first line.
fn columns(file: &Path, text: &str) -> Result<(u8, [Option<usize>; 3])> {
    if text.trim().is_empty() {
        return Err(broken(file, "it is empty: its first line must name the columns, path,tags,split"));
    }
    let mut received = String::new();
    for delimiter in [b',', b';', b'\t'] {
        let mut reader =
            csv::ReaderBuilder::new().trim(csv::Trim::All).delimiter(delimiter).from_reader(text.as_bytes());
        let headers = reader.headers().map_err(|reason| broken(file, reason))?;
        let lower: Vec<String> = headers.iter().map(str::to_lowercase).collect();
        let found = KNOWN.map(|name| lower.iter().position(|header| header == name));
        if let Some(twice) = KNOWN.iter().find(|name| lower.iter().filter(|header| header == *name).count() > 1) {
            return Err(broken(file, format!("line 1: the column {twice} occurs twice: remove one of them")));
        }
        if let [Some(_), Some(_), _] = found {
            return Ok((delimiter, found));
        }
        if received.is_empty() {
            received = headers.iter().collect::<Vec<_>>().join(",");
        }
    }
    Err(broken(file, format!("line 1: the columns must be path,tags,split, received {received}")))
}

fn named(delimiter: u8) -> &'static str {
    match delimiter {
        b';' => "semicolon",
        b'\t' => "tab",
        _ => "comma",
    }
}

/// One line of JSONL. Other keys are ignored; `source` is that of `distill`.
#[derive(Deserialize)]
struct Line {
    path: String,
    tags: LineTags,
    /// An array file of targets for each segment; `tags` are the names of its columns.
    #[serde(default)]
    targets: Option<String>,
    #[serde(default)]
    split: Option<String>,
    /// The command that wrote the line.
    #[serde(default, rename = "source")]
    _source: Option<serde_json::Value>,
    #[serde(flatten)]
    others: serde_json::Map<String, Value>,
}

fn read_jsonl(file: &Path, others: &Others, source: &mut RawDataset) -> Result<Vec<Listed>> {
    let text = read_text(file)?;
    let mut keys = BTreeSet::new();
    let mut rows = Vec::new();
    for (number, text) in text.lines().enumerate() {
        let number = number as u64 + 1;
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        let line: Line = serde_json::from_str(text).map_err(|reason| {
            let message = format!(
                "line {number}: {}; expected {{\"path\": ..., \"tags\": [...], \"split\": ...}}",
                why_not(text, &reason)
            );
            broken(file, message)
        })?;
        keys.extend(line.others.keys().cloned());
        let tags =
            tags_of_line(line.tags, line.targets).map_err(|why| broken(file, format!("line {number}: {why}")))?;
        let mut row = listed(file, number, &line.path, tags, line.split.as_deref().unwrap_or_default())?;
        for (key, value) in &line.others {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => continue,
            };
            others.add(file, key, &text, &mut row)?;
        }
        rows.push(row);
    }
    unused(keys.into_iter().collect(), others, source);
    Ok(rows)
}

/// Why `text` is not a line of JSONL, in words: common mistakes first.
fn why_not(text: &str, reason: &serde_json::Error) -> String {
    let is_json = |text: &str| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    if text.starts_with('[') {
        return "it begins a JSON list, but each line must be an object of its own (JSON lines): leave out the brackets \
                of the list and the commas between its objects"
            .to_owned();
    }
    if text.strip_suffix(',').is_some_and(is_json) {
        return "there is a comma behind the object: remove it from every line".to_owned();
    }
    if text.starts_with('{') && reason.is_eof() {
        return "the object does not end on this line: write each object on one line".to_owned();
    }
    // serde_json parses each line separately and always reports it as line 1.
    let reason = reason.to_string().replace(" at line 1 column ", " at column ");
    reason
        .replace("expected f32", "expected a number from 0 to 1")
        .replace("expected struct Line", "expected an object")
}

/// The tags of a line, without spaces around them, and its soft targets. `Err` says what is wrong.
fn tags_of_line(tags: LineTags, targets: Option<String>) -> std::result::Result<(Vec<String>, Soft), String> {
    let named = |tag: &String| !tag.trim().is_empty();
    let trimmed = |tags: Vec<String>| tags.into_iter().map(|tag| tag.trim().to_owned());
    match (tags, targets) {
        (LineTags::Names(names), None) => Ok((trimmed(names).filter(named).collect(), Soft::None)),
        (LineTags::Weights(..), Some(_)) => {
            Err("with \"targets\", \"tags\" must be a list of the names of the columns, received an object".into())
        }
        (LineTags::Names(names), Some(_)) if names.is_empty() => {
            Err("with \"targets\", \"tags\" must name the columns, received an empty list".into())
        }
        (LineTags::Names(names) | LineTags::Weights(names, _), _) if !names.iter().all(named) => {
            Err("a tag with a weight needs a name".into())
        }
        (LineTags::Names(names), Some(array)) => Ok((distinct(trimmed(names).collect())?, Soft::File(array))),
        (LineTags::Weights(names, _), None) if names.is_empty() => {
            Err("\"tags\" is an empty object: give the weight of at least one tag, or an empty list".into())
        }
        (LineTags::Weights(names, weights), None) => Ok((distinct(trimmed(names).collect())?, Soft::Weights(weights))),
    }
}

fn distinct(names: Vec<String>) -> std::result::Result<Vec<String>, String> {
    let mut seen = HashSet::new();
    match names.iter().find(|name| !seen.insert(name.as_str())) {
        Some(twice) => Err(format!("the tag \"{twice}\" occurs twice: give every tag one weight")),
        None => Ok(names),
    }
}

fn listed(file: &Path, line: u64, path: &str, (tags, soft): (Vec<String>, Soft), split: &str) -> Result<Listed> {
    if path.is_empty() {
        return Err(broken(file, format!("line {line}: the path is empty")));
    }
    let split = match split.trim() {
        "" => None,
        text => Some(PartWord::read(text).ok_or_else(|| {
            let message =
                format!("line {line}: the split must be train, valid or test (or empty), received \"{text}\"");
            broken(file, message)
        })?),
    };
    Ok(Listed { line, path: path.to_owned(), tags, soft, split, fold: None, groups: Vec::new() })
}

/// Warns of unused columns: a misspelt column would otherwise silently count as missing.
fn unused(names: Vec<String>, used: &Others, source: &mut RawDataset) {
    let is_unused = |name: &String| !KNOWN.contains(&name.as_str()) && !used.uses(name);
    let others: Vec<String> = names.into_iter().filter(is_unused).collect();
    if !others.is_empty() {
        let message = format!("not used in the manifest: {}", others.join(", "));
        source.warnings.push(Warning::new(WarningCode::UnusedColumns, message));
    }
}
