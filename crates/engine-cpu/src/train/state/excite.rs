//! The buffers of an excitation.

use engine_core::tape::{self, Consumer, Excited};

use super::{Conv, State};
use crate::train::arena::{Measure, Span};

/// The buffers of an excitation.
pub(in crate::train) struct Excite {
    pub spec: tape::Excite,
    /// `squeezed` `[batch, channels]`, `hidden` `[batch, hidden]` and `factors` `[batch, channels]`.
    pub squeezed: Span,
    pub hidden: Span,
    pub factors: Span,
    /// `[batch, channels]`: the gradient of the factors; later the gradient of the mean, divided by the mean's length.
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

    /// Whether its input is the branch of a residual block.
    pub(in crate::train) fn on_branch(&self) -> bool {
        matches!(self.spec.of, Excited::Branch(_))
    }
}

impl State {
    /// The excitation of the output of a convolution, if any.
    #[inline(always)]
    pub(in crate::train) fn excite_of(&self, conv: &Conv) -> Option<&Excite> {
        match conv.spec.consumer {
            Consumer::Map(map) => self.maps[map].spec.excite.map(|id| &self.excites[id]),
            Consumer::Branch(addition) => self.residual_adds[addition].spec.excite.map(|id| &self.excites[id]),
            Consumer::Shortcut(_) => None,
        }
    }
}
