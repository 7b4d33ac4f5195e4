//! CSV output: one row per file, one column per tag. `NAME.csv.start.json` in the same folder records the job.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use error::{Code, Error, Result};
use files::text;

use super::row::{RowFile, Said};
use super::{owner, Contents};
use crate::record::{ClipFacts, FileFacts, Record, Start, TagScore};

/// The columns before the scores. `status` is `ok`, `partial`, `suspect` or `failed`. `duration` is in seconds, and so
/// are `promised` and `heard` of a partial file: the duration that its container announces, if it does, and the
/// duration of the decoded audio. `code` and `message` give the reason of a failure; `message` also says what is
/// unusual about the samples or channels. `size` (bytes), `modified` (milliseconds since 1970) and `fingerprint` show
/// whether the file has changed or was moved. `fileBytes` is set if the path is not Unicode. `tags` are the selected
/// tags, joined by `|` (in a name `\|`, and `\\` for `\`); it is empty if the model abstained. Then follows `score:TAG`
/// for every tag in the order of the model, or in an output of `embed` `value:INDEX` for every value. Text that a
/// spreadsheet would read as a formula is written with a leading `'`.
pub const COLUMNS: [&str; 16] = [
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
    "fingerprint",
    "fileBytes",
    "tags",
];

/// The beginning of every table that samplecnn writes, in all versions.
const BEGINNING: &[u8] = b"file,status,duration,";

/// Columns that are missing in tables of older versions.
const NEWER: [&str; 3] = ["promised", "heard", "fingerprint"];

/// What is unusual about the samples or channels of a result.
fn odd(clip: &ClipFacts) -> String {
    let downmix =
        (clip.downmix != "mean").then(|| format!("the channels cancel each other, used: the {}", clip.downmix));
    [clip.doubt.clone(), downmix].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// The header of a CSV output.
pub struct CsvHeader {
    columns: Vec<String>,
}

impl CsvHeader {
    /// The header for the job `start` with a model with these tags: a column for the score of every tag, or in a job of
    /// `embed` for every value of the embedding.
    pub fn new(start: &Start, tags: &[String]) -> Self {
        let values: Vec<String> = match &start.embedding {
            None => tags.iter().map(|tag| format!("score:{tag}")).collect(),
            Some(embedding) => (0..embedding.width).map(|index| format!("value:{index}")).collect(),
        };
        Self { columns: COLUMNS.iter().map(|&column| column.to_string()).chain(values).collect() }
    }

    /// The line of the header.
    pub fn line(&self) -> Result<Vec<u8>> {
        encode(&self.columns)
    }

    /// The row of `record`; `scores` are the scores of all tags for a result of tagging.
    pub fn row(&self, record: &Record, scores: &[f32]) -> Result<Vec<u8>> {
        let mut values = match record {
            Record::Embedding(result) => result.values.iter(),
            _ => scores.iter(),
        };
        let cells = self.columns.iter().map(|column| match COLUMNS.contains(&column.as_str()) {
            true => cell(record, column),
            false => values.next().map_or_else(String::new, f32::to_string),
        });
        encode(&cells.collect::<Vec<String>>())
    }

    /// The file that `row` is about.
    pub(super) fn file(&self, row: &[u8]) -> Result<RowFile> {
        let record = decode(row)?;
        Ok(self.said(&record).file())
    }

    /// The row `row` with the new path of its file, `file`.
    pub(super) fn brought(&self, row: &[u8], file: &FileFacts) -> Result<Vec<u8>> {
        let record = decode(row)?;
        let former = self.said(&record).file;
        let cells = self.columns.iter().zip(&record).map(|(column, cell)| match column.as_str() {
            "file" => file.file.clone(),
            "message" => cell.replace(former, &file.file),
            "fileBytes" => file.file_bytes.clone().unwrap_or_default(),
            _ => cell.to_owned(),
        });
        encode(&cells.collect::<Vec<String>>())
    }

    /// The facts about its file in `record`, a row.
    fn said<'a>(&self, record: &'a ::csv::StringRecord) -> Said<'a> {
        let field = |name: &str| {
            let at = self.columns.iter().position(|column| column == name)?;
            record.get(at).filter(|text| !text.is_empty())
        };
        let whole = |name| field(name).and_then(|text| text.parse().ok());
        Said {
            file: field("file").unwrap_or_default(),
            file_bytes: field("fileBytes"),
            size: whole("size"),
            modified: whole("modified"),
            fingerprint: field("fingerprint"),
            failed: field("code"),
            vector: None,
        }
    }

    /// The contents of `file`, after checking that the job `start` may continue it.
    pub(super) fn read(&mut self, path: &Path, file: &mut File, start: &Start) -> Result<Contents> {
        let length = file.metadata().map_err(|reason| Error::input(path, Code::Output, &reason))?.len();
        if length > 0 {
            owner::check_beside(path, start)?;
        }
        self.rows(path, file)
    }

    /// The contents of `file`.
    pub(super) fn rows(&mut self, path: &Path, file: &mut File) -> Result<Contents> {
        let mut contents = Contents { rows: Vec::new(), complete: 0 };
        let unread = |reason| Error::input(path, Code::Output, &reason);
        let whole_end = end_of_last_line(file).map_err(unread)?;
        let ours = begins_as_ours(file).map_err(unread)?;
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&mut *file);
        let mut record = ::csv::StringRecord::new();
        let (mut number, mut cut) = (0, None);
        let refused = |number: u64, expected: String| {
            let message = format!(
                "{}, row {number}: expected {expected}; choose another output file, or repair or remove this one",
                path.display()
            );
            Err(Error::new(Code::Output, message).with_file(path))
        };
        loop {
            let start = reader.position().byte();
            let found = reader.read_record(&mut record);
            if matches!(found, Ok(false)) {
                break;
            }
            if let Some(number) = cut {
                return refused(number, format!("{} columns", self.columns.len()));
            }
            number += 1;
            let mut other = record.len() != self.columns.len();
            if number == 1 {
                let has = |name: &str| record.iter().any(|column| column == name);
                let older = self.columns.iter().filter(|column| !NEWER.contains(&column.as_str()) || has(column));
                let older: Vec<String> = older.cloned().collect();
                // An incomplete header is not the header of an older version.
                if record.iter().eq(older.iter().map(String::as_str)) {
                    self.columns = older;
                }
                other = !record.iter().eq(self.columns.iter().map(String::as_str));
                // An incomplete row, or a text file of another program, which may be a single row.
                if other && !ours {
                    return refused(
                        number,
                        "the columns of a table of samplecnn tag, which begin with file,status".into(),
                    );
                }
            }
            let bytes = start..reader.position().byte();
            if found.is_err() || other || bytes.end > whole_end {
                cut = Some(number);
                continue;
            }
            contents.complete = bytes.end;
            if number == 1 {
                continue;
            }
            contents.rows.push(self.said(&record).row(bytes));
        }
        Ok(contents)
    }
}

/// The cell of `record` in `column`, one of [`COLUMNS`].
fn cell(record: &Record, column: &str) -> String {
    let (file, clip, tags) = match record {
        Record::Result(result) => (&result.file, Some(&result.clip), Some(&result.tags)),
        Record::Embedding(result) => (&result.file, Some(&result.clip), result.tags.as_ref()),
        Record::Failed(failed) => (&failed.file, None, None),
        Record::Skipped(skipped) => (&skipped.file, None, None),
    };
    let whole = |number: Option<u64>| number.map_or_else(String::new, |number| number.to_string());
    match (column, record, clip) {
        // An absolute path is never read as a formula; the path must stay unchanged because it identifies the row.
        ("file", ..) => file.file.clone(),
        ("size", ..) => whole(file.size),
        ("modified", ..) => whole(file.modified),
        ("fingerprint", ..) => file.fingerprint.clone().unwrap_or_default(),
        ("fileBytes", ..) => file.file_bytes.clone().unwrap_or_default(),
        ("status", Record::Failed(_), _) => "failed".into(),
        ("code", Record::Failed(failed), _) => failed.error.code.into(),
        ("message", Record::Failed(failed), _) => text::csv(&failed.error.message).into_owned(),
        ("tags", ..) => tags.map_or_else(String::new, |tags| joined(tags)),
        (_, _, Some(clip)) => clip_cell(clip, column),
        _ => String::new(),
    }
}

/// The cell of a decoded clip in `column`.
fn clip_cell(clip: &ClipFacts, column: &str) -> String {
    let seconds = |number: Option<f64>| number.map_or_else(String::new, |number| number.to_string());
    match column {
        "status" => clip.status.as_str().into(),
        "duration" => clip.duration.to_string(),
        "segments" => clip.segments.to_string(),
        "short" => clip.short.to_string(),
        "damagedPackets" => clip.damaged_packets.to_string(),
        "promised" => seconds(clip.promised),
        "heard" => seconds(clip.heard),
        "decoder" => clip.decoder.clone(),
        "message" => text::csv(&odd(clip)).into_owned(),
        _ => String::new(),
    }
}

/// The names of the tags, joined by `|`.
fn joined(tags: &[TagScore]) -> String {
    let names: Vec<String> = tags.iter().map(|tag| tag.tag.replace('\\', r"\\").replace('|', r"\|")).collect();
    text::csv(&names.join("|")).into_owned()
}

fn encode(fields: &[String]) -> Result<Vec<u8>> {
    let failed = |reason: String| Error::new(Code::Internal, reason);
    let mut writer = ::csv::WriterBuilder::new().from_writer(Vec::new());
    writer.write_record(fields).map_err(|reason| failed(reason.to_string()))?;
    writer.into_inner().map_err(|reason| failed(reason.to_string()))
}

fn decode(row: &[u8]) -> Result<::csv::StringRecord> {
    let failed = |reason: ::csv::Error| Error::new(Code::Output, reason.to_string());
    let mut record = ::csv::StringRecord::new();
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(row);
    reader.read_record(&mut record).map_err(failed)?;
    Ok(record)
}

/// Whether the file, unless it is shorter, has the beginning of every table; the position is at the start afterwards.
fn begins_as_ours(file: &mut File) -> std::io::Result<bool> {
    let mut beginning = Vec::new();
    Read::by_ref(file).take(BEGINNING.len() as u64).read_to_end(&mut beginning)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(BEGINNING.starts_with(&beginning))
}

/// The length of the file if it ends with a line feed, else one byte less; the position is at the start afterwards.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Embedded, Failed, Failure, StartEmbedding, Status, TagScore, Tagged};

    fn facts() -> FileFacts {
        FileFacts::of(Path::new("/music/=1+1, \"a\"\nb.mp3"))
    }

    fn clip() -> ClipFacts {
        ClipFacts {
            status: Status::Ok,
            duration: 1.0,
            segments: 1,
            short: false,
            damaged_packets: 0,
            promised: None,
            heard: None,
            decoder: "d".into(),
            downmix: "mean",
            doubt: Some("=its samples".into()),
        }
    }

    fn start(embedding: Option<StartEmbedding>) -> Start {
        Start { embedding, ..Start::example() }
    }

    #[test]
    fn an_embedding_has_a_column_for_every_value() {
        let (within_segment, across_segments) = (engine::Reduction::Max, engine::Reduction::Mean);
        let (levels, width) = (vec![-1], 2);
        let start = start(Some(StartEmbedding { levels, width, within_segment, across_segments, tags: true }));
        let header = CsvHeader::new(&start, &["rock".into()]);
        assert_eq!(header.columns[COLUMNS.len()..], ["value:0", "value:1"]);
        let tags = Some(vec![TagScore { tag: "rock".into(), score: 0.5 }]);
        let (file, clip, values) = (facts(), clip(), vec![0.5, -2.0]);
        let record = Record::Embedding(Embedded {
            file,
            clip,
            levels: vec![-1],
            width,
            values,
            row: None,
            tags,
            abstained: false,
        });
        let cells = cells(&header.row(&record, &[]).unwrap());
        assert_eq!(cells[COLUMNS.len() - 1..], ["rock", "0.5", "-2"]);
    }

    fn cells(row: &[u8]) -> Vec<String> {
        decode(row).unwrap().iter().map(String::from).collect()
    }

    #[test]
    fn tags_that_hold_the_separator_or_look_like_a_formula_are_told_apart() {
        let names = ["=cmd|x", "a\\b", "rock"];
        let tags = names.map(|tag| TagScore { tag: tag.into(), score: 0.5 }).to_vec();
        let header = CsvHeader::new(&start(None), &names.map(String::from));
        let record = Record::Result(Tagged { file: facts(), clip: clip(), tags, abstained: false, timeline: None });
        let cells = cells(&header.row(&record, &[0.5; 3]).unwrap());
        assert_eq!(cells.len(), COLUMNS.len() + 3);
        let message = COLUMNS.iter().position(|&column| column == "message").unwrap();
        assert_eq!(cells[message], "'=its samples");
        assert_eq!(cells[0], "/music/=1+1, \"a\"\nb.mp3");
        assert_eq!(cells[COLUMNS.len() - 1], r"'=cmd\|x|a\\b|rock");
        assert!(header.columns[COLUMNS.len()..].iter().all(|column| column.starts_with("score:")));
    }

    #[test]
    fn a_message_is_no_formula() {
        let error = Failure { code: "ERR_DECODE", message: "@SUM(A1)".into() };
        let row = CsvHeader::new(&start(None), &[]).row(&Record::Failed(Failed { file: facts(), error }), &[]).unwrap();
        let at = COLUMNS.iter().position(|&column| column == "message").unwrap();
        assert_eq!(cells(&row)[at], "'@SUM(A1)");
    }
}
