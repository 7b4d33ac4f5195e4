//! Checks that prepared clips still hold what was written: every clip is read once before it is used.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use error::{Error, Result, WarningCode};

use super::data::{path, DataFiles};
use super::PreparedClip;
use crate::event::{Event, Pace, Phase, Progress, Warning};

/// Seconds after which the progress of a check is reported.
const TELL_AFTER: f64 = 1.0;

/// Returns the indices of those of `clips` whose samples differ from what was written. `threads` threads check them.
/// The data files of the clips are opened in `files`.
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
        // If a file is missing, its clips count as damaged.
        if path(folder, clip.file).exists() {
            files.open(folder, clip.file)?;
        }
    }
    // In their order on the disk.
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
