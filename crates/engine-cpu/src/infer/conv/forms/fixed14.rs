//! The Winograd form in 14-bit fixed point: transforms in f32, products and their sums in integers.
//!
//! The transformed rows of a tile are rounded to multiples of a quantisation step. Every point has its own step, such
//! that the largest value at that point is 8,191 steps. Therefore no calibration data are needed, and a tile depends on
//! nothing but itself. Weights have a quantisation step for every point and output, chosen so that no 32-bit sum can
//! overflow.

use std::marker::PhantomData;

use crate::infer::conv::arithmetic::FIXED_TOP;
use crate::infer::conv::forms::winograd::Tiles;
use crate::infer::conv::item::Item;
use crate::kernels::integer::panels::IntegerPanels;
use crate::kernels::integer::{Integer, ZEROS};
use crate::kernels::simd::{Simd, PANEL};
use crate::kernels::tile::prefetch;
use crate::kernels::unroll::unroll;
use crate::kernels::winograd::{transform_input, transform_products, Steps, Tile, MAX_POINTS};

/// The smallest quantisation step of activations; only rows of zeros have it.
const LEAST_STEP: f32 = 1e-30;

impl Item<'_> {
    /// Computes the item; a unit is a tile.
    ///
    /// # Safety
    /// The contract of [`Item`].
    #[inline(always)]
    pub(crate) unsafe fn fixed14<S: Simd, T: Tile + Copy>(&self, weights: &IntegerPanels, integer: &Integer) {
        let (conv, layout) = (self.conv, self.conv.layout());
        let [first, end] = self.units;
        let (width, plane) = (conv.width, conv.plane());
        // SAFETY: the layout has room for the planes, the quantisation steps and the products of a group of tiles.
        unsafe {
            let planes = self.scratch.add(layout.rows).cast::<i32>();
            let steps = self.scratch.add(layout.steps);
            let products = self.scratch.add(layout.products).cast::<i32>();
            self.quantise::<S, T>(planes.cast(), self.scratch.add(layout.transformed), steps);
            for panel in self.panels[0]..self.panels[1] {
                for unit in (first..end).step_by(integer.rows) {
                    let take = integer.rows.min(end - unit);
                    for point in 0..T::POINTS {
                        let rows = planes.add((point * plane + (unit - first) * width) / 2);
                        let to = products.add(point * integer.rows * PANEL);
                        let panel = weights.plane(panel, point).as_ptr();
                        (integer.pairs)(take, rows, width / 2, width / 2, panel, ZEROS.as_ptr(), to);
                    }
                    let group = Group {
                        products: products.cast_const(),
                        plane: integer.rows * PANEL,
                        columns: weights.steps(panel).as_ptr(),
                        rows: steps.add((unit - first) * MAX_POINTS).cast_const(),
                        tile: PhantomData::<T>,
                    };
                    self.pooled_outputs::<S, _>(unit, take, group, panel);
                }
            }
        }
    }

    /// Transforms the rows of all tiles of the item and writes them to `planes` as integers in quantisation steps, one
    /// plane for each point. Writes the quantisation steps tile after tile, [`MAX_POINTS`] for each tile.
    #[inline(always)]
    unsafe fn quantise<S: Simd, T: Tile>(&self, planes: *mut i16, transformed: *mut f32, steps: *mut f32) {
        let (width, plane) = (self.conv.width, self.conv.plane());
        // SAFETY: `Maps::read` has reserved every position of whole tiles; the layout has room for what is written.
        unsafe {
            let mut tiles = self.tiles::<S>();
            for unit in 0..self.units[1] - self.units[0] {
                let x = tiles.next_row(self);
                for c in (0..width).step_by(S::LANES) {
                    transform_input::<S, T>(x.add(c), width, transformed.add(c), width);
                }
                for point in 0..T::POINTS {
                    let row = transformed.add(point * width).cast_const();
                    let mut top = S::splat(0.0);
                    for c in (0..width).step_by(S::LANES) {
                        top = S::max(S::abs(S::load(row.add(c))), top);
                    }
                    let step = (S::largest(top) / FIXED_TOP).max(LEAST_STEP);
                    steps.add(unit * MAX_POINTS + point).write(step);
                    let scale = S::splat(1.0 / step);
                    let to = planes.add(point * plane + unit * width);
                    for c in (0..width).step_by(S::LANES) {
                        S::store_i16(to.add(c), S::mul(S::load(row.add(c)), scale));
                    }
                }
            }
        }
    }
}

/// The products of a few tiles with one panel.
#[derive(Clone, Copy)]
struct Group<T> {
    products: *const i32,
    /// The number of products from one point to the next.
    plane: usize,
    /// The quantisation steps of the panel's columns, `[points][PANEL]`.
    columns: *const f32,
    /// The quantisation steps of the tiles, `[tiles][MAX_POINTS]`.
    rows: *const f32,
    tile: PhantomData<T>,
}

impl<S: Simd, T: Tile + Copy> Tiles<S> for Group<T> {
    const OUTPUTS: usize = T::OUTPUTS;

    #[inline(always)]
    unsafe fn outputs(self, row: usize, column: usize) -> [S::V; MAX_POINTS] {
        // SAFETY: inside the group by the contract of `Tiles`.
        unsafe {
            transform_products::<S, T, _>(Steps {
                at: self.products.add(row * PANEL + column),
                plane: self.plane,
                columns: self.columns.add(column),
                row: self.rows.add(row * MAX_POINTS),
            })
        }
    }

    #[inline(always)]
    fn prefetch(self, row: usize) {
        unroll!(T::POINTS, POINT => {
            for line in (0..PANEL).step_by(16) {
                prefetch(self.products.wrapping_add(POINT * self.plane + row * PANEL + line).cast());
            }
        });
    }
}
