//! The sums of the gated gradient, and of the gated gradient times the sample of each tap: for the blocks of the
//! reading convolution, and in total.

use engine_core::tape::Consumer;

use super::frame::{affine, frame, taps, taps_of};
use crate::kernels::simd::Simd;
use crate::kernels::unroll::unroll;
use crate::train::arena::Span;
use crate::train::clock::Part;
use crate::train::state::{Conv, State, Wave};
use crate::train::work::Work;

/// The running sums of one vector of channels: of the gated gradient, and of the gated gradient times each sample of
/// its frame.
pub(in crate::train::conv) struct Running<S: Simd, const K: usize> {
    taps: [S::V; K],
    shift: S::V,
    total: S::V,
    products: [S::V; K],
}

impl<S: Simd, const K: usize> Running<S, K> {
    /// Sums of 0 for the channels from `c` on of a convolution with these scaled weights and shifts.
    ///
    /// # Safety
    /// The processor has the instructions of `S`.
    #[inline(always)]
    pub(in crate::train::conv) unsafe fn new((weights, shift): (&[f32], &[f32]), c: usize) -> Self {
        // SAFETY: `taps_of` checks that the vector is inside the channels.
        unsafe {
            let taps = taps_of::<S, K>(weights, shift.len(), c);
            let zero = S::splat(0.0);
            Self { taps, shift: S::load(shift.as_ptr().add(c)), total: zero, products: [zero; K] }
        }
    }

    /// Adds a row: its gradient and its frame.
    ///
    /// # Safety
    /// `frame` is valid for `K` values; the processor has the instructions of `S`.
    #[inline(always)]
    pub(in crate::train::conv) unsafe fn add(&mut self, gradient: S::V, frame: *const f32) {
        // SAFETY: by the contract.
        unsafe {
            let g = S::where_positive(affine::<S, K>(self.shift, &self.taps, frame), gradient);
            self.total = S::add(self.total, g);
            unroll!(K, I => { self.products[I] = S::fma(g, S::splat(*frame.add(I)), self.products[I]); });
        }
    }

    /// Replaces the sums by those in `from`, `[1 + K]` vectors that are `pitch` apart.
    ///
    /// # Safety
    /// All vectors are readable; the processor has the instructions of `S`.
    #[inline(always)]
    pub(in crate::train::conv) unsafe fn resume(&mut self, from: *const f32, pitch: usize) {
        // SAFETY: by the contract.
        unsafe {
            self.total = S::load(from);
            unroll!(K, I => { self.products[I] = S::load(from.add((1 + I) * pitch)); });
        }
    }

    /// Writes the sums as [`Running::resume`] reads them.
    ///
    /// # Safety
    /// All vectors are writable; the processor has the instructions of `S`.
    #[inline(always)]
    pub(in crate::train::conv) unsafe fn keep(&self, to: *mut f32, pitch: usize) {
        // SAFETY: by the contract.
        unsafe {
            S::store(to, self.total);
            unroll!(K, I => { S::store(to.add((1 + I) * pitch), self.products[I]); });
        }
    }
}

/// Computes the sums of one block's rows in all channels. `gradient` holds the block's rows.
///
/// # Safety
/// The processor has the instructions of `S`.
#[inline(always)]
unsafe fn block_sums<S: Simd, const K: usize>(
    conv: &Conv,
    wave: &[f32],
    range: std::ops::Range<usize>,
    coefficients: (&[f32], &[f32]),
    gradient: &[f32],
    out: &mut [f32],
) {
    let channels = conv.spec.to;
    assert!(gradient.len() >= range.len() * channels && out.len() >= (1 + K) * channels);
    for c in (0..channels).step_by(S::LANES) {
        // SAFETY: inside by the assertion; `new` checks the vector.
        unsafe {
            let mut running = Running::<S, K>::new(coefficients, c);
            for (index, row) in range.clone().enumerate() {
                let frame = frame::<K>(conv, wave, row);
                running.add(S::load(gradient.as_ptr().add(index * channels + c)), frame.as_ptr());
            }
            running.keep(out.as_mut_ptr().add(c), channels);
        }
    }
}

impl State {
    /// The place of the sums of block `index` of the reading convolution in segment `n`: `[1 + kernel, to]`.
    #[inline(always)]
    pub(in crate::train::conv) fn wave_sums(&self, conv: &Conv, wave: &Wave, (n, index): (usize, usize)) -> Span {
        let size = (1 + conv.spec.kernel) * conv.spec.to;
        wave.sums.part((n * self.convs[wave.reader].blocks.per_segment + index) * size, size)
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
    const PART: Option<Part> = Some(Part::Sums);

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
                let coefficients = (state.memory.read(self.wave.scaled), state.memory.read(self.conv.shift));
                let out = state.memory.write(state.wave_sums(self.conv, &self.wave, (n, block.index)));
                let (wave, rows) = (state.wave(self.conv, n), block.rows.clone());
                taps!(spec.kernel, <S> block_sums(self.conv, wave, rows, coefficients, gradient, out));
            }
        }
    }
}
