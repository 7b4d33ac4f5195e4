//! Lists of files: CSV or JSONL.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;

use error::{Code, Error, Result};
use net::Task;
use serde::Deserialize;

use super::{broken, Part, Row, Source};

/// Columns and keys with a meaning.
const KNOWN: [&str; 3] = ["path", "tags", "split"];

pub(super) fn read(file: &Path) -> Result<Source> {
    let suffix = file.extension().map(|s| s.to_ascii_lowercase());
    let mut source = Source {
        rows: Vec::new(),
        task: Task::MultiLabel,
        tags: None,
        split: format!("manifest {}", file.file_name().unwrap_or_default().to_string_lossy()),
        clip_seconds: None,
        warnings: Vec::new(),
    };
    match suffix.as_ref().and_then(|s| s.to_str()) {
        Some("csv") => read_csv(file, &mut source)?,
        Some("jsonl" | "ndjson") => read_jsonl(file, &mut source)?,
        other => {
            let received = other.map_or_else(|| "no suffix".to_owned(), |s| format!(".{s}"));
            return Err(broken(file, format!("a manifest ends in .csv or .jsonl, received {received}")));
        }
    }
    Ok(source)
}

fn read_csv(file: &Path, source: &mut Source) -> Result<()> {
    let opened = std::fs::File::open(file).map_err(|reason| Error::input(file, Code::Dataset, &reason))?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(opened);
    let headers = reader.headers().map_err(|reason| csv_error(file, &reason))?.clone();
    let find = |name: &str| headers.iter().position(|header| header == name);
    let (path, tags, split) = match (find("path"), find("tags")) {
        (Some(path), Some(tags)) => (path, tags, find("split")),
        _ => {
            let received: Vec<&str> = headers.iter().collect();
            let message = format!("line 1: the columns must be path,tags,split, received {}", received.join(","));
            return Err(broken(file, message));
        }
    };
    unknown(headers.iter(), source);
    for record in reader.records() {
        let record = record.map_err(|reason| csv_error(file, &reason))?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |index: usize| record.get(index).unwrap_or_default();
        let tags = cell(tags).split('|').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned);
        let split = split.map_or("", cell);
        let row = row(file, line, cell(path), tags.collect(), split)?;
        source.rows.push(row);
    }
    Ok(())
}

fn csv_error(file: &Path, reason: &csv::Error) -> Error {
    match reason.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let line = pos.as_ref().map_or(0, csv::Position::line);
            let message = format!("line {line}: {len} columns, expected {expected_len}; quote a path that has a comma");
            broken(file, message)
        }
        csv::ErrorKind::Utf8 { pos, .. } => {
            broken(file, format!("line {}: not UTF-8 text", pos.as_ref().map_or(0, csv::Position::line)))
        }
        csv::ErrorKind::Io(reason) => Error::input(file, Code::Dataset, reason),
        _ => broken(file, reason),
    }
}

/// One line of JSONL. Other keys are allowed and ignored.
#[derive(Deserialize)]
struct Line {
    path: String,
    tags: Vec<String>,
    #[serde(default)]
    split: Option<String>,
    #[serde(flatten)]
    others: serde_json::Map<String, serde_json::Value>,
}

fn read_jsonl(file: &Path, source: &mut Source) -> Result<()> {
    let opened = std::fs::File::open(file).map_err(|reason| Error::input(file, Code::Dataset, &reason))?;
    let mut others = BTreeSet::new();
    for (number, text) in BufReader::new(opened).lines().enumerate() {
        let number = number as u64 + 1;
        let text = match text {
            Err(reason) if reason.kind() == std::io::ErrorKind::InvalidData => {
                return Err(broken(file, format!("line {number}: not UTF-8 text")));
            }
            other => other.map_err(|reason| Error::input(file, Code::Dataset, &reason))?,
        };
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            continue;
        }
        let line: Line = serde_json::from_str(text).map_err(|reason| {
            // serde_json counts the text as its line 1.
            let reason = reason.to_string().replace(" at line 1 column ", " at column ");
            let message =
                format!("line {number}: {reason}; expected {{\"path\": ..., \"tags\": [...], \"split\": ...}}");
            broken(file, message)
        })?;
        others.extend(line.others.keys().cloned());
        let tags = line.tags.iter().map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect();
        source.rows.push(row(file, number, &line.path, tags, line.split.as_deref().unwrap_or_default())?);
    }
    unknown(others.iter().map(String::as_str), source);
    Ok(())
}

fn row(file: &Path, line: u64, path: &str, tags: Vec<String>, split: &str) -> Result<Row> {
    if path.is_empty() {
        return Err(broken(file, format!("line {line}: the path is empty")));
    }
    let part = match split {
        "" => None,
        "train" => Some(Part::Train),
        "valid" => Some(Part::Valid),
        "test" => Some(Part::Test),
        other => {
            let message =
                format!("line {line}: the split must be train, valid or test (or empty), received \"{other}\"");
            return Err(broken(file, message));
        }
    };
    let folder = file.parent().unwrap_or(Path::new("."));
    let full = folder.join(path);
    let full = std::path::absolute(&full).unwrap_or(full);
    Ok(Row { name: path.to_owned(), path: full, tags, part, line: Some(line) })
}

/// A misspelt column must not pass for a missing one in silence.
fn unknown<'a>(names: impl Iterator<Item = &'a str>, source: &mut Source) {
    let others: Vec<&str> = names.filter(|name| !KNOWN.contains(name)).collect();
    if !others.is_empty() {
        source.warnings.push(format!("not used in the manifest: {}", others.join(", ")));
    }
}
