//! The backward pass of a block: the gradient with respect to the input, and the sums of the weight gradient.

use std::marker::PhantomData;

use engine_core::tape::Value;

use super::given::{Stored, Summed};
use super::place::Place;
use super::products::{outputs, weight_sum};
use super::strip::Strips;
use super::transform::{depth, pitch, plane, transform, transform_taps, transform_tiles};
use super::{products, tiles_of};
use crate::kernels::numbers::Numbers;
use crate::kernels::simd::{Simd, PANEL};
use crate::kernels::winograd::{Tile, F};
use crate::train::arena::{Measure, Span};
use crate::train::clock::Part;
use crate::train::conv::wave::MOST_TAPS;
use crate::train::partition::{panels, Block};
use crate::train::state::{Conv, State};

/// The scratch memory of an item for one block.
pub(in crate::train::conv) struct BackwardTaken {
    /// The rows of a strip.
    rows: Span,
    /// All transformed tiles, first of the gradient and then of the input; and the tiles of the gradient transformed as
    /// taps.
    values: Span,
    taps: Span,
    /// The products of a few tiles, and the frames of a recomputed input.
    products: Span,
    frames: Span,
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
        let (spec, tiles) = (&conv.spec, segments * tiles_of(block, outputs));
        let together = tiles.div_ceil(conv.per_word);
        let rows = |channels: usize| Strips::new(outputs, spec.kernel - 1, channels).size();
        Self {
            rows: from.take(rows(spec.from).max(rows(spec.to))),
            values: from.take(points * plane(tiles, spec.to / conv.per_word).max(plane(together, spec.from))),
            taps: from.take(points * depth(together, spec.to)),
            products: from.take(products(points)),
            frames: from.take(tiles * outputs * MOST_TAPS),
        }
    }
}

/// The backward pass of one block, with products of numbers of the format `W`: adds to the group's weight sums and
/// writes the gradient with respect to the input.
///
/// # Safety
/// As [`crate::train::work::Work::item`].
#[inline(always)]
pub(in crate::train::conv) unsafe fn backward<S: Simd, W: Numbers<S>, const M: usize, const K: usize>(
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
    let own = panels(part, parts, spec.from);
    let wanted = !own.is_empty() && state.tape.wants_gradient(spec.input, input_gradient);
    let to_input = conv.backward.filter(|_| wanted);
    let mut laps = state.clock.start();
    let taken = BackwardTaken::of(&mut state.scratch(worker), conv, (block, segments), (M, points));
    // SAFETY: the scratch is this worker's; the sum's panels are this item's; inputs and gradients of outputs are not
    // written meanwhile; the gradient of the input's panels is this item's.
    unsafe {
        let rows = state.memory.write(taken.rows);
        let values = state.memory.write(taken.values);
        let taps = state.memory.write(taken.taps);
        let products = state.memory.write(taken.products);
        // The words of the gradient's channels, and those of the tiles.
        let (words, together) = (spec.to / W::PER_WORD, tiles.div_ceil(W::PER_WORD));
        let stride = together * PANEL;
        let deep = depth(together, spec.to);
        let wide = plane(tiles, words);
        let strips = Strips::new(M, K - 1, spec.to);
        let start = block.rows.start as isize - before as isize;
        for s in 0..segments {
            for tile in strips.tiles(each) {
                let strip = strips.strip(tile, each, rows);
                let (first, into) = (start + strip.first as isize, &mut rows[strip.at * spec.to..]);
                state.load_gradient::<S>(conv, block.segment + s, first, strip.count, into);
                let at = s * each + tile;
                let own = &rows[before * spec.to..];
                transform_taps::<S, W, M, K>(own, spec.to, strip.tiles, taps, (at, stride, deep));
                if to_input.is_some() {
                    let to = &mut values[at * pitch(words)..];
                    transform::<S, W, F<M, K>>(rows, spec.to, strip.tiles, to, wide);
                }
            }
        }
        laps.lap(Part::Gradients);
        if let Some(weights) = to_input {
            let repeated = match state.maps[spec.input].spec.value {
                Value::Conv(id) if !input_gradient => {
                    state.convs[id].wave.as_ref().map(|wave| (&state.convs[id], wave))
                }
                _ => None,
            };
            let frames = state.memory.write(taken.frames);
            if let Some((first_layer, _)) = repeated {
                state.frames(first_layer, (block, segments), each * M, frames);
            }
            for panel in own {
                let size = points * words * PANEL;
                let weights = state.memory.read(weights.part(panel * size, size));
                let place = Place::new(state, block, M, (panel, spec.from));
                if let Some(first_layer) = repeated {
                    // No other operation needs this gradient, so only its sums are stored.
                    let mut to = Summed::<F<M, K>>::new(place, first_layer, frames);
                    outputs::<S, W, F<M, K>>(values, wide, words, tiles, weights, products, &mut to);
                } else {
                    let mut to = Stored::<F<M, K>> {
                        place,
                        gradient: state.maps[spec.input].gradient,
                        length: spec.input_length,
                        channels: spec.from,
                        adds: spec.accumulate,
                        tile: PhantomData,
                    };
                    outputs::<S, W, F<M, K>>(values, wide, words, tiles, weights, products, &mut to);
                }
            }
        }
        laps.lap(Part::DataGradient);
        let (wide, map) = (plane(together, spec.from), &state.maps[spec.input]);
        let strips = Strips::new(M, K - 1, spec.from);
        let start = block.rows.start as isize - spec.padding as isize;
        for s in 0..segments {
            for tile in strips.tiles(each) {
                let strip = strips.strip(tile, each, rows);
                let (first, into) = (start + strip.first as isize, &mut rows[strip.at * spec.from..]);
                state.load_map::<S>(map, block.segment + s, first, strip.count, dropout, into);
                let at = s * each + tile;
                transform_tiles::<S, W, F<M, K>>(rows, spec.from, strip.tiles, values, (at, wide));
            }
        }
        laps.lap(Part::Inputs);
        let size = spec.from * spec.to;
        for point in 0..points {
            let sum = state.weight_sums.part((group * points + point) * size, size);
            for panel in panels(part, parts, spec.to) {
                let column = panel * PANEL;
                let shape = (spec.from, PANEL.min(spec.to - column));
                let gradient = &taps[point * deep + panel * stride..];
                let sum = sum.behind(column);
                let sum = (state.memory.pointer(sum), sum.len);
                weight_sum::<S, W>(&values[point * wide..], shape, together, gradient, sum, spec.to, first);
            }
        }
        laps.lap(Part::WeightGradient);
    }
}
