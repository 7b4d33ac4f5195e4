//! The files that hold the samples: `pcm.i16`, then `pcm-2.i16` and so on, each 16-bit little endian.
//!
//! A file is only ever appended to. Where one is found damaged, or its index is lost, a new one is begun beside it, and the old one
//! is removed once nobody reads it: readers hold a shared lock.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use error::Result;

use super::failure::{unread, unwritten};
use super::hash::AudioHasher;
use super::PreparedClip;

/// Number of the first file.
pub(super) const FIRST: u32 = 1;
/// Bytes that are read at once.
const PIECE: usize = 1 << 16;

/// The data file of a number in `folder`.
pub(super) fn path(folder: &Path, number: u32) -> PathBuf {
    folder.join(if number == FIRST { "pcm.i16".to_owned() } else { format!("pcm-{number}.i16") })
}

/// The numbers of the data files in `folder`.
pub(super) fn numbers(folder: &Path) -> Vec<u32> {
    let number = |entry: std::io::Result<std::fs::DirEntry>| {
        let name = entry.ok()?.file_name();
        let name = name.to_str()?.strip_prefix("pcm")?.strip_suffix(".i16")?;
        if name.is_empty() {
            Some(FIRST)
        } else {
            name.strip_prefix('-')?.parse().ok()
        }
    };
    std::fs::read_dir(folder).map(|entries| entries.filter_map(number).collect()).unwrap_or_default()
}

/// Bytes of the data file of a number; 0 where it is missing.
pub(super) fn length(folder: &Path, number: u32) -> u64 {
    std::fs::metadata(path(folder, number)).map_or(0, |facts| facts.len())
}

/// Open data files, read piece by piece and never mapped: whatever becomes of them, a read ends in samples or in an error.
#[derive(Default)]
pub(super) struct DataFiles {
    files: HashMap<u32, (PathBuf, File)>,
}

impl DataFiles {
    /// Opens the data file of a number, unless it is open.
    ///
    /// # Errors
    /// [`error::Code::Io`].
    pub(super) fn open(&mut self, folder: &Path, number: u32) -> Result<()> {
        if self.files.contains_key(&number) {
            return Ok(());
        }
        let path = path(folder, number);
        let file = File::open(&path).map_err(|reason| unread(&path, &reason))?;
        // Keeps the file from being removed, where the system has locks that do no more than that.
        #[cfg(unix)]
        let _ = file.try_lock_shared();
        self.files.insert(number, (path, file));
        Ok(())
    }

    /// Reads the bytes of `clip` from its sample `start` on: as many as `bytes` takes, all of which the clip must have.
    ///
    /// # Errors
    /// [`error::Code::Io`].
    pub(super) fn read(&self, clip: PreparedClip, start: u64, bytes: &mut [u8]) -> Result<()> {
        let Some((path, file)) = self.files.get(&clip.file) else {
            return Err(unread(Path::new("pcm.i16"), &std::io::ErrorKind::NotFound.into()));
        };
        read_exact_at(file, bytes, 2 * (clip.offset + start)).map_err(|reason| unread(path, &reason))
    }

    /// Whether the samples of `clip` are those that were written.
    ///
    /// # Errors
    /// [`error::Code::Io`] where they cannot be read just now; a file that is too short is no error.
    pub(super) fn is_sound(&self, clip: PreparedClip) -> Result<bool> {
        let Some((path, file)) = self.files.get(&clip.file) else { return Ok(false) };
        let mut hasher = AudioHasher::default();
        let mut piece = vec![0; PIECE];
        let (mut at, mut left) = (2 * clip.offset, 2 * clip.samples);
        while left > 0 {
            let piece = &mut piece[..left.min(PIECE as u64) as usize];
            match read_exact_at(file, piece, at) {
                Err(reason) if reason.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(false),
                other => other.map_err(|reason| unread(path, &reason))?,
            }
            hasher.update(piece);
            (at, left) = (at + piece.len() as u64, left - piece.len() as u64);
        }
        Ok(hasher.finish() == clip.audio)
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], at: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut bytes: &mut [u8], mut at: u64) -> std::io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, at)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            count => (bytes, at) = (&mut bytes[count..], at + count as u64),
        }
    }
    Ok(())
}

/// The open end of a data file. Whoever has it holds the lock of the cache.
pub(super) struct DataWriter {
    path: PathBuf,
    file: File,
    pub(super) number: u32,
    /// Samples in it, a torn one at its end included.
    end: u64,
}

impl DataWriter {
    /// Opens the data file of a number behind everything that it holds; makes it where it is missing.
    ///
    /// # Errors
    /// [`error::Code::Output`], [`error::Code::Io`].
    pub(super) fn open(folder: &Path, number: u32) -> Result<Self> {
        let path = path(folder, number);
        let failed = |reason: std::io::Error| unwritten(&path, &reason);
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        let end = file.metadata().map_err(failed)?.len().div_ceil(2);
        Ok(Self { path, file, number, end })
    }

    /// Appends samples; returns the first one's place.
    ///
    /// # Errors
    /// [`error::Code::Output`], [`error::Code::Io`].
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<u64> {
        let start = self.end;
        let written = self.file.seek(SeekFrom::Start(2 * start)).and_then(|_| self.file.write_all(bytes));
        if let Err(reason) = written {
            // Best effort: gives the space of the half clip back, to which no index has ever referred.
            let _ = self.file.set_len(2 * start);
            return Err(unwritten(&self.path, &reason));
        }
        self.end += bytes.len() as u64 / 2;
        Ok(start)
    }

    pub(super) fn sync(&self) -> Result<()> {
        self.file.sync_data().map_err(|reason| unwritten(&self.path, &reason))
    }
}

/// Removes the data files in `folder` for which `needed` does not hold and that nobody reads.
pub(super) fn remove_unneeded(folder: &Path, needed: impl Fn(u32) -> bool) {
    for number in numbers(folder).into_iter().filter(|&number| !needed(number)) {
        let path = path(folder, number);
        // Best effort: what cannot be removed now costs space and nothing else.
        if File::open(&path).is_ok_and(|file| file.try_lock().is_ok()) {
            let _ = std::fs::remove_file(&path);
        }
    }
}
