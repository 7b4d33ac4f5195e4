//! What an output keeps in memory of a row.

use std::ops::Range;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use crate::record::FileFacts;

/// A path: a hash of its bytes as the operating system has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(u128);

/// A file under whichever path: a hash of its name, size, time and fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Content(u128);

/// One row of an output file.
pub struct OutputRow {
    pub key: Key,
    /// None where the row does not say all of it.
    pub content: Option<Content>,
    pub seen: Seen,
    /// Where it stands in the file.
    pub bytes: Range<u64>,
}

/// How a file looked when its row was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub size: Option<u64>,
    pub modified: Option<u64>,
    /// The code of a failure.
    pub failed: Option<Box<str>>,
}

/// The file that a row is about.
pub struct RowFile {
    pub path: PathBuf,
    /// The code of a failure.
    pub failed: Option<Box<str>>,
}

/// What a row says of its file.
#[derive(Default)]
pub struct Said<'a> {
    pub file: &'a str,
    /// The path's bytes in hexadecimal, where `file` cannot hold them.
    pub file_bytes: Option<&'a str>,
    pub size: Option<u64>,
    pub modified: Option<u64>,
    pub fingerprint: Option<&'a str>,
    pub failed: Option<&'a str>,
}

impl Said<'_> {
    /// The row, which stands at `bytes`.
    pub fn row(&self, bytes: Range<u64>) -> OutputRow {
        let path = self.path();
        let seen = Seen { size: self.size, modified: self.modified, failed: self.failed.map(Into::into) };
        let content = content(&path, self.size, self.modified, self.fingerprint);
        OutputRow { key: Key(hash(&[path.as_os_str().as_encoded_bytes()])), content, seen, bytes }
    }

    /// The file it is about.
    pub fn file(&self) -> RowFile {
        RowFile { path: self.path(), failed: self.failed.map(Into::into) }
    }

    fn path(&self) -> PathBuf {
        let decoded = self.file_bytes.and_then(|digits| hex::decode(digits).ok());
        decoded.and_then(crate::listing::path).unwrap_or_else(|| self.file.into())
    }
}

/// The key of `file`.
pub fn key_of(file: &FileFacts) -> Key {
    Key(hash(&[file.path.as_os_str().as_encoded_bytes()]))
}

/// What `file` is under whichever path; None without its fingerprint.
pub fn content_of(file: &FileFacts) -> Option<Content> {
    content(&file.path, file.size, file.modified, file.fingerprint.as_deref())
}

fn content(
    path: &std::path::Path,
    size: Option<u64>,
    modified: Option<u64>,
    fingerprint: Option<&str>,
) -> Option<Content> {
    let name = path.file_name()?.as_encoded_bytes();
    let fingerprint = fingerprint?.as_bytes();
    Some(Content(hash(&[&size?.to_le_bytes(), &modified?.to_le_bytes(), fingerprint, name])))
}

/// 16 bytes of SHA-256 over `parts`, of which only the last may vary in length.
fn hash(parts: &[&[u8]]) -> u128 {
    let mut hasher = Sha256::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize().iter().take(16).fold(0, |number, &byte| number << 8 | u128::from(byte))
}
