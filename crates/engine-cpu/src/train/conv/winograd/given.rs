//! What the backward pass does with the data gradient: it is written to the map, or only the sums that a recomputed
//! first layer needs are kept.

use crate::kernels::simd::{Simd, PANEL};
use crate::kernels::unroll::unroll;
use crate::kernels::winograd::{Tile, MAX_POINTS};
use crate::train::arena::Span;
use crate::train::conv::wave::Running;
use crate::train::conv::winograd::products::Outputs;
use crate::train::conv::winograd::tiles_of;
use crate::train::partition::Block;
use crate::train::state::{Conv, State, Wave};

/// The place of the outputs of one panel of one block.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub state: &'a State,
    pub block: &'a Block,
    /// The number of tiles of a segment.
    pub each: usize,
    /// The first channel of the panel, and the number of its channels.
    pub channel: usize,
    pub width: usize,
}

impl<'a> Place<'a> {
    /// For tiles of `outputs` rows and panel `panel` of `channels`.
    pub(super) fn new(state: &'a State, block: &'a Block, outputs: usize, (panel, channels): (usize, usize)) -> Self {
        let channel = panel * PANEL;
        Self { state, block, each: tiles_of(block, outputs), channel, width: PANEL.min(channels - channel) }
    }

    /// The segment of a tile, and the tile's number in its segment.
    #[inline(always)]
    fn of(&self, tile: usize) -> (usize, usize) {
        let (segment, tile) = if self.block.segments == 1 { (0, tile) } else { (tile / self.each, tile % self.each) };
        (self.block.segment + segment, tile)
    }
}

/// Writes the data gradient to a map `[batch, length, channels]`, or adds it.
pub(super) struct Stored<'a, T> {
    pub place: Place<'a>,
    pub gradient: Span,
    pub length: usize,
    pub channels: usize,
    pub adds: bool,
    pub tile: std::marker::PhantomData<T>,
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
        let (n, tile) = place.of(tile);
        let row = tile * T::OUTPUTS;
        let rows = T::OUTPUTS.min(place.block.rows.len() - row);
        let start = (n * self.length + place.block.rows.start + row) * channels + place.channel + column;
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
    pub place: Place<'a>,
    pub conv: &'a Conv,
    pub wave: &'a Wave,
    /// The frames of all rows of all segments of the block, `[segments, each x outputs, kernel]`.
    pub frames: &'a [f32],
    /// The running sums, `[1 + kernel][32]`.
    pub sums: [f32; 6 * PANEL],
    pub tile: std::marker::PhantomData<T>,
}

impl<S: Simd, T: Tile> Outputs<S> for Summed<'_, T> {
    /// # Safety
    /// Nobody else writes the block's sums of this panel meanwhile.
    #[inline(always)]
    unsafe fn take(&mut self, tile: usize, column: usize, outputs: &[S::V; MAX_POINTS]) {
        if column < self.place.width {
            // SAFETY: by the contract.
            unsafe {
                match self.conv.spec.kernel {
                    2 => self.add::<S, 2>(tile, column, outputs),
                    3 => self.add::<S, 3>(tile, column, outputs),
                    4 => self.add::<S, 4>(tile, column, outputs),
                    _ => self.add::<S, 5>(tile, column, outputs),
                }
            }
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
        let (n, tile) = place.of(tile);
        let rows = T::OUTPUTS.min(place.block.rows.len() - tile * T::OUTPUTS);
        let memory = &place.state.memory;
        // SAFETY: by the contract; the sums hold 1 + K panels, the frames are those of one tile.
        unsafe {
            let coefficients = (memory.read(self.wave.scaled), memory.read(self.conv.shift));
            let mut running = Running::<S, K>::new(coefficients, place.channel + column);
            let sums = self.sums.as_mut_ptr().add(column);
            if tile > 0 {
                running.resume(sums, PANEL);
            }
            unroll!(T::OUTPUTS, I => {
                if I < rows {
                    running.add(outputs[I], frames.add(I * K));
                }
            });
            if tile + 1 == place.each {
                let span = place.state.wave_sums(self.conv, self.wave, (n, place.block.index));
                let channels = self.conv.spec.to;
                let own = span.part(place.channel + column, K * channels + S::LANES);
                running.keep(memory.pointer(own), channels);
            } else {
                running.keep(sums, PANEL);
            }
        }
    }
}
