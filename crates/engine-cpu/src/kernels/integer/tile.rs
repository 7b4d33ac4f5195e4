//! The micro-kernel over words: like `kernels/tile.rs`, with sums of 32-bit integers.

use crate::kernels::simd::PANEL;
use crate::kernels::tile::prefetch;
use crate::kernels::unroll::unroll;

/// The number of panel rows between the row in use and the row that is prefetched into the first-level cache.
const AHEAD: usize = 16;

/// Vectors of 32-bit words at one level.
///
/// # Safety
/// The processor has the instructions; pointers are valid for [`Words::LANES`] words, which need not be aligned.
pub(crate) trait Words: Copy {
    /// A vector.
    type V: Copy;
    /// The number of words in a vector.
    const LANES: usize;

    unsafe fn load(from: *const i32) -> Self::V;
    unsafe fn store(to: *mut i32, v: Self::V);
    unsafe fn splat(word: i32) -> Self::V;
    /// `sum + a . b` in every lane, where `a` holds words of rows and `b` holds words of a panel.
    unsafe fn dot(sum: Self::V, a: Self::V, b: Self::V) -> Self::V;
}

/// Multiplies `R` rows by one panel, `N` vectors of columns at a time.
///
/// # Safety
/// The contract of [`Kernel`](super::Kernel) with `R` rows.
#[inline(always)]
pub(crate) unsafe fn tile<W: Words, const R: usize, const N: usize>(
    a: *const i32,
    lda: usize,
    k: usize,
    panel: *const i32,
    start: *const i32,
    out: *mut i32,
) {
    // SAFETY: all offsets stay inside the ranges of the contract; the prefetch may point anywhere.
    unsafe {
        for pass in 0..PANEL / (N * W::LANES) {
            let column = pass * N * W::LANES;
            let start: [W::V; N] = std::array::from_fn(|j| W::load(start.add(column + j * W::LANES)));
            let mut sums = [start; R];
            // Rows are addressed in groups of three, so that few pointers and three offsets suffice for all of them.
            let base: [*const i32; 5] = std::array::from_fn(|g| a.wrapping_add(3 * g * lda));
            let mut b = panel.add(column);
            for i in 0..k {
                let weights: [W::V; N] = std::array::from_fn(|j| W::load(b.add(j * W::LANES)));
                prefetch(b.wrapping_add(AHEAD * PANEL).cast());
                if N * W::LANES > 16 {
                    prefetch(b.wrapping_add(AHEAD * PANEL + 16).cast());
                }
                b = b.add(PANEL);
                unroll!(rows R, ROW => {
                    let x = W::splat(base[ROW / 3].wrapping_add((ROW % 3) * lda + i).read_unaligned());
                    for j in 0..N {
                        sums[ROW][j] = W::dot(sums[ROW][j], x, weights[j]);
                    }
                });
            }
            unroll!(rows R, ROW => {
                for j in 0..N {
                    W::store(out.add(ROW * PANEL + column + j * W::LANES), sums[ROW][j]);
                }
            });
        }
    }
}

/// A [`Kernel`](super::Kernel) that selects the [`tile`] with the requested number of rows.
macro_rules! kernel {
    ($(#[$features:meta])* $name:ident, $words:ty, $vectors:literal, $($rows:literal)*; $most:literal) => {
        $(#[$features])*
        unsafe fn $name(
            rows: usize,
            a: *const i32,
            lda: usize,
            k: usize,
            panel: *const i32,
            start: *const i32,
            out: *mut i32,
        ) {
            debug_assert!((1..=$most).contains(&rows));
            // SAFETY: by the contract of `Kernel`.
            unsafe {
                match rows {
                    $($rows => tile::<$words, $rows, $vectors>(a, lda, k, panel, start, out),)*
                    _ => tile::<$words, $most, $vectors>(a, lda, k, panel, start, out),
                }
            }
        }
    };
}
pub(crate) use kernel;
