//! Compares the operations on pairs with the same operations on single values.

use super::{PairKernel, PairProducts, Pairs};
use crate::features::check_bf16;
use crate::kernels::dispatch::run_pairs;
use crate::kernels::numbers::Numbers;
use crate::kernels::simd::{Target, PANEL};

/// The bf16 value that is nearest to `x`, ties to even.
fn rounded(x: f32) -> u16 {
    let bits = x.to_bits();
    ((bits + 0x7fff + ((bits >> 16) & 1)) >> 16) as u16
}

fn value(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let stream = engine_core::Philox::new(seed, engine_core::Purpose::Synthesise, 0);
    (0..count).map(|i| 2.0 * stream.uniform(i as u64) - 1.0).collect()
}

/// Stores two vectors in every way: one after the other, as pairs in one step, and as pairs in two steps.
struct Stored<'a>(&'a [f32], &'a [f32], [&'a mut [f32]; 4]);

impl PairKernel for Stored<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: PairProducts>(self) {
        let Self(a, b, [plain, together, apart, alone]) = self;
        // SAFETY: all slices hold a vector.
        unsafe {
            let (a, b) = (S::load(a.as_ptr()), S::load(b.as_ptr()));
            <Pairs as Numbers<S>>::store(plain.as_mut_ptr(), a);
            <Pairs as Numbers<S>>::store_two(together.as_mut_ptr(), a, b);
            <Pairs as Numbers<S>>::store_part(apart.as_mut_ptr(), a, 0);
            <Pairs as Numbers<S>>::store_part(apart.as_mut_ptr(), b, 1);
            <Pairs as Numbers<S>>::store_part(alone.as_mut_ptr(), a, 0);
        }
    }
}

#[test]
fn values_are_rounded_to_the_nearest_and_stored_in_their_places() {
    if let Err(refused) = check_bf16() {
        testbed::skip(&refused.message);
        return;
    }
    let (mut a, b) = (numbers(16, 1), numbers(16, 2));
    // Half-way cases, which go to the even value.
    a[3] = f32::from_bits(0x3f80_8000);
    a[4] = f32::from_bits(0x3f81_8000);
    let [mut plain, mut together, mut apart, mut alone] = [(); 4].map(|()| vec![7.0f32; 16]);
    // SAFETY: the processor has the instructions; the slices hold a vector.
    unsafe { run_pairs(Stored(&a, &b, [&mut plain, &mut together, &mut apart, &mut alone])) };
    for i in 0..16 {
        let (low, high) = (u32::from(rounded(a[i])), u32::from(rounded(b[i])));
        assert_eq!(plain[i / 2].to_bits() >> (16 * (i % 2)) & 0xffff, low);
        assert_eq!(together[i].to_bits(), low | high << 16);
        assert_eq!(apart[i].to_bits(), low | high << 16);
        assert_eq!(alone[i].to_bits(), low, "the other value of a pair is 0");
    }
}

/// The products of rows with a panel.
struct Tiled<'a> {
    rows: usize,
    words: usize,
    a: &'a [f32],
    panel: &'a [f32],
    out: &'a mut [f32],
}

impl PairKernel for Tiled<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: PairProducts>(self) {
        let Self { rows, words, a, panel, out } = self;
        let target = Target::products(out.as_mut_ptr());
        // SAFETY: the slices have these sizes.
        unsafe { <Pairs as Numbers<S>>::tile(rows, a.as_ptr(), words, words, panel.as_ptr(), target) }
    }
}

#[test]
fn tiles_of_all_heights_sum_the_products_of_both_values() {
    if let Err(refused) = check_bf16() {
        testbed::skip(&refused.message);
        return;
    }
    let words = 24;
    let pack = |values: &[f32]| -> Vec<f32> {
        let pairs = values.chunks_exact(2);
        pairs.map(|v| f32::from_bits(u32::from(rounded(v[0])) | u32::from(rounded(v[1])) << 16)).collect()
    };
    let exact = |x: f32| f64::from(value(rounded(x)));
    for rows in 1..=14 {
        let (a, panel) = (numbers(rows * 2 * words, 3), numbers(2 * words * PANEL, 4));
        let mut out = vec![0.0f32; rows * PANEL];
        let (packed_a, packed_panel) = (pack(&a), pack(&panel));
        let work = Tiled { rows, words, a: &packed_a, panel: &packed_panel, out: &mut out };
        // SAFETY: the processor has the instructions; the slices have the sizes that `Tiled` takes.
        unsafe { run_pairs(work) };
        for row in 0..rows {
            for column in 0..PANEL {
                // The panel is `[words][32][2]`.
                let term =
                    |i: usize| exact(a[row * 2 * words + i]) * exact(panel[(i / 2 * PANEL + column) * 2 + i % 2]);
                let expected: f64 = (0..2 * words).map(term).sum();
                let got = f64::from(out[row * PANEL + column]);
                assert!((got - expected).abs() < 1e-5, "{rows} rows, {row} {column}: {got} for {expected}");
            }
        }
    }
}
