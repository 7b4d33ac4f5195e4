//! Finding out whether prepared clips still are what was written: every one is read once before it is used.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use error::{Error, Result, WarningCode};

use super::data::{path, DataFiles};
use super::PreparedClip;
use crate::event::{Event, Pace, Phase, Progress, Warning};

/// Seconds from which on people are told how far a check is.
const TELL_AFTER: f64 = 1.0;

/// The indices of those of `clips` whose samples are not what was written, found in `threads` threads. Their data files get opened
/// in `files`.
///
/// # Errors
/// [`error::Code::Io`]; [`error::Code::Aborted`] after `cancel`.
pub(super) fn damaged(
    folder: &Path,
    clips: &[PreparedClip],
    files: &mut DataFiles,
    threads: usize,
    on_event: &mut dyn FnMut(Event),
    cancel: &AtomicBool,
) -> Result<Vec<usize>> {
    for clip in clips {
        // A file that is gone makes its clips damaged.
        if path(folder, clip.file).exists() {
            files.open(folder, clip.file)?;
        }
    }
    // In the order in which they lie on the disk.
    let mut order: Vec<usize> = (0..clips.len()).collect();
    order.sort_unstable_by_key(|&index| (clips[index].file, clips[index].offset));
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (sender, receiver) = channel::<(usize, Result<bool>)>();
    let mut damaged = Vec::new();
    let (order, shared, total) = (&order, &*files, clips.len());
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, total.max(1)) {
            let (sender, next, stop) = (sender.clone(), &next, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) && !cancel.load(Ordering::Relaxed) {
                    let Some(&index) = order.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                    if sender.send((index, shared.is_sound(clips[index]))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut pace = Pace::new();
        for (done, (index, sound)) in (1..).zip(receiver) {
            match sound {
                Ok(true) => {}
                Ok(false) => damaged.push(index),
                Err(failure) => {
                    stop.store(true, Ordering::Relaxed);
                    return Err(failure);
                }
            }
            let seconds = pace.seconds();
            if seconds > TELL_AFTER && (pace.is_due() || done == total) {
                on_event(Event::Progress(Progress::of(Phase::Check, done, total, seconds)));
            }
        }
        Ok(())
    })?;
    if cancel.load(Ordering::Relaxed) {
        return Err(Error::aborted());
    }
    damaged.sort_unstable();
    Ok(damaged)
}

/// What people are told of damage that was found.
pub(super) fn warning(folder: &Path, names: Vec<String>) -> Warning {
    let (clips, are) = if names.len() == 1 { ("clip", "is") } else { ("clips", "are") };
    let message = format!(
        "{} {clips} in the cache {} {are} damaged and {are} prepared again, the first: {}; check the disk, or what else writes there",
        names.len(),
        folder.display(),
        names.first().map_or("", String::as_str),
    );
    let clips = names.into_iter().take(Warning::CLIPS).collect();
    Warning { clips, ..Warning::new(WarningCode::DamagedCache, message) }
}
