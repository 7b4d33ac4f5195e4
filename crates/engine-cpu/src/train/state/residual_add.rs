//! The buffers of the end of a residual block.

use engine_core::tape::{self, Shortcut};

use super::{Conv, State};
use crate::train::arena::{Measure, Span};

/// The buffers of the end of a residual block.
pub(in crate::train) struct ResidualAdd {
    pub spec: tape::ResidualAdd,
    /// In bytes, `[batch, pooled, channels]`: the row of the maximum in its window, or [`CLOSED`] if the ReLU gives 0.
    pub winner: Span,
    /// `[batch, blocks of the branch, 3, channels]`: the sums of the gradient, of the gradient times the centred
    /// branch, and of the gradient times the centred shortcut.
    pub sums: Span,
}

/// No row of the window passes the ReLU.
pub(in crate::train) const CLOSED: u8 = 255;

impl ResidualAdd {
    pub(super) fn new(
        spec: &tape::ResidualAdd,
        convs: &[Conv],
        batch: usize,
        floats: &mut Measure,
        bytes: &mut Measure,
    ) -> Self {
        Self {
            winner: bytes.take(batch * spec.pooled * spec.channels),
            sums: floats.take(batch * convs[spec.branch].blocks.per_segment * 3 * spec.channels),
            spec: spec.clone(),
        }
    }
}

impl State {
    /// The shortcut convolution of a residual block, if any.
    pub(in crate::train) fn shortcut_of(&self, addition: &ResidualAdd) -> Option<&Conv> {
        match addition.spec.shortcut {
            Shortcut::Conv(id) => Some(&self.convs[id]),
            Shortcut::Identity { .. } => None,
        }
    }
}
