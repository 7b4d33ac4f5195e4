//! A block going forward: transform, products, outputs.

use super::products::outputs;
use super::tiles_of;
use super::transform::{pitch, plane, transform};
use crate::cpu::kernels::simd::{Simd, PANEL};
use crate::cpu::kernels::winograd::{Tile, F};
use crate::cpu::train::partition::{panels, Block};
use crate::cpu::train::state::{Conv, State};

/// One block and column part going forward: see `Forward`. `keep` takes (segment, its rows `[row][32]`, first column, width).
///
/// # Safety
/// As [`crate::cpu::train::work::Work::item`].
#[inline(always)]
pub(in crate::cpu::train::conv) unsafe fn forward<S: Simd, const M: usize, const K: usize>(
    state: &State,
    conv: &Conv,
    (block, segments, part): (&Block, usize, usize),
    worker: usize,
    dropout: bool,
    mut keep: impl FnMut(usize, &[f32], usize, usize),
) where
    F<M, K>: Tile,
{
    let spec = &conv.spec;
    let scratch = state.scratch[worker];
    let each = tiles_of(block, M);
    let tiles = segments * each;
    let points = M + K - 1;
    let plane = plane(tiles, spec.from);
    // SAFETY: the scratch is this worker's and was measured for the largest block; inputs are not written meanwhile.
    unsafe {
        let rows = state.memory.write(scratch.input);
        let values = state.memory.pointer(scratch.values.part(0, points * plane));
        for s in 0..segments {
            let start = block.rows.start as isize - spec.padding as isize;
            state.load_map(&state.maps[spec.input], block.segment + s, start, each * M + K - 1, dropout, rows);
            transform::<S, F<M, K>>(rows.as_ptr(), spec.from, each, values.add(s * each * pitch(spec.from)), plane);
        }
        let products = state.memory.pointer(scratch.products.part(0, points * S::ROWS * PANEL));
        for panel in panels(part, conv.blocks.forward_parts, spec.to) {
            let size = points * spec.from * PANEL;
            let weights = state.memory.pointer(conv.forward.part(panel * size, size));
            let out = scratch.product.part(0, tiles * M * PANEL);
            outputs::<S, F<M, K>>(values, plane, spec.from, tiles, weights, products, state.memory.pointer(out));
            let out = state.memory.read(out);
            for s in 0..segments {
                let width = PANEL.min(spec.to - panel * PANEL);
                keep(block.segment + s, &out[s * each * M * PANEL..], panel * PANEL, width);
            }
        }
    }
}
