//! JSON lines output: the `start` of the job, then one record per line.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use error::{Code, Error, Result};
use serde::Deserialize;
use serde_json::Value;

use super::line::line;
use super::row::{RowFile, Said};
use super::{owner, Contents};
use crate::record::{FileFacts, Start};

/// The beginning of every JSON lines output.
const START: &[u8] = br#"{"type":"start""#;

/// The fields of a record that are needed to continue a job.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    file: String,
    file_bytes: Option<String>,
    size: Option<u64>,
    modified: Option<u64>,
    fingerprint: Option<String>,
    row: Option<u64>,
    error: Option<LineError>,
}

impl Line {
    fn said(&self) -> Said<'_> {
        Said {
            file: &self.file,
            file_bytes: self.file_bytes.as_deref(),
            size: self.size,
            modified: self.modified,
            fingerprint: self.fingerprint.as_deref(),
            failed: self.error.as_ref().map(|error| error.code.as_str()),
            vector: self.row,
        }
    }
}

#[derive(Deserialize)]
struct LineError {
    code: String,
}

/// The contents of `file`, after checking that the job `start` may continue it.
pub(super) fn read(path: &Path, file: &mut File, start: &Start) -> Result<Contents> {
    scan(path, file, |header| owner::check(path, header, start))
}

/// The contents of `file`.
pub(super) fn rows(path: &Path, file: &mut File) -> Result<Contents> {
    scan(path, file, |_| Ok(()))
}

/// The file that the line `row` is about.
pub(super) fn file(row: &[u8]) -> Result<RowFile> {
    let line: Line = serde_json::from_slice(row).map_err(|reason| Error::new(Code::Output, reason.to_string()))?;
    Ok(line.said().file())
}

/// The line `row` with the new path of its file, `file`.
pub(super) fn brought(row: &[u8], file: &FileFacts) -> Result<Vec<u8>> {
    let mut object: serde_json::Map<String, Value> =
        serde_json::from_slice(row).map_err(|reason| Error::new(Code::Output, reason.to_string()))?;
    let facts = serde_json::to_value(file).map_err(|reason| Error::new(Code::Internal, reason.to_string()))?;
    let former = object.insert("file".into(), facts["file"].clone());
    if let (Some(Value::String(former)), Some(Value::String(message))) =
        (former, object.get_mut("error").and_then(|error| error.get_mut("message")))
    {
        *message = message.replace(&former, &file.file);
    }
    match facts.get("fileBytes") {
        Some(bytes) => drop(object.insert("fileBytes".into(), bytes.clone())),
        None => drop(object.shift_remove("fileBytes")),
    }
    line(&object)
}

fn scan(path: &Path, file: &mut File, check: impl Fn(&Value) -> Result<()>) -> Result<Contents> {
    let mut reader = BufReader::new(file);
    let mut contents = Contents { rows: Vec::new(), complete: 0 };
    let mut line = Vec::new();
    let mut number = 0;
    // The reason why a line could not be read; ignored if it is the last line.
    let mut bad: Option<String> = None;
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line).map_err(|reason| Error::input(path, Code::Output, &reason))?;
        if length == 0 {
            break;
        }
        if let Some(reason) = bad {
            let message = format!(
                "{}, line {number}: {reason}; choose another output file, or repair or remove this one",
                path.display()
            );
            return Err(Error::new(Code::Output, message).with_file(path));
        }
        number += 1;
        if line.last() != Some(&b'\n') {
            // Incomplete line. A first line that cannot be the beginning of an output belongs to another file.
            if number == 1 && !line.starts_with(START) && !START.starts_with(&line) {
                check(&Value::Null)?;
            }
            break;
        }
        let bytes = contents.complete..contents.complete + length as u64;
        if number == 1 {
            check(&serde_json::from_slice(&line).unwrap_or(Value::Null))?;
            contents.complete = bytes.end;
            continue;
        }
        match serde_json::from_slice::<Line>(&line) {
            Ok(found) => {
                contents.complete = bytes.end;
                contents.rows.push(found.said().row(bytes));
            }
            Err(reason) => bad = Some(reason.to_string()),
        }
    }
    Ok(contents)
}
