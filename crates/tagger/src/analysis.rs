//! The computation on the segments of clips.

use engine::{ClipScore, ClipScorer, Network};
use error::Result;

/// A computation on the segments of clips, such as the tag scores by [`ClipScorer`]. Clips are identified by numbers.
pub trait Analysis: Send {
    /// Opens a clip.
    fn begin(&mut self, clip: u64);
    /// Adds a segment of an open clip.
    fn push(&mut self, clip: u64, segment: &[f32]) -> Result<()>;
    /// Marks a clip as complete.
    fn end(&mut self, clip: u64);
    /// Discards a clip.
    fn cancel(&mut self, clip: u64);
    /// Computes the segments that wait for a full batch.
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
