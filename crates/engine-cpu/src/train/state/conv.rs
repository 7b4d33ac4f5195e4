//! The buffers of a convolution.

use engine_core::{tape, Precision};

use crate::kernels::simd::PANEL;
use crate::train::arena::{Measure, Span};
use crate::train::partition::{is_same, Cut, Partition};
use crate::train::state::Wave;
use crate::train::tiles::Size;

/// The number of floats in a block's input or output. Together with a part of the weights, they stay in the cache of a
/// core.
const BLOCK: usize = 40_000;
/// The number of tiles in a Winograd block for up to 128 channels, and for more channels.
const TILES: [usize; 2] = [70, 56];
/// The minimum number of work items of a direct convolution. The products of the `gemm` crate add in an order that
/// depends on the number of columns, so the parts must not depend on the number of threads.
const SHARES: usize = 16;
/// The minimum number of work items of a Winograd convolution for each thread. Every column part transforms the inputs
/// of its block again, so there should be few.
const SHARES_OF_THREAD: usize = 4;

/// The buffers of a convolution. Its raw output is computed with weights multiplied by the sign of gamma. Norm and ReLU
/// are then non-decreasing functions, so they may be applied after the maximum.
pub(in crate::train) struct Conv {
    pub spec: tape::Conv,
    pub blocks: Partition,
    /// The buffers of a convolution that is recomputed instead of stored.
    pub wave: Option<Wave>,
    /// The size of its Winograd tiles; `None` for direct products.
    pub winograd: Option<Size>,
    /// The number of values in a word of its operands: 2 for Winograd tiles in bf16, otherwise 1.
    pub per_word: usize,
    /// `[batch, length, to]`; empty if the output is recomputed.
    pub raw: Span,
    /// `[batch, pooled, to]`: the maximum of every window; the same span as `raw` if there is no pool.
    pub peak: Span,
    /// `[to]`: the sign of gamma; the scale and shift of scale raw + shift; the mean and 1 / standard deviation of raw.
    pub sign: Span,
    pub scale: Span,
    pub shift: Span,
    pub mean: Span,
    pub inverse: Span,
    /// `[to]`: the gradient of raw is `gradient_scale` times the gradient of the output, plus `raw_scale` raw, plus
    /// `gradient_shift`.
    pub gradient_scale: Span,
    pub raw_scale: Span,
    pub gradient_shift: Span,
    /// `[kernel, from, to]`, multiplied by the sign; transformed: `[panel, point, from / per word, 32]`.
    pub forward: Span,
    /// `[kernel, to, from]`, with reversed taps and multiplied by the sign; transformed: `[panel, point, to / per word,
    /// 32]`. Only if the data gradient is a convolution of stride 1.
    pub backward: Option<Span>,
    /// `[batch, blocks of a segment, 2, to]`: in the forward pass the mean of a block and the sum of its squared
    /// deviations, in the backward pass its two sums.
    pub moments: Span,
}

impl Conv {
    pub(super) fn new(
        spec: &tape::Conv,
        repeated: bool,
        (batch, threads): (usize, usize),
        precision: Precision,
        floats: &mut Measure,
    ) -> Self {
        let winograd = Size::of(spec);
        let per_word = if winograd.is_some() && precision == Precision::Bf16 { 2 } else { 1 };
        let widest = spec.from.max(spec.to);
        let cut = match winograd {
            None => {
                let rows = (BLOCK / widest).clamp(64, 512);
                Cut { rows, windows: 1, segment: spec.length + spec.kernel - 1, shares: SHARES }
            }
            Some(size) => {
                let outputs = size.outputs();
                let tiles = TILES[usize::from(widest > 128)];
                let segment = spec.length.div_ceil(outputs) * outputs;
                Cut { rows: tiles * outputs, windows: outputs / spec.pool, segment, shares: SHARES_OF_THREAD * threads }
            }
        };
        let blocks = Partition::new(spec, batch, cut);
        let raw = floats.take(if repeated { 0 } else { batch * spec.length * spec.to });
        let backward = is_same(spec);
        let weights = |from: usize, to: usize| match winograd {
            None => spec.kernel * from * to,
            Some(size) => size.points() * from / per_word * to.next_multiple_of(PANEL),
        };
        Self {
            raw,
            peak: if spec.pool == 1 { raw } else { floats.take(batch * spec.pooled * spec.to) },
            sign: floats.take(spec.to),
            scale: floats.take(spec.to),
            shift: floats.take(spec.to),
            mean: floats.take(spec.to),
            inverse: floats.take(spec.to),
            gradient_scale: floats.take(spec.to),
            raw_scale: floats.take(spec.to),
            gradient_shift: floats.take(spec.to),
            forward: floats.take(weights(spec.from, spec.to)),
            backward: backward.then(|| floats.take(weights(spec.to, spec.from))),
            moments: floats.take(batch * blocks.per_segment * 2 * spec.to),
            blocks,
            wave: None,
            winograd,
            per_word,
            spec: spec.clone(),
        }
    }

    /// The number of floats in one sum of the weight gradient.
    pub(in crate::train) fn weight_sum(&self) -> usize {
        self.winograd.map_or(self.spec.kernel, Size::points) * self.spec.from * self.spec.to
    }

    pub(super) fn weight_sums(&self) -> usize {
        self.blocks.groups.len() * self.weight_sum()
    }

    /// The number of gradient rows before a block that its data gradient needs.
    pub(in crate::train) fn rows_before(&self) -> usize {
        if self.backward.is_some() {
            self.spec.kernel - 1 - self.spec.padding
        } else {
            (self.spec.kernel - 1).div_ceil(self.spec.stride)
        }
    }

    /// The number of gradient rows after a block that its data gradient needs.
    pub(in crate::train) fn rows_after(&self) -> usize {
        if self.backward.is_some() {
            self.spec.padding
        } else {
            0
        }
    }
}
