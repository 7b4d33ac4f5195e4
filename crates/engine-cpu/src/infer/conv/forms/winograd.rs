//! The Winograd form: transform the rows of the tiles, compute the products of each point, transform back, take the
//! maximum of each window.

use std::marker::PhantomData;

use crate::infer::conv::arithmetic::Weights;
use crate::infer::conv::item::Item;
use crate::kernels::simd::{Simd, Target, PANEL};
use crate::kernels::tile::prefetch;
use crate::kernels::unroll::unroll;
use crate::kernels::winograd::{transform_input, transform_output, Tile, MAX_POINTS};

impl Item<'_> {
    /// Computes the item; a unit is a tile.
    ///
    /// # Safety
    /// The contract of [`Item`].
    #[inline(always)]
    pub(crate) unsafe fn winograd<S: Simd, T: Tile + Copy>(&self) {
        let (conv, layout) = (self.conv, self.conv.layout());
        let [first, end] = self.units;
        let (width, plane) = (conv.width, conv.plane());
        let Weights::Floats(panels) = &conv.weights else { return };
        // SAFETY: the layout has room for the planes and for the products of a group of tiles.
        unsafe {
            let planes = self.scratch.add(layout.rows);
            let products = self.scratch.add(layout.products);
            self.transform::<S, T>(planes);
            for panel in self.panels[0]..self.panels[1] {
                let weights = panels.panel(panel).as_ptr();
                for unit in (first..end).step_by(S::ROWS) {
                    let take = S::ROWS.min(end - unit);
                    for point in 0..T::POINTS {
                        let rows = planes.add(point * plane + (unit - first) * width);
                        let target = Target::products(products.add(point * S::ROWS * PANEL));
                        S::tile(take, rows, width, width, weights.add(point * width * PANEL), target);
                    }
                    let group =
                        Group { products: products.cast_const(), plane: S::ROWS * PANEL, tile: PhantomData::<T> };
                    self.pooled_outputs::<S, _>(unit, take, group, panel);
                }
            }
        }
    }

    /// Transforms the rows of all tiles of the item and writes them to `planes`, one plane for each point.
    #[inline(always)]
    unsafe fn transform<S: Simd, T: Tile>(&self, planes: *mut f32) {
        let (width, plane) = (self.conv.width, self.conv.plane());
        // SAFETY: `Maps::read` has reserved every position of whole tiles.
        unsafe {
            let mut tiles = self.tiles::<S>();
            for unit in 0..self.units[1] - self.units[0] {
                let x = tiles.next_row(self);
                for c in (0..width).step_by(S::LANES) {
                    transform_input::<S, T>(x.add(c), width, planes.add(unit * width + c), plane);
                }
            }
        }
    }

    /// The input rows of the item's tiles; if there is an inner layer, its output is computed first.
    ///
    /// # Safety
    /// The contract of [`Item`].
    #[inline(always)]
    pub(crate) unsafe fn tiles<S: Simd>(&self) -> TileRows {
        let (segment, place) = self.place(self.units[0]);
        // SAFETY: by the contract.
        let inner = self.conv.inner.as_ref().map(|inner| unsafe { self.inner_rows::<S>(inner) });
        TileRows { inner, from: self.position(place), segment, place }
    }

    /// Computes the pooled outputs of `count` tiles from `unit` on, in one panel, from their products.
    ///
    /// # Safety
    /// The contracts of [`Item`] and [`Tiles`].
    #[inline(always)]
    pub(crate) unsafe fn pooled_outputs<S: Simd, G: Tiles<S>>(
        &self,
        unit: usize,
        count: usize,
        group: G,
        panel: usize,
    ) {
        // SAFETY: by the contract.
        unsafe {
            match self.conv.geometry.pool {
                1 => self.outputs::<S, G, 1>(unit, count, group, panel),
                2 => self.outputs::<S, G, 2>(unit, count, group, panel),
                3 => self.outputs::<S, G, 3>(unit, count, group, panel),
                4 => self.outputs::<S, G, 4>(unit, count, group, panel),
                5 => self.outputs::<S, G, 5>(unit, count, group, panel),
                _ => self.outputs::<S, G, 6>(unit, count, group, panel),
            }
        }
    }

    #[inline(always)]
    unsafe fn outputs<S: Simd, G: Tiles<S>, const POOL: usize>(
        &self,
        unit: usize,
        count: usize,
        group: G,
        panel: usize,
    ) {
        // Tiles contain whole windows, so other combinations never occur.
        if !G::OUTPUTS.is_multiple_of(POOL) {
            return;
        }
        let (conv, geometry) = (self.conv, &self.conv.geometry);
        let (mut segment, mut place) = self.place(unit);
        // SAFETY: a panel of the products of every point; the windows are rows of the output; biases are whole panels.
        unsafe {
            let bias = conv.bias.as_ptr().add(panel * PANEL);
            let (floor, nothing) = (S::splat(conv.floor()), S::splat(f32::NEG_INFINITY));
            for row in 0..count {
                // By now the products of later tiles are no longer in the first-level cache.
                group.prefetch(row + 2);
                let start = place * conv.per_unit;
                let windows = conv.per_unit.min(self.output.length - start);
                // The positions of the tile that are outputs; the other positions must not take part in the maximum.
                let before = geometry.pool_padding.saturating_sub(place * G::OUTPUTS);
                let until = (geometry.length + geometry.pool_padding).saturating_sub(place * G::OUTPUTS);
                let whole = before == 0 && until >= windows * POOL;
                let to = self.arena.add(self.output.at(segment, start as isize) + panel * PANEL);
                for c in (0..PANEL).step_by(S::LANES) {
                    let mut y = group.outputs(row, c);
                    if !whole {
                        unroll!(G::OUTPUTS, I => {
                            if !(before..until).contains(&I) {
                                y[I] = nothing;
                            }
                        });
                    }
                    let bias = S::load(bias.add(c));
                    let mut top = nothing;
                    unroll!(G::OUTPUTS, I => {
                        top = if I.is_multiple_of(POOL) { y[I] } else { S::max(top, y[I]) };
                        if (I + 1).is_multiple_of(POOL) && I / POOL < windows {
                            let to = to.add(I / POOL * self.output.width + c);
                            S::store(to, S::max(S::add(top, bias), floor));
                        }
                    });
                }
                (segment, place) = if place + 1 == conv.units { (segment + 1, 0) } else { (segment, place + 1) };
            }
        }
    }
}

/// Iterates over the input rows of tiles.
pub(crate) struct TileRows {
    /// The rows that the inner layer has written, from position `from` on.
    inner: Option<*const f32>,
    from: isize,
    segment: usize,
    place: usize,
}

impl TileRows {
    /// The first input row of the next tile of `item`.
    ///
    /// # Safety
    /// Must be called at most once for every tile.
    #[inline(always)]
    pub(crate) unsafe fn next_row(&mut self, item: &Item) -> *const f32 {
        let (conv, position) = (item.conv, item.position(self.place));
        // SAFETY: `Maps::read` has reserved every position of whole tiles.
        let row = unsafe {
            match self.inner {
                Some(rows) => rows.add((position - self.from) as usize * conv.width),
                None => item.arena.add(item.input.at(self.segment, position)).cast_const(),
            }
        };
        let last = self.place + 1 == conv.units;
        (self.segment, self.place) = if last { (self.segment + 1, 0) } else { (self.segment, self.place + 1) };
        row
    }
}

/// The products of a few tiles with one panel.
///
/// # Safety
/// Rows and columns are inside; the processor has the instructions of `S`.
pub(crate) trait Tiles<S: Simd>: Copy {
    /// The number of outputs of a tile.
    const OUTPUTS: usize;

    /// The outputs of tile `row` in a vector of columns from `column` on; only the first [`Tiles::OUTPUTS`] are valid.
    unsafe fn outputs(self, row: usize, column: usize) -> [S::V; MAX_POINTS];

    /// Prefetches the products of tile `row`; any row number is allowed.
    fn prefetch(self, row: usize);
}

/// Products stored as floats.
#[derive(Clone, Copy)]
struct Group<T> {
    products: *const f32,
    plane: usize,
    tile: PhantomData<T>,
}

impl<S: Simd, T: Tile + Copy> Tiles<S> for Group<T> {
    const OUTPUTS: usize = T::OUTPUTS;

    #[inline(always)]
    unsafe fn outputs(self, row: usize, column: usize) -> [S::V; MAX_POINTS] {
        // SAFETY: inside the group by the contract.
        unsafe { transform_output::<S, T>(self.products.add(row * PANEL + column), self.plane) }
    }

    #[inline(always)]
    fn prefetch(self, row: usize) {
        unroll!(T::POINTS, POINT => {
            for line in (0..PANEL).step_by(16) {
                prefetch(self.products.wrapping_add(POINT * self.plane + row * PANEL + line));
            }
        });
    }
}
