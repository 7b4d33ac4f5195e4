//! Integer products of x86-64: `vpdpwssd` and `vpdpbusd` if the processor has VNNI, otherwise `vpmaddwd`.
//!
//! `vpmaddubsw`, the only 8-bit product before VNNI, saturates its 16-bit sums; so 8-bit products are computed by the
//! 16-bit instruction.

use std::arch::x86_64::*;

use super::tile::{kernel, tile, Words};
use super::unit::{unit, Sums, Unit};
use super::Integer;
use crate::kernels::x86::Avx512;

/// AVX-512 BW.
pub(crate) const AVX512: Integer =
    Integer { pairs_name: "AVX-512 vpmaddwd", rows: 14, pairs: pairs_512, quads: None, units: None };

/// AVX-512 VNNI.
pub(crate) const AVX512_VNNI: Integer = Integer {
    pairs_name: "AVX-512 VNNI vpdpwssd",
    rows: 14,
    pairs: pairs_512_vnni,
    quads: Some((quads_512_vnni, "AVX-512 VNNI vpdpbusd")),
    units: Some(units_512_vnni),
};

/// AVX2.
pub(crate) const AVX2: Integer =
    Integer { pairs_name: "AVX2 vpmaddwd", rows: 6, pairs: pairs_256, quads: None, units: None };

/// AVX-VNNI, the 256-bit form without AVX-512.
pub(crate) const AVX_VNNI: Integer = Integer {
    pairs_name: "AVX-VNNI vpdpwssd",
    rows: 6,
    pairs: pairs_256_vnni,
    quads: Some((quads_256_vnni, "AVX-VNNI vpdpbusd")),
    units: None,
};

/// Implements [`Words`] for vectors of one width with one product instruction.
macro_rules! words {
    (
        $name:ident, $vector:ty, $lanes:literal, $load:ident, $store:ident, $splat:ident,
        |$sum:ident, $a:ident, $b:ident| $dot:expr
    ) => {
        #[derive(Clone, Copy)]
        struct $name;

        impl Words for $name {
            type V = $vector;
            const LANES: usize = $lanes;

            #[inline(always)]
            unsafe fn load(from: *const i32) -> $vector {
                // SAFETY: by the contract of `Words`.
                unsafe { $load(from.cast()) }
            }

            #[inline(always)]
            unsafe fn store(to: *mut i32, v: $vector) {
                // SAFETY: by the contract of `Words`.
                unsafe { $store(to.cast(), v) }
            }

            #[inline(always)]
            unsafe fn splat(word: i32) -> $vector {
                // SAFETY: by the contract of `Words`.
                unsafe { $splat(word) }
            }

            #[inline(always)]
            unsafe fn dot($sum: $vector, $a: $vector, $b: $vector) -> $vector {
                // SAFETY: by the contract of `Words`.
                unsafe { $dot }
            }
        }
    };
}

words!(
    Pairs512,
    __m512i,
    16,
    _mm512_loadu_si512,
    _mm512_storeu_si512,
    _mm512_set1_epi32,
    |sum, a, b| _mm512_add_epi32(sum, _mm512_madd_epi16(a, b))
);
/// `sum + a . b` by `vpdpwssd` itself. For processors that it does not know, the compiler replaces the intrinsic by the
/// multiplication and the addition of AVX-512 BW, which are a third slower where both exist.
#[inline]
#[target_feature(enable = "avx512f,avx512vnni")]
unsafe fn dpwssd(mut sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
    // SAFETY: the processor has the instruction; it touches its registers alone.
    unsafe {
        std::arch::asm!("vpdpwssd {0}, {1}, {2}", inout(zmm_reg) sum, in(zmm_reg) a, in(zmm_reg) b,
            options(pure, nomem, nostack, preserves_flags));
    }
    sum
}

words!(Pairs512Vnni, __m512i, 16, _mm512_loadu_si512, _mm512_storeu_si512, _mm512_set1_epi32, |sum, a, b| {
    dpwssd(sum, a, b)
});
words!(Quads512Vnni, __m512i, 16, _mm512_loadu_si512, _mm512_storeu_si512, _mm512_set1_epi32, |sum, a, b| {
    _mm512_dpbusd_epi32(sum, a, b)
});
words!(Pairs256, __m256i, 8, _mm256_loadu_si256, _mm256_storeu_si256, _mm256_set1_epi32, |sum, a, b| _mm256_add_epi32(
    sum,
    _mm256_madd_epi16(a, b)
));
words!(Pairs256Vnni, __m256i, 8, _mm256_loadu_si256, _mm256_storeu_si256, _mm256_set1_epi32, |sum, a, b| {
    _mm256_dpwssd_avx_epi32(sum, a, b)
});
words!(Quads256Vnni, __m256i, 8, _mm256_loadu_si256, _mm256_storeu_si256, _mm256_set1_epi32, |sum, a, b| {
    _mm256_dpbusd_avx_epi32(sum, a, b)
});

kernel!(#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
    pairs_512, Pairs512, 2, 1 2 3 4 5 6 7 8 9 10 11 12 13; 14);
kernel!(#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")]
    pairs_512_vnni, Pairs512Vnni, 2, 1 2 3 4 5 6 7 8 9 10 11 12 13; 14);
kernel!(#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")]
    quads_512_vnni, Quads512Vnni, 2, 1 2 3 4 5 6 7 8 9 10 11 12 13; 14);
kernel!(#[target_feature(enable = "avx2,fma")] pairs_256, Pairs256, 2, 1 2 3 4 5; 6);
kernel!(#[target_feature(enable = "avx2,fma,avxvnni")] pairs_256_vnni, Pairs256Vnni, 2, 1 2 3 4 5; 6);
kernel!(#[target_feature(enable = "avx2,fma,avxvnni")] quads_256_vnni, Quads256Vnni, 2, 1 2 3 4 5; 6);

impl Sums for Quads512Vnni {
    type Floats = Avx512;

    #[inline(always)]
    unsafe fn floats(v: __m512i) -> __m512 {
        // SAFETY: by the contract of `Sums`.
        unsafe { _mm512_cvtepi32_ps(v) }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")]
unsafe fn units_512_vnni(tiles: &Unit, pool: usize) {
    debug_assert!([1, 2, 3, 6].contains(&pool));
    // SAFETY: by the contract of `UnitKernel`.
    unsafe {
        match pool {
            1 => unit::<Quads512Vnni, 1>(tiles),
            2 => unit::<Quads512Vnni, 2>(tiles),
            3 => unit::<Quads512Vnni, 3>(tiles),
            _ => unit::<Quads512Vnni, 6>(tiles),
        }
    }
}
