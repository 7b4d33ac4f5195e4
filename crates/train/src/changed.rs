//! Scores of clips whose samples are changed first, such as by noise.

use std::ops::Range;
use std::sync::atomic::AtomicBool;

use audio::SegmentPolicy;
use engine::{ClipScore, ClipScorer};
use error::Result;

use crate::part::PartData;
use crate::scoring::scored_by;

/// Makes new samples from the name of a clip and its samples. It is called from several threads, for one clip at a time
/// in each, in any order.
pub type ClipChange<'a> = &'a (dyn Fn(&str, Vec<f32>) -> Result<Vec<f32>> + Sync);

/// Scores `[clips, outputs]` that `scorer` has for the clips of `data` after `change`, in the order of the clips. The
/// changed clips are cut into segments by `policy`; one that is shorter than a segment is padded with zeros. `progress`
/// receives the number of finished clips. As many changed clips are in memory as the process has threads.
///
/// # Errors
/// Those of `change` and of the engine; [`error::Code::Io`]; [`error::Error::aborted`] after `cancel`.
pub(crate) fn score_changed(
    scorer: ClipScorer,
    data: &PartData,
    policy: SegmentPolicy,
    change: ClipChange<'_>,
    progress: &mut dyn FnMut(usize),
    cancel: &AtomicBool,
) -> Result<Vec<f32>> {
    let clips = data.clips.len();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut ready = Vec::new().into_iter();
    let mut segment = vec![0.0; data.length];
    let mut push = |scorer: &mut ClipScorer, clip: usize| {
        if clip.is_multiple_of(threads) {
            ready = changed_clips(clip..(clip + threads).min(clips), data, change)?.into_iter();
        }
        let samples = ready.next().unwrap_or_default();
        for start in policy.starts(samples.len() as u64, data.length as u64) {
            let from = (start as usize).min(samples.len());
            let there = &samples[from..(from + data.length).min(samples.len())];
            segment[..there.len()].copy_from_slice(there);
            segment[there.len()..].fill(0.0);
            scorer.push(clip as u64, &segment)?;
        }
        Ok(())
    };
    let mut scores = Vec::with_capacity(clips * data.tags);
    let mut take = |clip: ClipScore| scores.extend_from_slice(&clip.scores);
    scored_by(scorer, clips, &mut push, &mut take, progress, cancel)?;
    Ok(scores)
}

/// The changed samples of the clips with the numbers `group`, each computed in a thread of its own.
fn changed_clips(group: Range<usize>, data: &PartData, change: ClipChange<'_>) -> Result<Vec<Vec<f32>>> {
    let one = |clip: usize| {
        let usable = data.clips[clip];
        let mut samples = vec![0.0; usable.prepared.samples as usize];
        data.cache.read(usable.prepared, 0, &mut samples)?;
        change(&usable.clip.name, samples)
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = group.map(|clip| scope.spawn(move || one(clip))).collect();
        let joined = |thread: std::thread::ScopedJoinHandle<'_, Result<Vec<f32>>>| match thread.join() {
            Ok(changed) => changed,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        threads.into_iter().map(joined).collect()
    })
}
