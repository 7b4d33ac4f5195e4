//! Scores of audio that is already in memory, by the same path as those of files.

use audio::{Resampler, SegmentPolicy, Segments};
use engine::{ClipScorer, Inference, Options};
use error::{Code, Error, Result};
use net::Model;
use serde::Serialize;
use tagger::TagScore;

/// Segments of one batch.
const BATCH: usize = 16;
/// Shorter audio says nothing; the limit of files too.
const SHORTEST_SECONDS: f64 = 0.1;

/// What JavaScript gets.
#[derive(Serialize)]
struct Scores {
    /// Seconds.
    duration: f64,
    segments: usize,
    /// Whether the audio was shorter than a segment and padded.
    short: bool,
    /// Every tag, in the model's order.
    tags: Vec<TagScore>,
}

/// A model that is ready to score, with its plan.
pub struct Scorer<'a> {
    model: &'a Model,
    scorer: ClipScorer,
    clips: u64,
}

impl<'a> Scorer<'a> {
    /// Compiles `model` for how `options` say.
    pub fn new(model: &'a Model, options: &Options) -> Result<Self> {
        let inference = Inference::new(&model.architecture, model.tags.len(), &model.parameters, BATCH, options)?;
        Ok(Self { model, scorer: ClipScorer::new(inference, model.task), clips: 0 })
    }

    /// The record of mono `samples` at `rate` Hz: `{duration, segments, short, tags: [{tag, score}]}`, tags in the model's
    /// order.
    pub fn record(&mut self, samples: &[f32], rate: u32) -> Result<String> {
        let duration = check(samples, rate)?;
        let clip = self.clips;
        self.clips += 1;
        self.scorer.begin(clip);
        let short = self.hear(clip, samples, rate).inspect_err(|_| self.scorer.cancel(clip))?;
        self.scorer.end(clip);
        self.scorer.flush()?;
        let score = self
            .scorer
            .finished()
            .into_iter()
            .find(|score| score.clip == clip)
            .ok_or_else(|| Error::new(Code::Internal, "the clip has no scores"))?;
        let names = self.model.tags.iter().cloned();
        let tags = names.zip(score.scores).map(|(tag, score)| TagScore { tag, score }).collect();
        let record = Scores { duration, segments: score.segments, short, tags };
        serde_json::to_string(&record).map_err(|reason| Error::new(Code::Internal, reason.to_string()))
    }

    /// Resamples and cuts; whether the clip was shorter than a segment.
    fn hear(&mut self, clip: u64, samples: &[f32], rate: u32) -> Result<bool> {
        let wanted = self.model.architecture.sampling_rate;
        let mut resampled = Vec::new();
        let samples = if rate == wanted {
            samples
        } else {
            let mut resampler = Resampler::new(rate, wanted)?;
            resampler.push(samples, &mut resampled)?;
            resampler.finish(&mut resampled)?;
            &resampled
        };
        let mut segments =
            Segments::new(self.model.architecture.input_length, SegmentPolicy::All, Some(samples.len() as u64));
        let mut sink = |segment: &[f32]| self.scorer.push(clip, segment);
        segments.push(samples, &mut sink)?;
        Ok(segments.finish(&mut sink)?.short)
    }
}

/// Refuses what a file with these samples would be refused for; seconds otherwise.
fn check(samples: &[f32], rate: u32) -> Result<f64> {
    let duration = samples.len() as f64 / f64::from(rate);
    if let Some(position) = samples.iter().position(|sample| !sample.is_finite()) {
        return Err(Error::new(
            Code::InvalidOption,
            format!("samples must be finite numbers, received {} at position {position}", samples[position]),
        ));
    }
    if duration < SHORTEST_SECONDS {
        return Err(Error::new(
            Code::TooShort,
            format!("{duration:.3} s of audio ({} samples at {rate} Hz); at least 0.1 s are needed", samples.len()),
        ));
    }
    if samples.iter().all(|&sample| sample == 0.0) {
        return Err(Error::new(Code::Silence, format!("all {} samples are zero", samples.len())));
    }
    Ok(duration)
}
