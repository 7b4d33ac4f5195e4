//! Collects what the readers before the demuxer find while a file is read.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::Arc;

use crate::mpeg::Findings;

/// The findings of the readers of this file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watch {
    /// Findings about an MPEG stream.
    pub(crate) mpeg: Option<Arc<Findings>>,
    /// Long runs of zeros, if they mean damage in this format.
    pub(crate) zeros: Option<Arc<AtomicU32>>,
    /// Where this container begins, and how far after it the next one begins (`u64::MAX` if no other one follows).
    pub(crate) joined: Option<(u64, Arc<AtomicU64>)>,
}

impl Watch {
    /// The number of places where data is missing that no demuxer reports.
    pub(crate) fn damage(&self) -> u32 {
        let mpeg = self.mpeg.as_ref().map_or(0, |findings| findings.gaps());
        mpeg + self.zeros.as_ref().map_or(0, |zeros| zeros.load(Ordering::Relaxed))
    }

    /// The position in the file where the next container begins.
    pub(crate) fn next(&self) -> Option<u64> {
        let (start, next) = self.joined.as_ref()?;
        let next = next.load(Ordering::Relaxed);
        (next != u64::MAX).then(|| start.saturating_add(next))
    }
}
