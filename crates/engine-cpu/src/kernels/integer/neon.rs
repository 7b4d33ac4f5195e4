//! Products of i16 pairs with NEON's `smlal`.

use std::arch::aarch64::*;

use super::tile::{kernel, tile, Words};
use super::Integer;

/// The kernels of every AArch64 processor.
pub(crate) const NEON: Integer = Integer { pairs_name: "NEON smlal", rows: 6, pairs, quads: None, units: None };

#[derive(Clone, Copy)]
struct Pairs;

impl Words for Pairs {
    type V = int32x4_t;
    const LANES: usize = 4;

    #[inline(always)]
    unsafe fn load(from: *const i32) -> int32x4_t {
        // SAFETY: by the contract of `Words`.
        unsafe { vld1q_s32(from) }
    }

    #[inline(always)]
    unsafe fn store(to: *mut i32, v: int32x4_t) {
        // SAFETY: by the contract of `Words`.
        unsafe { vst1q_s32(to, v) }
    }

    #[inline(always)]
    unsafe fn splat(word: i32) -> int32x4_t {
        // SAFETY: by the contract of `Words`.
        unsafe { vdupq_n_s32(word) }
    }

    #[inline(always)]
    unsafe fn dot(sum: int32x4_t, a: int32x4_t, b: int32x4_t) -> int32x4_t {
        // SAFETY: by the contract of `Words`.
        unsafe {
            // The low halves of all words, then the high halves.
            let sum = vmlal_s16(sum, vmovn_s32(a), vmovn_s32(b));
            vmlal_s16(sum, vshrn_n_s32::<16>(a), vshrn_n_s32::<16>(b))
        }
    }
}

kernel!(pairs, Pairs, 2, 1 2 3 4 5; 6);
