//! The sums of the gated gradient, and of the gated gradient times the sample of each tap: for the blocks of the
//! reading convolution, and in total.

use engine_core::tape::Consumer;

use super::frame::{affine, frame, taps};
use crate::kernels::simd::Simd;
use crate::train::partition::{Block, LANES};
use crate::train::state::{Conv, State, Wave};
use crate::train::work::Work;

/// Adds the sums of one block's rows in 16 channels from `column`. `gradient` holds the block's rows, which are `pitch`
/// apart.
#[inline(always)]
fn block_sums<const K: usize>(
    conv: &Conv,
    wave: &[f32],
    range: std::ops::Range<usize>,
    (weights, shift): (&[f32], &[f32]),
    (gradient, pitch): (&[f32], usize),
    column: usize,
    out: &mut [f32],
) {
    let channels = conv.spec.to;
    let mut total = [0.0f32; LANES];
    let mut products = [[0.0f32; LANES]; K];
    for (index, row) in range.enumerate() {
        let frame = frame::<K>(conv, wave, row);
        let gradient = &gradient[index * pitch..][..LANES];
        for i in 0..LANES {
            let open = affine(shift[column + i], weights, channels, column + i, &frame) > 0.0;
            let g = if open { gradient[i] } else { 0.0 };
            total[i] += g;
            for k in 0..K {
                products[k][i] += g * frame[k];
            }
        }
    }
    out[column..column + LANES].copy_from_slice(&total);
    for k in 0..K {
        out[(k + 1) * channels + column..][..LANES].copy_from_slice(&products[k]);
    }
}

impl State {
    /// Computes the sums of a block of the reading convolution in segment `n`, from the block's gradient rows, for
    /// `width` channels from `column`.
    ///
    /// # Safety
    /// Nobody else writes these sums meanwhile.
    #[inline(always)]
    pub(in crate::train::conv) unsafe fn wave_sums(
        &self,
        conv: &Conv,
        wave: &Wave,
        (n, block): (usize, &Block),
        (gradient, pitch): (&[f32], usize),
        (column, width): (usize, usize),
    ) {
        let size = (1 + conv.spec.kernel) * conv.spec.to;
        let place = (n * self.convs[wave.reader].blocks.per_segment + block.index) * size;
        // SAFETY: by the contract; items of other columns write other elements.
        unsafe {
            let samples = self.wave(conv, n);
            let coefficients = (self.memory.read(wave.scaled), self.memory.read(conv.shift));
            let out = self.memory.write(wave.sums.part(place, size));
            for c in (0..width).step_by(LANES) {
                let gradient = (&gradient[c..], pitch);
                let range = block.rows.clone();
                taps!(conv.spec.kernel, block_sums(conv, samples, range, coefficients, gradient, column + c, out));
            }
        }
    }

    /// The sum of the gated gradient of channel `c`, and the sum of the gated gradient times the sample of each tap; in
    /// f64, in the order of the blocks.
    ///
    /// # Safety
    /// Nobody writes the sums meanwhile.
    #[inline(always)]
    pub(in crate::train::conv) unsafe fn wave_totals(
        &self,
        conv: &Conv,
        wave: &Wave,
        batch: usize,
        c: usize,
    ) -> [f64; 6] {
        let mut totals = [0.0; 6];
        let terms = 1 + conv.spec.kernel;
        // SAFETY: by the contract.
        let sums = unsafe { self.memory.read(wave.sums) };
        for block in 0..batch * self.convs[wave.reader].blocks.per_segment {
            for term in 0..terms {
                totals[term] += f64::from(sums[(block * terms + term) * conv.spec.to + c]);
            }
        }
        totals
    }
}

/// Computes the sums from a stored gradient, if the gradient with respect to the waveform is computed. One item for
/// each block of the reading convolution.
pub(in crate::train::conv) struct StoredSums<'a> {
    pub state: &'a State,
    pub conv: &'a Conv,
    pub wave: Wave,
    pub batch: usize,
}

impl Work for StoredSums<'_> {
    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, _worker: usize) {
        let (state, spec) = (self.state, &self.conv.spec);
        let block = &state.convs[self.wave.reader].blocks.blocks[item];
        let Consumer::Map(map) = spec.consumer else { return };
        for n in block.segment..(block.segment + block.segments).min(self.batch) {
            let place = (n * spec.length + block.rows.start) * spec.to;
            // SAFETY: an item writes its own block's sums.
            unsafe {
                let gradient = state.memory.read(state.maps[map].gradient.part(place, block.rows.len() * spec.to));
                for column in (0..spec.to).step_by(LANES) {
                    let from = (&gradient[column..], spec.to);
                    state.wave_sums(self.conv, &self.wave, (n, block), from, (column, LANES));
                }
            }
        }
    }
}
