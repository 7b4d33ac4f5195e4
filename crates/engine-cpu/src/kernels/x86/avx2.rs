//! AVX2 with FMA.

use std::arch::x86_64::*;

use crate::kernels::numbers::Singles;
use crate::kernels::simd::{Simd, Target};
use crate::kernels::tile::tile;

/// AVX2 and FMA: tiles of 6 x 16 sums fill 12 of the 16 registers.
#[derive(Clone, Copy)]
pub(crate) struct Avx2;

impl Simd for Avx2 {
    type V = __m256;
    const LANES: usize = 8;
    const ROWS: usize = 6;

    #[inline(always)]
    unsafe fn load(from: *const f32) -> __m256 {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm256_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn store(to: *mut f32, v: __m256) {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm256_storeu_ps(to, v) }
    }

    #[inline(always)]
    unsafe fn splat(value: f32) -> __m256 {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm256_set1_ps(value) }
    }

    #[inline(always)]
    unsafe fn add(a: __m256, b: __m256) -> __m256 {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm256_add_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn sub(a: __m256, b: __m256) -> __m256 {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm256_sub_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn mul(a: __m256, b: __m256) -> __m256 {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm256_mul_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn fma(a: __m256, b: __m256, c: __m256) -> __m256 {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    unsafe fn max(a: __m256, b: __m256) -> __m256 {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm256_max_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn where_positive(v: __m256, x: __m256) -> __m256 {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm256_and_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(v, _mm256_setzero_ps()), x) }
    }

    #[inline(always)]
    unsafe fn where_equal(a: __m256, b: __m256, x: __m256) -> __m256 {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm256_and_ps(_mm256_cmp_ps::<_CMP_EQ_OQ>(a, b), x) }
    }

    #[inline(always)]
    unsafe fn select_better(a: __m256, b: __m256, x: __m256, y: __m256) -> __m256 {
        // SAFETY: by the contract of `Simd`.
        unsafe {
            let better = _mm256_or_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(a, b), _mm256_cmp_ps::<_CMP_UNORD_Q>(a, a));
            _mm256_blendv_ps(y, x, better)
        }
    }

    #[inline(always)]
    unsafe fn stream(to: *mut f32, v: __m256) {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm256_stream_ps(to, v) }
    }

    #[inline(always)]
    unsafe fn fence() {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm_sfence() }
    }

    #[inline(always)]
    unsafe fn abs(v: __m256) -> __m256 {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm256_andnot_ps(_mm256_set1_ps(-0.0), v) }
    }

    #[inline(always)]
    unsafe fn largest(v: __m256) -> f32 {
        // SAFETY: by the contract of `Simd`.
        unsafe {
            let four = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps::<1>(v));
            let two = _mm_max_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)))
        }
    }

    #[inline(always)]
    unsafe fn store_i16(to: *mut i16, v: __m256) {
        // SAFETY: by the contract of `Simd`.
        unsafe {
            let words = _mm256_cvtps_epi32(v);
            let halves = _mm_packs_epi32(_mm256_castsi256_si128(words), _mm256_extracti128_si256::<1>(words));
            _mm_storeu_si128(to.cast(), halves);
        }
    }

    #[inline(always)]
    unsafe fn store_u8(to: *mut u8, v: __m256) {
        // SAFETY: by the contract of `Simd`.
        unsafe {
            let words = _mm256_cvtps_epi32(v);
            let halves = _mm_packs_epi32(_mm256_castsi256_si128(words), _mm256_extracti128_si256::<1>(words));
            _mm_storel_epi64(to.cast(), _mm_packus_epi16(halves, halves));
        }
    }

    #[inline(always)]
    unsafe fn load_u8(from: *const u8) -> __m256 {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(from.cast()))) }
    }

    #[inline(always)]
    unsafe fn load_i32(from: *const i32) -> __m256 {
        // SAFETY: by the contract of `Simd`.
        unsafe { _mm256_cvtepi32_ps(_mm256_loadu_si256(from.cast())) }
    }

    #[inline(always)]
    unsafe fn tile(rows: usize, a: *const f32, lda: usize, k: usize, panel: *const f32, target: Target) {
        #[target_feature(enable = "avx2,fma")]
        unsafe fn sized(rows: usize, a: *const f32, lda: usize, k: usize, panel: *const f32, target: Target) {
            // SAFETY: by the contract of `tile`.
            unsafe {
                match rows {
                    1 => tile::<Avx2, Singles, 1, 2>(a, lda, k, panel, target),
                    2 => tile::<Avx2, Singles, 2, 2>(a, lda, k, panel, target),
                    3 => tile::<Avx2, Singles, 3, 2>(a, lda, k, panel, target),
                    4 => tile::<Avx2, Singles, 4, 2>(a, lda, k, panel, target),
                    5 => tile::<Avx2, Singles, 5, 2>(a, lda, k, panel, target),
                    _ => tile::<Avx2, Singles, 6, 2>(a, lda, k, panel, target),
                }
            }
        }
        debug_assert!((1..=Self::ROWS).contains(&rows));
        // SAFETY: by the contract of `Simd`.
        unsafe { sized(rows, a, lda, k, panel, target) }
    }
}
