//! Locks: a file that one process holds as long as it lives.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::Path;

use error::{Code, Error, Result};

use crate::identity;
use crate::target::{open_plainly, what_is};

/// What a lock of ours holds; those of older versions are empty.
const MARK: &[u8] = b"samplecnn lock\n";
/// How often a lock is tried that others remove, or that the file system gives another identity each time.
const TRIES: usize = 100;

/// A lock that this process holds until it is dropped, or the process ends in whatever way.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock file at `path`, making it where it is missing; `None` where another process holds it. It is never emptied, and
    /// no link is followed.
    ///
    /// # Errors
    /// [`Code::Output`] where it is a link, a folder or a file that is no lock of samplecnn, or cannot be made.
    pub fn take(path: impl AsRef<Path>) -> Result<Option<Self>> {
        let path = path.as_ref();
        let failed = |reason: io::Error| Error::output(path, &reason);
        for _ in 0..TRIES {
            let file = match std::fs::symlink_metadata(path) {
                Err(reason) if reason.kind() == io::ErrorKind::NotFound => {
                    match open_plainly(OpenOptions::new().read(true).write(true).create_new(true), path) {
                        Err(reason) if reason.kind() == io::ErrorKind::AlreadyExists => continue,
                        other => other.map_err(failed)?,
                    }
                }
                Err(reason) => return Err(failed(reason)),
                Ok(facts) => {
                    if let Some(what) = what_is(facts.file_type()) {
                        return Err(foreign(path, what));
                    }
                    match open_plainly(OpenOptions::new().read(true).write(true), path) {
                        Err(reason) if reason.kind() == io::ErrorKind::NotFound => continue,
                        other => other.map_err(failed)?,
                    }
                }
            };
            let mut head = Vec::new();
            (&file).take(MARK.len() as u64 + 1).read_to_end(&mut head).map_err(failed)?;
            if !MARK.starts_with(&head) {
                return Err(foreign(path, "a file of others"));
            }
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(reason)) if !has_no_locks(&reason) => return Err(failed(reason)),
                Ok(()) | Err(TryLockError::Error(_)) => {}
            }
            // Whoever removed it in the meantime made room for a lock that this one would not exclude.
            if !identity::leads_to(path, &file) {
                continue;
            }
            if head.is_empty() {
                // On a full disk an empty lock serves as well.
                let _ = (&file).write_all(MARK);
            }
            return Ok(Some(Self { file }));
        }
        let message = format!("cannot lock {}: the file changes all the time; choose another folder", path.display());
        Err(Error::new(Code::Output, message).with_file(path))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing is not enough: a child of this process that has not come to its program yet holds a copy of the descriptor.
        let _ = self.file.unlock();
    }
}

/// Whether `reason` says that the file system has no locks, as some of networks: there one process at a time is up to the user.
pub(crate) fn has_no_locks(reason: &io::Error) -> bool {
    #[cfg(unix)]
    if reason.raw_os_error() == Some(libc::ENOLCK) {
        return true;
    }
    reason.kind() == io::ErrorKind::Unsupported
}

fn foreign(path: &Path, what: &str) -> Error {
    let message =
        format!("{} is {what}, not a lock of samplecnn: choose another folder, or move it away", path.display());
    Error::new(Code::Output, message).with_file(path)
}
