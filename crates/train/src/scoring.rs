//! Clip scores of a part, computed by the engine's clip scoring.

use std::sync::atomic::{AtomicBool, Ordering};

use engine::{ClipScore, ClipScorer};
use error::{Error, Result};

use crate::event::{Event, Pace, Phase, Progress};
use crate::part::PartData;

/// Scores `[clips, outputs]` that `scorer` has for the clips of `data`, in the order of the clips. `progress` receives
/// the number of finished clips.
///
/// # Errors
/// Those of the engine; [`error::Code::Io`] where the cache cannot be read; [`Error::aborted`] after `cancel`.
pub(crate) fn score_clips(
    scorer: ClipScorer,
    data: &PartData,
    progress: &mut dyn FnMut(usize),
    cancel: &AtomicBool,
) -> Result<Vec<f32>> {
    let mut scores = Vec::with_capacity(data.clips.len() * data.tags);
    let mut take = |clip: ClipScore| scores.extend_from_slice(&clip.scores);
    scored(scorer, data, &mut take, progress, cancel)?;
    Ok(scores)
}

/// Passes the result of `scorer` for each clip of `data` to `take`, in the order of the clips; its key is the number of
/// the clip. `progress` receives the number of finished clips.
///
/// # Errors
/// As [`score_clips`].
pub(crate) fn scored(
    scorer: ClipScorer,
    data: &PartData,
    take: &mut dyn FnMut(ClipScore),
    progress: &mut dyn FnMut(usize),
    cancel: &AtomicBool,
) -> Result<()> {
    let mut samples = vec![0.0; data.length];
    let mut segments = data.segments.iter().peekable();
    let mut push = |scorer: &mut ClipScorer, clip: usize| {
        while let Some(segment) = segments.next_if(|segment| segment.clip as usize == clip) {
            data.read(*segment, &mut samples)?;
            scorer.push(clip as u64, &samples)?;
        }
        Ok(())
    };
    scored_by(scorer, data.clips.len(), &mut push, take, progress, cancel)
}

/// As [`scored`], for `clips` clips, whose segments `push` passes to the scorer; it receives the clips one after
/// another, by their numbers.
///
/// # Errors
/// Those of `push` and of the engine; [`Error::aborted`] after `cancel`.
pub(crate) fn scored_by(
    mut scorer: ClipScorer,
    clips: usize,
    push: &mut dyn FnMut(&mut ClipScorer, usize) -> Result<()>,
    take: &mut dyn FnMut(ClipScore),
    progress: &mut dyn FnMut(usize),
    cancel: &AtomicBool,
) -> Result<()> {
    let mut done = 0;
    let mut collect = |scorer: &mut ClipScorer| {
        for clip in scorer.finished() {
            take(clip);
            done += 1;
        }
        progress(done);
    };
    for clip in 0..clips {
        if cancel.load(Ordering::Relaxed) {
            return Err(Error::aborted());
        }
        scorer.begin(clip as u64);
        push(&mut scorer, clip)?;
        scorer.end(clip as u64);
        collect(&mut scorer);
    }
    scorer.flush()?;
    collect(&mut scorer);
    Ok(())
}

/// A callback that reports how many of `total` clips are scored.
pub(crate) fn score_progress<'a>(total: usize, on_event: &'a mut dyn FnMut(Event)) -> impl FnMut(usize) + 'a {
    let mut pace = Pace::new();
    move |done| {
        if pace.is_due() || done == total {
            on_event(Event::Progress(Progress::of(Phase::Score, done, total, pace.seconds())));
        }
    }
}
