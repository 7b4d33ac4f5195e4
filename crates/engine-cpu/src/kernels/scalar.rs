//! One channel at a time, for the channels that remain after the last whole vector.

use crate::kernels::numbers::Singles;
use crate::kernels::simd::{Simd, Target};
use crate::kernels::tile::tile;

/// A vector of one float.
#[derive(Clone, Copy)]
pub(crate) struct Scalar;

impl Simd for Scalar {
    type V = f32;
    const LANES: usize = 1;
    const ROWS: usize = 1;

    #[inline(always)]
    unsafe fn load(from: *const f32) -> f32 {
        // SAFETY: by the contract of `Simd`.
        unsafe { from.read() }
    }

    #[inline(always)]
    unsafe fn store(to: *mut f32, v: f32) {
        // SAFETY: by the contract of `Simd`.
        unsafe { to.write(v) }
    }

    #[inline(always)]
    unsafe fn splat(value: f32) -> f32 {
        value
    }

    #[inline(always)]
    unsafe fn add(a: f32, b: f32) -> f32 {
        a + b
    }

    #[inline(always)]
    unsafe fn sub(a: f32, b: f32) -> f32 {
        a - b
    }

    #[inline(always)]
    unsafe fn mul(a: f32, b: f32) -> f32 {
        a * b
    }

    #[inline(always)]
    unsafe fn fma(a: f32, b: f32, c: f32) -> f32 {
        a * b + c
    }

    #[inline(always)]
    unsafe fn max(a: f32, b: f32) -> f32 {
        if a > b {
            a
        } else {
            b
        }
    }

    #[inline(always)]
    unsafe fn where_positive(v: f32, x: f32) -> f32 {
        if v > 0.0 {
            x
        } else {
            0.0
        }
    }

    #[inline(always)]
    unsafe fn where_equal(a: f32, b: f32, x: f32) -> f32 {
        if a == b {
            x
        } else {
            0.0
        }
    }

    #[inline(always)]
    unsafe fn select_better(a: f32, b: f32, x: f32, y: f32) -> f32 {
        if a > b || a.is_nan() {
            x
        } else {
            y
        }
    }

    #[inline(always)]
    unsafe fn abs(v: f32) -> f32 {
        v.abs()
    }

    #[inline(always)]
    unsafe fn largest(v: f32) -> f32 {
        v
    }

    #[inline(always)]
    unsafe fn store_i16(to: *mut i16, v: f32) {
        // SAFETY: by the contract of `Simd`.
        unsafe { to.write(v.round_ties_even() as i16) }
    }

    #[inline(always)]
    unsafe fn store_u8(to: *mut u8, v: f32) {
        // SAFETY: by the contract of `Simd`.
        unsafe { to.write(v.round_ties_even() as u8) }
    }

    #[inline(always)]
    unsafe fn load_u8(from: *const u8) -> f32 {
        // SAFETY: by the contract of `Simd`.
        unsafe { f32::from(from.read()) }
    }

    #[inline(always)]
    unsafe fn load_i32(from: *const i32) -> f32 {
        // SAFETY: by the contract of `Simd`.
        unsafe { from.read() as f32 }
    }

    #[inline(always)]
    unsafe fn tile(_rows: usize, a: *const f32, lda: usize, k: usize, panel: *const f32, target: Target) {
        // SAFETY: by the contract of `Simd`; there is one row.
        unsafe { tile::<Scalar, Singles, 1, 2>(a, lda, k, panel, target) }
    }
}
