//! `index.jsonl`: a header, then one line a clip, appended when the clip is finished. The last line of a name counts.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use error::{Code, Error, Result};
use serde::{Deserialize, Serialize};

use super::location::Key;
use super::PreparedClip;
use crate::event::Failure;

const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    #[serde(flatten)]
    key: Key,
}

/// By what a changed file is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Bytes.
    size: u64,
    /// Time of the last change, nanoseconds since 1970.
    mtime: u64,
}

impl Stamp {
    /// The stamp of the file at `path`.
    pub(super) fn of(path: &Path) -> std::io::Result<Self> {
        let facts = std::fs::metadata(path)?;
        let mtime = facts.modified()?.duration_since(UNIX_EPOCH).map_or(0, |age| age.as_nanos() as u64);
        Ok(Self { size: facts.len(), mtime })
    }
}

/// What became of a clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", untagged)]
pub enum Outcome {
    /// Its samples are in the cache.
    #[serde(rename_all = "camelCase")]
    Ready {
        /// First sample.
        offset: u64,
        /// Number of samples.
        samples: u64,
        /// Packets that could not be decoded and were skipped.
        #[serde(default, skip_serializing_if = "is_zero")]
        damaged_packets: u32,
    },
    /// It cannot be used.
    Failed {
        /// Why.
        error: Failure,
    },
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Outcome {
    /// Where the samples are, if they are.
    pub(super) fn clip(&self) -> Option<PreparedClip> {
        match self {
            Outcome::Ready { offset, samples, .. } => Some(PreparedClip { offset: *offset, samples: *samples }),
            Outcome::Failed { .. } => None,
        }
    }
}

/// A file that cannot be used, or of which parts are missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BadFile {
    /// The file, absolute.
    pub file: PathBuf,
    /// Why it cannot be used; absent where it is used in spite of damage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// Packets that could not be decoded and were skipped.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub damaged_packets: u32,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) name: String,
    #[serde(flatten)]
    pub(super) stamp: Stamp,
    #[serde(flatten)]
    pub(super) outcome: Outcome,
}

/// What an index file says.
#[derive(Default)]
pub(super) struct Index {
    pub(super) lines: HashMap<String, (Stamp, Outcome)>,
    /// Bytes of complete, readable lines; 0 where the file has to be begun anew.
    length: u64,
    /// Samples of the data file that any line, also one that counts no more, refers to: behind them it may be cut. Another
    /// process may still read what an older line says.
    pub(super) end: u64,
}

impl Index {
    /// Reads the index at `path`; what is cut short or points beyond `pcm_bytes` is left out. A missing index, or one of
    /// another dataset, is empty.
    pub(super) fn read(path: &Path, key: &Key, pcm_bytes: u64) -> Result<Self> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(reason) if reason.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(reason) => return Err(Error::input(path, Code::Dataset, &reason)),
        };
        let mut index = Self::default();
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            let Some(text) = line.strip_suffix(b"\n") else { break };
            if index.length == 0 {
                let Ok(header) = serde_json::from_slice::<Header>(text) else { break };
                if header.format > FORMAT {
                    let message = format!(
                        "{}: cache format {}, this version reads up to {FORMAT}: update samplecnn or use another cache",
                        path.display(),
                        header.format
                    );
                    return Err(Error::new(Code::ModelVersion, message).with_file(path));
                }
                if header.key != *key {
                    break;
                }
            } else {
                let Ok(line) = serde_json::from_slice::<Line>(text) else { break };
                let inside = |clip: PreparedClip| {
                    clip.offset
                        .checked_add(clip.samples)
                        .and_then(|end| end.checked_mul(2))
                        .is_some_and(|e| e <= pcm_bytes)
                };
                if line.outcome.clip().is_none_or(inside) {
                    index.end = index.end.max(line.outcome.clip().map_or(0, |clip| clip.offset + clip.samples));
                    index.lines.insert(line.name, (line.stamp, line.outcome));
                }
            }
            index.length += line.len() as u64;
        }
        Ok(index)
    }
}

/// The open end of an index file.
pub(super) struct IndexWriter {
    path: PathBuf,
    file: File,
    length: u64,
}

impl IndexWriter {
    /// Opens the index at `path` behind the complete lines of `index`; begins it where it is new.
    pub(super) fn open(path: &Path, key: &Key, index: &Index) -> Result<Self> {
        let failed = |reason: std::io::Error| Error::output(path, &reason);
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(failed)?;
        file.set_len(index.length).map_err(failed)?;
        let mut writer = Self { path: path.to_path_buf(), file, length: index.length };
        if index.length == 0 {
            writer.append(&Header { format: FORMAT, key: key.clone() })?;
        }
        Ok(writer)
    }

    /// Appends one line, or nothing at all.
    pub(super) fn append(&mut self, line: &impl Serialize) -> Result<()> {
        let mut text = serde_json::to_vec(line).map_err(|reason| Error::new(Code::Internal, reason.to_string()))?;
        text.push(b'\n');
        let written = self.file.seek(SeekFrom::Start(self.length)).and_then(|_| self.file.write_all(&text));
        if let Err(reason) = written {
            // Best effort: a torn line is also recognised when the index is read.
            let _ = self.file.set_len(self.length);
            return Err(Error::output(&self.path, &reason));
        }
        self.length += text.len() as u64;
        Ok(())
    }

    pub(super) fn sync(&self) -> Result<()> {
        self.file.sync_data().map_err(|reason| Error::output(&self.path, &reason))
    }
}
