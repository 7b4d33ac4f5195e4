//! Buffers of an excitation.

use engine_core::tape::{self, Excited, Taker};

use super::{Conv, State};
use crate::train::arena::{Measure, Span};

/// Buffers of an excitation.
pub(in crate::train) struct Excite {
    pub spec: tape::Excite,
    /// `[batch, channels]`, `[batch, hidden]`, `[batch, channels]`.
    pub squeezed: Span,
    pub hidden: Span,
    pub factors: Span,
    /// `[batch, channels]`: gradient of the factors; then of the mean, divided by its length.
    pub gradient: Span,
    pub hidden_gradient: Span,
}

impl Excite {
    pub(super) fn new(spec: &tape::Excite, batch: usize, floats: &mut Measure) -> Self {
        Self {
            squeezed: floats.take(batch * spec.channels),
            hidden: floats.take(batch * spec.hidden),
            factors: floats.take(batch * spec.channels),
            gradient: floats.take(batch * spec.channels),
            hidden_gradient: floats.take(batch * spec.hidden),
            spec: spec.clone(),
        }
    }

    /// Whether it looks at the branch of a residual block.
    pub(in crate::train) fn on_branch(&self) -> bool {
        matches!(self.spec.of, Excited::Branch(_))
    }
}

impl State {
    /// The excitation of what a convolution feeds, if any.
    #[inline(always)]
    pub(in crate::train) fn excite_of(&self, conv: &Conv) -> Option<&Excite> {
        match conv.spec.taker {
            Taker::Map(map) => self.maps[map].spec.excite.map(|id| &self.excites[id]),
            Taker::Branch(join) => self.joins[join].spec.excite.map(|id| &self.excites[id]),
            Taker::Shortcut(_) => None,
        }
    }
}
