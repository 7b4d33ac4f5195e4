//! Tags single clips for a caller that waits for the result: a file, the content of a file, or samples.

use std::cell::RefCell;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Arc, Mutex};

use audio::{Input, Resampler, SegmentPolicy, Segmenter};
use engine::ClipScore;
use error::{Code, Error, Result};
use limits::{LOUDEST_SAMPLE, SHORTEST_SECONDS};
use serde::Serialize;
use ts_rs::TS;

use crate::cancel::Cancel;
use crate::decode::{decode, Heard};
use crate::delivery::{chosen, tagged};
use crate::guard::{lock, panicked};
use crate::options::Selection;
use crate::ready::Ready;
use crate::record::{FileFacts, TagScore, Tagged};
use crate::scoring::Listener;

/// Samples that are processed between two checks of the cancel flag.
const CHUNK: usize = 1 << 16;

/// The scores of audio in memory.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "Scores")]
pub struct SampleScores {
    /// Seconds of audio.
    pub duration: f64,
    /// Number of segments over which the scores are averaged.
    pub segments: usize,
    /// Whether the audio was shorter than a segment and padded with zeros.
    pub short: bool,
    /// Every tag in the order of the model; with `top` or `threshold`, and by default with a model whose card has an
    /// output rule, only the best tags, ordered by score.
    pub tags: Vec<TagScore>,
    /// Whether no tag is above its threshold, so that the model says nothing about the audio; absent if not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub abstained: bool,
}

/// The embedding of audio in memory.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "SampleEmbedding")]
pub struct SampleEmbedding {
    /// Seconds of audio.
    pub duration: f64,
    /// Number of segments over which the values are reduced.
    pub segments: usize,
    /// Whether the audio was shorter than a segment and padded with zeros.
    pub short: bool,
    /// The hidden layers, counted from the end, in the order of their values.
    pub levels: Vec<i32>,
    /// Number of values.
    pub width: usize,
    /// The values, level after level.
    pub values: Vec<f32>,
}

/// Passes the result of a clip to its callback, once.
struct Waiting<T> {
    state: Mutex<(Option<T>, Option<Told<T>>)>,
}

type Told<T> = Box<dyn FnOnce(Result<(T, ClipScore)>) + Send>;

impl<T: Send + 'static> Waiting<T> {
    fn new(told: impl FnOnce(Result<(T, ClipScore)>) + Send + 'static) -> Arc<Self> {
        Arc::new(Self { state: Mutex::new((None, Some(Box::new(told)))) })
    }

    /// Stores the facts about the clip until its scores arrive.
    fn keep(&self, facts: T) {
        lock(&self.state).0 = Some(facts);
    }

    fn tell(&self, score: Result<ClipScore>) {
        let (facts, told) = {
            let mut state = lock(&self.state);
            (state.0.take(), state.1.take())
        };
        let Some(told) = told else { return };
        told(match (score, facts) {
            (Ok(score), Some(facts)) => Ok((facts, score)),
            (Ok(_), None) => Err(Error::new(Code::Internal, "a clip was scored before it was decoded")),
            (Err(error), _) => Err(error),
        });
    }
}

impl<T: Send + 'static> Listener for Waiting<T> {
    fn scored(&self, score: ClipScore) {
        self.tell(Ok(score));
    }

    fn failed(&self, _clip: u64, error: Error) {
        self.tell(Err(error));
    }
}

/// Tags one file, or the content of a file, with `ready`. Decodes on the calling thread. The callback `told` receives
/// the result once, on any thread; it must not block.
///
/// # Errors
/// `told` receives the coded errors of the audio crate, those of the analysis, and [`Code::Aborted`] once `cancel` is
/// set.
pub fn tag_input(
    input: &Input,
    ready: &Ready,
    segments: SegmentPolicy,
    selection: Selection,
    cancel: &Cancel,
    told: impl FnOnce(Result<Tagged>) + Send + 'static,
) {
    let (facts, tags) = (FileFacts::of(input.name()), ready.loaded.model.tags.clone());
    let waiting = Waiting::new(move |outcome: Result<(Heard, ClipScore)>| {
        told(outcome.map(|(heard, score)| tagged(facts, heard, &score, &selection, &tags)));
    });
    let architecture = &ready.loaded.model.architecture;
    let (rate, length) = (architecture.sampling_rate, architecture.input_length);
    pass(ready, &waiting, |push, restart| decode(input, rate, length, segments, cancel, push, restart));
}

/// Tags mono `samples`, given in pieces, at `rate` Hz with `ready`. The scores are the same as those of a file with
/// these samples. Works on the calling thread. The callback `told` receives the result once, on any thread; it must not
/// block.
///
/// # Errors
/// `told` receives [`Code::InvalidOption`] for samples that are not finite or louder than [`LOUDEST_SAMPLE`],
/// [`Code::TooShort`] for audio shorter than [`SHORTEST_SECONDS`], [`Code::Silence`], and [`Code::Aborted`] once
/// `cancel` is set.
pub fn tag_samples(
    samples: &[Vec<f32>],
    rate: u32,
    ready: &Ready,
    selection: Selection,
    cancel: &Cancel,
    told: impl FnOnce(Result<SampleScores>) + Send + 'static,
) {
    let tags = ready.loaded.model.tags.clone();
    let waiting = Waiting::new(move |outcome: Result<((f64, bool), ClipScore)>| {
        told(outcome.map(|((duration, short), score)| {
            let tags = chosen(&score.scores, &selection, &tags);
            let abstained = selection.abstains(tags.len());
            SampleScores { duration, segments: score.segments, short, tags, abstained }
        }));
    });
    pass(ready, &waiting, |push, _| hear(samples, rate, ready, cancel, push));
}

/// Computes the embedding of mono `samples`, given in pieces, at `rate` Hz with `ready`, which was made for the hidden
/// layers `levels`. The values are the same as those of a file with these samples. Works as [`tag_samples`], with the
/// same errors.
pub fn embed_samples(
    samples: &[Vec<f32>],
    rate: u32,
    ready: &Ready,
    levels: Vec<i32>,
    cancel: &Cancel,
    told: impl FnOnce(Result<SampleEmbedding>) + Send + 'static,
) {
    let waiting = Waiting::new(move |outcome: Result<((f64, bool), ClipScore)>| {
        told(outcome.map(|((duration, short), score)| SampleEmbedding {
            duration,
            segments: score.segments,
            short,
            levels,
            width: score.embedding.len(),
            values: score.embedding,
        }));
    });
    pass(ready, &waiting, |push, _| hear(samples, rate, ready, cancel, push));
}

/// Starts a clip, calls `hear` to push its segments, and completes the clip.
fn pass<T: Send + 'static>(
    ready: &Ready,
    waiting: &Arc<Waiting<T>>,
    hear: impl FnOnce(&mut dyn FnMut(&[f32]) -> Result<()>, &mut dyn FnMut() -> Result<()>) -> Result<T>,
) {
    let outcome = ready.scoring.begin(waiting.clone()).and_then(|clip| {
        let clip = RefCell::new(clip);
        let push = &mut |segment: &[f32]| clip.borrow_mut().push(segment);
        let restart = &mut || clip.borrow_mut().restart(waiting.clone());
        let heard = catch_unwind(AssertUnwindSafe(|| hear(push, restart)));
        waiting.keep(heard.unwrap_or_else(|panic| Err(panicked(panic.as_ref())))?);
        clip.into_inner().end(true)
    });
    if let Err(error) = outcome {
        waiting.tell(Err(error));
    }
}

/// Resamples and segments the samples; returns the duration in seconds, and whether the clip is shorter than a segment.
fn hear(
    samples: &[Vec<f32>],
    rate: u32,
    ready: &Ready,
    cancel: &Cancel,
    push: &mut dyn FnMut(&[f32]) -> Result<()>,
) -> Result<(f64, bool)> {
    let (duration, count) = check(samples, rate)?;
    let architecture = &ready.loaded.model.architecture;
    let wanted = architecture.sampling_rate;
    let mut resampler = (rate != wanted).then(|| Resampler::new(rate, wanted)).transpose()?;
    let mut segments = Segmenter::new(architecture.input_length, SegmentPolicy::All, Some(count as u64));
    let mut resampled = Vec::new();
    for chunk in samples.iter().flat_map(|piece| piece.chunks(CHUNK)) {
        if cancel.is_cancelled() {
            return Err(Error::aborted());
        }
        match &mut resampler {
            None => segments.push(chunk, push)?,
            Some(resampler) => {
                resampled.clear();
                resampler.push(chunk, &mut resampled)?;
                segments.push(&resampled, push)?;
            }
        }
    }
    if let Some(resampler) = &mut resampler {
        resampled.clear();
        resampler.finish(&mut resampled)?;
        segments.push(&resampled, push)?;
    }
    Ok((duration, segments.finish(push)?.short))
}

/// Refuses samples for which a file would be refused; otherwise returns the duration in seconds and the number of
/// samples.
fn check(samples: &[Vec<f32>], rate: u32) -> Result<(f64, usize)> {
    let (mut count, mut audible) = (0, false);
    for piece in samples {
        if let Some(position) = piece.iter().position(|sample| sample.is_nan() || sample.abs() > LOUDEST_SAMPLE) {
            let (sample, position) = (piece[position], count + position);
            let advice = match sample.is_finite() {
                true => "; divide 16-bit numbers by 32768 first",
                false => "",
            };
            let message =
                format!("samples must be finite numbers in -1..1, received {sample} at position {position}{advice}");
            return Err(Error::new(Code::InvalidOption, message));
        }
        audible = audible || piece.iter().any(|&sample| sample != 0.0);
        count += piece.len();
    }
    let duration = count as f64 / f64::from(rate);
    if duration < SHORTEST_SECONDS {
        let message = format!(
            "{duration:.3} s of audio ({count} samples at {rate} Hz); at least {SHORTEST_SECONDS} s are needed"
        );
        return Err(Error::new(Code::TooShort, message));
    }
    if !audible {
        return Err(Error::new(Code::Silence, format!("all {count} samples are zero")));
    }
    Ok((duration, count))
}
