//! Transforms of rows to the points of tiles: inputs, gradients as inputs, and gradients as taps. Operands of the
//! products with weights have the channels of a tile in a word of the format, one after the other; operands of the
//! weight gradient, whose sums run over tiles, have the tiles of a channel in a word.

use crate::kernels::numbers::Numbers;
use crate::kernels::simd::{Simd, PANEL};
use crate::kernels::unroll::unroll;
use crate::kernels::winograd::{input_points, weight_points, Held, Joined, Part, Stored, Tile, F, MAX_POINTS};

/// The number of words from one row of `words` words to the next: one cache line more, so that rows fall into different
/// cache sets.
#[inline(always)]
pub(super) fn pitch(words: usize) -> usize {
    words + 16
}

/// The number of words from one point to the next, for `rows` rows of `words` words.
#[inline(always)]
pub(super) fn plane(rows: usize, words: usize) -> usize {
    rows * pitch(words) + 16
}

/// Transforms `tiles` tiles of `rows` `[tiles m + k - 1, channels]` to `[points][tile][words of channels]`, at
/// [`pitch`] and `plane`.
///
/// Panics if one of the slices is too short.
///
/// # Safety
/// Channels are a multiple of 16; the processor has the instructions of `S`.
#[inline(always)]
pub(super) unsafe fn transform<S: Simd, W: Numbers<S>, T: Tile>(
    rows: &[f32],
    channels: usize,
    tiles: usize,
    to: &mut [f32],
    plane: usize,
) {
    assert!(rows.len() >= ((tiles - 1) * T::OUTPUTS + T::POINTS) * channels);
    let pitch = pitch(channels / W::PER_WORD);
    assert!(to.len() >= (T::POINTS - 1) * plane + (tiles - 1) * pitch + channels / W::PER_WORD);
    let (rows, to) = (rows.as_ptr(), to.as_mut_ptr());
    for tile in 0..tiles {
        let mut c = 0;
        while c < channels {
            // SAFETY: inside by the assertions, as channels are a multiple of 16.
            unsafe {
                let from = rows.add(tile * T::OUTPUTS * channels + c);
                let to = to.add(tile * pitch + c / W::PER_WORD);
                input_points::<S, T>(from, channels, &mut Stored::<W>::new(to, plane));
            }
            c += S::LANES;
        }
    }
}

/// Calls `$one` for every tile that has a word of its own or shares it with a tile of another call, and `$two` for
/// every two tiles that share a word. `$at` is the number of the first tile in its operand.
macro_rules! by_words {
    ($words:ident, $first:expr, $tiles:expr, $tile:ident, $at:ident => $one:expr, $two:expr) => {
        let mut $tile = 0;
        while $tile < $tiles {
            let $at = $first + $tile;
            if $words::PER_WORD == 2 && $at.is_multiple_of(2) && $tile + 1 < $tiles {
                $two;
                $tile += 2;
            } else {
                $one;
                $tile += 1;
            }
        }
    };
}

/// Transforms tiles like [`transform`], to `[points][tile / per word][channels]` words with the tiles of a channel in a
/// word, from tile `first` on. Tiles must be given in order: the first tile of a word sets the other one to 0. Panics
/// if one of the slices is too short.
///
/// # Safety
/// As [`transform`].
#[inline(always)]
pub(super) unsafe fn transform_tiles<S: Simd, W: Numbers<S>, T: Tile>(
    rows: &[f32],
    channels: usize,
    tiles: usize,
    to: &mut [f32],
    (first, plane): (usize, usize),
) {
    let pitch = pitch(channels);
    assert!(rows.len() >= ((tiles - 1) * T::OUTPUTS + T::POINTS) * channels);
    assert!(to.len() >= (T::POINTS - 1) * plane + (first + tiles - 1) / W::PER_WORD * pitch + channels);
    let (rows, to) = (rows.as_ptr(), to.as_mut_ptr());
    by_words!(W, first, tiles, tile, at => {
        for c in (0..channels).step_by(S::LANES) {
            // SAFETY: inside by the assertions, as channels are a multiple of 16.
            unsafe {
                let from = rows.add(tile * T::OUTPUTS * channels + c);
                let to = Stored::<W>::new(to.add(at / W::PER_WORD * pitch + c), plane);
                input_points::<S, T>(from, channels, &mut Part { to, part: at % W::PER_WORD });
            }
        }
    }, {
        for c in (0..channels).step_by(S::LANES) {
            // SAFETY: as above, for two tiles.
            unsafe {
                let from = rows.add(tile * T::OUTPUTS * channels + c);
                let to = Stored::<W>::new(to.add(at / W::PER_WORD * pitch + c), plane);
                let mut first = Held::<S>([S::splat(0.0); MAX_POINTS]);
                input_points::<S, T>(from, channels, &mut first);
                input_points::<S, T>(from.add(T::OUTPUTS * channels), channels, &mut Joined { to, first });
            }
        }
    });
}

/// The number of words in one point of the output of [`transform_taps`] for `rows` rows of words.
#[inline(always)]
pub(super) fn depth(rows: usize, channels: usize) -> usize {
    channels.div_ceil(PANEL) * rows * PANEL + 16
}

/// Transforms the M rows of each of `tiles` tiles of `rows` `[tiles m, channels]` as if they were the taps of F(k, m),
/// to `[points][panel][tile / per word][32]` words with the tiles of a channel in a word, from tile `first` on, in
/// order as for [`transform_tiles`]. Panics if one of the slices is too short.
///
/// # Safety
/// Channels are a multiple of 16; the processor has the instructions of `S`.
#[inline(always)]
pub(super) unsafe fn transform_taps<S: Simd, W: Numbers<S>, const M: usize, const K: usize>(
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
    let words = (first + tiles).div_ceil(W::PER_WORD);
    assert!(rows.len() >= tiles * M * channels);
    assert!(to.len() >= (points - 1) * plane + (panels - 1) * stride + words * PANEL);
    let (rows, to) = (rows.as_ptr(), to.as_mut_ptr());
    let taps = |tile: usize, c: usize| {
        // SAFETY: inside by the assertions, as channels are a multiple of 16.
        unsafe {
            let mut x = [S::splat(0.0); MAX_POINTS];
            unroll!(M, I => { x[I] = S::load(rows.add((tile * M + I) * channels + c)); });
            x
        }
    };
    by_words!(W, first, tiles, tile, at => {
        for c in (0..channels).step_by(S::LANES) {
            // SAFETY: inside by the assertions, as channels are a multiple of 16.
            unsafe {
                let to = to.add((c / PANEL) * stride + at / W::PER_WORD * PANEL + c % PANEL);
                let to = Stored::<W>::new(to, plane);
                weight_points::<S, F<K, M>, M>(&taps(tile, c), &mut Part { to, part: at % W::PER_WORD });
            }
        }
    }, {
        for c in (0..channels).step_by(S::LANES) {
            // SAFETY: as above, for two tiles.
            unsafe {
                let to = to.add((c / PANEL) * stride + at / W::PER_WORD * PANEL + c % PANEL);
                let to = Stored::<W>::new(to, plane);
                let mut first = Held::<S>([S::splat(0.0); MAX_POINTS]);
                weight_points::<S, F<K, M>, M>(&taps(tile, c), &mut first);
                weight_points::<S, F<K, M>, M>(&taps(tile + 1, c), &mut Joined { to, first });
            }
        }
    });
}
