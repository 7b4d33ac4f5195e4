//! `index.jsonl`: a header, then one line a clip, appended when the clip is finished. The last line of a name counts.

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

/// 1 had neither hashes nor more than one data file; what it lists is decoded again.
const FORMAT: u32 = 2;

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
    /// Time at which the system noted the last change of content, name or rights, which no program can set; 0 where there is none.
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

/// What became of a clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", untagged)]
pub enum ClipOutcome {
    /// Its samples are in the cache.
    #[serde(rename_all = "camelCase")]
    Ready {
        /// Number of the data file.
        #[serde(default = "first", skip_serializing_if = "is_first")]
        file: u32,
        /// First sample in it.
        offset: u64,
        /// Number of samples.
        samples: u64,
        /// SHA-256 of the samples.
        audio: AudioHash,
        /// Packets that could not be decoded and were skipped.
        #[serde(default, skip_serializing_if = "is_zero")]
        damaged_packets: u32,
        /// What else is wrong with it; absent where nothing is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        damage: Option<String>,
    },
    /// It cannot be used.
    Failed {
        /// Why.
        error: Failure,
    },
}

/// A path that is no Unicode, as far as it can be read.
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
    /// Where the samples are, if they are.
    pub(super) fn clip(&self) -> Option<PreparedClip> {
        match *self {
            ClipOutcome::Ready { file, offset, samples, audio, .. } => {
                Some(PreparedClip { file, offset, samples, audio })
            }
            ClipOutcome::Failed { .. } => None,
        }
    }
}

/// A file that cannot be used, or of which parts are missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BadFile {
    /// The file, absolute.
    #[serde(serialize_with = "readable")]
    pub file: PathBuf,
    /// Why it cannot be used; absent where it is used in spite of damage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// Packets that could not be decoded and were skipped.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub damaged_packets: u32,
    /// What else is wrong with it, such as that it is shorter than its container promises.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub damage: Option<String>,
}

impl BadFile {
    /// Whether the file could only not be read just now.
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

/// What an index file says.
#[derive(Default)]
pub(super) struct Index {
    pub(super) lines: HashMap<String, (Stamp, ClipOutcome)>,
    /// Samples to which any line refers in each data file, also one that counts no more.
    ends: HashMap<u32, u64>,
    /// Bytes of the file, where lines can be appended to it; otherwise it has to be written anew.
    length: Option<u64>,
}

impl Index {
    /// Reads the index at `path`. Lines that cannot be read are left out. A missing index, or one of another dataset, is empty.
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
                "{}: cache format {}, this version reads up to {FORMAT}: update samplecnn or use another cache",
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
                // Torn by a kill or damaged: the file is written anew before the next line.
                _ => index.length = None,
            }
        }
        Ok(index)
    }

    /// Takes a line in.
    pub(super) fn insert(&mut self, line: Line) {
        if let Some(clip) = line.outcome.clip() {
            let end = self.ends.entry(clip.file).or_default();
            *end = (*end).max(clip.offset + clip.samples);
        }
        self.lines.insert(line.name, (line.stamp, line.outcome));
    }

    /// The data files that lines refer to, with the bytes that each must have.
    pub(super) fn data(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        self.ends.iter().map(|(&number, &end)| (number, 2 * end))
    }

    /// Whether any line refers to the data file of a number.
    pub(super) fn refers_to(&self, number: u32) -> bool {
        self.ends.contains_key(&number)
    }
}

/// The open end of an index file.
pub(super) struct IndexWriter {
    path: PathBuf,
    file: File,
    length: u64,
}

impl IndexWriter {
    /// Opens the index at `path` behind its lines; where it is missing, torn or damaged it is written anew, beside the old one and
    /// in its place.
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

    /// Appends one line, or nothing at all.
    pub(super) fn append(&mut self, line: &Line) -> Result<()> {
        let text = line_of(line)?;
        let written = self.file.seek(SeekFrom::Start(self.length)).and_then(|_| self.file.write_all(&text));
        if let Err(reason) = written {
            // Best effort: a torn line is also recognised when the index is read.
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
