//! The Winograd form: transform the rows of the tiles, one product for each point, transform back, maximum.

use crate::cpu::infer::item::Item;
use crate::cpu::kernels::simd::{Simd, PANEL};
use crate::cpu::kernels::tile::{prefetch, Target};
use crate::cpu::kernels::unroll::unroll;
use crate::cpu::kernels::winograd::{transform_input, transform_output, Tile};

impl Item<'_> {
    /// Computes the item; a unit is a tile.
    ///
    /// # Safety
    /// The contract of [`Item`].
    #[inline(always)]
    pub(crate) unsafe fn winograd<S: Simd, T: Tile>(&self) {
        let (conv, layout) = (self.conv, self.conv.layout());
        let [first, end] = self.units;
        let (width, plane) = (conv.width, conv.plane());
        // SAFETY: the layout has room for the planes and for the products of a group of tiles.
        unsafe {
            let planes = self.scratch.add(layout.rows);
            let products = self.scratch.add(layout.products);
            self.transform::<S, T>(planes);
            for panel in self.panels[0]..self.panels[1] {
                let weights = conv.panels.panel(panel).as_ptr();
                for unit in (first..end).step_by(S::ROWS) {
                    let take = S::ROWS.min(end - unit);
                    for point in 0..T::POINTS {
                        let rows = planes.add(point * plane + (unit - first) * width);
                        let target = Target::products(products.add(point * S::ROWS * PANEL));
                        S::tile(take, rows, width, width, weights.add(point * width * PANEL), target);
                    }
                    match conv.geometry.pool {
                        1 => self.outputs::<S, T, 1>(unit, take, products, panel),
                        2 => self.outputs::<S, T, 2>(unit, take, products, panel),
                        3 => self.outputs::<S, T, 3>(unit, take, products, panel),
                        4 => self.outputs::<S, T, 4>(unit, take, products, panel),
                        5 => self.outputs::<S, T, 5>(unit, take, products, panel),
                        _ => self.outputs::<S, T, 6>(unit, take, products, panel),
                    }
                }
            }
        }
    }

    /// Transforms the rows of all tiles of the item into `planes`, one for each point.
    #[inline(always)]
    unsafe fn transform<S: Simd, T: Tile>(&self, planes: *mut f32) {
        let (conv, width, plane) = (self.conv, self.conv.width, self.conv.plane());
        let (mut segment, mut place) = self.place(self.units[0]);
        let from = self.position(place);
        // SAFETY: `Maps::read` has provided for every position of whole tiles.
        unsafe {
            let inner = conv.inner.as_ref().map(|inner| self.inner_rows::<S>(inner));
            for unit in 0..self.units[1] - self.units[0] {
                let position = self.position(place);
                let x = match inner {
                    Some(rows) => rows.add((position - from) as usize * width),
                    None => self.arena.add(self.input.at(segment, position)).cast_const(),
                };
                for c in (0..width).step_by(S::LANES) {
                    transform_input::<S, T>(x.add(c), width, planes.add(unit * width + c), plane);
                }
                (segment, place) = if place + 1 == conv.units { (segment + 1, 0) } else { (segment, place + 1) };
            }
        }
    }

    /// The pooled outputs of `count` tiles from `unit` on, in one panel, from their products.
    #[inline(always)]
    unsafe fn outputs<S: Simd, T: Tile, const POOL: usize>(
        &self,
        unit: usize,
        count: usize,
        products: *const f32,
        panel: usize,
    ) {
        // Tiles hold whole windows, so the others are never asked for.
        if !T::OUTPUTS.is_multiple_of(POOL) {
            return;
        }
        let (conv, geometry) = (self.conv, &self.conv.geometry);
        let (mut segment, mut place) = self.place(unit);
        // SAFETY: a panel of the products of every point; the windows are rows of the output; biases are whole panels.
        unsafe {
            let bias = conv.bias.as_ptr().add(panel * PANEL);
            let (floor, nothing) = (S::splat(conv.floor()), S::splat(f32::NEG_INFINITY));
            for row in 0..count {
                let products = products.add(row * PANEL);
                // Later tiles' products have left the first-level cache by now.
                for point in 0..T::POINTS {
                    for line in (0..PANEL).step_by(16) {
                        prefetch(products.wrapping_add((point * S::ROWS + 2) * PANEL + line));
                    }
                }
                let start = place * conv.per_unit;
                let windows = conv.per_unit.min(self.output.length - start);
                // Places of the tile that are outputs; the others must not become a maximum.
                let before = geometry.pool_padding.saturating_sub(place * T::OUTPUTS);
                let until = (geometry.length + geometry.pool_padding).saturating_sub(place * T::OUTPUTS);
                let whole = before == 0 && until >= windows * POOL;
                let to = self.arena.add(self.output.at(segment, start as isize) + panel * PANEL);
                for c in (0..PANEL).step_by(S::LANES) {
                    let mut y = transform_output::<S, T>(products.add(c), S::ROWS * PANEL);
                    if !whole {
                        unroll!(T::OUTPUTS, I => {
                            if !(before..until).contains(&I) {
                                y[I] = nothing;
                            }
                        });
                    }
                    let bias = S::load(bias.add(c));
                    let mut top = nothing;
                    unroll!(T::OUTPUTS, I => {
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
