//! What the forward pass keeps of the outputs: raw values, the maximum of every window, and the moments of the block.

use crate::kernels::simd::{Simd, PANEL};
use crate::kernels::unroll::unroll;
use crate::kernels::winograd::{Tile, MAX_POINTS};
use crate::train::conv::winograd::products::Outputs;
use crate::train::conv::winograd::tiles_of;
use crate::train::partition::Block;
use crate::train::state::{Conv, State};

/// Raw values of at least this number of floats are written past the caches: they are read in the backward pass, when
/// no cache would hold them any more.
const STREAMED: usize = 4 << 20;

/// Keeps the outputs of one panel of one block.
pub(super) struct Kept<'a> {
    state: &'a State,
    conv: &'a Conv,
    block: &'a Block,
    /// The number of tiles of a segment.
    each: usize,
    /// The first channel of the panel, and the number of its channels.
    channel: usize,
    width: usize,
    streams: bool,
    /// For each column the first raw value of the segment, and the sums of the differences from it and of their
    /// squares.
    shift: [f32; PANEL],
    sum: [f32; PANEL],
    square: [f32; PANEL],
}

impl<'a> Kept<'a> {
    /// For tiles of `outputs` rows and panel `panel`.
    pub(super) fn new(state: &'a State, conv: &'a Conv, block: &'a Block, outputs: usize, panel: usize) -> Self {
        let channel = panel * PANEL;
        Self {
            state,
            conv,
            block,
            each: tiles_of(block, outputs),
            channel,
            width: PANEL.min(conv.spec.to - channel),
            streams: conv.raw.len >= STREAMED,
            shift: [0.0; PANEL],
            sum: [0.0; PANEL],
            square: [0.0; PANEL],
        }
    }

    /// Writes the mean of the block and the sum of its squared deviations, for the columns from `column` on.
    ///
    /// # Safety
    /// Nobody else writes them meanwhile.
    #[inline(always)]
    unsafe fn moments<S: Simd>(&self, n: usize, column: usize) {
        let (conv, spec) = (self.conv, &self.conv.spec);
        let at = (n * conv.blocks.per_segment + self.block.index) * 2 * spec.to + self.channel + column;
        let rows = self.block.rows.len() as f32;
        // SAFETY: by the contract.
        let (mean, deviations) = unsafe {
            let memory = &self.state.memory;
            (memory.write(conv.moments.part(at, S::LANES)), memory.write(conv.moments.part(at + spec.to, S::LANES)))
        };
        for i in 0..S::LANES {
            let (shift, sum, square) = (self.shift[column + i], self.sum[column + i], self.square[column + i]);
            mean[i] = shift + sum / rows;
            deviations[i] = (square - sum * sum / rows).max(0.0);
        }
    }
}

/// The outputs of tiles of size `T`.
pub(super) struct KeptTiles<'a, T>(pub Kept<'a>, pub std::marker::PhantomData<T>);

impl<S: Simd, T: Tile> Outputs<S> for KeptTiles<'_, T> {
    /// # Safety
    /// Raw values, maxima and moments of the block in this panel are written by nobody else meanwhile.
    #[inline(always)]
    unsafe fn take(&mut self, tile: usize, column: usize, outputs: &[S::V; MAX_POINTS]) {
        let kept = &mut self.0;
        if column >= kept.width {
            return;
        }
        let (conv, spec, block) = (kept.conv, &kept.conv.spec, kept.block);
        let (segment, tile) = if block.segments == 1 { (0, tile) } else { (tile / kept.each, tile % kept.each) };
        let (n, row) = (block.segment + segment, tile * T::OUTPUTS);
        let rows = T::OUTPUTS.min(block.rows.len() - row);
        let channel = kept.channel + column;
        let place = (n * spec.length + block.rows.start + row) * spec.to + channel;
        let raw = conv.raw.part(place, (rows - 1) * spec.to + S::LANES);
        // SAFETY: the span holds `rows` rows; columns are inside the panel's arrays.
        unsafe {
            let (shift, sum, square) = (
                kept.shift.as_mut_ptr().add(column),
                kept.sum.as_mut_ptr().add(column),
                kept.square.as_mut_ptr().add(column),
            );
            if tile == 0 {
                S::store(shift, outputs[0]);
                S::store(sum, S::splat(0.0));
                S::store(square, S::splat(0.0));
            }
            let to = kept.state.memory.pointer(raw);
            let first = S::load(shift);
            let (mut sums, mut squares) = (S::load(sum), S::load(square));
            let streams = kept.streams;
            unroll!(T::OUTPUTS, I => {
                if I < rows {
                    if streams {
                        S::stream(to.add(I * spec.to), outputs[I]);
                    } else {
                        S::store(to.add(I * spec.to), outputs[I]);
                    }
                    let centred = S::sub(outputs[I], first);
                    sums = S::add(sums, centred);
                    squares = S::fma(centred, centred, squares);
                }
            });
            S::store(sum, sums);
            S::store(square, squares);
            match spec.pool {
                0 | 1 => {}
                2 => kept.peaks::<S, T, 2>(n, row, rows, channel, outputs),
                3 => kept.peaks::<S, T, 3>(n, row, rows, channel, outputs),
                4 => kept.peaks::<S, T, 4>(n, row, rows, channel, outputs),
                5 => kept.peaks::<S, T, 5>(n, row, rows, channel, outputs),
                _ => kept.peaks::<S, T, 6>(n, row, rows, channel, outputs),
            }
            if tile + 1 == kept.each {
                kept.moments::<S>(n, column);
            }
        }
    }
}

impl Kept<'_> {
    /// Writes the maxima of the complete windows of `P` rows of a tile, whose first row in the block is `row`.
    ///
    /// # Safety
    /// As in `take`.
    #[inline(always)]
    unsafe fn peaks<S: Simd, T: Tile, const P: usize>(
        &self,
        n: usize,
        row: usize,
        rows: usize,
        channel: usize,
        outputs: &[S::V; MAX_POINTS],
    ) {
        let spec = &self.conv.spec;
        let first = (self.block.rows.start + row) / P;
        // SAFETY: windows are this item's; the span is checked.
        unsafe {
            let mut peak = S::splat(f32::NEG_INFINITY);
            unroll!(T::OUTPUTS, I => {
                peak = if I.is_multiple_of(P) { outputs[I] } else { S::max(outputs[I], peak) };
                if (I + 1).is_multiple_of(P) && I < rows {
                    let place = (n * spec.pooled + first + I / P) * spec.to + channel;
                    S::store(self.state.memory.pointer(self.conv.peak.part(place, S::LANES)), peak);
                }
            });
        }
    }
}
