//! The backward pass of a block: the sums of the weight gradient, and the gradient with respect to the input.

use engine_core::tape::Value;

use super::products::{outputs, weight_sum};
use super::transform::{depth, pitch, plane, transform, transform_taps};
use super::{products, tiles_of};
use crate::kernels::simd::{Simd, PANEL};
use crate::kernels::winograd::{Tile, F};
use crate::train::arena::{Measure, Span};
use crate::train::partition::{panels, Block};
use crate::train::state::{Conv, State};

/// The scratch memory of an item for one block.
pub(in crate::train::conv) struct BackwardTaken {
    /// The input rows of one segment, and the gradient rows of all segments.
    rows: Span,
    gradients: Span,
    /// All transformed tiles, first of the input and then of the gradient; and the tiles of the gradient transformed as
    /// taps.
    values: Span,
    taps: Span,
    /// The products of a few tiles, and the gradient with respect to the input in one panel.
    products: Span,
    outputs: Span,
}

impl BackwardTaken {
    /// Lays out the scratch memory for `segments` segments of `block`, with the given outputs and points per tile.
    #[inline(always)]
    pub(in crate::train::conv) fn of(
        from: &mut Measure,
        conv: &Conv,
        (block, segments): (&Block, usize),
        (outputs, points): (usize, usize),
    ) -> Self {
        let (spec, each) = (&conv.spec, tiles_of(block, outputs));
        let (tiles, length) = (segments * each, each * outputs + spec.kernel - 1);
        Self {
            rows: from.take(length * spec.from),
            gradients: from.take(segments * length * spec.to),
            values: from.take(points * plane(tiles, spec.from.max(spec.to))),
            taps: from.take(points * depth(tiles, spec.to)),
            products: from.take(products(points)),
            outputs: from.take(tiles * outputs * PANEL),
        }
    }
}

/// The backward pass of one block: adds to the group's weight sums and writes the gradient with respect to the input.
///
/// # Safety
/// As [`crate::train::work::Work::item`].
#[inline(always)]
pub(in crate::train::conv) unsafe fn backward<S: Simd, const M: usize, const K: usize>(
    state: &State,
    conv: &Conv,
    (block, segments, part): (&Block, usize, usize),
    (group, first): (usize, bool),
    worker: usize,
    (dropout, input_gradient): (bool, bool),
) where
    F<M, K>: Tile,
    F<K, M>: Tile,
{
    let spec = &conv.spec;
    let each = tiles_of(block, M);
    let tiles = segments * each;
    let points = M + K - 1;
    let parts = conv.blocks.backward_parts;
    let before = K - 1 - spec.padding;
    let length = each * M + K - 1;
    let taken = BackwardTaken::of(&mut state.scratch(worker), conv, (block, segments), (M, points));
    // SAFETY: the scratch is this worker's; the sum's panels are this item's; inputs and gradients of outputs are not
    // written meanwhile.
    unsafe {
        let rows = state.memory.write(taken.rows);
        let gradients = state.memory.write(taken.gradients);
        let values = state.memory.write(taken.values);
        let taps = state.memory.write(taken.taps);
        let products = state.memory.write(taken.products);
        let out = state.memory.write(taken.outputs);
        let wide = plane(tiles, spec.from);
        let stride = tiles * PANEL;
        let deep = depth(tiles, spec.to);
        for s in 0..segments {
            let n = block.segment + s;
            let start = block.rows.start as isize - spec.padding as isize;
            state.load_map(&state.maps[spec.input], n, start, length, dropout, rows);
            let to = &mut values[s * each * pitch(spec.from)..];
            transform::<S, F<M, K>>(rows, spec.from, each, to, wide);
            let gradient = &mut gradients[s * length * spec.to..];
            state.load_gradient(conv, n, block.rows.start as isize - before as isize, length, gradient);
            let own = &gradient[before * spec.to..];
            transform_taps::<S, M, K>(own, spec.to, each, taps, (s * each, stride, deep));
        }
        let size = spec.from * spec.to;
        for point in 0..points {
            let sum = state.weight_sums.part((group * points + point) * size, size);
            for panel in panels(part, parts, spec.to) {
                let column = panel * PANEL;
                let shape = (spec.from, PANEL.min(spec.to - column));
                let gradient = &taps[point * deep + panel * stride..];
                let sum = sum.behind(column);
                let sum = (state.memory.pointer(sum), sum.len);
                weight_sum::<S>(&values[point * wide..], shape, tiles, gradient, sum, spec.to, first);
            }
        }
        let own = panels(part, parts, spec.from);
        let (Some(weights), false) = (conv.backward, own.is_empty()) else { return };
        if !state.tape.wants_gradient(spec.input, input_gradient) {
            return;
        }
        let wide = plane(tiles, spec.to);
        for s in 0..segments {
            let to = &mut values[s * each * pitch(spec.to)..];
            transform::<S, F<M, K>>(&gradients[s * length * spec.to..], spec.to, each, to, wide);
        }
        let repeated = match state.maps[spec.input].spec.value {
            Value::Conv(id) if !input_gradient => state.convs[id].wave.as_ref().map(|wave| (&state.convs[id], wave)),
            _ => None,
        };
        for panel in own {
            let size = points * spec.to * PANEL;
            let weights = state.memory.read(weights.part(panel * size, size));
            outputs::<S, F<M, K>>(values, wide, spec.to, tiles, weights, products, out);
            let (column, width) = (panel * PANEL, PANEL.min(spec.from - panel * PANEL));
            for s in 0..segments {
                if let Some((conv, wave)) = repeated {
                    // No other operation needs this gradient, so only its sums are stored.
                    let from = (&out[s * each * M * PANEL..], PANEL);
                    state.wave_sums(conv, wave, (block.segment + s, block), from, (column, width));
                    continue;
                }
                for row in block.rows.clone() {
                    let place = ((block.segment + s) * spec.input_length + row) * spec.from + column;
                    let to = state.memory.write(state.maps[spec.input].gradient.part(place, width));
                    let value = &out[(s * each * M + row - block.rows.start) * PANEL..][..width];
                    if spec.accumulate {
                        for c in 0..width {
                            to[c] += value[c];
                        }
                    } else {
                        to.copy_from_slice(value);
                    }
                }
            }
        }
    }
}
