//! Reads the copies of a dataset before they are used: each must still hold what was written.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use error::{Error, Result, WarningCode};

use super::folder::CacheFolder;
use super::hash::ContentHash;
use super::lookup::{find, Found, Wish};
use crate::event::{Event, Pace, Phase, Progress, Warning};

/// Seconds after which the progress of a check is reported.
const TELL_AFTER: f64 = 1.0;

/// Searches the copies of `contents` that serve `wish` and checks them, in `threads` threads.
///
/// # Errors
/// [`error::Code::Io`]; [`error::Code::Aborted`] after `cancel`.
pub(super) fn find_all(
    folder: &CacheFolder,
    mut contents: Vec<ContentHash>,
    wish: Wish,
    threads: usize,
    on_event: &mut dyn FnMut(Event),
    cancel: &AtomicBool,
) -> Result<HashMap<ContentHash, Found>> {
    // The order of the names in the folders.
    contents.sort_unstable();
    contents.dedup();
    let variants = folder.variants(wish.rate, contents.iter().copied());
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (sender, receiver) = channel::<(ContentHash, Result<Found>)>();
    let mut found = HashMap::new();
    let (contents, variants, total) = (&contents, &variants, contents.len());
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, total.max(1)) {
            let (sender, next, stop) = (sender.clone(), &next, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) && !cancel.load(Ordering::Relaxed) {
                    let Some(&content) = contents.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                    let variants = variants.get(&content).map_or(&[][..], Vec::as_slice);
                    if sender.send((content, find(folder, content, wish, variants))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut pace = Pace::new();
        for (done, (content, outcome)) in (1..).zip(receiver) {
            let outcome = outcome.inspect_err(|_| stop.store(true, Ordering::Relaxed))?;
            found.insert(content, outcome);
            let seconds = pace.seconds();
            if seconds > TELL_AFTER && (pace.is_due() || done == total) {
                on_event(Event::Progress(Progress::of(Phase::Check, done, total, seconds)));
            }
        }
        Ok::<(), Error>(())
    })?;
    if cancel.load(Ordering::Relaxed) {
        return Err(Error::aborted());
    }
    Ok(found)
}

/// The warning about damaged clips.
pub(super) fn warning(folder: &Path, names: Vec<String>) -> Warning {
    let (clips, are) = if names.len() == 1 { ("clip", "is") } else { ("clips", "are") };
    let message = format!(
        "{} {clips} in the cache {} {are} damaged and {are} prepared again, the first: {}; check the disk, and whether \
         another program writes to this folder",
        names.len(),
        folder.display(),
        names.first().map_or("", String::as_str),
    );
    let clips = names.into_iter().take(Warning::CLIPS).collect();
    Warning { clips, ..Warning::new(WarningCode::DamagedCache, message) }
}
