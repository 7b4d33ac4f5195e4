//! Reads the copies of a dataset before they are used: each must still hold what was written.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use error::{Result, WarningCode};

use super::folder::CacheFolder;
use super::hash::ContentHash;
use super::lookup::{find, Found, Wish};
use super::parallel::for_each;
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
    let search = |content| {
        let variants = variants.get(&content).map_or(&[][..], Vec::as_slice);
        find(folder, content, wish, variants)
    };
    let (mut found, total, mut pace) = (HashMap::new(), contents.len(), Pace::new());
    let take = |done, content, outcome| {
        found.insert(content, outcome);
        let seconds = pace.seconds();
        if seconds > TELL_AFTER && (pace.is_due() || done == total) {
            on_event(Event::Progress(Progress::of(Phase::Check, done, total, seconds)));
        }
    };
    for_each(&contents, threads, search, take, cancel)?;
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
