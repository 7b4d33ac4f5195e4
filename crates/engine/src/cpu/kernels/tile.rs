//! The micro-kernel: a few rows times one packed panel, sums in registers.

use crate::cpu::kernels::simd::{Simd, PANEL};

/// How many rows of the panel ahead are fetched into the first-level cache.
const AHEAD: usize = 16;

/// `out[r][c] = sum over i < k of a[r lda + i] panel[i][c]`, for r < R and c < [`PANEL`], in the order of i. `N` vectors of
/// columns are made at a time. Rows may overlap: a convolution is this product over a view with `lda` = stride x channels.
///
/// # Safety
/// `a` is valid for `(R - 1) lda + k` values, `panel` for `k x PANEL`, `out` for `R x PANEL` writes; the processor has the
/// instructions of `S`.
#[inline(always)]
pub(crate) unsafe fn tile<S: Simd, const R: usize, const N: usize>(
    a: *const f32,
    lda: usize,
    k: usize,
    panel: *const f32,
    out: *mut f32,
) {
    // SAFETY: all offsets stay inside the ranges of the contract; the prefetch may point anywhere.
    unsafe {
        for pass in 0..PANEL / (N * S::LANES) {
            let column = pass * N * S::LANES;
            let mut sums = [[S::splat(0.0); N]; R];
            // Rows three by three, so that few pointers and three offsets address them all.
            let base: [*const f32; 5] = std::array::from_fn(|g| a.wrapping_add(3 * g * lda));
            let mut b = panel.add(column);
            for i in 0..k {
                let weights: [S::V; N] = std::array::from_fn(|j| S::load(b.add(j * S::LANES)));
                prefetch(b.wrapping_add(AHEAD * PANEL));
                if N * S::LANES > 16 {
                    prefetch(b.wrapping_add(AHEAD * PANEL + 16));
                }
                b = b.add(PANEL);
                for r in 0..R {
                    let x = S::splat(*base[r / 3].wrapping_add((r % 3) * lda + i));
                    for j in 0..N {
                        sums[r][j] = S::fma(x, weights[j], sums[r][j]);
                    }
                }
            }
            for r in 0..R {
                for j in 0..N {
                    S::store(out.add(r * PANEL + column + j * S::LANES), sums[r][j]);
                }
            }
        }
    }
}

/// Fetches a line into the first-level cache; any address will do.
#[inline(always)]
pub(crate) fn prefetch(_at: *const f32) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: SSE is part of x86-64, and a prefetch of a bad address does nothing.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(_at.cast());
    }
}
