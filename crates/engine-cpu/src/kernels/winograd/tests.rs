//! Compares the matrices with a convolution, and the transforms with the matrices.

use super::matrices::Transforms;
use super::*;
use crate::features::CpuLevel;
use crate::kernels::dispatch::run;
use crate::kernels::simd::{Kernel, Simd};

fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let stream = engine_core::Philox::new(seed, engine_core::Purpose::Synthesise, 0);
    (0..count).map(|i| 2.0 * stream.uniform(i as u64) - 1.0).collect()
}

#[test]
fn the_transforms_are_a_convolution() {
    for (m, k) in SIZES {
        let Transforms { input, weight, output } = transforms(m, k);
        let (x, w) = (numbers(m + k - 1, 1), numbers(k, 2));
        for i in 0..m {
            let expected: f64 = (0..k).map(|t| f64::from(w[t]) * f64::from(x[i + t])).sum();
            let got: f64 = (0..m + k - 1)
                .map(|j| {
                    let g: f64 = (0..k).map(|t| weight[j][t] * f64::from(w[t])).sum();
                    let b: f64 = (0..m + k - 1).map(|l| input[j][l] * f64::from(x[l])).sum();
                    output[i][j] * g * b
                })
                .sum();
            assert!((got - expected).abs() < 1e-12, "F({m}, {k}) output {i}: {got} for {expected}");
        }
    }
}

struct Both<'a, T: Tile>(&'a [f32], &'a mut [f32], &'a mut [f32], std::marker::PhantomData<T>);

impl<T: Tile> Kernel for Both<'_, T> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Self(x, transformed, outputs, _) = self;
        for c in (0..32).step_by(S::LANES) {
            // SAFETY: 32 columns of every plane.
            unsafe {
                transform_input::<S, T>(x.as_ptr().add(c), 32, transformed.as_mut_ptr().add(c), 32);
                let y = transform_output::<S, T>(x.as_ptr().add(c), 32);
                for i in 0..T::OUTPUTS {
                    S::store(outputs.as_mut_ptr().add(i * 32 + c), y[i]);
                }
            }
        }
    }
}

fn check<T: Tile>() {
    let x = numbers(T::POINTS * 32, 3);
    for level in CpuLevel::supported() {
        let (mut transformed, mut outputs) = (vec![0.0f32; T::POINTS * 32], vec![0.0f32; T::OUTPUTS * 32]);
        // SAFETY: the level is supported, the slices have the sizes that `Both` takes.
        unsafe { run(level, Both::<T>(&x, &mut transformed, &mut outputs, std::marker::PhantomData)) };
        for (got, rows, matrix) in
            [(&transformed, T::POINTS, &T::TRANSFORMS.input), (&outputs, T::OUTPUTS, &T::TRANSFORMS.output)]
        {
            for row in 0..rows {
                for c in 0..32 {
                    let terms = |i: usize| matrix[row][i] * f64::from(x[i * 32 + c]);
                    let expected: f64 = (0..T::POINTS).map(terms).sum();
                    let size: f64 = (0..T::POINTS).map(|i| terms(i).abs()).sum();
                    let error = (f64::from(got[row * 32 + c]) - expected).abs() / size.max(1e-30);
                    assert!(error < 1e-6, "{level:?} {} outputs, row {row}: {error:e}", T::OUTPUTS);
                }
            }
        }
    }
}

#[test]
fn every_level_transforms_as_the_matrices_say() {
    check::<F<2, 2>>();
    check::<F<4, 2>>();
    check::<F<6, 2>>();
    check::<F<3, 3>>();
    check::<F<4, 3>>();
    check::<F<6, 3>>();
    check::<F<4, 4>>();
    check::<F<5, 5>>();
}
