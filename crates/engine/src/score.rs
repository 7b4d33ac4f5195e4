//! From segments to clip scores: full batches across clips, mean over segments of the scores.

use error::{Code, Error, Result};
use net::Task;

use crate::inference::Inference;

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
/// and averages per clip. Evaluate, tag and `Model.tag` all call it. Memory is one batch plus the open clips' sums.
pub struct ClipScorer {
    _inference: Inference,
    _task: Task,
}

impl ClipScorer {
    /// A scorer over `inference`.
    pub fn new(inference: Inference, task: Task) -> Self {
        Self { _inference: inference, _task: task }
    }

    /// Opens `clip`. Keys are the caller's, unique among open clips.
    pub fn begin(&mut self, _clip: u64) {}

    /// Adds one segment of an open clip; runs a batch when it is full.
    pub fn push(&mut self, _clip: u64, _segment: &[f32]) -> Result<()> {
        Err(Error::new(Code::Internal, "not built yet"))
    }

    /// Says that `clip` has no further segments. It is finished when its last batch has run.
    pub fn end(&mut self, _clip: u64) {}

    /// Forgets an open clip (its file broke): its segments are still computed, its scores never appear.
    pub fn cancel(&mut self, _clip: u64) {}

    /// Runs the segments that wait, in a short batch.
    pub fn flush(&mut self) -> Result<()> {
        Ok(())
    }

    /// Clips finished since the last call, in the order in which they were opened.
    pub fn finished(&mut self) -> Vec<ClipScore> {
        Vec::new()
    }
}
