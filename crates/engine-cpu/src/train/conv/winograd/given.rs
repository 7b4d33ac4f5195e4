//! What the backward pass does with the data gradient: it is written to the map, or only the sums that a recomputed
//! first layer needs are kept.

use std::marker::PhantomData;

use super::place::{Place, TileRows};
use super::products::Outputs;
use crate::kernels::simd::{Simd, PANEL};
use crate::kernels::unroll::unroll;
use crate::kernels::winograd::{Tile, MAX_POINTS};
use crate::train::arena::Span;
use crate::train::conv::wave::{taps, Running, MOST_TAPS};
use crate::train::state::{Conv, Wave};

/// Writes the data gradient to a map `[batch, length, channels]`, or adds it.
pub(super) struct Stored<'a, T> {
    pub place: Place<'a>,
    pub gradient: Span,
    pub length: usize,
    pub channels: usize,
    pub adds: bool,
    pub tile: PhantomData<T>,
}

impl<S: Simd, T: Tile> Outputs<S> for Stored<'_, T> {
    /// # Safety
    /// Nobody else accesses the gradient of the block's rows in this panel meanwhile.
    #[inline(always)]
    unsafe fn take(&mut self, tile: usize, column: usize, outputs: &[S::V; MAX_POINTS]) {
        let (place, channels) = (&self.place, self.channels);
        if column >= place.width {
            return;
        }
        let TileRows { n, row, rows, .. } = place.rows::<T>(tile);
        let start = (n * self.length + row) * channels + place.channel + column;
        let span = self.gradient.part(start, (rows - 1) * channels + S::LANES);
        let to = place.state.memory.pointer(span);
        // SAFETY: the span holds `rows` rows.
        unsafe {
            unroll!(T::OUTPUTS, I => {
                if I < rows {
                    let to = to.add(I * channels);
                    S::store(to, if self.adds { S::add(S::load(to), outputs[I]) } else { outputs[I] });
                }
            });
        }
    }
}

/// Keeps the sums of the gradient of a recomputed first layer.
pub(super) struct Summed<'a, T> {
    place: Place<'a>,
    conv: &'a Conv,
    wave: &'a Wave,
    frames: &'a [f32],
    /// The running sums, `[1 + kernel][32]`.
    sums: [f32; (1 + MOST_TAPS) * PANEL],
    tile: PhantomData<T>,
}

impl<'a, T> Summed<'a, T> {
    /// For the recomputed layer `conv`; `frames` are those of all tiles of the block, `[segments, rows, kernel]`.
    pub(super) fn new(place: Place<'a>, (conv, wave): (&'a Conv, &'a Wave), frames: &'a [f32]) -> Self {
        Self { place, conv, wave, frames, sums: [0.0; (1 + MOST_TAPS) * PANEL], tile: PhantomData }
    }
}

impl<S: Simd, T: Tile> Outputs<S> for Summed<'_, T> {
    /// # Safety
    /// Nobody else writes the block's sums of this panel meanwhile.
    #[inline(always)]
    unsafe fn take(&mut self, tile: usize, column: usize, outputs: &[S::V; MAX_POINTS]) {
        if column < self.place.width {
            // SAFETY: by the contract.
            unsafe { taps!(self.conv.spec.kernel, <S> self.add(tile, column, outputs)) };
        }
    }
}

impl<T: Tile> Summed<'_, T> {
    /// Adds the outputs of a tile; `K` is the number of taps of the recomputed layer.
    ///
    /// # Safety
    /// As in `take`.
    #[inline(always)]
    unsafe fn add<S: Simd, const K: usize>(&mut self, tile: usize, column: usize, outputs: &[S::V; MAX_POINTS]) {
        let place = self.place;
        let frames = self.frames[tile * T::OUTPUTS * K..][..T::OUTPUTS * K].as_ptr();
        let tile = place.rows::<T>(tile);
        let memory = &place.state.memory;
        // SAFETY: by the contract; the sums hold 1 + K panels, the frames are those of one tile.
        unsafe {
            let coefficients = (memory.read(self.wave.scaled), memory.read(self.conv.shift));
            let mut running = Running::<S, K>::new(coefficients, place.channel + column);
            let sums = self.sums.as_mut_ptr().add(column);
            if !tile.is_first {
                running.resume(sums, PANEL);
            }
            unroll!(T::OUTPUTS, I => {
                if I < tile.rows {
                    running.add(outputs[I], frames.add(I * K));
                }
            });
            if tile.is_last {
                let span = place.state.wave_sums(self.conv, self.wave, (tile.n, place.block.index));
                let channels = self.conv.spec.to;
                let own = span.part(place.channel + column, K * channels + S::LANES);
                running.keep(memory.pointer(own), channels);
            } else {
                running.keep(sums, PANEL);
            }
        }
    }
}
