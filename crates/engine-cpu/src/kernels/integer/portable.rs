//! Products of i16 pairs in plain Rust.

use super::tile::{kernel, tile, Words};
use super::Integer;

/// The kernels for every processor.
pub(crate) const PORTABLE: Integer =
    Integer { pairs_name: "plain 16-bit products", rows: 4, pairs, quads: None, units: None };

#[derive(Clone, Copy)]
struct Pairs;

impl Words for Pairs {
    type V = [i32; 4];
    const LANES: usize = 4;

    #[inline(always)]
    unsafe fn load(from: *const i32) -> [i32; 4] {
        // SAFETY: by the contract of `Words`.
        unsafe { from.cast::<[i32; 4]>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn store(to: *mut i32, v: [i32; 4]) {
        // SAFETY: by the contract of `Words`.
        unsafe { to.cast::<[i32; 4]>().write_unaligned(v) }
    }

    #[inline(always)]
    unsafe fn splat(word: i32) -> [i32; 4] {
        [word; 4]
    }

    #[inline(always)]
    unsafe fn dot(sum: [i32; 4], a: [i32; 4], b: [i32; 4]) -> [i32; 4] {
        // Both operands have their halves in the same order, so the byte order in memory does not matter.
        let low = |word: i32| i32::from(word as i16);
        let high = |word: i32| word >> 16;
        std::array::from_fn(|i| {
            sum[i].wrapping_add(low(a[i]).wrapping_mul(low(b[i]))).wrapping_add(high(a[i]).wrapping_mul(high(b[i])))
        })
    }
}

kernel!(pairs, Pairs, 2, 1 2 3; 4);
