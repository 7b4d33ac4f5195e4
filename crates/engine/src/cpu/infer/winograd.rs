//! The Winograd form: transform the rows of the tiles, one product for each point, transform back, maximum.

use crate::cpu::infer::item::Item;
use crate::cpu::kernels::simd::{Simd, PANEL};
use crate::cpu::kernels::winograd::{transform_input, transform_output, Tile, MAX_POINTS};

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
        // SAFETY: the layout has room for the planes and for the products of a group of tiles; `Maps::read` has provided
        // for every position of whole tiles.
        unsafe {
            let planes = self.scratch.add(layout.rows);
            let products = self.scratch.add(layout.products);
            let inner = match &conv.inner {
                Some(inner) => Some((self.inner_rows::<S>(inner), self.position(self.place(first).1))),
                None => None,
            };
            for unit in first..end {
                let (segment, place) = self.place(unit);
                let position = self.position(place);
                let x = match inner {
                    Some((rows, from)) => rows.add((position - from) as usize * width),
                    None => self.arena.add(self.input.at(segment, position)).cast_const(),
                };
                let to = planes.add((unit - first) * width);
                for c in (0..width).step_by(S::LANES) {
                    transform_input::<S, T>(x.add(c), width, to.add(c), plane);
                }
            }
            for panel in self.panels[0]..self.panels[1] {
                let weights = conv.panels.panel(panel).as_ptr();
                let mut unit = first;
                while unit < end {
                    let take = S::ROWS.min(end - unit);
                    for point in 0..T::POINTS {
                        S::tile(
                            take,
                            planes.add(point * plane + (unit - first) * width),
                            width,
                            width,
                            weights.add(point * width * PANEL),
                            products.add(point * S::ROWS * PANEL),
                        );
                    }
                    for r in 0..take {
                        self.tile_outputs::<S, T>(unit + r, products.add(r * PANEL), panel);
                    }
                    unit += take;
                }
            }
        }
    }

    /// The pooled outputs of one tile and panel, from its products.
    #[inline(always)]
    unsafe fn tile_outputs<S: Simd, T: Tile>(&self, unit: usize, products: *const f32, panel: usize) {
        let (conv, pool) = (self.conv, self.conv.geometry.pool);
        let (segment, place) = self.place(unit);
        let start = place * conv.per_unit;
        let windows = conv.per_unit.min(self.output.length - start);
        let whole = (0..windows).all(|w| conv.geometry.inside(start + w) == (0, pool));
        // SAFETY: a panel of the products of every point; the windows are rows of the output.
        unsafe {
            let to = self.arena.add(self.output.at(segment, start as isize) + panel * PANEL);
            for c in (0..PANEL).step_by(S::LANES) {
                let y = transform_output::<S, T>(products.add(c), S::ROWS * PANEL);
                if whole {
                    // Written without a variable index, so that the outputs stay in registers.
                    let (mut top, mut left, mut to) = (y[0], pool, to.add(c));
                    let mut remaining = windows;
                    for i in 0..MAX_POINTS {
                        if i >= T::OUTPUTS || remaining == 0 {
                            break;
                        }
                        top = if left == pool { y[i] } else { S::max(top, y[i]) };
                        left -= 1;
                        if left == 0 {
                            self.finish::<S>(top, panel * PANEL + c, to);
                            to = to.add(self.output.width);
                            remaining -= 1;
                            left = pool;
                        }
                    }
                } else {
                    let mut rows = [y[0]; MAX_POINTS];
                    rows.copy_from_slice(&y);
                    for w in 0..windows {
                        let (from, until) = conv.geometry.inside(start + w);
                        let mut top = rows[w * pool + from];
                        for r in from + 1..until {
                            top = S::max(top, rows[w * pool + r]);
                        }
                        self.finish::<S>(top, panel * PANEL + c, to.add(w * self.output.width + c));
                    }
                }
            }
        }
    }
}
