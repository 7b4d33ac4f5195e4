//! The one thread that runs the network, over the segments of all files.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use engine::{ClipScore, ClipScorer, Network};
use error::Result;

use crate::cancel::Cancel;

/// How long an incomplete batch waits for further segments before it runs short.
const PATIENCE: Duration = Duration::from_millis(20);

/// What decoding threads send to the analysis. Clips are known by the number of their file.
pub(crate) enum Message {
    /// A clip begins.
    Begin(u64),
    /// Its next segment.
    Segment(u64, Vec<f32>),
    /// It is complete.
    End(u64),
    /// It broke: forget it.
    Cancel(u64),
}

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

/// Feeds `messages` to `analysis` until all senders are gone or `cancel` is set. `used` takes back the memory of segments, `done`
/// the finished clips.
pub(crate) fn analyse(
    analysis: &mut dyn Analysis,
    messages: &Receiver<Message>,
    cancel: &Cancel,
    used: impl Fn(Vec<f32>),
    done: impl Fn(ClipScore),
) -> Result<()> {
    let mut waiting = false;
    while !cancel.is_cancelled() {
        match messages.recv_timeout(PATIENCE) {
            Ok(Message::Begin(clip)) => analysis.begin(clip),
            Ok(Message::Segment(clip, segment)) => {
                analysis.push(clip, &segment)?;
                used(segment);
                waiting = true;
            }
            Ok(Message::End(clip)) => analysis.end(clip),
            Ok(Message::Cancel(clip)) => analysis.cancel(clip),
            // Nothing comes: the decoders may be waiting for a result that is held back here.
            Err(RecvTimeoutError::Timeout) if waiting => {
                analysis.flush()?;
                waiting = false;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                analysis.flush()?;
                analysis.finished().into_iter().for_each(&done);
                return Ok(());
            }
        }
        analysis.finished().into_iter().for_each(&done);
    }
    Ok(())
}
