//! The products of transformed tiles, point by point: outputs, and the sums of the weight gradient.

use super::transform::pitch;
use crate::kernels::numbers::Numbers;
use crate::kernels::simd::{Simd, Target, PANEL};
use crate::kernels::unroll::unroll;
use crate::kernels::winograd::{transform_output, Tile, MAX_POINTS};

/// What is done with the outputs of tiles while they are in registers.
pub(super) trait Outputs<S: Simd> {
    /// Takes the outputs of tile `tile`, of which only those of the tile size are valid, for the vector of channels
    /// from column `column` of the panel on.
    ///
    /// # Safety
    /// The processor has the instructions of `S`; an implementation states what else must hold.
    unsafe fn take(&mut self, tile: usize, column: usize, outputs: &[S::V; MAX_POINTS]);
}

/// Computes the products of all tiles with one panel of weights `[points][words][32]`, and gives their outputs to `to`,
/// tile after tile; `words` is the number of words of the channels in the format `W`. Panics if one of the three slices
/// is too short.
///
/// # Safety
/// The processor has the instructions of `S`, and the contract of `to` holds.
#[inline(always)]
pub(super) unsafe fn outputs<S: Simd, W: Numbers<S>, T: Tile>(
    values: &[f32],
    plane: usize,
    words: usize,
    tiles: usize,
    panel: &[f32],
    products: &mut [f32],
    to: &mut impl Outputs<S>,
) {
    assert!(values.len() >= (T::POINTS - 1) * plane + (tiles - 1) * pitch(words) + words);
    assert!(panel.len() >= T::POINTS * words * PANEL);
    assert!(products.len() >= T::POINTS * S::ROWS * PANEL);
    let (values, panel) = (values.as_ptr(), panel.as_ptr());
    let products = products.as_mut_ptr();
    let mut tile = 0;
    while tile < tiles {
        let rows = S::ROWS.min(tiles - tile);
        // SAFETY: inside by the assertions.
        unsafe {
            for point in 0..T::POINTS {
                let from = values.add(point * plane + tile * pitch(words));
                let weights = panel.add(point * words * PANEL);
                let target = Target::products(products.add(point * S::ROWS * PANEL));
                W::tile(rows, from, pitch(words), words, weights, target);
            }
            for row in 0..rows {
                for column in (0..PANEL).step_by(S::LANES) {
                    let y = transform_output::<S, T>(products.add(row * PANEL + column), S::ROWS * PANEL);
                    to.take(tile + row, column, &y);
                }
            }
        }
        tile += rows;
    }
}

/// `sum[R, N vectors] (+)= a^T b` over `k` rows of words of the format `W`.
///
/// # Safety
/// The pointers are valid for these accesses; the processor has the instructions of `S`.
#[inline(always)]
unsafe fn rank<S: Simd, W: Numbers<S>, const R: usize, const N: usize>(
    a: *const f32,
    lda: usize,
    k: usize,
    b: *const f32,
    sum: *mut f32,
    ldc: usize,
    first: bool,
) {
    // SAFETY: by the contract.
    unsafe {
        let mut sums = [[S::splat(0.0); N]; R];
        if !first {
            unroll!(rows R, ROW => {
                unroll!(vectors N, J => { sums[ROW][J] = S::load(sum.add(ROW * ldc + J * S::LANES)); });
            });
        }
        for i in 0..k {
            let row = a.add(i * lda);
            let mut values = [S::splat(0.0); N];
            unroll!(vectors N, J => { values[J] = S::load(b.add(i * PANEL + J * S::LANES)); });
            unroll!(rows R, ROW => {
                let x = S::splat(*row.add(ROW));
                unroll!(vectors N, J => { sums[ROW][J] = W::add_products(x, values[J], sums[ROW][J]); });
            });
        }
        unroll!(rows R, ROW => {
            unroll!(vectors N, J => { S::store(sum.add(ROW * ldc + J * S::LANES), sums[ROW][J]); });
        });
    }
}

/// Computes the weight gradient's sum of one point, in the columns of one panel: `sum` `[from, width]`, with `to`
/// elements from one row to the next; the last row must be complete. `count` is the number of words of the tiles.
/// Panics if one of the three slices is too short.
///
/// # Safety
/// Nobody else writes these columns meanwhile; `from` and `width` are multiples of 16; the processor has the
/// instructions of `S`.
#[inline(always)]
pub(super) unsafe fn weight_sum<S: Simd, W: Numbers<S>>(
    values: &[f32],
    (from, width): (usize, usize),
    count: usize,
    gradient: &[f32],
    (sum, len): (*mut f32, usize),
    to: usize,
    first: bool,
) {
    let lda = pitch(from);
    assert!(values.len() >= (count - 1) * lda + from);
    assert!(gradient.len() >= count * PANEL);
    assert!(len >= (from - 1) * to + width);
    let (values, gradient) = (values.as_ptr(), gradient.as_ptr());
    let mut column = 0;
    while column < width {
        let two = width - column >= 2 * S::LANES;
        let mut i = 0;
        while i < from {
            let left = from - i;
            let rows = if S::ROWS < 12 || left < 8 {
                4
            } else if left >= 12 && left != 16 {
                12
            } else {
                8
            };
            // SAFETY: inside by the assertions, as `from` and `width` are multiples of 16.
            unsafe {
                let (a, b, c) = (values.add(i), gradient.add(column), sum.add(i * to + column));
                match (rows, two) {
                    (12, true) => rank::<S, W, 12, 2>(a, lda, count, b, c, to, first),
                    (8, true) => rank::<S, W, 8, 2>(a, lda, count, b, c, to, first),
                    (_, true) => rank::<S, W, 4, 2>(a, lda, count, b, c, to, first),
                    (12, false) => rank::<S, W, 12, 1>(a, lda, count, b, c, to, first),
                    (8, false) => rank::<S, W, 8, 1>(a, lda, count, b, c, to, first),
                    (_, false) => rank::<S, W, 4, 1>(a, lda, count, b, c, to, first),
                }
            }
            i += rows;
        }
        column += if two { 2 * S::LANES } else { S::LANES };
    }
}
