//! `sources.jsonl`: the hash of each file by its path, size and times, so that a file is not read again to find its
//! copy. One line per file, append-only; if a path occurs more than once, the last line is valid. If the file is lost,
//! the files are hashed again; nothing is decoded again.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::UNIX_EPOCH;

use error::{Code, Error, Result};
use serde::{Deserialize, Serialize};

use super::failure::unread;
use super::hash::ContentHash;
use super::location::{is_exact, written};

/// The properties of a file by which a change is detected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
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

/// A file and its hash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Source {
    /// The path as [`written`] writes it.
    path: String,
    #[serde(flatten)]
    stamp: Stamp,
    pub(super) content: ContentHash,
}

impl Source {
    pub(super) fn new(path: &Path, stamp: Stamp, content: ContentHash) -> Self {
        Self { path: written(path), stamp, content }
    }
}

/// The files whose hashes are known.
#[derive(Default)]
pub(super) struct Sources(HashMap<String, Source>);

impl Sources {
    /// Reads the list at `path`; lines that cannot be read are skipped.
    ///
    /// # Errors
    /// [`Code::Io`].
    pub(super) fn read(path: &Path) -> Result<Self> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(reason) if reason.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(reason) => return Err(unread(path, &reason)),
        };
        let lines = bytes.split(|&byte| byte == b'\n').filter_map(|line| serde_json::from_slice::<Source>(line).ok());
        Ok(Self(lines.map(|source| (source.path.clone(), source)).collect()))
    }

    /// The hash of the file at `path`, if it has the properties `stamp` as when it was hashed.
    pub(super) fn content(&self, path: &Path, stamp: &Stamp) -> Option<ContentHash> {
        self.0.get(&written(path)).filter(|source| source.stamp == *stamp).map(|source| source.content)
    }

    /// The files that still exist and have not changed since they were hashed. A file whose path is not Unicode cannot
    /// be found by its text and counts as one that exists.
    pub(super) fn existing(self) -> Vec<Source> {
        let unchanged = |source: &Source| Stamp::of(Path::new(&source.path)).is_ok_and(|stamp| stamp == source.stamp);
        let exists = |source: &Source| !is_exact(&source.path) || unchanged(source);
        self.all().into_iter().filter(exists).collect()
    }

    /// All files, in the order of their paths.
    pub(super) fn all(self) -> Vec<Source> {
        let mut all: Vec<_> = self.0.into_values().collect();
        all.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        all
    }
}

/// Appends `sources` to the list at `path`. The caller holds the lock of the cache.
///
/// # Errors
/// [`Code::Output`].
pub(super) fn append(path: &Path, sources: &[Source]) -> Result<()> {
    let lines = lines(sources)?;
    let written =
        OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path).and_then(|mut file| {
            let end = file.seek(SeekFrom::End(0))?;
            let mut last = [b'\n'];
            if end > 0 {
                file.seek(SeekFrom::Start(end - 1))?;
                file.read_exact(&mut last)?;
            }
            if last != [b'\n'] {
                // End an incomplete line first, so that the next one is complete.
                file.write_all(b"\n")?;
            }
            file.write_all(&lines)
        });
    written.map_err(|reason| Error::output(path, &reason))
}

/// Replaces the list at `path` by `sources`. The caller holds the lock of the cache.
///
/// # Errors
/// [`Code::Output`].
pub(super) fn replace(path: &Path, sources: &[Source]) -> Result<()> {
    files::write_atomic(path, &lines(sources)?)
}

fn lines(sources: &[Source]) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    for source in sources {
        serde_json::to_writer(&mut text, source).map_err(|reason| Error::new(Code::Internal, reason.to_string()))?;
        text.push(b'\n');
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_file_whose_path_is_not_unicode_counts_as_one_that_exists() {
        use std::os::unix::ffi::OsStrExt;
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("sources.jsonl");
        std::fs::write(folder.path().join("x"), "x").unwrap();
        let (stamp, content) = (Stamp::of(&folder.path().join("x")).unwrap(), ContentHash::of(b"x"));
        let odd = Path::new(std::ffi::OsStr::from_bytes(b"/music/\xe9.wav"));
        let gone = [Path::new("/music/gone (ff)"), Path::new("/music/gone.wav")];
        let sources: Vec<Source> = [odd, gone[0], gone[1]].map(|path| Source::new(path, stamp, content)).into();
        append(&list, &sources).unwrap();
        assert_eq!(Sources::read(&list).unwrap().existing(), sources[..1]);
    }

    #[test]
    fn a_torn_line_costs_one_file_and_the_last_line_is_valid() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("sources.jsonl");
        let path = |name: &str| folder.path().join(name);
        let (mut stamps, hash) = (Vec::new(), |text: &str| ContentHash::of(text.as_bytes()));
        for name in ["a", "b", "c"] {
            std::fs::write(path(name), name).unwrap();
            stamps.push(Stamp::of(&path(name)).unwrap());
        }
        let source = |index: usize, text| Source::new(&path(["a", "b", "c"][index]), stamps[index], hash(text));
        append(&list, &[source(0, "old"), source(1, "b")]).unwrap();
        let text = std::fs::read_to_string(&list).unwrap();
        std::fs::write(&list, &text[..text.len() - 9]).unwrap();
        append(&list, &[source(0, "a"), source(2, "c")]).unwrap();
        let known = |index: usize| {
            let name = ["a", "b", "c"][index];
            Sources::read(&list).unwrap().content(&path(name), &stamps[index])
        };
        assert_eq!([known(0), known(1), known(2)], [Some(hash("a")), None, Some(hash("c"))]);
        std::fs::write(path("c"), "other").unwrap();
        let there: Vec<_> = Sources::read(&list).unwrap().existing().into_iter().map(|source| source.content).collect();
        assert_eq!(there, [hash("a")]);
        replace(&list, &Sources::read(&list).unwrap().all()).unwrap();
        assert_eq!(std::fs::read_to_string(&list).unwrap().lines().count(), 2);
    }
}
