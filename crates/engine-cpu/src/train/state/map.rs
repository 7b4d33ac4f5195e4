//! The buffers of a map.

use engine_core::tape::{self, Value};

use super::{Conv, Excite};
use crate::train::arena::{Measure, Span};

/// The buffers of a map. `data` and `affine` belong to the operation that produces the map.
pub(in crate::train) struct Map {
    pub spec: tape::Map,
    /// The raw pooled values of a convolution, otherwise the values themselves.
    pub data: Span,
    /// `[channels]`: value = ReLU(scale data + shift), if a convolution produces the map.
    pub affine: Option<(Span, Span)>,
    /// `[batch, channels]`: the factors of an excitation.
    pub factors: Option<Span>,
    /// In bytes: 1 where dropout keeps the element.
    pub mask: Option<Span>,
    /// `[batch, length, channels]`.
    pub gradient: Span,
}

impl Map {
    pub(super) fn new(
        spec: &tape::Map,
        (convs, excites): (&[Conv], &[Excite]),
        batch: usize,
        floats: &mut Measure,
        bytes: &mut Measure,
    ) -> Self {
        let size = batch * spec.length * spec.channels;
        let (data, affine) = match spec.value {
            Value::Conv(id) => (convs[id].peak, Some((convs[id].scale, convs[id].shift))),
            Value::Input | Value::ResidualAdd(_) | Value::GlobalPool => (floats.take(size), None),
        };
        Self {
            data,
            affine,
            factors: spec.excite.map(|id| excites[id].factors),
            mask: (spec.dropout > 0.0).then(|| bytes.take(size)),
            gradient: floats.take(size),
            spec: spec.clone(),
        }
    }
}
