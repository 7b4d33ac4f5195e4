//! The two transforms of a tile, for one vector of channels.

use super::matrices::{Tile, MAX_POINTS};
use super::points::{Points, Stored};
use super::products::{Floats, Products};
use crate::kernels::numbers::Singles;
use crate::kernels::simd::Simd;
use crate::kernels::unroll::unroll;

/// A sum of terms whose factors are known at compile time.
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

/// Whether point `j` has no opposite point: 0 and infinity.
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
    unsafe { input_points::<S, T>(x, stride, &mut Stored::<Singles>::new(to, plane)) }
}

/// [`transform_input`] to any place.
///
/// # Safety
/// A vector is readable at every x; the contract of [`Points`].
#[inline(always)]
pub(crate) unsafe fn input_points<S: Simd, T: Tile>(x: *const f32, stride: usize, to: &mut impl Points<S>) {
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
            to.put(J, S::add(same, opposite));
            to.put(J + 1, S::sub(same, opposite));
        });
        unroll!(T::POINTS, J => {
            if single::<T>(J) {
                let mut sum = Sum::<S>(None);
                unroll!(T::POINTS, I => { sum.add(const { T::TRANSFORMS.input[J][I] }, inputs[I]); });
                to.put(J, sum.value());
            }
        });
    }
}

/// Point j of `to` = sum over i of `G[j][i] taps[i]`, for one vector of channels, of the tile size `T` with `K` taps.
///
/// # Safety
/// The contract of [`Points`].
#[inline(always)]
pub(crate) unsafe fn weight_points<S: Simd, T: Tile, const K: usize>(
    taps: &[S::V; MAX_POINTS],
    to: &mut impl Points<S>,
) {
    // SAFETY: by the contract.
    unsafe {
        unroll!(pairs T::PAIRS, PAIR => {
            let (mut same, mut opposite) = (Sum::<S>(None), Sum::<S>(None));
            unroll!(K, I => {
                let factor = const { T::TRANSFORMS.weight[2 * PAIR + 1][I] };
                if I.is_multiple_of(2) {
                    same.add(factor, taps[I]);
                } else {
                    opposite.add(factor, taps[I]);
                }
            });
            let (same, opposite) = (same.value(), opposite.value());
            to.put(2 * PAIR + 1, S::add(same, opposite));
            to.put(2 * PAIR + 2, S::sub(same, opposite));
        });
        let mut zero = Sum::<S>(None);
        zero.add(const { T::TRANSFORMS.weight[0][0] }, taps[0]);
        to.put(0, zero.value());
        if T::POINTS.is_multiple_of(2) {
            to.put(T::POINTS - 1, taps[K - 1]);
        }
    }
}

/// `y[i] = sum over j of A[i][j] products[j plane]`, for one vector of channels; only the first [`Tile::OUTPUTS`] are
/// valid.
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
