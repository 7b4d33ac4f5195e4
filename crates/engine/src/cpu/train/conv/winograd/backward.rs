//! A block going backward: the sums of the weight gradient, and the input's gradient.

use super::products::{outputs, weight_sum};
use super::tiles_of;
use super::transform::{pitch, plane, transform, transform_taps};
use crate::cpu::kernels::simd::{Simd, PANEL};
use crate::cpu::kernels::winograd::{Tile, F};
use crate::cpu::train::partition::{panels, Block};
use crate::cpu::train::state::{Conv, State};
use crate::tape::Value;

/// One block going backward: adds to the group's weight sums, writes the input's gradient.
///
/// # Safety
/// As [`crate::cpu::train::work::Work::item`].
#[inline(always)]
pub(in crate::cpu::train::conv) unsafe fn backward<S: Simd, const M: usize, const K: usize>(
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
    let scratch = state.scratch[worker];
    let each = tiles_of(block, M);
    let tiles = segments * each;
    let points = M + K - 1;
    let parts = conv.blocks.backward_parts;
    let before = K - 1 - spec.padding;
    let length = each * M + K - 1;
    // SAFETY: the scratch is this worker's and was measured for the largest block; the sum's panels are this item's; inputs and
    // gradients of outputs are not written meanwhile.
    unsafe {
        let rows = state.memory.write(scratch.input);
        let gradients = state.memory.write(scratch.gradient);
        let values = state.memory.pointer(scratch.values);
        let taps = state.memory.pointer(scratch.taps);
        let wide = plane(tiles, spec.from);
        let stride = tiles * PANEL;
        let deep = spec.to.div_ceil(PANEL) * stride + 16;
        for s in 0..segments {
            let n = block.segment + s;
            let start = block.rows.start as isize - spec.padding as isize;
            state.load_map(&state.maps[spec.input], n, start, length, dropout, rows);
            transform::<S, F<M, K>>(rows.as_ptr(), spec.from, each, values.add(s * each * pitch(spec.from)), wide);
            let gradient = &mut gradients[s * length * spec.to..];
            state.load_gradient(conv, n, block.rows.start as isize - before as isize, length, gradient);
            let own = gradient.as_ptr().add(before * spec.to);
            transform_taps::<S, M, K>(own, spec.to, each, taps, (s * each, stride, deep));
        }
        let size = spec.from * spec.to;
        for point in 0..points {
            let sum = state.memory.pointer(state.weight_sums.part((group * points + point) * size, size));
            for panel in panels(part, parts, spec.to) {
                let column = panel * PANEL;
                let shape = (spec.from, PANEL.min(spec.to - column));
                let gradient = taps.add(point * deep + panel * stride);
                weight_sum::<S>(values.add(point * wide), shape, tiles, gradient, sum.add(column), spec.to, first);
            }
        }
        let own = panels(part, parts, spec.from);
        let (Some(weights), false) = (conv.backward, own.is_empty()) else { return };
        if !input_gradient && state.maps[spec.input].spec.value == Value::Input {
            return;
        }
        let wide = plane(tiles, spec.to);
        for s in 0..segments {
            let gradient = gradients[s * length * spec.to..].as_ptr();
            transform::<S, F<M, K>>(gradient, spec.to, each, values.add(s * each * pitch(spec.to)), wide);
        }
        let repeated = match state.maps[spec.input].spec.value {
            Value::Conv(id) if !input_gradient => state.convs[id].wave.as_ref().map(|wave| (&state.convs[id], wave)),
            _ => None,
        };
        let products = state.memory.pointer(scratch.products.part(0, points * S::ROWS * PANEL));
        for panel in own {
            let size = points * spec.to * PANEL;
            let weights = state.memory.pointer(weights.part(panel * size, size));
            let out = scratch.product.part(0, tiles * M * PANEL);
            outputs::<S, F<M, K>>(values, wide, spec.to, tiles, weights, products, state.memory.pointer(out));
            let out = state.memory.read(out);
            let (column, width) = (panel * PANEL, PANEL.min(spec.from - panel * PANEL));
            for s in 0..segments {
                if let Some((conv, wave)) = repeated {
                    // Nobody else needs this gradient: only its sums are kept.
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
