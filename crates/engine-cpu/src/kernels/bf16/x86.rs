//! AVX-512 BF16.

use std::arch::x86_64::*;

use super::{PairProducts, Pairs};
use crate::kernels::simd::Target;
use crate::kernels::tile::tile;
use crate::kernels::x86::Avx512;

/// The order that takes the words of two vectors of bf16, one behind the other, into pairs.
const PAIRED: [u16; 32] = {
    let mut order = [0; 32];
    let mut i = 0;
    while i < 16 {
        order[2 * i] = i as u16;
        order[2 * i + 1] = 16 + i as u16;
        i += 1;
    }
    order
};

/// The bits of a vector of f32 as pairs of bf16.
#[inline(always)]
fn as_pairs(v: __m512) -> __m512bh {
    // SAFETY: both are 64 bytes without any invalid value.
    unsafe { std::mem::transmute::<__m512, __m512bh>(v) }
}

impl PairProducts for Avx512 {
    #[inline(always)]
    unsafe fn store_bf16(to: *mut f32, v: __m512) {
        // SAFETY: by the contract of `PairProducts`; both types are 32 bytes without any invalid value.
        unsafe {
            let values = std::mem::transmute::<__m256bh, __m256i>(_mm512_cvtneps_pbh(v));
            _mm256_storeu_si256(to.cast(), values);
        }
    }

    #[inline(always)]
    unsafe fn pairs(low: __m512, high: __m512) -> __m512 {
        // SAFETY: by the contract of `PairProducts`; all types are 64 bytes without any invalid value.
        unsafe {
            let values = std::mem::transmute::<__m512bh, __m512i>(_mm512_cvtne2ps_pbh(high, low));
            let order = _mm512_loadu_si512(PAIRED.as_ptr().cast());
            _mm512_castsi512_ps(_mm512_permutexvar_epi16(order, values))
        }
    }

    #[inline(always)]
    unsafe fn with_high(words: __m512, high: __m512) -> __m512 {
        // SAFETY: by the contract of `PairProducts`; both types are 32 bytes without any invalid value.
        unsafe {
            let values = std::mem::transmute::<__m256bh, __m256i>(_mm512_cvtneps_pbh(high));
            let high = _mm512_slli_epi32::<16>(_mm512_cvtepu16_epi32(values));
            _mm512_castsi512_ps(_mm512_or_si512(_mm512_castps_si512(words), high))
        }
    }

    #[inline(always)]
    unsafe fn dot(x: __m512, y: __m512, sum: __m512) -> __m512 {
        // SAFETY: by the contract of `PairProducts`.
        unsafe { _mm512_dpbf16_ps(sum, as_pairs(x), as_pairs(y)) }
    }

    #[inline(always)]
    unsafe fn tile_of_pairs(rows: usize, a: *const f32, lda: usize, k: usize, panel: *const f32, target: Target) {
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,avx512bf16")]
        unsafe fn sized(rows: usize, a: *const f32, lda: usize, k: usize, panel: *const f32, target: Target) {
            macro_rules! by_rows {
                ($($rows:literal)*) => {
                    match rows {
                        $($rows => tile::<Avx512, Pairs, $rows, 2>(a, lda, k, panel, target),)*
                        _ => tile::<Avx512, Pairs, 14, 2>(a, lda, k, panel, target),
                    }
                };
            }
            // SAFETY: by the contract of `tile`.
            unsafe { by_rows!(1 2 3 4 5 6 7 8 9 10 11 12 13) }
        }
        // SAFETY: by the contract of `PairProducts`.
        unsafe { sized(rows, a, lda, k, panel, target) }
    }
}
