//! Vectors in plain Rust, for processors without AVX2 and for architectures without a file of their own.

use crate::kernels::numbers::Singles;
use crate::kernels::simd::{Simd, Target};
use crate::kernels::tile::tile;

/// Four floats: one register of SSE2 or any other 128-bit instruction set. Tiles of 6 x 8 sums fill 12 of the 16
/// registers of SSE2.
#[derive(Clone, Copy)]
pub(crate) struct Portable;

impl Simd for Portable {
    type V = [f32; 4];
    const LANES: usize = 4;
    const ROWS: usize = 6;

    #[inline(always)]
    unsafe fn load(from: *const f32) -> [f32; 4] {
        // SAFETY: by the contract of `Simd`.
        unsafe { from.cast::<[f32; 4]>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn store(to: *mut f32, v: [f32; 4]) {
        // SAFETY: by the contract of `Simd`.
        unsafe { to.cast::<[f32; 4]>().write_unaligned(v) }
    }

    #[inline(always)]
    unsafe fn splat(value: f32) -> [f32; 4] {
        [value; 4]
    }

    #[inline(always)]
    unsafe fn add(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        std::array::from_fn(|i| a[i] + b[i])
    }

    #[inline(always)]
    unsafe fn sub(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        std::array::from_fn(|i| a[i] - b[i])
    }

    #[inline(always)]
    unsafe fn mul(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        std::array::from_fn(|i| a[i] * b[i])
    }

    #[inline(always)]
    unsafe fn fma(a: [f32; 4], b: [f32; 4], c: [f32; 4]) -> [f32; 4] {
        std::array::from_fn(|i| a[i] * b[i] + c[i])
    }

    #[inline(always)]
    unsafe fn max(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        std::array::from_fn(|i| if a[i] > b[i] { a[i] } else { b[i] })
    }

    #[inline(always)]
    unsafe fn where_positive(v: [f32; 4], x: [f32; 4]) -> [f32; 4] {
        std::array::from_fn(|i| if v[i] > 0.0 { x[i] } else { 0.0 })
    }

    #[inline(always)]
    unsafe fn where_equal(a: [f32; 4], b: [f32; 4], x: [f32; 4]) -> [f32; 4] {
        std::array::from_fn(|i| if a[i] == b[i] { x[i] } else { 0.0 })
    }

    #[inline(always)]
    unsafe fn select_better(a: [f32; 4], b: [f32; 4], x: [f32; 4], y: [f32; 4]) -> [f32; 4] {
        std::array::from_fn(|i| if a[i] > b[i] || a[i].is_nan() { x[i] } else { y[i] })
    }

    #[inline(always)]
    unsafe fn abs(v: [f32; 4]) -> [f32; 4] {
        v.map(f32::abs)
    }

    #[inline(always)]
    unsafe fn largest(v: [f32; 4]) -> f32 {
        let larger = |a: f32, b: f32| if a > b { a } else { b };
        larger(larger(v[0], v[1]), larger(v[2], v[3]))
    }

    #[inline(always)]
    unsafe fn store_i16(to: *mut i16, v: [f32; 4]) {
        // SAFETY: by the contract of `Simd`.
        unsafe { to.cast::<[i16; 4]>().write_unaligned(v.map(|x| nearest(x) as i16)) }
    }

    #[inline(always)]
    unsafe fn store_u8(to: *mut u8, v: [f32; 4]) {
        // SAFETY: by the contract of `Simd`.
        unsafe { to.cast::<[u8; 4]>().write_unaligned(v.map(|x| nearest(x) as u8)) }
    }

    #[inline(always)]
    unsafe fn load_u8(from: *const u8) -> [f32; 4] {
        // SAFETY: by the contract of `Simd`.
        unsafe { from.cast::<[u8; 4]>().read_unaligned().map(f32::from) }
    }

    #[inline(always)]
    unsafe fn load_i32(from: *const i32) -> [f32; 4] {
        // SAFETY: by the contract of `Simd`.
        unsafe { from.cast::<[i32; 4]>().read_unaligned().map(|x| x as f32) }
    }

    #[inline(always)]
    unsafe fn tile(rows: usize, a: *const f32, lda: usize, k: usize, panel: *const f32, target: Target) {
        unsafe fn sized(rows: usize, a: *const f32, lda: usize, k: usize, panel: *const f32, target: Target) {
            // SAFETY: by the contract of `tile`.
            unsafe {
                match rows {
                    1 => tile::<Portable, Singles, 1, 2>(a, lda, k, panel, target),
                    2 => tile::<Portable, Singles, 2, 2>(a, lda, k, panel, target),
                    3 => tile::<Portable, Singles, 3, 2>(a, lda, k, panel, target),
                    4 => tile::<Portable, Singles, 4, 2>(a, lda, k, panel, target),
                    5 => tile::<Portable, Singles, 5, 2>(a, lda, k, panel, target),
                    _ => tile::<Portable, Singles, 6, 2>(a, lda, k, panel, target),
                }
            }
        }
        debug_assert!((1..=Self::ROWS).contains(&rows));
        // SAFETY: by the contract of `Simd`.
        unsafe { sized(rows, a, lda, k, panel, target) }
    }
}

/// Rounds a number below 2^22 to the nearest integer, ties to even. The sum with 1.5 x 2^23 has no fractional bits.
#[inline(always)]
fn nearest(x: f32) -> i32 {
    const SHIFT: f32 = 12_582_912.0;
    ((x + SHIFT).to_bits() as i32).wrapping_sub(SHIFT.to_bits() as i32)
}
