//! AVX-512.

use std::arch::x86_64::*;

use crate::kernels::numbers::Singles;
use crate::kernels::simd::{Simd, Target};
use crate::kernels::tile::tile;

/// AVX-512: tiles of 14 x 32 sums fill 28 of the 32 registers.
#[derive(Clone, Copy)]
pub(crate) struct Avx512;

impl Simd for Avx512 {
    type V = __m512;
    const LANES: usize = 16;
    const ROWS: usize = 14;

    #[inline(always)]
    unsafe fn load(from: *const f32) -> __m512 {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm512_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn store(to: *mut f32, v: __m512) {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm512_storeu_ps(to, v) }
    }

    #[inline(always)]
    unsafe fn splat(value: f32) -> __m512 {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm512_set1_ps(value) }
    }

    #[inline(always)]
    unsafe fn add(a: __m512, b: __m512) -> __m512 {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm512_add_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn sub(a: __m512, b: __m512) -> __m512 {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm512_sub_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn mul(a: __m512, b: __m512) -> __m512 {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm512_mul_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn fma(a: __m512, b: __m512, c: __m512) -> __m512 {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    unsafe fn max(a: __m512, b: __m512) -> __m512 {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm512_max_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn where_positive(v: __m512, x: __m512) -> __m512 {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm512_maskz_mov_ps(_mm512_cmp_ps_mask::<_CMP_GT_OQ>(v, _mm512_setzero_ps()), x) }
    }

    #[inline(always)]
    unsafe fn where_equal(a: __m512, b: __m512, x: __m512) -> __m512 {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm512_maskz_mov_ps(_mm512_cmp_ps_mask::<_CMP_EQ_OQ>(a, b), x) }
    }

    #[inline(always)]
    unsafe fn select_better(a: __m512, b: __m512, x: __m512, y: __m512) -> __m512 {
        // SAFETY: by the contract of `Simd`.
        unsafe {
            let better = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(a, b) | _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(a, a);
            _mm512_mask_mov_ps(y, better, x)
        }
    }

    #[inline(always)]
    unsafe fn stream(to: *mut f32, v: __m512) {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm512_stream_ps(to, v) }
    }

    #[inline(always)]
    unsafe fn fence() {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm_sfence() }
    }

    #[inline(always)]
    unsafe fn abs(v: __m512) -> __m512 {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm512_abs_ps(v) }
    }

    #[inline(always)]
    unsafe fn largest(v: __m512) -> f32 {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm512_reduce_max_ps(v) }
    }

    #[inline(always)]
    unsafe fn store_i16(to: *mut i16, v: __m512) {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm256_storeu_si256(to.cast(), _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(v))) }
    }

    #[inline(always)]
    unsafe fn store_u8(to: *mut u8, v: __m512) {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm_storeu_si128(to.cast(), _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(v))) }
    }

    #[inline(always)]
    unsafe fn largest_four([a, b, c, d]: [__m512; 4]) -> [f32; 4] {
        // SAFETY: by the contract of `Simd`; four floats are 16 bytes.
        unsafe {
            // Reduce pairs of a and b, then all four vectors, then the two halves with each other.
            let ab = _mm512_max_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
            let cd = _mm512_max_ps(_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
            let (ab, cd) = (_mm512_castps_pd(ab), _mm512_castps_pd(cd));
            let low = _mm512_castpd_ps(_mm512_unpacklo_pd(ab, cd));
            let all = _mm512_max_ps(low, _mm512_castpd_ps(_mm512_unpackhi_pd(ab, cd)));
            let half = _mm256_max_ps(_mm512_castps512_ps256(all), _mm512_extractf32x8_ps::<1>(all));
            let tops = _mm_max_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps::<1>(half));
            std::mem::transmute::<__m128, [f32; 4]>(tops)
        }
    }

    #[inline(always)]
    unsafe fn store_u8_four(to: *mut u8, [a, b, c, d]: [__m512; 4]) {
        // SAFETY: by the contract of `Simd`.
        unsafe {
            let low = _mm512_packs_epi32(_mm512_cvtps_epi32(a), _mm512_cvtps_epi32(b));
            let high = _mm512_packs_epi32(_mm512_cvtps_epi32(c), _mm512_cvtps_epi32(d));
            // The packing works on 128-bit lanes, so four bytes of each vector alternate; this restores their order.
            let order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
            let bytes = _mm512_permutexvar_epi32(order, _mm512_packus_epi16(low, high));
            _mm512_storeu_si512(to.cast(), bytes);
        }
    }

    #[inline(always)]
    unsafe fn load_u8(from: *const u8) -> __m512 {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(from.cast()))) }
    }

    #[inline(always)]
    unsafe fn load_i32(from: *const i32) -> __m512 {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm512_cvtepi32_ps(_mm512_loadu_si512(from.cast())) }
    }

    #[inline(always)]
    unsafe fn tile(rows: usize, a: *const f32, lda: usize, k: usize, panel: *const f32, target: Target) {
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
        unsafe fn sized(rows: usize, a: *const f32, lda: usize, k: usize, panel: *const f32, target: Target) {
            // SAFETY: by the contract of `tile`.
            unsafe {
                match rows {
                    1 => tile::<Avx512, Singles, 1, 2>(a, lda, k, panel, target),
                    2 => tile::<Avx512, Singles, 2, 2>(a, lda, k, panel, target),
                    3 => tile::<Avx512, Singles, 3, 2>(a, lda, k, panel, target),
                    4 => tile::<Avx512, Singles, 4, 2>(a, lda, k, panel, target),
                    5 => tile::<Avx512, Singles, 5, 2>(a, lda, k, panel, target),
                    6 => tile::<Avx512, Singles, 6, 2>(a, lda, k, panel, target),
                    7 => tile::<Avx512, Singles, 7, 2>(a, lda, k, panel, target),
                    8 => tile::<Avx512, Singles, 8, 2>(a, lda, k, panel, target),
                    9 => tile::<Avx512, Singles, 9, 2>(a, lda, k, panel, target),
                    10 => tile::<Avx512, Singles, 10, 2>(a, lda, k, panel, target),
                    11 => tile::<Avx512, Singles, 11, 2>(a, lda, k, panel, target),
                    12 => tile::<Avx512, Singles, 12, 2>(a, lda, k, panel, target),
                    13 => tile::<Avx512, Singles, 13, 2>(a, lda, k, panel, target),
                    _ => tile::<Avx512, Singles, 14, 2>(a, lda, k, panel, target),
                }
            }
        }
        debug_assert!((1..=Self::ROWS).contains(&rows));
        // SAFETY: by the contract of `Simd`.
        unsafe { sized(rows, a, lda, k, panel, target) }
    }
}
