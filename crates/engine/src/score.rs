//! Clip scores from segments: full batches across clips, and the mean of the segments' scores.

use std::collections::HashMap;

use engine_core::{Inference, Reduction};
use error::{Code, Error, Result};
use net::{Calibration, Task};

use crate::reduced::Reduced;

/// A source of logits for segments: [`Inference`], or a stand-in in tests.
pub trait Network {
    /// The largest number of segments in one call.
    fn batch(&self) -> usize;

    /// The number of samples in one segment.
    fn input_length(&self) -> usize;

    /// The number of outputs.
    fn tags(&self) -> usize;

    /// Computes the logits `[n, tags]` of `segments` `[n, input_length]`, n <= batch. The logits of a segment must not
    /// depend on the other segments.
    fn logits(&mut self, segments: &[f32]) -> Result<&[f32]>;

    /// The number of values that [`Network::tapped`] has for a segment.
    fn width(&self) -> usize {
        0
    }

    /// The values inside the network for the segments of the last call of [`Network::logits`], `[n, width]`; they must
    /// not depend on the other segments.
    fn tapped(&self) -> &[f32] {
        &[]
    }
}

impl Network for Inference {
    fn batch(&self) -> usize {
        Inference::batch(self)
    }

    fn input_length(&self) -> usize {
        Inference::input_length(self)
    }

    fn tags(&self) -> usize {
        Inference::tags(self)
    }

    fn logits(&mut self, segments: &[f32]) -> Result<&[f32]> {
        Inference::logits(self, segments)
    }

    fn width(&self) -> usize {
        Inference::width(self)
    }

    fn tapped(&self) -> &[f32] {
        Inference::tapped(self)
    }
}

/// The scores of one clip.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipScore {
    /// The key that was passed to [`ClipScorer::begin`].
    pub clip: u64,
    /// The number of segments in the mean.
    pub segments: usize,
    /// `[tags]`, in 0..1: the mean over the segments of the sigmoids or, for a single-label task, of the softmaxes;
    /// after [`ClipScorer::calibrated`] the probability that the calibration gives for this mean.
    pub scores: Vec<f32>,
    /// `[segments, tags]`, in 0..1: the scores of each segment, in the order in which the segments were pushed.
    pub timeline: Vec<f32>,
    /// `[width]`: the values inside the network, reduced over the segments; after [`ClipScorer::each_segment`]
    /// `[segments, width]`, not reduced. Empty for a network without taps.
    pub embedding: Vec<f32>,
}

/// The only code that computes clip scores and embeddings from segments: it collects segments of any number of clips
/// into full batches, runs them and averages per clip. Evaluate, tag, embed and the model's methods use it.
///
/// It needs memory for one batch, and for each open clip for the scores of its segments. The scores of a clip are
/// bit-identical for any other clips scored at the same time: the scores of its segments are added in f64, in the order
/// in which the segments were pushed.
pub struct ClipScorer<N = Inference> {
    network: N,
    task: Task,
    /// The reduction of the values inside the network over the segments of a clip.
    across: Reduction,
    /// The reduction of the scores over the segments of a clip.
    pooling: Reduction,
    /// Whether the values of each segment are kept instead of reduced.
    keeps_segments: bool,
    /// The map from the scores of a clip to probabilities, if it is asked for.
    calibration: Option<Calibration>,
    /// Segments that wait for a full batch, `[waiting.len(), input_length]`.
    segments: Vec<f32>,
    /// The opening number of each waiting segment.
    waiting: Vec<u64>,
    /// The clips that were begun, by opening number: an internal number, so that a key can be used again.
    open: HashMap<u64, Open>,
    /// The opening number of every key that still accepts segments.
    keys: HashMap<u64, u64>,
    openings: u64,
    finished: Vec<(u64, ClipScore)>,
    /// Scratch memory for the scores of one segment.
    scores: Vec<f64>,
}

/// A clip that is not finished.
struct Open {
    clip: u64,
    pushed: usize,
    scored: usize,
    ended: bool,
    /// The scores, `[tags]`.
    scores: Reduced,
    /// The scores of the segments so far, `[scored, tags]`.
    timeline: Vec<f32>,
    /// The values inside the network, `[width]`.
    values: Reduced,
    /// The values inside the network of the segments so far, `[scored, width]`, if they are kept.
    kept: Vec<f32>,
}

impl<N: Network> ClipScorer<N> {
    /// Creates a scorer for `network`.
    pub fn new(network: N, task: Task) -> Self {
        let (batch, length, tags) = (network.batch(), network.input_length(), network.tags());
        Self {
            network,
            task,
            across: Reduction::Mean,
            pooling: Reduction::Mean,
            keeps_segments: false,
            calibration: None,
            segments: Vec::with_capacity(batch * length),
            waiting: Vec::with_capacity(batch),
            open: HashMap::new(),
            keys: HashMap::new(),
            openings: 0,
            finished: Vec::new(),
            scores: vec![0.0; tags],
        }
    }

    /// Reduces the values inside the network over the segments of a clip by `across`. Default: the mean.
    pub fn across(self, across: Reduction) -> Self {
        Self { across, ..self }
    }

    /// Reduces the scores over the segments of a clip by `pooling`. Default: the mean, which is what `tag` shows.
    pub fn pooled(self, pooling: Reduction) -> Self {
        Self { pooling, ..self }
    }

    /// Keeps the values inside the network of each segment instead of reducing them over the clip: the memory of a clip
    /// then grows with its segments.
    pub fn each_segment(self) -> Self {
        Self { keeps_segments: true, ..self }
    }

    /// Maps the scores of every clip to probabilities by `calibration`; `None` leaves them as they are. The scores of
    /// single segments stay as they are, because a calibration is fitted to the means over clips. Default: `None`.
    pub fn calibrated(self, calibration: Option<Calibration>) -> Self {
        Self { calibration, ..self }
    }

    /// The network.
    pub fn network(&self) -> &N {
        &self.network
    }

    /// Opens `clip`. The caller chooses the keys, which must be unique among clips between begin and end; beginning a
    /// key again cancels the clip and starts a new one.
    pub fn begin(&mut self, clip: u64) {
        self.cancel(clip);
        self.keys.insert(clip, self.openings);
        let scores = Reduced::new(self.pooling, self.network.tags(), 0.0);
        let values = Reduced::new(self.across, self.network.width(), f64::NEG_INFINITY);
        self.open.insert(
            self.openings,
            Open { clip, pushed: 0, scored: 0, ended: false, scores, timeline: Vec::new(), values, kept: Vec::new() },
        );
        self.openings += 1;
    }

    /// Adds one segment `[input_length]` of a clip between begin and end; runs a batch when it is full.
    ///
    /// Errors: [`Code::InvalidOption`] for a segment of another length, [`Code::Internal`] for a clip that was not
    /// begun, and those of the network. After an error of the network, the segments are still waiting.
    pub fn push(&mut self, clip: u64, segment: &[f32]) -> Result<()> {
        let length = self.network.input_length();
        if segment.len() != length {
            let received = segment.len();
            return Err(Error::new(
                Code::InvalidOption,
                format!("a segment of this network has {length} samples, received {received}"),
            ));
        }
        let opening = self.keys.get(&clip).copied().unwrap_or(u64::MAX);
        if !self.open.contains_key(&opening) {
            return Err(Error::new(Code::Internal, format!("received a segment of clip {clip}, which was not begun")));
        }
        if self.waiting.len() == self.network.batch() {
            // The batch failed to run when it became full.
            self.flush()?;
        }
        if let Some(open) = self.open.get_mut(&opening) {
            open.pushed += 1;
        }
        self.segments.extend_from_slice(segment);
        self.waiting.push(opening);
        if self.waiting.len() == self.network.batch() {
            self.flush()?;
        }
        Ok(())
    }

    /// States that `clip` has no more segments. It is finished when its last batch has run. A clip without segments is
    /// finished at once, with scores of 0.
    pub fn end(&mut self, clip: u64) {
        let Some(opening) = self.keys.remove(&clip) else { return };
        if let Some(open) = self.open.get_mut(&opening) {
            open.ended = true;
        }
        self.finish(opening);
    }

    /// Discards a clip between begin and end, for example because its file is damaged. Its waiting segments are still
    /// computed, but its scores are never returned.
    pub fn cancel(&mut self, clip: u64) {
        if let Some(opening) = self.keys.remove(&clip) {
            self.open.remove(&opening);
        }
    }

    /// Runs the waiting segments in a short batch.
    pub fn flush(&mut self) -> Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let (tags, width) = (self.network.tags(), self.network.width());
        let logits = self.network.logits(&self.segments)?;
        for (opening, logits) in self.waiting.iter().zip(logits.chunks_exact(tags)) {
            if let Some(open) = self.open.get_mut(opening) {
                segment_scores(self.task, logits, &mut self.scores);
                open.scores.add(self.scores.iter().copied());
                open.timeline.extend(self.scores.iter().map(|&score| score as f32));
                open.scored += 1;
            }
        }
        if width > 0 {
            for (opening, values) in self.waiting.iter().zip(self.network.tapped().chunks_exact(width)) {
                if let Some(open) = self.open.get_mut(opening) {
                    match self.keeps_segments {
                        true => open.kept.extend_from_slice(values),
                        false => open.values.add(values.iter().map(|&value| f64::from(value))),
                    }
                }
            }
        }
        self.segments.clear();
        for opening in std::mem::take(&mut self.waiting) {
            self.finish(opening);
        }
        Ok(())
    }

    /// The clips finished since the last call, in the order in which they were opened. A finished clip does not wait
    /// for an unfinished clip that was opened before it.
    pub fn finished(&mut self) -> Vec<ClipScore> {
        self.finished.sort_by_key(|(opening, _)| *opening);
        self.finished.drain(..).map(|(_, score)| score).collect()
    }

    /// Returns the scores of an opening that has ended and whose segments have all run.
    fn finish(&mut self, opening: u64) {
        if !self.open.get(&opening).is_some_and(|open| open.ended && open.scored == open.pushed) {
            return;
        }
        if let Some(open) = self.open.remove(&opening) {
            let Open { clip, pushed, timeline, kept, .. } = open;
            let mut scores = open.scores.over(pushed);
            if let Some(calibration) = &self.calibration {
                calibration.apply(&mut scores);
            }
            let embedding = if self.keeps_segments { kept } else { open.values.over(pushed) };
            self.finished.push((opening, ClipScore { clip, segments: pushed, scores, timeline, embedding }));
        }
    }
}

/// Writes the scores (0..1) of the `logits` of one segment, of which `scores` has as many: sigmoids or, for a
/// single-label task, the softmax.
pub fn segment_scores(task: Task, logits: &[f32], scores: &mut [f64]) {
    match task {
        Task::MultiLabel => {
            scores.iter_mut().zip(logits).for_each(|(score, &x)| *score = 1.0 / (1.0 + f64::from(-x).exp()));
        }
        Task::SingleLabel => {
            let largest = logits.iter().fold(f32::NEG_INFINITY, |m, &x| m.max(x));
            scores.iter_mut().zip(logits).for_each(|(score, &x)| *score = f64::from(x - largest).exp());
            let total: f64 = scores.iter().sum();
            scores.iter_mut().for_each(|score| *score /= total);
        }
    }
}
