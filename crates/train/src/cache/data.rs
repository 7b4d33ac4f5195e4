//! The files that hold the samples: `pcm.i16`, then `pcm-2.i16` and so on, each 16-bit little endian.
//!
//! Samples are only ever appended to a file. If a file is found damaged, or its index is lost, a new file is started
//! and the old one is removed once no process reads it: readers hold a shared lock.

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
/// Bytes that are read at a time.
const PIECE: usize = 1 << 16;

/// The path of the data file with this number in `folder`.
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

/// Size in bytes of the data file with this number; 0 if it is missing.
pub(super) fn length(folder: &Path, number: u32) -> u64 {
    std::fs::metadata(path(folder, number)).map_or(0, |facts| facts.len())
}

/// Open data files. They are read piece by piece and never mapped: whatever other programs do to the files, a read
/// returns samples or an error.
#[derive(Default)]
pub(super) struct DataFiles {
    files: HashMap<u32, (PathBuf, File)>,
}

impl DataFiles {
    /// Opens the data file with this number, unless it is open already.
    ///
    /// # Errors
    /// [`error::Code::Io`].
    pub(super) fn open(&mut self, folder: &Path, number: u32) -> Result<()> {
        if self.files.contains_key(&number) {
            return Ok(());
        }
        let path = path(folder, number);
        let file = File::open(&path).map_err(|reason| unread(&path, &reason))?;
        // The lock prevents other processes from removing the file. Only Unix locks do that and nothing else.
        #[cfg(unix)]
        let _ = file.try_lock_shared();
        self.files.insert(number, (path, file));
        Ok(())
    }

    /// Reads `bytes.len()` bytes of `clip`, starting at its sample `start`. The clip must be long enough.
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
    /// [`error::Code::Io`] if they cannot be read this time; a file that is too short is not an error.
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

/// Appends to a data file. The owner holds the lock of the cache.
pub(super) struct DataWriter {
    path: PathBuf,
    file: File,
    pub(super) number: u32,
    /// Number of samples in the file, including an incomplete one at its end.
    end: u64,
}

impl DataWriter {
    /// Opens the data file with this number for appending; creates it if it is missing.
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

    /// Appends samples; returns the position of the first one.
    ///
    /// # Errors
    /// [`error::Code::Output`], [`error::Code::Io`].
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<u64> {
        let start = self.end;
        let written = self.file.seek(SeekFrom::Start(2 * start)).and_then(|_| self.file.write_all(bytes));
        if let Err(reason) = written {
            // Best effort: free the space of the partly written clip, to which no index entry refers.
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

/// Removes the data files in `folder` that are not `needed` and that no process reads.
pub(super) fn remove_unneeded(folder: &Path, needed: impl Fn(u32) -> bool) {
    for number in numbers(folder).into_iter().filter(|&number| !needed(number)) {
        let path = path(folder, number);
        // Best effort: a file that cannot be removed now only takes up space.
        if File::open(&path).is_ok_and(|file| file.try_lock().is_ok()) {
            let _ = std::fs::remove_file(&path);
        }
    }
}
