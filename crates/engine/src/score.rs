//! From segments to clip scores: full batches across clips, mean over segments of the scores.

use std::collections::HashMap;

use engine_core::Inference;
use error::{Code, Error, Result};
use net::Task;

/// What gives logits for segments: [`Inference`], or a stand-in in tests.
pub trait Network {
    /// The largest number of segments of one call.
    fn batch(&self) -> usize;

    /// Samples of one segment.
    fn input_length(&self) -> usize;

    /// Outputs.
    fn tags(&self) -> usize;

    /// Logits `[n, tags]` of `segments` `[n, input_length]`, n <= batch. A segment's logits must not depend on the others.
    fn logits(&mut self, segments: &[f32]) -> Result<&[f32]>;
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
}

/// The scores of one clip.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipScore {
    /// The key that [`ClipScorer::begin`] was given.
    pub clip: u64,
    /// Segments behind the mean.
    pub segments: usize,
    /// `[tags]`, 0..1: mean over the segments of sigmoids, or of softmaxes when single-label.
    pub scores: Vec<f32>,
}

/// The only place that turns segments into clip scores: gathers segments of any number of clips into full batches, runs them
/// and averages per clip. Evaluate, tag and `Model.tag` all call it.
///
/// Memory is one batch plus one sum per open clip. The scores of a clip are bit-identical whatever other clips are scored
/// along with it: its segments are added in the order in which they were pushed, in f64.
pub struct ClipScorer<N = Inference> {
    network: N,
    task: Task,
    /// Segments that wait for a full batch, `[waiting.len(), input_length]`.
    segments: Vec<f32>,
    /// The opening that each of them belongs to.
    waiting: Vec<u64>,
    /// Clips that were begun, by their opening: a number of our own, so that a key may come again.
    open: HashMap<u64, Open>,
    /// The opening of every key that still takes segments.
    keys: HashMap<u64, u64>,
    openings: u64,
    finished: Vec<(u64, ClipScore)>,
    /// The scores of one segment, for the time of one addition.
    scores: Vec<f64>,
}

/// A clip that is not finished.
struct Open {
    clip: u64,
    pushed: usize,
    scored: usize,
    ended: bool,
    /// `[tags]`.
    sums: Vec<f64>,
}

impl<N: Network> ClipScorer<N> {
    /// A scorer over `network`.
    pub fn new(network: N, task: Task) -> Self {
        let (batch, length, tags) = (network.batch(), network.input_length(), network.tags());
        Self {
            network,
            task,
            segments: Vec::with_capacity(batch * length),
            waiting: Vec::with_capacity(batch),
            open: HashMap::new(),
            keys: HashMap::new(),
            openings: 0,
            finished: Vec::new(),
            scores: vec![0.0; tags],
        }
    }

    /// The network behind it.
    pub fn network(&self) -> &N {
        &self.network
    }

    /// Opens `clip`. Keys are the caller's, unique among clips between begin and end; a key that is begun twice starts afresh.
    pub fn begin(&mut self, clip: u64) {
        self.cancel(clip);
        self.keys.insert(clip, self.openings);
        let sums = vec![0.0; self.network.tags()];
        self.open.insert(self.openings, Open { clip, pushed: 0, scored: 0, ended: false, sums });
        self.openings += 1;
    }

    /// Adds one segment `[input_length]` of a clip between begin and end; runs a batch when it is full.
    ///
    /// Errors: [`Code::InvalidOption`] for a segment of another length, [`Code::Internal`] for a clip that was not begun, and
    /// those of the network. After an error of the network the segments still wait.
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
            return Err(Error::new(Code::Internal, format!("a segment of clip {clip}, which was not begun")));
        }
        if self.waiting.len() == self.network.batch() {
            // They failed to run when the batch became full.
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

    /// Says that `clip` has no further segments. It is finished when its last batch has run; without any segment at once, with
    /// scores of 0.
    pub fn end(&mut self, clip: u64) {
        let Some(opening) = self.keys.remove(&clip) else { return };
        if let Some(open) = self.open.get_mut(&opening) {
            open.ended = true;
        }
        self.finish(opening);
    }

    /// Forgets a clip between begin and end (its file broke): its waiting segments are still computed, its scores never appear.
    pub fn cancel(&mut self, clip: u64) {
        if let Some(opening) = self.keys.remove(&clip) {
            self.open.remove(&opening);
        }
    }

    /// Runs the segments that wait, in a short batch.
    pub fn flush(&mut self) -> Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let tags = self.network.tags();
        let logits = self.network.logits(&self.segments)?;
        for (opening, logits) in self.waiting.iter().zip(logits.chunks_exact(tags)) {
            if let Some(open) = self.open.get_mut(opening) {
                score(self.task, logits, &mut self.scores);
                open.sums.iter_mut().zip(&self.scores).for_each(|(sum, score)| *sum += score);
                open.scored += 1;
            }
        }
        self.segments.clear();
        for opening in std::mem::take(&mut self.waiting) {
            self.finish(opening);
        }
        Ok(())
    }

    /// Clips finished since the last call, in the order in which they were opened. A clip does not wait for one that was opened
    /// before it and still goes on.
    pub fn finished(&mut self) -> Vec<ClipScore> {
        self.finished.sort_by_key(|(opening, _)| *opening);
        self.finished.drain(..).map(|(_, score)| score).collect()
    }

    /// Takes the scores of an opening that has ended and whose segments have all run.
    fn finish(&mut self, opening: u64) {
        if !self.open.get(&opening).is_some_and(|open| open.ended && open.scored == open.pushed) {
            return;
        }
        if let Some(open) = self.open.remove(&opening) {
            let count = open.pushed.max(1) as f64;
            let scores = open.sums.iter().map(|sum| (sum / count) as f32).collect();
            self.finished.push((opening, ClipScore { clip: open.clip, segments: open.pushed, scores }));
        }
    }
}

/// The scores of one segment: sigmoids, or the softmax when single-label.
fn score(task: Task, logits: &[f32], scores: &mut [f64]) {
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
