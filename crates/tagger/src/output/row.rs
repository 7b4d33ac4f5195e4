//! What an output keeps in memory about a row.

use std::ops::Range;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use crate::record::FileFacts;

/// A path: a hash of its bytes in the operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(u128);

/// A file independent of its path: a hash of its name, size, time and fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Content(u128);

/// One row of an output file.
pub struct OutputRow {
    pub key: Key,
    /// `None` if the row does not have all of these facts.
    pub content: Option<Content>,
    pub seen: Seen,
    /// The position in the file.
    pub bytes: Range<u64>,
    /// The row of its values in a `.npy` file.
    pub vector: Option<u64>,
}

/// The properties of a file when its row was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub size: Option<u64>,
    pub modified: Option<u64>,
    /// The error code of a failure.
    pub failed: Option<Box<str>>,
}

/// The file that a row is about.
pub struct RowFile {
    pub path: PathBuf,
    /// The error code of a failure.
    pub failed: Option<Box<str>>,
}

/// What a row records about its file.
#[derive(Default)]
pub struct Said<'a> {
    pub file: &'a str,
    /// The bytes of the path in hexadecimal, if it is not Unicode.
    pub file_bytes: Option<&'a str>,
    pub size: Option<u64>,
    pub modified: Option<u64>,
    pub fingerprint: Option<&'a str>,
    pub failed: Option<&'a str>,
    /// The row of its values in a `.npy` file.
    pub vector: Option<u64>,
}

impl Said<'_> {
    /// The row at the position `bytes`.
    pub fn row(&self, bytes: Range<u64>) -> OutputRow {
        let path = self.path();
        let seen = Seen { size: self.size, modified: self.modified, failed: self.failed.map(Into::into) };
        let content = content(&path, self.size, self.modified, self.fingerprint);
        let key = Key(hash(&[path.as_os_str().as_encoded_bytes()]));
        OutputRow { key, content, seen, bytes, vector: self.vector }
    }

    /// The file of the row.
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

/// The identity of `file` independent of its path; `None` without its fingerprint.
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

/// 16 bytes of SHA-256 over `parts`, of which only the last one may vary in length.
fn hash(parts: &[&[u8]]) -> u128 {
    let mut hasher = Sha256::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize().iter().take(16).fold(0, |number, &byte| number << 8 | u128::from(byte))
}
