//! What is found about a file while it is read, by the readers that lie in front of the demuxer.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::Arc;

use crate::mpeg::Findings;

/// Findings of the readers that this file has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watch {
    /// Of an MPEG stream.
    pub(crate) mpeg: Option<Arc<Findings>>,
    /// Long runs of zeros, where they mean damage.
    pub(crate) zeros: Option<Arc<AtomicU32>>,
    /// Where this container begins, and behind that the next one (`u64::MAX` where there is none).
    pub(crate) joined: Option<(u64, Arc<AtomicU64>)>,
}

impl Watch {
    /// Places where something is missing that no demuxer tells of.
    pub(crate) fn damage(&self) -> u32 {
        let mpeg = self.mpeg.as_ref().map_or(0, |findings| findings.gaps());
        mpeg + self.zeros.as_ref().map_or(0, |zeros| zeros.load(Ordering::Relaxed))
    }

    /// Where in the file another container begins.
    pub(crate) fn next(&self) -> Option<u64> {
        let (start, next) = self.joined.as_ref()?;
        let next = next.load(Ordering::Relaxed);
        (next != u64::MAX).then(|| start.saturating_add(next))
    }
}
