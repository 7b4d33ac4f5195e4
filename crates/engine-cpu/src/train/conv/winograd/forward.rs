//! The forward pass of a block: transform, products, outputs.

use super::products::outputs;
use super::transform::{pitch, plane, transform};
use super::{products, tiles_of};
use crate::kernels::simd::{Simd, PANEL};
use crate::kernels::winograd::{Tile, F};
use crate::train::arena::{Measure, Span};
use crate::train::partition::{panels, Block};
use crate::train::state::{Conv, State};

/// The scratch memory of an item for one block.
pub(in crate::train::conv) struct ForwardTaken {
    /// The input rows of one segment, all transformed tiles, the products of a few tiles, and the outputs of one panel.
    rows: Span,
    values: Span,
    products: Span,
    outputs: Span,
}

impl ForwardTaken {
    /// Lays out the scratch memory for `segments` segments of `block`, with the given outputs and points per tile.
    #[inline(always)]
    pub(in crate::train::conv) fn of(
        from: &mut Measure,
        conv: &Conv,
        (block, segments): (&Block, usize),
        (outputs, points): (usize, usize),
    ) -> Self {
        let (spec, each) = (&conv.spec, tiles_of(block, outputs));
        let tiles = segments * each;
        Self {
            rows: from.take((each * outputs + spec.kernel - 1) * spec.from),
            values: from.take(points * plane(tiles, spec.from)),
            products: from.take(products(points)),
            outputs: from.take(tiles * outputs * PANEL),
        }
    }
}

/// The forward pass of one block and column part: see `Forward`. `keep` takes (segment, its rows `[row][32]`, first
/// column, width).
///
/// # Safety
/// As [`crate::train::work::Work::item`].
#[inline(always)]
pub(in crate::train::conv) unsafe fn forward<S: Simd, const M: usize, const K: usize>(
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
    let each = tiles_of(block, M);
    let tiles = segments * each;
    let points = M + K - 1;
    let plane = plane(tiles, spec.from);
    let taken = ForwardTaken::of(&mut state.scratch(worker), conv, (block, segments), (M, points));
    // SAFETY: the scratch is this worker's; inputs are not written meanwhile.
    unsafe {
        let rows = state.memory.write(taken.rows);
        let values = state.memory.write(taken.values);
        let products = state.memory.write(taken.products);
        let out = state.memory.write(taken.outputs);
        for s in 0..segments {
            let start = block.rows.start as isize - spec.padding as isize;
            state.load_map(&state.maps[spec.input], block.segment + s, start, each * M + K - 1, dropout, rows);
            let to = &mut values[s * each * pitch(spec.from)..];
            transform::<S, F<M, K>>(rows, spec.from, each, to, plane);
        }
        for panel in panels(part, conv.blocks.forward_parts, spec.to) {
            let size = points * spec.from * PANEL;
            let weights = state.memory.read(conv.forward.part(panel * size, size));
            outputs::<S, F<M, K>>(values, plane, spec.from, tiles, weights, products, out);
            for s in 0..segments {
                let width = PANEL.min(spec.to - panel * PANEL);
                keep(block.segment + s, &out[s * each * M * PANEL..], panel * PANEL, width);
            }
        }
    }
}
