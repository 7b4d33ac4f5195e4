//! Transforms of rows to the points of tiles: inputs, gradients as inputs, and gradients as taps.

use crate::kernels::simd::{Simd, PANEL};
use crate::kernels::unroll::unroll;
use crate::kernels::winograd::{transform_input, Tile, F, MAX_POINTS};

/// The number of floats from one tile's channels to the next tile's: one cache line more than the channels, so that
/// tiles fall into different cache sets.
#[inline(always)]
pub(super) fn pitch(channels: usize) -> usize {
    channels + 16
}

/// The number of floats from one point to the next.
#[inline(always)]
pub(super) fn plane(tiles: usize, channels: usize) -> usize {
    tiles * pitch(channels) + 16
}

/// Transforms `tiles` tiles of `rows` `[tiles m + k - 1, channels]` to `[points][tile][channels]`, at [`pitch`] and
/// `plane`.
///
/// Panics if one of the slices is too short.
///
/// # Safety
/// Channels are a multiple of 16; the processor has the instructions of `S`.
#[inline(always)]
pub(super) unsafe fn transform<S: Simd, T: Tile>(
    rows: &[f32],
    channels: usize,
    tiles: usize,
    to: &mut [f32],
    plane: usize,
) {
    assert!(rows.len() >= ((tiles - 1) * T::OUTPUTS + T::POINTS) * channels);
    assert!(to.len() >= (T::POINTS - 1) * plane + (tiles - 1) * pitch(channels) + channels);
    let (rows, to) = (rows.as_ptr(), to.as_mut_ptr());
    for tile in 0..tiles {
        let mut c = 0;
        while c < channels {
            // SAFETY: inside by the assertions, as channels are a multiple of 16.
            unsafe {
                let from = rows.add(tile * T::OUTPUTS * channels + c);
                transform_input::<S, T>(from, channels, to.add(tile * pitch(channels) + c), plane);
            }
            c += S::LANES;
        }
    }
}

/// The number of floats in one point of the output of [`transform_taps`] for `tiles` tiles.
#[inline(always)]
pub(super) fn depth(tiles: usize, channels: usize) -> usize {
    channels.div_ceil(PANEL) * tiles * PANEL + 16
}

/// Transforms the M rows of each of `tiles` tiles of `rows` `[tiles m, channels]` as if they were the taps of F(k, m),
/// to `[points][panel][tile][32]`, from tile `first` on. Panics if one of the slices is too short.
///
/// # Safety
/// Channels are a multiple of 16; the processor has the instructions of `S`.
#[inline(always)]
pub(super) unsafe fn transform_taps<S: Simd, const M: usize, const K: usize>(
    rows: &[f32],
    channels: usize,
    tiles: usize,
    to: &mut [f32],
    (first, stride, plane): (usize, usize, usize),
) where
    F<K, M>: Tile,
{
    let points = M + K - 1;
    let pairs = (points - 1) / 2;
    let panels = channels.div_ceil(PANEL);
    assert!(rows.len() >= tiles * M * channels);
    assert!(to.len() >= (points - 1) * plane + (panels - 1) * stride + (first + tiles) * PANEL);
    let (rows, to) = (rows.as_ptr(), to.as_mut_ptr());
    for tile in 0..tiles {
        let mut c = 0;
        while c < channels {
            // SAFETY: inside by the assertions, as channels are a multiple of 16.
            unsafe {
                let mut x = [S::splat(0.0); MAX_POINTS];
                unroll!(M, I => { x[I] = S::load(rows.add((tile * M + I) * channels + c)); });
                let to = to.add((c / PANEL) * stride + (first + tile) * PANEL + c % PANEL);
                unroll!(pairs pairs, PAIR => {
                    let (mut same, mut opposite) = (S::splat(0.0), S::splat(0.0));
                    unroll!(M, I => {
                        let factor = const { <F<K, M> as Tile>::TRANSFORMS.weight[2 * PAIR + 1][I] } as f32;
                        if I.is_multiple_of(2) {
                            same = S::fma(S::splat(factor), x[I], same);
                        } else {
                            opposite = S::fma(S::splat(factor), x[I], opposite);
                        }
                    });
                    S::store(to.add((2 * PAIR + 1) * plane), S::add(same, opposite));
                    S::store(to.add((2 * PAIR + 2) * plane), S::sub(same, opposite));
                });
                let zero = const { <F<K, M> as Tile>::TRANSFORMS.weight[0][0] } as f32;
                S::store(to, S::mul(S::splat(zero), x[0]));
                if points.is_multiple_of(2) {
                    S::store(to.add((points - 1) * plane), x[M - 1]);
                }
            }
            c += S::LANES;
        }
    }
}
