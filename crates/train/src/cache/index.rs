//! `index.jsonl`: a header, then one line per clip, appended when the clip is finished. If a name occurs more than
//! once, the last line is valid.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use error::{Code, Error, Result};
use serde::{Deserialize, Serialize};

use super::data::FIRST;
use super::failure::{unread, unwritten};
use super::hash::AudioHash;
use super::location::Key;
use super::PreparedClip;
use crate::event::Failure;

/// Format 1 had no hashes and a single data file; the clips that it lists are decoded again.
const FORMAT: u32 = 2;

#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    #[serde(flatten)]
    key: Key,
}

/// The properties of a file by which a change is detected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Size in bytes.
    size: u64,
    /// Time of the last modification, in nanoseconds since 1970.
    mtime: u64,
    /// Time of the last change of content, name or permissions as noted by the system, in nanoseconds since 1970; no
    /// program can set it. 0 on systems without it.
    ctime: u64,
}

impl Stamp {
    /// The stamp of the file at `path`.
    pub(super) fn of(path: &Path) -> std::io::Result<Self> {
        let facts = std::fs::metadata(path)?;
        let mtime = facts.modified()?.duration_since(UNIX_EPOCH).map_or(0, |age| age.as_nanos() as u64);
        Ok(Self { size: facts.len(), mtime, ctime: ctime(&facts) })
    }
}

#[cfg(unix)]
fn ctime(facts: &std::fs::Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt;
    (facts.ctime().max(0) as u64).saturating_mul(1_000_000_000).saturating_add(facts.ctime_nsec().max(0) as u64)
}

#[cfg(not(unix))]
fn ctime(_facts: &std::fs::Metadata) -> u64 {
    0
}

/// The result of preparing a clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", untagged)]
pub enum ClipOutcome {
    /// Its samples are in the cache.
    #[serde(rename_all = "camelCase")]
    Ready {
        /// Number of the data file.
        #[serde(default = "first", skip_serializing_if = "is_first")]
        file: u32,
        /// The first sample in the data file.
        offset: u64,
        /// Number of samples.
        samples: u64,
        /// SHA-256 of the samples.
        audio: AudioHash,
        /// Packets that could not be decoded and were skipped.
        #[serde(default, skip_serializing_if = "is_zero")]
        damaged_packets: u32,
        /// Other damage; absent if there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        damage: Option<String>,
    },
    /// The clip cannot be used.
    Failed {
        /// The reason.
        error: Failure,
    },
}

/// Writes a path as text; parts that are not Unicode are replaced.
fn readable<S: serde::Serializer>(path: &Path, to: S) -> std::result::Result<S::Ok, S::Error> {
    to.serialize_str(&path.to_string_lossy())
}

fn first() -> u32 {
    FIRST
}

fn is_first(number: &u32) -> bool {
    *number == FIRST
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl ClipOutcome {
    /// The position of the samples, if the clip is usable.
    pub(super) fn clip(&self) -> Option<PreparedClip> {
        match *self {
            ClipOutcome::Ready { file, offset, samples, audio, .. } => {
                Some(PreparedClip { file, offset, samples, audio })
            }
            ClipOutcome::Failed { .. } => None,
        }
    }
}

/// A file that cannot be used or is damaged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BadFile {
    /// The file, absolute.
    #[serde(serialize_with = "readable")]
    pub file: PathBuf,
    /// The reason why the file cannot be used; absent if it is used in spite of damage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// Packets that could not be decoded and were skipped.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub damaged_packets: u32,
    /// Other damage, for example that the audio is shorter than its container states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub damage: Option<String>,
}

impl BadFile {
    /// Whether the reason is temporary: the file could not be read this time.
    pub fn passes(&self) -> bool {
        self.error.as_ref().is_some_and(|error| error.code == Code::Io.as_str())
    }
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) name: String,
    #[serde(flatten)]
    pub(super) stamp: Stamp,
    #[serde(flatten)]
    pub(super) outcome: ClipOutcome,
}

/// The contents of an index file.
#[derive(Default)]
pub(super) struct Index {
    pub(super) lines: HashMap<String, (Stamp, ClipOutcome)>,
    /// For each data file: the number of samples up to the last one that any line refers to, including lines that are
    /// no longer valid.
    ends: HashMap<u32, u64>,
    /// The size of the file in bytes if lines can be appended to it; otherwise it must be rewritten.
    length: Option<u64>,
}

impl Index {
    /// Reads the index at `path` and skips lines that cannot be read. If the index is missing or belongs to another
    /// dataset, the result is empty.
    ///
    /// # Errors
    /// [`Code::ModelVersion`] for a cache of a newer version; [`Code::Io`].
    pub(super) fn read(path: &Path, key: &Key) -> Result<Self> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(reason) if reason.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(reason) => return Err(unread(path, &reason)),
        };
        let mut lines = bytes.split_inclusive(|&byte| byte == b'\n');
        let header = lines.next().and_then(|line| line.strip_suffix(b"\n")).map(serde_json::from_slice::<Header>);
        let Some(Ok(header)) = header else { return Ok(Self::default()) };
        if header.format > FORMAT {
            let message = format!(
                "{}: cache format {}, this version reads up to {FORMAT}: update samplecnn or choose another cache \
                 folder",
                path.display(),
                header.format
            );
            return Err(Error::new(Code::ModelVersion, message).with_file(path));
        }
        if header.format < FORMAT || header.key != *key {
            return Ok(Self::default());
        }
        let mut index = Self { length: Some(bytes.len() as u64), ..Self::default() };
        for line in lines {
            match line.strip_suffix(b"\n").map(serde_json::from_slice::<Line>) {
                Some(Ok(line)) if line.outcome.clip().is_none_or(|clip| clip.end().is_some()) => index.insert(line),
                // Cut off when a process was killed, or damaged: the file is rewritten before the next line is added.
                _ => index.length = None,
            }
        }
        Ok(index)
    }

    /// Adds a line.
    pub(super) fn insert(&mut self, line: Line) {
        if let Some(clip) = line.outcome.clip() {
            let end = self.ends.entry(clip.file).or_default();
            *end = (*end).max(clip.offset + clip.samples);
        }
        self.lines.insert(line.name, (line.stamp, line.outcome));
    }

    /// The data files that lines refer to, with the smallest size in bytes that each must have.
    pub(super) fn data(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        self.ends.iter().map(|(&number, &end)| (number, 2 * end))
    }

    /// Whether any line refers to the data file with this number.
    pub(super) fn refers_to(&self, number: u32) -> bool {
        self.ends.contains_key(&number)
    }
}

/// Appends to an index file.
pub(super) struct IndexWriter {
    path: PathBuf,
    file: File,
    length: u64,
}

impl IndexWriter {
    /// Opens the index at `path` for appending. If it is missing, cut off or damaged, a new file is written and then
    /// replaces it.
    pub(super) fn open(path: &Path, key: &Key, index: &Index) -> Result<Self> {
        if index.length.is_none() {
            let mut text = line_of(&Header { format: FORMAT, key: key.clone() })?;
            for (name, (stamp, outcome)) in &index.lines {
                text.extend(line_of(&Line { name: name.clone(), stamp: *stamp, outcome: outcome.clone() })?);
            }
            files::write_atomic(path, &text)?;
        }
        let failed = |reason: std::io::Error| unwritten(path, &reason);
        let file = OpenOptions::new().write(true).open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        Ok(Self { path: path.to_path_buf(), file, length })
    }

    /// Appends one line completely or not at all.
    pub(super) fn append(&mut self, line: &Line) -> Result<()> {
        let text = line_of(line)?;
        let written = self.file.seek(SeekFrom::Start(self.length)).and_then(|_| self.file.write_all(&text));
        if let Err(reason) = written {
            // Best effort: an incomplete line is also detected when the index is read.
            let _ = self.file.set_len(self.length);
            return Err(unwritten(&self.path, &reason));
        }
        self.length += text.len() as u64;
        Ok(())
    }

    pub(super) fn sync(&self) -> Result<()> {
        self.file.sync_data().map_err(|reason| unwritten(&self.path, &reason))
    }
}

fn line_of(line: &impl Serialize) -> Result<Vec<u8>> {
    let mut text = serde_json::to_vec(line).map_err(|reason| Error::new(Code::Internal, reason.to_string()))?;
    text.push(b'\n');
    Ok(text)
}
