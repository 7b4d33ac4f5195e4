//! What the forward pass keeps of the outputs: raw values, the maximum of every window, and the moments of the block.

use std::marker::PhantomData;

use super::place::{Place, TileRows};
use super::products::Outputs;
use crate::kernels::simd::{Simd, PANEL};
use crate::kernels::unroll::unroll;
use crate::kernels::winograd::{Tile, MAX_POINTS};
use crate::train::conv::moments::Differences;
use crate::train::state::Conv;

/// Raw values of at least this number of floats are written past the caches: they are read in the backward pass, when
/// no cache would hold them any more.
const STREAMED: usize = 4 << 20;

/// Keeps the outputs of one panel of one block.
pub(super) struct Kept<'a, T> {
    place: Place<'a>,
    conv: &'a Conv,
    streams: bool,
    /// The running [`Differences`] of each column.
    first: [f32; PANEL],
    sum: [f32; PANEL],
    square: [f32; PANEL],
    tile: PhantomData<T>,
}

impl<'a, T: Tile> Kept<'a, T> {
    pub(super) fn new(place: Place<'a>, conv: &'a Conv) -> Self {
        let [first, sum, square] = [[0.0; PANEL]; 3];
        Self { place, conv, streams: conv.raw.len >= STREAMED, first, sum, square, tile: PhantomData }
    }

    /// Writes the maxima of the complete windows of `P` rows of a tile.
    ///
    /// # Safety
    /// As in `take`.
    #[inline(always)]
    unsafe fn peaks<S: Simd, const P: usize>(&self, tile: &TileRows, channel: usize, outputs: &[S::V; MAX_POINTS]) {
        let spec = &self.conv.spec;
        let first = tile.row / P;
        // SAFETY: windows are this item's; the span is checked.
        unsafe {
            let mut peak = S::splat(f32::NEG_INFINITY);
            unroll!(T::OUTPUTS, I => {
                peak = if I.is_multiple_of(P) { outputs[I] } else { S::max(outputs[I], peak) };
                if (I + 1).is_multiple_of(P) && I < tile.rows {
                    let at = (tile.n * spec.pooled + first + I / P) * spec.to + channel;
                    S::store(self.place.state.memory.pointer(self.conv.peak.part(at, S::LANES)), peak);
                }
            });
        }
    }
}

impl<S: Simd, T: Tile> Outputs<S> for Kept<'_, T> {
    /// # Safety
    /// Raw values, maxima and moments of the block in this panel are written by nobody else meanwhile.
    #[inline(always)]
    unsafe fn take(&mut self, tile: usize, column: usize, outputs: &[S::V; MAX_POINTS]) {
        if column >= self.place.width {
            return;
        }
        let (state, conv, spec) = (self.place.state, self.conv, &self.conv.spec);
        let tile = self.place.rows::<T>(tile);
        let channel = self.place.channel + column;
        let start = (tile.n * spec.length + tile.row) * spec.to + channel;
        let raw = state.memory.pointer(conv.raw.part(start, (tile.rows - 1) * spec.to + S::LANES));
        // SAFETY: the span holds the rows of the tile; columns are inside the panel's arrays.
        unsafe {
            let (first, sum, square) = (
                self.first.as_mut_ptr().add(column),
                self.sum.as_mut_ptr().add(column),
                self.square.as_mut_ptr().add(column),
            );
            let mut differences = if tile.is_first {
                S::store(first, outputs[0]);
                Differences::<S>::new(outputs[0])
            } else {
                Differences { first: S::load(first), sum: S::load(sum), square: S::load(square) }
            };
            unroll!(T::OUTPUTS, I => {
                if I < tile.rows {
                    if self.streams {
                        S::stream(raw.add(I * spec.to), outputs[I]);
                    } else {
                        S::store(raw.add(I * spec.to), outputs[I]);
                    }
                    differences.add(outputs[I]);
                }
            });
            match spec.pool {
                0 | 1 => {}
                2 => self.peaks::<S, 2>(&tile, channel, outputs),
                3 => self.peaks::<S, 3>(&tile, channel, outputs),
                4 => self.peaks::<S, 4>(&tile, channel, outputs),
                5 => self.peaks::<S, 5>(&tile, channel, outputs),
                _ => self.peaks::<S, 6>(&tile, channel, outputs),
            }
            if tile.is_last {
                differences.write(state, conv, (tile.n, self.place.block), channel);
            } else {
                S::store(sum, differences.sum);
                S::store(square, differences.square);
            }
        }
    }
}
