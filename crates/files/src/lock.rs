//! Locks: a file that one process holds until it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::Path;

use error::{Code, Error, Result};

use crate::identity;
use crate::target::{open_plainly, what_is};

/// The content of a lock file of samplecnn; lock files of older versions are empty.
const MARK: &[u8] = b"samplecnn lock\n";
/// How often a lock is tried again because another program removes the file, or because the file system gives it a new
/// identity each time.
const TRIES: usize = 100;

/// A lock that this process holds until it is dropped, or until the process ends in any way.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Lock {
    /// Locks the lock file at `path`, and creates it if it is missing; `None` if another process holds the lock. The
    /// file is never emptied, and links are not followed.
    ///
    /// # Errors
    /// [`Code::Output`] if it is a link, a folder or a file that is not a lock file of samplecnn, or if it cannot be
    /// created.
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
                return Err(foreign(path, "another program's file"));
            }
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(reason)) if !has_no_locks(&reason) => return Err(failed(reason)),
                Ok(()) | Err(TryLockError::Error(_)) => {}
            }
            // If the file was removed in the meantime, another process could hold a new lock of the same name.
            if !identity::leads_to(path, &file) {
                continue;
            }
            if head.is_empty() {
                // On a full disk, an empty lock file is sufficient.
                let _ = (&file).write_all(MARK);
            }
            return Ok(Some(Self { file }));
        }
        let message = format!(
            "cannot lock {}: another program changes the file again and again; choose another folder",
            path.display()
        );
        Err(Error::new(Code::Output, message).with_file(path))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing is not enough: between fork and exec, a child of this process holds a copy of the descriptor.
        let _ = self.file.unlock();
    }
}

/// Whether `reason` means that the file system has no locks, like some network file systems. There, the user must make
/// sure that only one process runs.
pub(crate) fn has_no_locks(reason: &io::Error) -> bool {
    #[cfg(unix)]
    if reason.raw_os_error() == Some(libc::ENOLCK) {
        return true;
    }
    reason.kind() == io::ErrorKind::Unsupported
}

fn foreign(path: &Path, what: &str) -> Error {
    let message = format!(
        "{} is {what}, not a lock file of samplecnn: choose another folder, or move the file away",
        path.display()
    );
    Error::new(Code::Output, message).with_file(path)
}
