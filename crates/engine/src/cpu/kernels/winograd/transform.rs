//! One-dimensional Winograd convolution: m outputs of a k-tap filter with m + k - 1 products in place of m k.
//!
//! The Toom-Cook construction over the points 0, 1, -1, 2, -2, 1/2, -1/2, 4, -4, and infinity where m + k - 1 is even: with
//! x the m + k - 1 inputs and w the taps, `y = A ((G w) . (B x))`. Opposite points share their even and odd halves, which
//! halves the work of both transforms. Outputs are exact up to rounding; the largest error of f32, over the largest output,
//! is 1e-6 for the sizes of [`SIZES`] (2e-6 for k = 5).

use crate::cpu::kernels::simd::{Simd, PANEL};
use crate::cpu::kernels::unroll::unroll;

/// Most products of a tile.
pub(crate) const MAX_POINTS: usize = 9;

/// `(m, k)` of the tiles there are.
pub(crate) const SIZES: [(usize, usize); 8] = [(2, 2), (4, 2), (6, 2), (3, 3), (4, 3), (6, 3), (4, 4), (5, 5)];

type Matrix = [[f64; MAX_POINTS]; MAX_POINTS];

/// The transforms of one size; rows and columns beyond it are zero.
pub(crate) struct Transforms {
    /// B, points x inputs.
    pub(crate) input: Matrix,
    /// G, points x taps.
    pub(crate) weight: Matrix,
    /// A, outputs x points.
    pub(crate) output: Matrix,
}

/// A tile of `M` outputs of a filter of `K` taps.
#[derive(Clone, Copy)]
pub(crate) struct F<const M: usize, const K: usize>;

/// The constants of a tile.
pub(crate) trait Tile {
    /// Outputs.
    const OUTPUTS: usize;
    /// Products, and inputs.
    const POINTS: usize;
    /// Pairs of opposite points; they are points 1 and 2, 3 and 4, and so on.
    const PAIRS: usize = (Self::POINTS - 1) / 2;
    /// The matrices.
    const TRANSFORMS: Transforms;
}

impl<const M: usize, const K: usize> Tile for F<M, K> {
    const OUTPUTS: usize = M;
    const POINTS: usize = M + K - 1;
    const TRANSFORMS: Transforms = transforms(M, K);
}

/// The finite points, in order.
const POINTS: [f64; MAX_POINTS] = [0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 4.0, -4.0];

/// The matrices of F(m, k). All their numbers but those of G are exact.
pub(crate) const fn transforms(m: usize, k: usize) -> Transforms {
    let points = m + k - 1;
    let finite = if points.is_multiple_of(2) { points - 1 } else { points };
    let mut all = Transforms {
        input: [[0.0; MAX_POINTS]; MAX_POINTS],
        weight: [[0.0; MAX_POINTS]; MAX_POINTS],
        output: [[0.0; MAX_POINTS]; MAX_POINTS],
    };
    let mut j = 0;
    while j < points {
        // The polynomial with a root at every finite point but this one.
        let mut roots = 0;
        all.input[j][0] = 1.0;
        let mut scale = 1.0;
        let mut l = 0;
        while l < finite {
            if l != j {
                roots += 1;
                let mut i = roots;
                while i > 0 {
                    all.input[j][i] = all.input[j][i - 1] - POINTS[l] * all.input[j][i];
                    i -= 1;
                }
                all.input[j][0] *= -POINTS[l];
                if j < finite {
                    scale *= POINTS[j] - POINTS[l];
                }
            }
            l += 1;
        }
        if j < finite {
            let mut power = 1.0;
            let mut i = 0;
            while i < m || i < k {
                if i < k {
                    all.weight[j][i] = power / scale;
                }
                if i < m {
                    all.output[i][j] = power;
                }
                power *= POINTS[j];
                i += 1;
            }
        } else {
            all.weight[j][k - 1] = 1.0;
            all.output[m - 1][j] = 1.0;
        }
        j += 1;
    }
    all
}

/// A sum of terms whose factors are known when compiling.
struct Sum<S: Simd>(Option<S::V>);

impl<S: Simd> Sum<S> {
    #[inline(always)]
    unsafe fn add(&mut self, factor: f64, x: S::V) {
        // SAFETY: by the contract of `Simd`.
        unsafe {
            self.0 = match self.0 {
                _ if factor == 0.0 => self.0,
                None if factor == 1.0 => Some(x),
                None => Some(S::mul(S::splat(factor as f32), x)),
                Some(sum) if factor == 1.0 => Some(S::add(sum, x)),
                Some(sum) if factor == -1.0 => Some(S::sub(sum, x)),
                Some(sum) => Some(S::fma(S::splat(factor as f32), x, sum)),
            };
        }
    }

    #[inline(always)]
    unsafe fn value(self) -> S::V {
        // SAFETY: by the contract of `Simd`.
        self.0.unwrap_or(unsafe { S::splat(0.0) })
    }
}

/// Whether point `j` has no opposite: 0 and infinity.
const fn single<T: Tile>(j: usize) -> bool {
    j == 0 || j > 2 * T::PAIRS
}

/// `to[j plane] = sum over i of B[j][i] x[i stride]`, for one vector of channels.
///
/// # Safety
/// A vector is readable at every x and writable at every `to`; the processor has the instructions of `S`.
#[inline(always)]
pub(crate) unsafe fn transform_input<S: Simd, T: Tile>(x: *const f32, stride: usize, to: *mut f32, plane: usize) {
    // SAFETY: by the contract.
    unsafe {
        let mut inputs = [S::splat(0.0); MAX_POINTS];
        unroll!(T::POINTS, I => { inputs[I] = S::load(x.add(I * stride)); });
        unroll!(pairs T::PAIRS, PAIR => {
            const J: usize = 2 * PAIR + 1;
            let (mut same, mut opposite) = (Sum::<S>(None), Sum::<S>(None));
            unroll!(T::POINTS, I => {
                let (plus, minus) = const { (T::TRANSFORMS.input[J][I], T::TRANSFORMS.input[J + 1][I]) };
                same.add((plus + minus) / 2.0, inputs[I]);
                opposite.add((plus - minus) / 2.0, inputs[I]);
            });
            let (same, opposite) = (same.value(), opposite.value());
            S::store(to.add(J * plane), S::add(same, opposite));
            S::store(to.add((J + 1) * plane), S::sub(same, opposite));
        });
        unroll!(T::POINTS, J => {
            if single::<T>(J) {
                let mut sum = Sum::<S>(None);
                unroll!(T::POINTS, I => { sum.add(const { T::TRANSFORMS.input[J][I] }, inputs[I]); });
                S::store(to.add(J * plane), sum.value());
            }
        });
    }
}

/// The products of a tile, from which a vector of channels can be read at every point.
///
/// # Safety
/// Its functions may be called where the products were promised to be, on a processor with the instructions of `S`.
pub(crate) trait Products<S: Simd>: Copy {
    /// One vector of the products at `point`.
    unsafe fn point(self, point: usize) -> S::V;
}

/// Products that are floats, `plane` of them from one point to the next.
#[derive(Clone, Copy)]
pub(crate) struct Floats {
    pub(crate) at: *const f32,
    pub(crate) plane: usize,
}

impl<S: Simd> Products<S> for Floats {
    #[inline(always)]
    unsafe fn point(self, point: usize) -> S::V {
        // SAFETY: by the contract of `Products`.
        unsafe { S::load(self.at.add(point * self.plane)) }
    }
}

/// Integer products, in steps of the row times steps of the column.
#[derive(Clone, Copy)]
pub(crate) struct Steps {
    pub(crate) at: *const i32,
    /// Products from one point to the next.
    pub(crate) plane: usize,
    /// Steps of the columns, [`PANEL`] from one point to the next.
    pub(crate) columns: *const f32,
    /// Steps of the row at every point.
    pub(crate) row: *const f32,
}

impl<S: Simd> Products<S> for Steps {
    #[inline(always)]
    unsafe fn point(self, point: usize) -> S::V {
        // SAFETY: by the contract of `Products`.
        unsafe {
            let step = S::mul(S::load(self.columns.add(point * PANEL)), S::splat(*self.row.add(point)));
            S::mul(S::load_i32(self.at.add(point * self.plane)), step)
        }
    }
}

/// `y[i] = sum over j of A[i][j] products[j plane]`, for one vector of channels; only the first [`Tile::OUTPUTS`] count.
///
/// # Safety
/// A vector is readable at every product; the processor has the instructions of `S`.
#[inline(always)]
pub(crate) unsafe fn transform_output<S: Simd, T: Tile>(products: *const f32, plane: usize) -> [S::V; MAX_POINTS] {
    // SAFETY: by the contract.
    unsafe { transform_products::<S, T, _>(Floats { at: products, plane }) }
}

/// [`transform_output`] of any products.
///
/// # Safety
/// The contract of [`Products`].
#[inline(always)]
pub(crate) unsafe fn transform_products<S: Simd, T: Tile, P: Products<S>>(products: P) -> [S::V; MAX_POINTS] {
    // SAFETY: by the contract.
    unsafe {
        let zero = S::splat(0.0);
        let (mut same, mut opposite) = ([zero; MAX_POINTS], [zero; MAX_POINTS]);
        unroll!(pairs T::PAIRS, PAIR => {
            let plus = products.point(2 * PAIR + 1);
            let minus = products.point(2 * PAIR + 2);
            same[PAIR] = S::add(plus, minus);
            opposite[PAIR] = S::sub(plus, minus);
        });
        let mut outputs = [zero; MAX_POINTS];
        unroll!(T::OUTPUTS, I => {
            let mut sum = Sum::<S>(None);
            unroll!(T::POINTS, J => {
                if single::<T>(J) {
                    let factor = const { T::TRANSFORMS.output[I][J] };
                    if factor != 0.0 {
                        sum.add(factor, products.point(J));
                    }
                }
            });
            unroll!(pairs T::PAIRS, PAIR => {
                let factor = const { T::TRANSFORMS.output[I][2 * PAIR + 1] };
                sum.add(factor, if I.is_multiple_of(2) { same[PAIR] } else { opposite[PAIR] });
            });
            outputs[I] = sum.value();
        });
        outputs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::features::CpuLevel;
    use crate::cpu::kernels::simd::{run, Kernel};

    fn numbers(count: usize, seed: u64) -> Vec<f32> {
        let stream = crate::Philox::new(seed, crate::Purpose::Synthesise, 0);
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
}
