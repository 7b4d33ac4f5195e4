//! CSV: one row a file, a column for every tag. Whose results they are stands in `NAME.csv.start.json` beside it.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use error::{Code, Error, Result};
use serde_json::Value;

use super::{check_owner, row_key, Contents, Row, Seen};
use crate::record::{FileFacts, Record, Start, Tagged};

/// The columns before the scores. `status` is `ok`, `partial`, `suspect` or `failed`; `duration` is in seconds, and so are `promised` and
/// `heard` of a file that was heard in part: what its container promises, where it does, and what came of it; `code` and `message` say why a
/// file failed, `message` also what is odd about its samples or its channels; `size` (bytes) and `modified` (milliseconds since 1970) tell whether it has changed; `fileBytes` is filled where the
/// name is not Unicode; `tags` are the chosen tags, joined by `|`. Then follows `score:TAG` for every tag in the model's order.
pub const COLUMNS: [&str; 15] = [
    "file",
    "status",
    "duration",
    "segments",
    "short",
    "damagedPackets",
    "promised",
    "heard",
    "decoder",
    "code",
    "message",
    "size",
    "modified",
    "fileBytes",
    "tags",
];

/// What is odd about the samples of a result, or its channels.
fn odd(result: &Tagged) -> String {
    let downmix =
        (result.downmix != "mean").then(|| format!("the {}, for the channels cancel each other", result.downmix));
    [result.doubt.clone(), downmix].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// The header of a CSV output.
pub struct CsvHeader {
    columns: Vec<String>,
}

impl CsvHeader {
    /// The header for a model with these tags.
    pub fn new(tags: &[String]) -> Self {
        let scores = tags.iter().map(|tag| format!("score:{tag}"));
        Self { columns: COLUMNS.iter().map(|&column| column.to_string()).chain(scores).collect() }
    }

    /// The header's line.
    pub fn line(&self) -> Result<Vec<u8>> {
        encode(&self.columns)
    }

    /// The row of `record`; `scores` holds a result's score of every tag.
    pub fn row(&self, record: &Record, scores: &[f32]) -> Result<Vec<u8>> {
        let optional = |number: Option<u64>| number.map_or_else(String::new, |number| number.to_string());
        let seconds = |number: Option<f64>| number.map_or_else(String::new, |number| number.to_string());
        let head = |file: &FileFacts, middle: [String; 10], tags: String| {
            let mut row = vec![file.file.clone()];
            row.extend(middle);
            row.extend([
                optional(file.size),
                optional(file.modified),
                file.file_bytes.clone().unwrap_or_default(),
                tags,
            ]);
            row
        };
        let none = String::new;
        let mut row = match record {
            Record::Result(result) => {
                let tags: Vec<&str> = result.tags.iter().map(|tag| tag.tag.as_str()).collect();
                let middle = [
                    result.status.as_str().to_string(),
                    result.duration.to_string(),
                    result.segments.to_string(),
                    result.short.to_string(),
                    result.damaged_packets.to_string(),
                    seconds(result.promised),
                    seconds(result.heard),
                    result.decoder.clone(),
                    none(),
                    odd(result),
                ];
                head(&result.file, middle, tags.join("|"))
            }
            Record::Failed(failed) => {
                let error = &failed.error;
                let mut middle = std::array::from_fn(|_| none());
                (middle[0], middle[8], middle[9]) = ("failed".into(), error.code.into(), error.message.clone());
                head(&failed.file, middle, none())
            }
            Record::Skipped(skipped) => head(&skipped.file, std::array::from_fn(|_| none()), none()),
        };
        row.extend(scores.iter().map(f32::to_string));
        row.resize(self.columns.len(), none());
        encode(&row)
    }

    /// What `file` holds, after checking that the job `start` may continue it.
    pub(super) fn read(&self, path: &Path, file: &mut File, start: &Start) -> Result<Contents> {
        let length = file.metadata().map_err(|reason| Error::input(path, Code::Output, &reason))?.len();
        if length > 0 {
            let owner = std::fs::read(owner_path(path)).ok().and_then(|json| serde_json::from_slice(&json).ok());
            check_owner(path, &owner.unwrap_or(Value::Null), start)?;
        }
        self.rows(path, file)
    }

    /// What `file` holds.
    pub(super) fn rows(&self, path: &Path, file: &mut File) -> Result<Contents> {
        let mut contents = Contents { rows: Vec::new(), complete: 0 };
        let whole_end = end_of_last_line(file).map_err(|reason| Error::input(path, Code::Output, &reason))?;
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&mut *file);
        let length = self.columns.len();
        let mut record = ::csv::StringRecord::new();
        let (mut number, mut cut) = (0, None);
        loop {
            let start = reader.position().byte();
            let found = reader.read_record(&mut record);
            if matches!(found, Ok(false)) {
                break;
            }
            if let Some(number) = cut {
                let message = format!(
                    "{}, row {number}: expected {length} columns; choose another output file, or mend or remove this one",
                    path.display()
                );
                return Err(Error::new(Code::Output, message).with_file(path));
            }
            number += 1;
            let bytes = start..reader.position().byte();
            if found.is_err() || record.len() != length || bytes.end > whole_end {
                cut = Some(number);
                continue;
            }
            contents.complete = bytes.end;
            if number == 1 {
                continue;
            }
            let field = |name: &str| COLUMNS.iter().position(|&column| column == name).and_then(|at| record.get(at));
            let text = |name| field(name).filter(|text| !text.is_empty());
            let whole = |name| text(name).and_then(|text| text.parse().ok());
            let seen =
                Seen { size: whole("size"), modified: whole("modified"), failed: text("code").map(str::to_string) };
            let key = row_key(field("file").unwrap_or_default(), text("fileBytes"));
            contents.rows.push(Row { key, seen, bytes });
        }
        Ok(contents)
    }
}

/// Writes whose results `path` holds into the file beside it.
pub fn write_owner(path: &Path, start: &Start) -> Result<()> {
    let (owner, json) = (owner_path(path), super::jsonl::line(&crate::record::Event::Start(start.clone()))?);
    files::write_atomic(owner, &json)
}

fn owner_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(".start.json");
    name.into()
}

fn encode(fields: &[String]) -> Result<Vec<u8>> {
    let failed = |reason: String| Error::new(Code::Internal, reason);
    let mut writer = ::csv::WriterBuilder::new().from_writer(Vec::new());
    writer.write_record(fields).map_err(|reason| failed(reason.to_string()))?;
    writer.into_inner().map_err(|reason| failed(reason.to_string()))
}

/// The file's length where it ends with a line feed, else one byte less; the position is the start afterwards.
fn end_of_last_line(file: &mut File) -> std::io::Result<u64> {
    let mut last = *b"\n";
    let length = file.seek(SeekFrom::End(0))?;
    if length > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(if last == *b"\n" { length } else { length - 1 })
}
