//! Scores of clips whose samples are changed first, such as by noise.

use std::sync::atomic::{AtomicBool, Ordering};

use audio::SegmentPolicy;
use engine::{ClipScorer, Inference};
use error::{Error, Result};
use net::Task;

use crate::part::PartData;

/// Makes new samples from the name of a clip and its samples. It is called from several threads, for one clip at a time
/// in each, in any order.
pub type ClipChange<'a> = &'a (dyn Fn(&str, Vec<f32>) -> Result<Vec<f32>> + Sync);

/// Scores `[clips, outputs]` of the clips of `data` after `change`, in the order of the clips. The changed clips are
/// cut into segments by `policy`; one that is shorter than a segment is padded with zeros. `progress` receives the
/// number of finished clips. As many changed clips are in memory as the process has threads.
///
/// # Errors
/// Those of `change` and of the engine; [`error::Code::Io`]; [`Error::aborted`] after `cancel`.
pub(crate) fn score_changed(
    inference: Inference,
    task: Task,
    data: &PartData,
    policy: SegmentPolicy,
    change: ClipChange<'_>,
    progress: &mut dyn FnMut(usize),
    cancel: &AtomicBool,
) -> Result<Vec<f32>> {
    let mut scorer = ClipScorer::new(inference, task);
    let mut scores = Vec::with_capacity(data.clips.len() * data.tags);
    let mut segment = vec![0.0; data.length];
    let mut done = 0;
    let mut collect = |scorer: &mut ClipScorer| {
        for clip in scorer.finished() {
            scores.extend_from_slice(&clip.scores);
            done += 1;
        }
        progress(done);
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let numbers: Vec<usize> = (0..data.clips.len()).collect();
    for group in numbers.chunks(threads) {
        let changed = changed_clips(group, data, change, cancel)?;
        for (&clip, samples) in group.iter().zip(changed) {
            let key = clip as u64;
            scorer.begin(key);
            for start in policy.starts(samples.len() as u64, data.length as u64) {
                let from = (start as usize).min(samples.len());
                let there = &samples[from..(from + data.length).min(samples.len())];
                segment[..there.len()].copy_from_slice(there);
                segment[there.len()..].fill(0.0);
                scorer.push(key, &segment)?;
            }
            scorer.end(key);
            collect(&mut scorer);
        }
    }
    scorer.flush()?;
    collect(&mut scorer);
    Ok(scores)
}

/// The changed samples of the clips `group`, each computed in a thread of its own.
fn changed_clips(
    group: &[usize],
    data: &PartData,
    change: ClipChange<'_>,
    cancel: &AtomicBool,
) -> Result<Vec<Vec<f32>>> {
    if cancel.load(Ordering::Relaxed) {
        return Err(Error::aborted());
    }
    let one = |clip: usize| {
        let usable = data.clips[clip];
        let mut samples = vec![0.0; usable.prepared.samples as usize];
        data.cache.read(usable.prepared, 0, &mut samples)?;
        change(&usable.clip.name, samples)
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = group.iter().map(|&clip| scope.spawn(move || one(clip))).collect();
        let joined = |thread: std::thread::ScopedJoinHandle<'_, Result<Vec<f32>>>| match thread.join() {
            Ok(changed) => changed,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        threads.into_iter().map(joined).collect()
    })
}
