//! The formats of the numbers that are multiplied, and how many of them share a 32-bit word.

use crate::kernels::simd::{Simd, Target};

/// A format of the operands of products. Operands are stored as 32-bit words: one f32, or two values of a shorter
/// format that are multiplied together. Sums are always f32.
///
/// # Safety
/// The contract of [`Simd`].
pub(crate) trait Numbers<S: Simd> {
    /// The number of values in a word: 1 or 2.
    const PER_WORD: usize;

    /// Stores the values of a vector one after the other, in `LANES / PER_WORD` words.
    unsafe fn store(to: *mut f32, v: S::V);
    /// Stores a vector as the values `part` of `LANES` words. Part 0 sets the other value to 0; part 1 leaves the other
    /// value as it is.
    unsafe fn store_part(to: *mut f32, v: S::V, part: usize);
    /// Stores two vectors as the values 0 and 1 of `LANES` words. Only for formats with two values in a word.
    unsafe fn store_two(to: *mut f32, first: S::V, second: S::V);
    /// `sum` plus the products of the values of `x` with those of `y`, for every word.
    unsafe fn add_products(x: S::V, y: S::V, sum: S::V) -> S::V;
    /// Products of `rows` <= [`Simd::ROWS`] rows with one panel, of `k` words each: see `tile.rs`.
    unsafe fn tile(rows: usize, a: *const f32, lda: usize, k: usize, panel: *const f32, target: Target);
}

/// f32, one in a word.
#[derive(Clone, Copy)]
pub(crate) struct Singles;

impl<S: Simd> Numbers<S> for Singles {
    const PER_WORD: usize = 1;

    #[inline(always)]
    unsafe fn store(to: *mut f32, v: S::V) {
        // SAFETY: by the contract of `Simd`.
        unsafe { S::store(to, v) }
    }

    #[inline(always)]
    unsafe fn store_part(to: *mut f32, v: S::V, _part: usize) {
        // SAFETY: by the contract of `Simd`.
        unsafe { S::store(to, v) }
    }

    #[inline(always)]
    unsafe fn store_two(to: *mut f32, first: S::V, _second: S::V) {
        // SAFETY: by the contract of `Simd`.
        unsafe { S::store(to, first) }
    }

    #[inline(always)]
    unsafe fn add_products(x: S::V, y: S::V, sum: S::V) -> S::V {
        // SAFETY: by the contract of `Simd`.
        unsafe { S::fma(x, y, sum) }
    }

    #[inline(always)]
    unsafe fn tile(rows: usize, a: *const f32, lda: usize, k: usize, panel: *const f32, target: Target) {
        // SAFETY: by the contract of `Simd`.
        unsafe { S::tile(rows, a, lda, k, panel, target) }
    }
}
