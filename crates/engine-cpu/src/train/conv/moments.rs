//! The moments of a block: the mean of its raw values and the sum of their squared deviations, in one vector of
//! channels.

use crate::kernels::simd::Simd;
use crate::train::partition::Block;
use crate::train::state::{Conv, State};

/// The sums of the differences of raw values from the first one, and of the squares of these differences.
pub(super) struct Differences<S: Simd> {
    pub first: S::V,
    pub sum: S::V,
    pub square: S::V,
}

impl<S: Simd> Differences<S> {
    /// Sums of nothing, for raw values whose first one is `first`.
    ///
    /// # Safety
    /// The processor has the instructions of `S`.
    #[inline(always)]
    pub(super) unsafe fn new(first: S::V) -> Self {
        // SAFETY: by the contract.
        unsafe { Self { first, sum: S::splat(0.0), square: S::splat(0.0) } }
    }

    /// Adds a raw value.
    ///
    /// # Safety
    /// The processor has the instructions of `S`.
    #[inline(always)]
    pub(super) unsafe fn add(&mut self, value: S::V) {
        // SAFETY: by the contract.
        unsafe {
            let centred = S::sub(value, self.first);
            self.sum = S::add(self.sum, centred);
            self.square = S::fma(centred, centred, self.square);
        }
    }

    /// Writes the moments of `block` in segment `n`, whose rows have all been added, from channel `channel` on.
    ///
    /// # Safety
    /// Nobody else writes them meanwhile; the processor has the instructions of `S`.
    #[inline(always)]
    pub(super) unsafe fn write(&self, state: &State, conv: &Conv, (n, block): (usize, &Block), channel: usize) {
        let at = (n * conv.blocks.per_segment + block.index) * 2 * conv.spec.to + channel;
        let place = |at: usize| state.memory.pointer(conv.moments.part(at, S::LANES));
        // SAFETY: by the contract.
        unsafe {
            let mean = S::mul(self.sum, S::splat(1.0 / block.rows.len() as f32));
            S::store(place(at), S::add(self.first, mean));
            let deviations = S::max(S::sub(self.square, S::mul(self.sum, mean)), S::splat(0.0));
            S::store(place(at + conv.spec.to), deviations);
        }
    }
}
