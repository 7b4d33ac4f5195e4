//! The output file of a job, from which an interrupted job continues.
//!
//! Each row is appended with one write, so that after a crash or on a full disk only the last row can be incomplete;
//! the next run removes it. Only one job at a time writes to the file, and it detects if the file is removed or changed
//! by others. The file belongs to one model and one choice of segments and tags, which is recorded in its first line
//! (JSON lines) or in a small file in the same folder (CSV); other jobs may not append to it. A later row of a file
//! replaces the earlier one. A file that was moved keeps its row, under its new path. Replaced rows are removed at the
//! end. Temporary failures have no row.

mod csv;
mod jsonl;
mod line;
mod npy;
mod owner;
mod row;

use std::collections::{HashMap, HashSet};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use error::{Code, Error, Result};
use files::AppendFile;

use crate::record::{Embedded, FileFacts, Record, Start};
pub use csv::{CsvHeader, COLUMNS};
use npy::NpyFile;
use row::{content_of, key_of, Content, Key, OutputRow, Seen};

/// The contents of an output file.
struct Contents {
    rows: Vec<OutputRow>,
    /// Length up to the end of the last complete row; 0 if not even the header is complete.
    complete: u64,
}

impl Contents {
    /// Drops the lines from the first one on whose values are not in `vectors` (a crash of the machine can lose them),
    /// and the values after those of the last line.
    fn keep_rows_of(&mut self, vectors: &mut NpyFile) -> Result<()> {
        let lost = |row: &OutputRow| row.vector.is_some_and(|vector| vector >= vectors.rows());
        if let Some(first) = self.rows.iter().position(lost) {
            self.complete = self.rows[first].bytes.start;
            self.rows.truncate(first);
        }
        vectors.truncate(self.rows.iter().filter_map(|row| row.vector).max().map_or(0, |last| last + 1))
    }
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
    /// The values of embeddings, if they are in a file of their own.
    vectors: Option<NpyFile>,
    seen: HashMap<Key, Seen>,
    /// The rows of earlier jobs by the content of their files, sorted.
    contents: Vec<(Content, Range<u64>)>,
    /// Those of these rows whose files have moved to another path, by the position of the row.
    moved: HashSet<u64>,
    retry_failed: bool,
    /// Whether there may be rows that later rows replace.
    replaced: bool,
}

/// What an output file contains about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KnownFile {
    /// Nothing, or the file has changed since: tag it.
    No,
    /// The outcome of the file: skip it.
    Skip {
        /// The reason.
        reason: String,
        /// Whether the outcome is a failure.
        failed: bool,
        /// The position of the row of the same file under its former path; [`Output::write`] moves it to the new path.
        moved: Option<Range<u64>>,
    },
}

impl Output {
    /// Opens or creates `path`: as CSV if its name ends in `.csv`, otherwise as JSON lines. If the name ends in `.npy`,
    /// the values of embeddings are in that file, and the lines in a `.jsonl` in the same folder. `start` is the header
    /// of the job, `tags` are the tags of the model, and `inputs` are the files that the job reads in addition to
    /// audio.
    ///
    /// # Errors
    /// [`Code::Output`] for a file of another model, of other options, of a newer version or of another kind; for a
    /// file to which another job writes, that is not a regular file or that cannot be written; and for one of `inputs`.
    pub fn open(path: &Path, start: &Start, tags: &[String], retry_failed: bool, inputs: &[PathBuf]) -> Result<Self> {
        let path = std::path::absolute(path).map_err(|reason| Error::output(path, &reason))?;
        let mut vectors = match &start.embedding {
            Some(embedding) if has_suffix(&path, "npy") => Some(NpyFile::open(&path, embedding.width, inputs)?),
            _ => None,
        };
        let path = if vectors.is_some() { path.with_extension("jsonl") } else { path };
        let csv = has_suffix(&path, "csv");
        let mut format = if csv { OutputFormat::Csv(CsvHeader::new(start, tags)) } else { OutputFormat::Jsonl };
        let mut file = AppendFile::open(&path, inputs)?;
        let mut contents = match &mut format {
            OutputFormat::Jsonl => jsonl::read(&path, file.file(), start)?,
            OutputFormat::Csv(header) => header.read(&path, file.file(), start)?,
        };
        if let Some(vectors) = &mut vectors {
            contents.keep_rows_of(vectors)?;
        }
        let header = match &format {
            _ if contents.complete > 0 => None,
            OutputFormat::Jsonl => Some(line::line(&crate::record::Event::Start(start.clone()))?),
            OutputFormat::Csv(header) => {
                owner::write(&path, start)?;
                Some(header.line()?)
            }
        };
        // Nothing refuses the file after this point, so its incomplete row can be dropped.
        file.file().set_len(contents.complete).map_err(|reason| Error::output(&path, &reason))?;
        let mut rows: Vec<_> = contents.rows.iter().filter_map(|row| Some((row.content?, row.bytes.clone()))).collect();
        rows.sort_unstable_by_key(|(content, bytes)| (*content, bytes.start));
        // A killed job may have left a row of a moved file under both its old and its new path.
        let replaced = rows.windows(2).any(|pair| pair[0].0 == pair[1].0);
        let seen = contents.rows.into_iter().map(|row| (row.key, row.seen)).collect();
        let (length, moved) = (contents.complete, HashSet::new());
        let mut output =
            Self { path, file, length, format, vectors, seen, contents: rows, moved, retry_failed, replaced };
        if let Some(header) = header {
            output.append(&header)?;
        }
        Ok(output)
    }

    /// Whether `file` can be skipped, by its path, size and time. A missing file is never skipped.
    pub fn known(&self, file: &FileFacts) -> KnownFile {
        match self.seen.get(&key_of(file)) {
            Some(seen) if seen.size.is_some() && seen.size == file.size && seen.modified == file.modified => {
                self.skip(seen.failed.as_deref(), None)
            }
            _ => KnownFile::No,
        }
    }

    /// Whether `file`, whose fingerprint is known, has a row under another path at which it no longer exists.
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
            (None, Some((former, _))) => format!("its result is in {name}; its former path was {}", former.display()),
        };
        KnownFile::Skip { reason, failed: failed.is_some(), moved: moved.map(|(_, bytes)| bytes) }
    }

    /// Appends a row for `record`; `scores` are the scores of all tags for a result of tagging. Temporary failures get
    /// no row, nor do skipped files, unless they were moved. A missing file does not remove its row.
    ///
    /// # Errors
    /// [`Code::Output`] if the row cannot be written (earlier rows are not affected), and if another program has
    /// removed or changed the file.
    pub fn write(&mut self, record: &Record, scores: &[f32]) -> Result<()> {
        let (file, failed) = match record {
            Record::Result(result) => (&result.file, None),
            Record::Embedding(result) => (&result.file, None),
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
        let line = match (&self.format, record, &mut self.vectors) {
            (OutputFormat::Jsonl, Record::Embedding(result), Some(vectors)) => {
                // The values come first: a line never refers to a row that is not there.
                let row = Some(vectors.append(&result.values)?);
                line::line(&Record::Embedding(Embedded { values: Vec::new(), row, ..result.clone() }))?
            }
            (OutputFormat::Jsonl, ..) => line::line(record)?,
            (OutputFormat::Csv(header), ..) => header.row(record, scores)?,
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

    /// Writes the row at `bytes` again with the new path of its file.
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
            // On a full disk, part of the row may have been written: remove it, so that the file ends with a complete
            // row.
            let _ = file.set_len(length);
            return Err(Error::output(&self.path, &reason));
        }
        self.length += line.len() as u64;
        Ok(())
    }

    /// Refuses to continue with a file that another program has removed or changed.
    fn check(&mut self) -> Result<()> {
        self.file.check_in_place()?;
        let length = self.file.file().metadata().map_err(|reason| Error::output(&self.path, &reason))?.len();
        if length == self.length {
            return Ok(());
        }
        let message = format!(
            "another program changed {} while this one wrote to it (it has {length} bytes, expected {}): make sure \
             that nothing else writes to it, check that its rows are complete, then run the same command again",
            self.path.display(),
            self.length
        );
        Err(Error::new(Code::Output, message).with_file(&self.path))
    }

    /// Syncs the file to the disk and removes rows that later rows replace.
    ///
    /// # Errors
    /// [`Code::Output`] if the data cannot be written to the disk, and if another program has removed or changed the
    /// file.
    pub fn finish(&mut self) -> Result<()> {
        self.check()?;
        if let Some(vectors) = &mut self.vectors {
            vectors.finish()?;
        }
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
        // If rewriting fails (no room for a copy), the file is still valid: the later row counts. But report if the
        // file was removed.
        self.file.check_in_place()?;
        if rewritten.is_ok() {
            self.length = self.file.file().metadata().map_err(|reason| Error::output(&self.path, &reason))?.len();
        }
        Ok(())
    }

    /// The rows to keep: the last one of each path, except if its file is gone and another row is about the same file
    /// at its current path.
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

/// Whether the name of `path` ends in `.suffix`.
pub(crate) fn has_suffix(path: &Path, suffix: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(suffix))
}

/// Whether nothing exists at `path`; false if this is unknown.
fn is_gone(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_err_and(|reason| reason.kind() == io::ErrorKind::NotFound)
}

impl Drop for Output {
    fn drop(&mut self) {
        // If the job ends early, the written rows are kept.
        let _ = self.file.file().sync_all();
    }
}
