//! Transforms of rows to the points of tiles: inputs, gradients as inputs, and gradients as taps.

use crate::kernels::simd::{Simd, PANEL};
use crate::kernels::unroll::unroll;
use crate::kernels::winograd::{transform_input, transform_weight, Tile, F, MAX_POINTS};

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
                transform_weight::<S, F<K, M>, M>(&x, to, plane);
            }
            c += S::LANES;
        }
    }
}
