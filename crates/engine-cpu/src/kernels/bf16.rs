//! Products of pairs of bf16 values, for processors that have instructions for them.

#[cfg(target_arch = "x86_64")]
mod x86;

use crate::kernels::numbers::Numbers;
use crate::kernels::simd::{Simd, Target};

/// Vectors of a level with instructions for bf16. A bf16 value is the upper half of an f32; conversions round to the
/// nearest value, ties to even.
///
/// # Safety
/// The functions may only be called inside [`PairKernel::run`], where the processor is known to have the instructions;
/// otherwise the contract of [`Simd`].
pub(crate) trait PairProducts: Simd {
    /// Stores the values of `v` as bf16, one after the other.
    unsafe fn store_bf16(to: *mut f32, v: Self::V);
    /// Words with the values of `low` in the lower halves and those of `high` in the upper halves.
    unsafe fn pairs(low: Self::V, high: Self::V) -> Self::V;
    /// `words` with the values of `high` in the upper halves, which are 0 before.
    unsafe fn with_high(words: Self::V, high: Self::V) -> Self::V;
    /// `sum` plus both products of every word of `x` and `y`, in a fixed order and with f32 sums.
    unsafe fn dot(x: Self::V, y: Self::V, sum: Self::V) -> Self::V;
    /// Products of `rows` <= [`Simd::ROWS`] rows with one panel, of `k` words each: see `tile.rs`.
    unsafe fn tile_of_pairs(rows: usize, a: *const f32, lda: usize, k: usize, panel: *const f32, target: Target);
}

/// A computation that is compiled for the instructions of [`PairProducts`].
pub(crate) trait PairKernel {
    /// The result.
    type Output;

    /// Runs with the vectors `S`; must be `#[inline(always)]`.
    ///
    /// # Safety
    /// The processor has the instructions of `S`; an implementation states what else must hold.
    unsafe fn run<S: PairProducts>(self) -> Self::Output;
}

/// bf16, two in a word.
#[derive(Clone, Copy)]
pub(crate) struct Pairs;

impl<S: PairProducts> Numbers<S> for Pairs {
    const PER_WORD: usize = 2;

    #[inline(always)]
    unsafe fn store(to: *mut f32, v: S::V) {
        // SAFETY: by the contract of `PairProducts`.
        unsafe { S::store_bf16(to, v) }
    }

    #[inline(always)]
    unsafe fn store_part(to: *mut f32, v: S::V, part: usize) {
        // SAFETY: by the contract of `PairProducts`.
        unsafe {
            let words = if part == 0 { S::pairs(v, S::splat(0.0)) } else { S::with_high(S::load(to), v) };
            S::store(to, words);
        }
    }

    #[inline(always)]
    unsafe fn store_two(to: *mut f32, first: S::V, second: S::V) {
        // SAFETY: by the contract of `PairProducts`.
        unsafe { S::store(to, S::pairs(first, second)) }
    }

    #[inline(always)]
    unsafe fn add_products(x: S::V, y: S::V, sum: S::V) -> S::V {
        // SAFETY: by the contract of `PairProducts`.
        unsafe { S::dot(x, y, sum) }
    }

    #[inline(always)]
    unsafe fn tile(rows: usize, a: *const f32, lda: usize, k: usize, panel: *const f32, target: Target) {
        // SAFETY: by the contract of `PairProducts`.
        unsafe { S::tile_of_pairs(rows, a, lda, k, panel, target) }
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests;
