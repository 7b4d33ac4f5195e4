//! What is computed from the segments of clips.

use engine::{ClipScore, ClipScorer, Network};
use error::Result;

/// What is computed from a clip's segments: the scores of its tags by [`ClipScorer`], embeddings later. Clips are known by a number.
pub trait Analysis: Send {
    /// Opens a clip.
    fn begin(&mut self, clip: u64);
    /// Adds a segment of an open clip.
    fn push(&mut self, clip: u64, segment: &[f32]) -> Result<()>;
    /// Says that a clip is complete.
    fn end(&mut self, clip: u64);
    /// Forgets a clip.
    fn cancel(&mut self, clip: u64);
    /// Computes what waits for a full batch.
    fn flush(&mut self) -> Result<()>;
    /// The clips finished since the last call.
    fn finished(&mut self) -> Vec<ClipScore>;
}

impl<N: Network + Send> Analysis for ClipScorer<N> {
    fn begin(&mut self, clip: u64) {
        ClipScorer::begin(self, clip);
    }

    fn push(&mut self, clip: u64, segment: &[f32]) -> Result<()> {
        ClipScorer::push(self, clip, segment)
    }

    fn end(&mut self, clip: u64) {
        ClipScorer::end(self, clip);
    }

    fn cancel(&mut self, clip: u64) {
        ClipScorer::cancel(self, clip);
    }

    fn flush(&mut self) -> Result<()> {
        ClipScorer::flush(self)
    }

    fn finished(&mut self) -> Vec<ClipScore> {
        ClipScorer::finished(self)
    }
}
