//! The vectors of AArch64: NEON.

use std::arch::aarch64::*;

use crate::kernels::numbers::Singles;
use crate::kernels::simd::{Simd, Target};
use crate::kernels::tile::tile;

/// NEON: tiles of 6 x 16 sums fill 24 of the 32 registers.
#[derive(Clone, Copy)]
pub(crate) struct Neon;

impl Simd for Neon {
    type V = float32x4_t;
    const LANES: usize = 4;
    const ROWS: usize = 6;

    #[inline(always)]
    unsafe fn load(from: *const f32) -> float32x4_t {
        // SAFETY: by the contract of `Simd`.
        unsafe { vld1q_f32(from) }
    }

    #[inline(always)]
    unsafe fn store(to: *mut f32, v: float32x4_t) {
        // SAFETY: by the contract of `Simd`.
        unsafe { vst1q_f32(to, v) }
    }

    #[inline(always)]
    unsafe fn splat(value: f32) -> float32x4_t {
        // SAFETY: by the contract of `Simd`.
        unsafe { vdupq_n_f32(value) }
    }

    #[inline(always)]
    unsafe fn add(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        // SAFETY: by the contract of `Simd`.
        unsafe { vaddq_f32(a, b) }
    }

    #[inline(always)]
    unsafe fn sub(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        // SAFETY: by the contract of `Simd`.
        unsafe { vsubq_f32(a, b) }
    }

    #[inline(always)]
    unsafe fn mul(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        // SAFETY: by the contract of `Simd`.
        unsafe { vmulq_f32(a, b) }
    }

    #[inline(always)]
    unsafe fn fma(a: float32x4_t, b: float32x4_t, c: float32x4_t) -> float32x4_t {
        // SAFETY: by the contract of `Simd`.
        unsafe { vfmaq_f32(c, a, b) }
    }

    #[inline(always)]
    unsafe fn max(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        // SAFETY: by the contract of `Simd`.
        unsafe { vbslq_f32(vcgtq_f32(a, b), a, b) }
    }

    #[inline(always)]
    unsafe fn where_positive(v: float32x4_t, x: float32x4_t) -> float32x4_t {
        // SAFETY: by the contract of `Simd`.
        unsafe { vbslq_f32(vcgtzq_f32(v), x, vdupq_n_f32(0.0)) }
    }

    #[inline(always)]
    unsafe fn where_equal(a: float32x4_t, b: float32x4_t, x: float32x4_t) -> float32x4_t {
        // SAFETY: by the contract of `Simd`.
        unsafe { vbslq_f32(vceqq_f32(a, b), x, vdupq_n_f32(0.0)) }
    }

    #[inline(always)]
    unsafe fn select_better(a: float32x4_t, b: float32x4_t, x: float32x4_t, y: float32x4_t) -> float32x4_t {
        // SAFETY: by the contract of `Simd`.
        unsafe { vbslq_f32(vorrq_u32(vcgtq_f32(a, b), vmvnq_u32(vceqq_f32(a, a))), x, y) }
    }

    #[inline(always)]
    unsafe fn abs(v: float32x4_t) -> float32x4_t {
        // SAFETY: by the contract of `Simd`.
        unsafe { vabsq_f32(v) }
    }

    #[inline(always)]
    unsafe fn largest(v: float32x4_t) -> f32 {
        // SAFETY: by the contract of `Simd`.
        unsafe { vmaxvq_f32(v) }
    }

    #[inline(always)]
    unsafe fn store_i16(to: *mut i16, v: float32x4_t) {
        // SAFETY: by the contract of `Simd`.
        unsafe { vst1_s16(to, vmovn_s32(vcvtnq_s32_f32(v))) }
    }

    #[inline(always)]
    unsafe fn store_u8(to: *mut u8, v: float32x4_t) {
        // SAFETY: by the contract of `Simd`.
        unsafe {
            let halves = vmovn_s32(vcvtnq_s32_f32(v));
            let bytes = vmovn_u16(vreinterpretq_u16_s16(vcombine_s16(halves, halves)));
            to.cast::<u32>().write_unaligned(vget_lane_u32::<0>(vreinterpret_u32_u8(bytes)));
        }
    }

    #[inline(always)]
    unsafe fn load_u8(from: *const u8) -> float32x4_t {
        // SAFETY: by the contract of `Simd`.
        unsafe {
            let bytes = vcreate_u8(u64::from(from.cast::<u32>().read_unaligned()));
            vcvtq_f32_u32(vmovl_u16(vget_low_u16(vmovl_u8(bytes))))
        }
    }

    #[inline(always)]
    unsafe fn load_i32(from: *const i32) -> float32x4_t {
        // SAFETY: by the contract of `Simd`.
        unsafe { vcvtq_f32_s32(vld1q_s32(from)) }
    }

    #[inline(always)]
    unsafe fn tile(rows: usize, a: *const f32, lda: usize, k: usize, panel: *const f32, target: Target) {
        unsafe fn sized(rows: usize, a: *const f32, lda: usize, k: usize, panel: *const f32, target: Target) {
            // SAFETY: by the contract of `tile`.
            unsafe {
                match rows {
                    1 => tile::<Neon, Singles, 1, 4>(a, lda, k, panel, target),
                    2 => tile::<Neon, Singles, 2, 4>(a, lda, k, panel, target),
                    3 => tile::<Neon, Singles, 3, 4>(a, lda, k, panel, target),
                    4 => tile::<Neon, Singles, 4, 4>(a, lda, k, panel, target),
                    5 => tile::<Neon, Singles, 5, 4>(a, lda, k, panel, target),
                    _ => tile::<Neon, Singles, 6, 4>(a, lda, k, panel, target),
                }
            }
        }
        debug_assert!((1..=Self::ROWS).contains(&rows));
        // SAFETY: by the contract of `Simd`.
        unsafe { sized(rows, a, lda, k, panel, target) }
    }
}
