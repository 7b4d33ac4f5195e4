//! The forward pass of a block: transform, products, outputs.

use super::kept::Kept;
use super::place::Place;
use super::products::outputs;
use super::strip::Strips;
use super::transform::{pitch, plane, transform};
use super::{products, tiles_of};
use crate::kernels::numbers::Numbers;
use crate::kernels::simd::{Simd, PANEL};
use crate::kernels::winograd::{Tile, F};
use crate::train::arena::{Measure, Span};
use crate::train::clock::Part;
use crate::train::partition::{panels, Block};
use crate::train::state::{Conv, State};

/// The scratch memory of an item for one block.
pub(in crate::train::conv) struct ForwardTaken {
    /// The input rows of a strip, all transformed tiles, and the products of a few tiles.
    rows: Span,
    values: Span,
    products: Span,
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
        let spec = &conv.spec;
        Self {
            rows: from.take(Strips::new(outputs, spec.kernel - 1, spec.from).size()),
            values: from.take(points * plane(segments * tiles_of(block, outputs), spec.from / conv.per_word)),
            products: from.take(products(points)),
        }
    }
}

/// The forward pass of one block and column part, with products of numbers of the format `W`: see `Forward`.
///
/// # Safety
/// As [`crate::train::work::Work::item`]; raw values, maxima and moments of the block in the columns of the part are
/// this item's alone.
#[inline(always)]
pub(in crate::train::conv) unsafe fn forward<S: Simd, W: Numbers<S>, const M: usize, const K: usize>(
    state: &State,
    conv: &Conv,
    (block, segments, part): (&Block, usize, usize),
    worker: usize,
    dropout: bool,
) where
    F<M, K>: Tile,
{
    let spec = &conv.spec;
    let each = tiles_of(block, M);
    let tiles = segments * each;
    let points = M + K - 1;
    let words = spec.from / W::PER_WORD;
    let plane = plane(tiles, words);
    let mut laps = state.clock.start();
    let taken = ForwardTaken::of(&mut state.scratch(worker), conv, (block, segments), (M, points));
    // SAFETY: the scratch is this worker's; inputs are not written meanwhile.
    unsafe {
        let rows = state.memory.write(taken.rows);
        let values = state.memory.write(taken.values);
        let products = state.memory.write(taken.products);
        let map = &state.maps[spec.input];
        let strips = Strips::new(M, K - 1, spec.from);
        let start = block.rows.start as isize - spec.padding as isize;
        for s in 0..segments {
            for tile in strips.tiles(each) {
                let strip = strips.strip(tile, each, rows);
                let (first, into) = (start + strip.first as isize, &mut rows[strip.at * spec.from..]);
                state.load_map::<S>(map, block.segment + s, first, strip.count, dropout, into);
                let to = &mut values[(s * each + tile) * pitch(words)..];
                transform::<S, W, F<M, K>>(rows, spec.from, strip.tiles, to, plane);
            }
        }
        laps.lap(Part::Inputs);
        for panel in panels(part, conv.blocks.forward_parts, spec.to) {
            let size = points * words * PANEL;
            let weights = state.memory.read(conv.forward.part(panel * size, size));
            let mut kept = Kept::<F<M, K>>::new(Place::new(state, block, M, (panel, spec.to)), conv);
            outputs::<S, W, F<M, K>>(values, plane, words, tiles, weights, products, &mut kept);
        }
        S::fence();
        laps.lap(Part::Forward);
    }
}
