//! The lock of a cache: only one process at a time fills it.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use error::{Error, Result, WarningCode};
use files::Lock;

use crate::event::{Event, Warning};

/// Waits until no other process fills the cache in `folder`, and takes its lock.
///
/// # Errors
/// [`error::Code::Output`]; [`error::Code::Aborted`] after `cancel`.
pub(super) fn lock(folder: &Path, on_event: &mut dyn FnMut(Event), cancel: &AtomicBool) -> Result<Lock> {
    let mut told = false;
    loop {
        if let Some(lock) = Lock::take(folder.join("lock"))? {
            return Ok(lock);
        }
        if cancel.load(Ordering::Relaxed) {
            return Err(Error::aborted());
        }
        if !told {
            let message = format!("waiting for another process that is preparing {}", folder.display());
            on_event(Event::Warning(Warning::new(WarningCode::WaitingForCache, message)));
            told = true;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}
