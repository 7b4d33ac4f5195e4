//! One process at a time fills a cache.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use error::{Code, Error, Result};

use super::failure::unwritten;
use crate::event::{Event, Warning};

/// Waits until no other process fills the cache in `folder`.
///
/// # Errors
/// [`Code::Output`], [`Code::Io`]; [`Code::Aborted`] after `cancel`.
pub(super) fn lock(folder: &Path, on_event: &mut dyn FnMut(Event), cancel: &AtomicBool) -> Result<File> {
    let path = folder.join("lock");
    if path.is_symlink() {
        let message = format!("{} is a link, not the lock of a cache: remove it", path.display());
        return Err(Error::new(Code::Output, message).with_file(&path));
    }
    let failed = |reason: std::io::Error| unwritten(&path, &reason);
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            // Some network file systems have no locks.
            Err(TryLockError::Error(reason)) if reason.kind() == std::io::ErrorKind::Unsupported => return Ok(file),
            Err(TryLockError::Error(reason)) => return Err(failed(reason)),
            Err(TryLockError::WouldBlock) => {}
        }
        if cancel.load(Ordering::Relaxed) {
            return Err(Error::aborted());
        }
        if !told {
            let message = format!("waiting: another process prepares {}", folder.display());
            on_event(Event::Warning(Warning::new("waiting-for-cache", message)));
            told = true;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}
