//! The file that a job's records go to, and from which an interrupted job continues.
//!
//! Rows are appended, each with one write, so that after a crash or on a full disk at most the last one is cut; the next run drops
//! it. The file belongs to one model and one choice of segments and tags (JSON lines: its first line; CSV: the small file beside
//! it); another job may not append to it. A file's later row replaces its earlier one; replaced rows are removed at the end.

mod csv;
mod jsonl;

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use error::{Code, Error, Result};

use crate::record::{FileFacts, Record, Start};
pub use csv::{CsvHeader, COLUMNS};

/// A file's bytes as the operating system has them.
type Key = Box<[u8]>;

/// One row of an output file.
struct Row {
    key: Key,
    seen: Seen,
    /// Where it stands in the file.
    bytes: Range<u64>,
}

/// How a file looked when its row was written.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    size: Option<u64>,
    modified: Option<u64>,
    /// The code of a failure.
    failed: Option<String>,
}

/// What an output file holds.
struct Contents {
    rows: Vec<Row>,
    /// Length up to the end of the last complete row; 0 where not even the header is complete.
    complete: u64,
}

enum Format {
    Jsonl,
    Csv(CsvHeader),
}

/// An output file, open for appending.
pub struct Output {
    path: PathBuf,
    file: File,
    length: u64,
    format: Format,
    seen: HashMap<Key, Seen>,
    retry_failed: bool,
    replaced: bool,
}

/// What an output file says about a file that comes again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nothing, or the file has changed since: tag it.
    No,
    /// It holds the outcome: skip the file, for this reason.
    Skip(String),
}

impl Output {
    /// Opens or creates `path`, as CSV where its name ends in `.csv`, else as JSON lines. `start` is the job's header and `tags`
    /// the model's tags. A file of another model, of other options, of a newer version or of another kind is [`Code::Output`], as
    /// is one that cannot be written.
    pub fn open(path: &Path, start: &Start, tags: &[String], retry_failed: bool) -> Result<Self> {
        let path = std::path::absolute(path).map_err(|reason| Error::output(path, &reason))?;
        let csv = path.extension().is_some_and(|suffix| suffix.eq_ignore_ascii_case("csv"));
        let format = if csv { Format::Csv(CsvHeader::new(tags)) } else { Format::Jsonl };
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(&path)
            .map_err(|reason| Error::output(&path, &reason))?;
        let contents = match &format {
            Format::Jsonl => jsonl::read(&path, &mut file, start)?,
            Format::Csv(header) => header.read(&path, &mut file, start)?,
        };
        file.set_len(contents.complete).map_err(|reason| Error::output(&path, &reason))?;
        let seen = contents.rows.into_iter().map(|row| (row.key, row.seen)).collect();
        let mut output = Self { path, file, length: contents.complete, format, seen, retry_failed, replaced: false };
        if output.length == 0 {
            let header = match &output.format {
                Format::Jsonl => jsonl::line(&crate::record::Event::Start(start.clone()))?,
                Format::Csv(header) => {
                    csv::write_owner(&output.path, start)?;
                    header.line()?
                }
            };
            output.append(&header)?;
        }
        Ok(output)
    }

    /// Whether `file` needs to be looked at. A missing file always does.
    pub fn known(&self, file: &FileFacts) -> Known {
        let name = self.path.display();
        match self.seen.get(key(file)) {
            Some(seen) if seen.size.is_some() && seen.size == file.size && seen.modified == file.modified => {
                match &seen.failed {
                    None => Known::Skip(format!("its result is in {name}")),
                    Some(_) if self.retry_failed => Known::No,
                    Some(code) => Known::Skip(format!(
                        "it failed before ({code} in {name}); retryFailed (--retry-failed) tries it again"
                    )),
                }
            }
            _ => Known::No,
        }
    }

    /// Appends a row for `record`; `scores` holds a result's score of every tag. Skipped files get none. A failed write leaves the
    /// rows before it as they are and is [`Code::Output`].
    pub fn write(&mut self, record: &Record, scores: &[f32]) -> Result<()> {
        let (file, failed) = match record {
            Record::Result(result) => (&result.file, None),
            Record::Failed(failed) => (&failed.file, Some(failed.error.code.to_string())),
            Record::Skipped(_) => return Ok(()),
        };
        let seen = Seen { size: file.size, modified: file.modified, failed };
        let before = self.seen.get(key(file));
        if seen.size.is_none() && before == Some(&seen) {
            return Ok(());
        }
        let replaces = before.is_some();
        let line = match &self.format {
            Format::Jsonl => jsonl::line(record)?,
            Format::Csv(header) => header.row(record, scores)?,
        };
        self.append(&line)?;
        self.replaced |= replaces;
        self.seen.insert(key(file).into(), seen);
        Ok(())
    }

    fn append(&mut self, line: &[u8]) -> Result<()> {
        if let Err(reason) = self.file.write_all(line) {
            // A full disk takes a part of the row: give it back, so that the file ends with a complete one.
            let _ = self.file.set_len(self.length);
            return Err(Error::output(&self.path, &reason));
        }
        self.length += line.len() as u64;
        Ok(())
    }

    /// Brings everything to the disk and removes rows that later ones replace.
    pub fn finish(&mut self) -> Result<()> {
        let failed = |reason: std::io::Error| Error::output(&self.path, &reason);
        self.file.sync_all().map_err(failed)?;
        if self.replaced {
            self.file.seek(SeekFrom::Start(0)).map_err(failed)?;
            let contents = match &self.format {
                Format::Jsonl => jsonl::rows(&self.path, &mut self.file)?,
                Format::Csv(header) => header.rows(&self.path, &mut self.file)?,
            };
            // Without it (no room for a copy) the file says the same: the later row counts.
            let _ = remove_replaced_rows(&self.path, &mut self.file, &contents);
        }
        Ok(())
    }
}

/// Rewrites the output `path`, open as `file`, without the rows that later ones of the same file replace.
fn remove_replaced_rows(path: &Path, file: &mut File, contents: &Contents) -> Result<()> {
    let last: HashMap<_, _> = contents.rows.iter().enumerate().map(|(index, row)| (&row.key, index)).collect();
    files::write_atomic_with(path, |copy| {
        let header = contents.rows.first().map_or(contents.complete, |row| row.bytes.start);
        let rows = contents.rows.iter().enumerate().filter(|(index, row)| last[&row.key] == *index);
        for bytes in std::iter::once(0..header).chain(rows.map(|(_, row)| row.bytes.clone())) {
            file.seek(SeekFrom::Start(bytes.start))?;
            io::copy(&mut Read::by_ref(file).take(bytes.end - bytes.start), copy)?;
        }
        Ok(())
    })
}

impl Drop for Output {
    fn drop(&mut self) {
        // A job that was left early: what it wrote is kept all the same.
        let _ = self.file.sync_all();
    }
}

fn key(file: &FileFacts) -> &[u8] {
    file.path.as_os_str().as_encoded_bytes()
}

/// The key of a row that says `file` and, where that cannot hold the name, its bytes in hexadecimal.
fn row_key(file: &str, bytes: Option<&str>) -> Key {
    let digits = |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let decoded = bytes.and_then(|hex| hex.as_bytes().chunks(2).map(digits).collect::<Option<Vec<u8>>>());
    decoded.unwrap_or_else(|| file.as_bytes().to_vec()).into()
}

/// Whether the job with the header `found` may continue as `start`.
fn check_owner(path: &Path, found: &serde_json::Value, start: &Start) -> Result<()> {
    let refuse = |why: String| {
        let message = format!("{} {why}; choose another output file, or remove this one", path.display());
        Err(Error::new(Code::Output, message).with_file(path))
    };
    let expected = serde_json::to_value(start).map_err(|reason| Error::new(Code::Internal, reason.to_string()))?;
    match found["schema"].as_u64() {
        None => return refuse("is not an output of samplecnn tag".into()),
        Some(schema) if schema > u64::from(start.schema) => {
            return refuse(format!(
                "was written by a newer version of samplecnn (schema {schema}, this one knows {})",
                start.schema
            ))
        }
        Some(_) => {}
    }
    for (key, name) in [
        ("modelHash", "model"),
        ("precision", "precision"),
        ("segments", "segments"),
        ("top", "top"),
        ("threshold", "threshold"),
        ("all", "choice of tags"),
    ] {
        if found[key] != expected[key] {
            let shown = if key == "modelHash" { "model" } else { key };
            return refuse(format!("holds results of another {name} ({}, now {})", found[shown], expected[shown]));
        }
    }
    Ok(())
}
