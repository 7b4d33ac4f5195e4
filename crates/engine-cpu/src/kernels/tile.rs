//! The micro-kernel: a few rows times one packed panel, with the sums in registers.

use crate::kernels::numbers::Numbers;
use crate::kernels::simd::{Simd, Target, PANEL};
use crate::kernels::unroll::unroll;

/// The number of panel rows between the row in use and the row that is prefetched into the first-level cache.
const AHEAD: usize = 16;

/// `out[r][c] = sum over i < k of a[r lda + i] panel[i][c]`, for r < R and c < [`PANEL`], in the order of i. `N`
/// vectors of columns are computed at a time. Rows may overlap: a convolution is this product over a view with `lda` =
/// stride x channels. All elements of `a` and `panel` are words of the format `W`: with two values in a word, a product
/// is the sum of two products.
///
/// # Safety
/// `a` is valid for `(R - 1) lda + k` values, `panel` for `k x PANEL`, the target for R rows of `PANEL` writes; the
/// processor has the instructions of `S`.
#[inline(always)]
pub(crate) unsafe fn tile<S: Simd, W: Numbers<S>, const R: usize, const N: usize>(
    a: *const f32,
    lda: usize,
    k: usize,
    panel: *const f32,
    target: Target,
) {
    // SAFETY: all offsets stay inside the ranges of the contract; the prefetch may point anywhere.
    unsafe {
        for pass in 0..PANEL / (N * S::LANES) {
            let column = pass * N * S::LANES;
            let mut sums = [[S::splat(0.0); N]; R];
            if !target.bias.is_null() {
                let bias: [S::V; N] = std::array::from_fn(|j| S::load(target.bias.add(column + j * S::LANES)));
                unroll!(rows R, ROW => { sums[ROW] = bias; });
            }
            // Rows are addressed in groups of three, so that few pointers and three offsets suffice for all of them.
            let base: [*const f32; 5] = std::array::from_fn(|g| a.wrapping_add(3 * g * lda));
            let mut b = panel.add(column);
            for i in 0..k {
                let weights: [S::V; N] = std::array::from_fn(|j| S::load(b.add(j * S::LANES)));
                prefetch(b.wrapping_add(AHEAD * PANEL));
                if N * S::LANES > 16 {
                    prefetch(b.wrapping_add(AHEAD * PANEL + 16));
                }
                b = b.add(PANEL);
                unroll!(rows R, ROW => {
                    let x = S::splat(*base[ROW / 3].wrapping_add((ROW % 3) * lda + i));
                    for j in 0..N {
                        sums[ROW][j] = W::add_products(x, weights[j], sums[ROW][j]);
                    }
                });
            }
            if !target.bias.is_null() {
                unroll!(rows R, ROW => {
                    for j in 0..N {
                        sums[ROW][j] = S::max(sums[ROW][j], S::splat(0.0));
                    }
                });
            }
            unroll!(rows R, ROW => {
                for j in 0..N {
                    S::store(target.out.add(ROW * target.stride + column + j * S::LANES), sums[ROW][j]);
                }
            });
        }
    }
}

/// Prefetches a cache line into the first-level cache; any address is allowed.
#[inline(always)]
pub(crate) fn prefetch(_at: *const f32) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: SSE is part of x86-64, and a prefetch of a bad address does nothing.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(_at.cast());
    }
}
