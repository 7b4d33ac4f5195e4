//! The file on the disk, with a record of read errors: symphonia treats a failed read as the end of
//! the file, as damage or as an unknown format, depending on the layer in which it happens.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use error::{Code, Error, Result};

use crate::input::{Bytes, Storage};

/// How often in a row a signal may interrupt a read before the read counts as failed.
const MAX_INTERRUPTIONS: usize = 100;

/// A file that records the first failed read, and checks that it is still the file that was opened. Clones share the
/// file, its position and this record.
#[derive(Clone)]
pub(crate) struct WatchedFile(Arc<Watched>);

struct Watched {
    storage: Storage,
    /// Length in bytes and modification time when the file was opened.
    length: u64,
    modified: Option<SystemTime>,
    trouble: OnceLock<Trouble>,
}

/// Why the result of reading a file is not valid.
enum Trouble {
    /// A system call failed.
    Unreadable(io::Error),
    /// The file became shorter after it was opened.
    Shorter,
}

impl WatchedFile {
    /// Opens `path`.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Self::new(File::open(path)?)
    }

    /// Watches `file`.
    pub(crate) fn new(file: File) -> io::Result<Self> {
        let facts = file.metadata()?;
        let (length, modified) = (facts.len(), facts.modified().ok());
        let storage = Storage::File(file);
        Ok(Self(Arc::new(Watched { storage, length, modified, trouble: OnceLock::new() })))
    }

    /// The content of a file in memory, for which reads cannot fail.
    pub(crate) fn memory(bytes: &Arc<Bytes>) -> Self {
        let (storage, length) = (Storage::memory(bytes), bytes.len() as u64);
        Self(Arc::new(Watched { storage, length, modified: None, trouble: OnceLock::new() }))
    }

    /// Length in bytes when the file was opened.
    pub(crate) fn length(&self) -> u64 {
        self.0.length
    }

    /// Fails if a read failed; everything that was read before is then invalid.
    ///
    /// # Errors
    /// ERR_IO if a read failed for a temporary reason, or if the file became shorter.
    pub(crate) fn check(&self, path: &Path) -> Result<()> {
        match self.0.trouble.get() {
            None => Ok(()),
            Some(Trouble::Unreadable(reason)) => Err(Error::input(path, Code::Decode, reason)),
            Some(Trouble::Shorter) => Err(changed(path)),
        }
    }

    /// As [`Self::check`], at the end: the length and modification time must also be the same as when the file was
    /// opened.
    ///
    /// # Errors
    /// Also ERR_IO if the file was written to, or if the system cannot tell.
    pub(crate) fn check_unchanged(&self, path: &Path) -> Result<()> {
        self.check(path)?;
        let Storage::File(file) = &self.0.storage else { return Ok(()) };
        let facts = file.metadata().map_err(|reason| Error::input(path, Code::Io, &reason))?;
        if facts.len() != self.0.length || facts.modified().ok() != self.0.modified {
            return Err(changed(path));
        }
        Ok(())
    }

    fn remember(&self, trouble: Trouble) {
        let _ = self.0.trouble.set(trouble);
    }

    /// Runs `call`, repeats it if a signal interrupted it, and records a temporary failure.
    fn attempt<T>(&self, mut call: impl FnMut(&Storage) -> io::Result<T>) -> io::Result<T> {
        let mut interruptions = 0;
        loop {
            let reason = match call(&self.0.storage) {
                Err(reason) if reason.kind() == ErrorKind::Interrupted => {
                    interruptions += 1;
                    if interruptions < MAX_INTERRUPTIONS {
                        continue;
                    }
                    // With another kind of error, because readers repeat interrupted reads without end.
                    io::Error::new(ErrorKind::TimedOut, "interrupted again and again")
                }
                Err(reason) => reason,
                given => return given,
            };
            if error::is_passing(&reason) {
                self.remember(Trouble::Unreadable(copy(&reason)));
            }
            return Err(reason);
        }
    }
}

/// The error for a file that another program writes to.
pub(crate) fn changed(path: &Path) -> Error {
    let message =
        format!("{} changed while it was read: run the same command again when the file is complete", path.display());
    Error::new(Code::Io, message).with_file(path)
}

fn copy(reason: &io::Error) -> io::Error {
    match reason.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(reason.kind(), reason.to_string()),
    }
}

impl Read for WatchedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.attempt(|mut file| file.read(buffer))?;
        if bytes == 0 && !buffer.is_empty() && self.stream_position()? < self.length() {
            self.remember(Trouble::Shorter);
        }
        Ok(bytes)
    }
}

impl Seek for WatchedFile {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.attempt(|mut file| file.seek(position))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error as Reason, ErrorKind, Read, Seek, Write};
    use std::path::Path;

    use error::Code;

    use super::WatchedFile;

    fn ten_bytes() -> (std::fs::File, WatchedFile) {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        file.rewind().unwrap();
        (file.try_clone().unwrap(), WatchedFile::new(file).unwrap())
    }

    #[test]
    fn an_end_where_the_file_ended_when_it_was_opened_is_no_trouble() {
        let (_, mut file) = ten_bytes();
        assert_eq!(file.read_to_end(&mut Vec::new()).unwrap(), 10);
        file.check_unchanged(Path::new("a")).unwrap();
    }

    #[test]
    fn a_file_that_becomes_shorter_or_longer_is_told() {
        let (disk, mut file) = ten_bytes();
        disk.set_len(4).unwrap();
        assert_eq!(file.read_to_end(&mut Vec::new()).unwrap(), 4);
        assert_eq!(file.check(Path::new("a")).unwrap_err().code, Code::Io);
        let (disk, mut file) = ten_bytes();
        disk.set_len(11).unwrap();
        file.read_to_end(&mut Vec::new()).unwrap();
        file.check(Path::new("a")).unwrap();
        let error = file.check_unchanged(Path::new("a")).unwrap_err();
        assert!(error.code == Code::Io && error.message.contains("changed while it was read"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn the_first_error_of_the_system_is_kept_and_a_wrong_request_is_none() {
        let (_, file) = ten_bytes();
        let fail = |errno| file.attempt(|_| Err::<(), _>(Reason::from_raw_os_error(errno))).unwrap_err();
        // EINVAL: the demuxer asked for an invalid position.
        fail(22);
        file.check(Path::new("a")).unwrap();
        fail(5);
        fail(116);
        let error = file.check(Path::new("a")).unwrap_err();
        assert!(error.code == Code::Io && error.message.contains("os error 5"), "{error}");
    }

    #[test]
    fn a_read_that_is_always_interrupted_comes_to_an_end() {
        let (_, file) = ten_bytes();
        let mut calls = 0;
        let interrupted = file.attempt(|_| {
            calls += 1;
            Err::<(), _>(Reason::from(ErrorKind::Interrupted))
        });
        assert_eq!((interrupted.unwrap_err().kind(), calls), (ErrorKind::TimedOut, 100));
        assert_eq!(file.check(Path::new("a")).unwrap_err().code, Code::Io);
    }
}
