//! The lock of the cache. It is held for moments only: while `sources.jsonl` is changed, while a lease on existing
//! copies begins, and while copies are removed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use error::{Error, Result, WarningCode};
use files::Lock;

use super::folder::CacheFolder;
use crate::event::{Event, Warning};

/// Seconds after which waiting is reported.
const TELL_AFTER: Duration = Duration::from_secs(2);
/// Time between two attempts.
const PAUSE: Duration = Duration::from_millis(10);

/// Takes the lock of the cache; waits while another process holds it.
///
/// # Errors
/// [`error::Code::Output`]; [`error::Code::Aborted`] after `cancel`.
pub(super) fn lock(folder: &CacheFolder, on_event: &mut dyn FnMut(Event), cancel: &AtomicBool) -> Result<Lock> {
    let started = Instant::now();
    let mut told = false;
    loop {
        if let Some(lock) = Lock::take(folder.lock())? {
            return Ok(lock);
        }
        if cancel.load(Ordering::Relaxed) {
            return Err(Error::aborted());
        }
        if !told && started.elapsed() > TELL_AFTER {
            on_event(waiting(format!(
                "waiting for another process that changes the cache {}",
                folder.root().display()
            )));
            told = true;
        }
        std::thread::sleep(PAUSE);
    }
}

/// The warning that this process waits.
pub(super) fn waiting(message: String) -> Event {
    Event::Warning(Warning::new(WarningCode::WaitingForCache, message))
}
