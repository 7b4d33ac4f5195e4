//! The file that a job's records go to, and from which an interrupted job continues.
//!
//! Rows are appended, each with one write, so that after a crash or on a full disk at most the last one is cut; the next run drops
//! it. One job writes to it at a time, and notices when the file is taken away or changed. The file belongs to one model and one
//! choice of segments and tags (JSON lines: its first line; CSV: the small file beside it); another job may not append to it.
//! A file's later row replaces its earlier one; a file that was moved keeps its row under its new path; replaced rows are removed at
//! the end. What failed for a reason that passes has no row.

mod csv;
mod jsonl;
mod line;
mod owner;
mod row;

use std::collections::{HashMap, HashSet};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use error::{Code, Error, Result};
use files::AppendFile;

use crate::record::{FileFacts, Record, Start};
pub use csv::{CsvHeader, COLUMNS};
use row::{content_of, key_of, Content, Key, OutputRow, Seen};

/// What an output file holds.
struct Contents {
    rows: Vec<OutputRow>,
    /// Length up to the end of the last complete row; 0 where not even the header is complete.
    complete: u64,
}

enum OutputFormat {
    Jsonl,
    Csv(CsvHeader),
}

/// An output file, open for appending.
pub struct Output {
    path: PathBuf,
    file: AppendFile,
    length: u64,
    format: OutputFormat,
    seen: HashMap<Key, Seen>,
    /// The rows of earlier jobs by what their files hold, sorted.
    contents: Vec<(Content, Range<u64>)>,
    /// The rows among them that went to another path, by where they begin.
    moved: HashSet<u64>,
    retry_failed: bool,
    /// Whether there may be rows that later ones replace.
    replaced: bool,
}

/// What an output file says about a file that comes again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KnownFile {
    /// Nothing, or the file has changed since: tag it.
    No,
    /// It holds the outcome: skip the file.
    Skip {
        /// Why.
        reason: String,
        /// Whether the outcome is a failure.
        failed: bool,
        /// Where the row of the same file under its former path stands; [`Output::write`] brings it to its new one.
        moved: Option<Range<u64>>,
    },
}

impl Output {
    /// Opens or creates `path`, as CSV where its name ends in `.csv`, else as JSON lines. `start` is the job's header, `tags` the
    /// model's tags, and `inputs` what the job reads besides music.
    ///
    /// # Errors
    /// [`Code::Output`] for a file of another model, of other options, of a newer version or of another kind, for one that another
    /// job writes to, that is no regular file or cannot be written, and for one of `inputs`.
    pub fn open(path: &Path, start: &Start, tags: &[String], retry_failed: bool, inputs: &[PathBuf]) -> Result<Self> {
        let path = std::path::absolute(path).map_err(|reason| Error::output(path, &reason))?;
        let csv = path.extension().is_some_and(|suffix| suffix.eq_ignore_ascii_case("csv"));
        let mut format = if csv { OutputFormat::Csv(CsvHeader::new(tags)) } else { OutputFormat::Jsonl };
        let mut file = AppendFile::open(&path, inputs)?;
        let contents = match &mut format {
            OutputFormat::Jsonl => jsonl::read(&path, file.file(), start)?,
            OutputFormat::Csv(header) => header.read(&path, file.file(), start)?,
        };
        file.file().set_len(contents.complete).map_err(|reason| Error::output(&path, &reason))?;
        let mut rows: Vec<_> = contents.rows.iter().filter_map(|row| Some((row.content?, row.bytes.clone()))).collect();
        rows.sort_unstable_by_key(|(content, bytes)| (*content, bytes.start));
        // A job that was killed may have left a row that it had brought to another path.
        let replaced = rows.windows(2).any(|pair| pair[0].0 == pair[1].0);
        let seen = contents.rows.into_iter().map(|row| (row.key, row.seen)).collect();
        let (length, moved) = (contents.complete, HashSet::new());
        let mut output = Self { path, file, length, format, seen, contents: rows, moved, retry_failed, replaced };
        if output.length == 0 {
            let header = match &output.format {
                OutputFormat::Jsonl => line::line(&crate::record::Event::Start(start.clone()))?,
                OutputFormat::Csv(header) => {
                    owner::write(&output.path, start)?;
                    header.line()?
                }
            };
            output.append(&header)?;
        }
        Ok(output)
    }

    /// Whether `file` needs to be looked at, by its path, size and time. A missing file always does.
    pub fn known(&self, file: &FileFacts) -> KnownFile {
        match self.seen.get(&key_of(file)) {
            Some(seen) if seen.size.is_some() && seen.size == file.size && seen.modified == file.modified => {
                self.skip(seen.failed.as_deref(), None)
            }
            _ => KnownFile::No,
        }
    }

    /// Whether `file`, which has its fingerprint, is one that had a row under another path, at which it is no more.
    pub fn moved(&mut self, file: &FileFacts) -> KnownFile {
        let Some(content) = content_of(file) else { return KnownFile::No };
        let first = self.contents.partition_point(|(other, _)| *other < content);
        let same: Vec<Range<u64>> = self.contents[first..]
            .iter()
            .take_while(|(other, _)| *other == content)
            .map(|(_, row)| row.clone())
            .collect();
        for bytes in same {
            if self.moved.contains(&bytes.start) {
                continue;
            }
            let Ok(former) = self.row(&bytes).and_then(|row| self.format.file(&row)) else { continue };
            if is_gone(&former.path) {
                let known = self.skip(former.failed.as_deref(), Some((&former.path, bytes.clone())));
                if known != KnownFile::No {
                    self.moved.insert(bytes.start);
                }
                return known;
            }
        }
        KnownFile::No
    }

    fn skip(&self, failed: Option<&str>, moved: Option<(&Path, Range<u64>)>) -> KnownFile {
        let name = self.path.display();
        let reason = match (failed, &moved) {
            (Some(_), _) if self.retry_failed => return KnownFile::No,
            (Some(code), _) => {
                format!("it failed before ({code} in {name}); retryFailed (--retry-failed) tries it again")
            }
            (None, None) => format!("its result is in {name}"),
            (None, Some((former, _))) => format!("its result is in {name}; it was {}", former.display()),
        };
        KnownFile::Skip { reason, failed: failed.is_some(), moved: moved.map(|(_, bytes)| bytes) }
    }

    /// Appends a row for `record`; `scores` holds a result's score of every tag. A failure that passes gets none, nor does a skipped
    /// file, unless it was moved. A missing file takes no row away.
    ///
    /// # Errors
    /// [`Code::Output`] where the row cannot be written, the rows before it stay as they are; where the file was taken away or
    /// changed.
    pub fn write(&mut self, record: &Record, scores: &[f32]) -> Result<()> {
        let (file, failed) = match record {
            Record::Result(result) => (&result.file, None),
            Record::Failed(failed) if failed.error.code == Code::Io.as_str() => return Ok(()),
            Record::Failed(failed) => (&failed.file, Some(failed.error.code)),
            Record::Skipped(skipped) => match &skipped.moved {
                Some(bytes) => return self.bring(&skipped.file, bytes),
                None => return Ok(()),
            },
        };
        let key = key_of(file);
        let before = self.seen.contains_key(&key);
        if before && failed == Some(Code::FileNotFound.as_str()) {
            return Ok(());
        }
        let line = match &self.format {
            OutputFormat::Jsonl => line::line(record)?,
            OutputFormat::Csv(header) => header.row(record, scores)?,
        };
        self.append(&line)?;
        let content = content_of(file);
        self.replaced |= before || content.is_some_and(|content| self.has(content));
        self.seen.insert(key, Seen { size: file.size, modified: file.modified, failed: failed.map(Into::into) });
        Ok(())
    }

    fn has(&self, content: Content) -> bool {
        self.contents.binary_search_by_key(&content, |(other, _)| *other).is_ok()
    }

    /// Writes the row at `bytes` again, for the path that its file has now.
    fn bring(&mut self, file: &FileFacts, bytes: &Range<u64>) -> Result<()> {
        let former = self.row(bytes)?;
        let failed = self.format.file(&former)?.failed;
        let line = match &self.format {
            OutputFormat::Jsonl => jsonl::brought(&former, file)?,
            OutputFormat::Csv(header) => header.brought(&former, file)?,
        };
        self.append(&line)?;
        self.replaced = true;
        self.seen.insert(key_of(file), Seen { size: file.size, modified: file.modified, failed });
        Ok(())
    }

    /// The row at `bytes`.
    fn row(&mut self, bytes: &Range<u64>) -> Result<Vec<u8>> {
        let mut row = vec![0; (bytes.end - bytes.start) as usize];
        let file = self.file.file();
        let read = file.seek(SeekFrom::Start(bytes.start)).and_then(|_| file.read_exact(&mut row));
        read.map_err(|reason| Error::input(&self.path, Code::Output, &reason))?;
        Ok(row)
    }

    fn append(&mut self, line: &[u8]) -> Result<()> {
        self.check()?;
        let (length, file) = (self.length, self.file.file());
        if let Err(reason) = file.seek(SeekFrom::Start(length)).and_then(|_| file.write_all(line)) {
            // A full disk takes a part of the row: give it back, so that the file ends with a complete one.
            let _ = file.set_len(length);
            return Err(Error::output(&self.path, &reason));
        }
        self.length += line.len() as u64;
        Ok(())
    }

    /// Refuses to go on with a file that others took away or wrote to.
    fn check(&mut self) -> Result<()> {
        self.file.check_in_place()?;
        let length = self.file.file().metadata().map_err(|reason| Error::output(&self.path, &reason))?.len();
        if length == self.length {
            return Ok(());
        }
        let message = format!(
            "another program changed {} while this one wrote to it (it has {length} bytes, expected {}): let nothing else write to \
             it, look whether its rows are whole, then run the same line again",
            self.path.display(),
            self.length
        );
        Err(Error::new(Code::Output, message).with_file(&self.path))
    }

    /// Brings everything to the disk and removes rows that later ones replace.
    ///
    /// # Errors
    /// [`Code::Output`] where the disk does not take it, and where the file was taken away or changed.
    pub fn finish(&mut self) -> Result<()> {
        self.check()?;
        self.file.file().sync_all().map_err(|reason| Error::output(&self.path, &reason))?;
        if !self.replaced {
            return Ok(());
        }
        let file = self.file.file();
        file.seek(SeekFrom::Start(0)).map_err(|reason| Error::output(&self.path, &reason))?;
        let contents = match &mut self.format {
            OutputFormat::Jsonl => jsonl::rows(&self.path, file)?,
            OutputFormat::Csv(header) => header.rows(&self.path, file)?,
        };
        let kept = self.kept(&contents);
        if kept.iter().all(|&kept| kept) {
            return Ok(());
        }
        let header = contents.rows.first().map_or(contents.complete, |row| row.bytes.start);
        let rows = contents.rows.iter().zip(&kept).filter(|(_, &kept)| kept).map(|(row, _)| row.bytes.clone());
        let rewritten = self.file.rewrite(|file, copy| {
            for bytes in std::iter::once(0..header).chain(rows) {
                file.seek(SeekFrom::Start(bytes.start))?;
                io::copy(&mut Read::by_ref(file).take(bytes.end - bytes.start), copy)?;
            }
            Ok(())
        });
        // Without it (no room for a copy) the file says the same: the later row counts. One that was taken away is another matter.
        self.file.check_in_place()?;
        if rewritten.is_ok() {
            self.length = self.file.file().metadata().map_err(|reason| Error::output(&self.path, &reason))?.len();
        }
        Ok(())
    }

    /// Which of the rows stay: the last one of a path, unless its file is gone and another row is of the same file where it is now.
    fn kept(&mut self, contents: &Contents) -> Vec<bool> {
        let last: HashMap<Key, usize> = contents.rows.iter().enumerate().map(|(index, row)| (row.key, index)).collect();
        let mut kept: Vec<bool> =
            contents.rows.iter().enumerate().map(|(index, row)| last[&row.key] == index).collect();
        let mut same: HashMap<Content, Vec<usize>> = HashMap::new();
        for (index, row) in contents.rows.iter().enumerate().filter(|(index, _)| kept[*index]) {
            row.content.into_iter().for_each(|content| same.entry(content).or_default().push(index));
        }
        for indices in same.into_values().filter(|indices| indices.len() > 1) {
            let mut gone = |index: &usize| {
                let file = self.row(&contents.rows[*index].bytes).and_then(|row| self.format.file(&row));
                file.is_ok_and(|file| is_gone(&file.path))
            };
            let (away, here): (Vec<usize>, Vec<usize>) = indices.into_iter().partition(|index| gone(index));
            if !here.is_empty() {
                away.into_iter().for_each(|index| kept[index] = false);
            }
        }
        kept
    }
}

impl OutputFormat {
    /// The file that `row` is about.
    fn file(&self, row: &[u8]) -> Result<row::RowFile> {
        match self {
            OutputFormat::Jsonl => jsonl::file(row),
            OutputFormat::Csv(header) => header.file(row),
        }
    }
}

/// Whether nothing is at `path`; where that cannot be told, something is.
fn is_gone(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_err_and(|reason| reason.kind() == io::ErrorKind::NotFound)
}

impl Drop for Output {
    fn drop(&mut self) {
        // A job that was left early: what it wrote is kept all the same.
        let _ = self.file.file().sync_all();
    }
}
