//! The Winograd form in 8 bits: tiles of F(2, 3), which compute two outputs with four products instead of six.
//!
//! Let x be the four input rows of a tile and w the taps. Then `y0 = p0 + p1 + p2` and `y1 = p1 - p2 + p3`, where p0 =
//! (x0 - x2) w0, p1 = (x1 + x2) (w0 + w1 + w2) / 2, p2 = (x2 - x1) (w0 - w1 + w2) / 2 and p3 = (x3 - x1) w2. No factor
//! enlarges the rounding error, unlike the factors of larger tiles. The transformed rows are rounded with a separate
//! quantisation step for each tile and point. They are therefore at least as exact as rows that share a step with the
//! other rows of a block, and a tile depends on nothing but itself.
//!
//! The 8-bit products need unsigned activations. Signed activations are shifted by 128 steps, and the initial values of
//! the sums ([`Bytes::starts`]) cancel the contribution of the shift.

use crate::infer::conv::arithmetic::{Bytes, BYTE_TOP, INT8_OFFSETS, INT8_POINTS};
use crate::infer::conv::forms::winograd::Tiles;
use crate::infer::conv::item::Item;
use crate::kernels::integer::unit::{self, Unit};
use crate::kernels::simd::{Simd, PANEL};
use crate::kernels::unroll::unroll;
use crate::kernels::winograd::MAX_POINTS;

/// The smallest quantisation step of activations; only rows of zeros have it.
const LEAST_STEP: f32 = 1e-30;
/// The number of units whose rows are transformed together. It is small, so that the output of an inner layer is still
/// in the first-level cache.
const CHUNK: usize = 6;
/// The widest rows that the kernel of whole units takes.
const UNIT_WIDTH: usize = 128;
/// The largest absolute value of a signed transformed activation, in quantisation steps.
const SIGNED_TOP: f32 = 127.0;

impl Item<'_> {
    /// Computes the item; a unit is `TILES` tiles, which together contain whole windows.
    ///
    /// # Safety
    /// The contract of [`Item`].
    #[inline(always)]
    pub(crate) unsafe fn int8_tiled<S: Simd, const TILES: usize>(&self, weights: &Bytes) {
        let (conv, layout) = (self.conv, self.conv.layout());
        let [first, end] = self.units;
        let (width, plane) = (conv.width, conv.plane());
        let words = width / weights.parts;
        // A panel for wider rows does not fit the first-level cache; then processing more rows at a time is faster.
        let kernel = weights.units.filter(|_| TILES == unit::TILES && width <= UNIT_WIDTH);
        let group = if kernel.is_some() { 1 } else { weights.rows / TILES };
        // SAFETY: the layout has room for the planes, the quantisation steps and the products of a group of tiles.
        unsafe {
            let planes = self.scratch.add(layout.rows).cast::<i32>();
            let steps = self.scratch.add(layout.steps);
            let products = self.scratch.add(layout.products).cast::<i32>();
            for chunk in (first..end).step_by(CHUNK) {
                let part = Item { units: [chunk, end.min(chunk + CHUNK)], ..*self };
                let mut rows = part.tiles::<S>();
                for unit in chunk - first..part.units[1] - first {
                    let rows = Rows { x: rows.next_row(&part), width };
                    let to = planes.add(unit * TILES * words);
                    rows.quantise::<S, TILES>(steps.add(unit * TILES * INT8_POINTS), to, plane, weights.parts);
                }
            }
            for panel in self.panels[0]..self.panels[1] {
                let starts = weights.starts[panel * INT8_POINTS * PANEL..][..INT8_POINTS * PANEL].as_ptr();
                let mut unit = first;
                while unit < end {
                    let index = (unit - first) * TILES;
                    let rows = planes.add(index * words);
                    if let (Some(kernel), Some(out)) = (kernel, self.whole(unit, panel)) {
                        let unit_of_panel = Unit {
                            a: rows.cast_const(),
                            plane: plane / weights.parts,
                            k: words,
                            panel: weights.panels.plane(panel, 0).as_ptr(),
                            starts,
                            columns: weights.panels.steps(panel).as_ptr(),
                            rows: steps.add(index * INT8_POINTS).cast_const(),
                            bias: conv.bias.as_ptr().add(panel * PANEL),
                            floor: conv.floor(),
                            out,
                            stride: self.output.width,
                        };
                        kernel(&unit_of_panel, conv.geometry.pool);
                        unit += 1;
                        continue;
                    }
                    let take = group.min(end - unit);
                    for point in 0..INT8_POINTS {
                        let rows = rows.add(point * plane / weights.parts);
                        let to = products.add(point * weights.rows * PANEL);
                        let panel = weights.panels.plane(panel, point).as_ptr();
                        (weights.kernel)(take * TILES, rows, words, words, panel, starts.add(point * PANEL), to);
                    }
                    let group = Group::<TILES> {
                        products: products.cast_const(),
                        plane: weights.rows * PANEL,
                        columns: weights.panels.steps(panel).as_ptr(),
                        rows: steps.add(index * INT8_POINTS).cast_const(),
                    };
                    self.pooled_outputs::<S, _>(unit, take, group, panel);
                    unit += take;
                }
            }
        }
    }

    /// The address of a unit's outputs in a panel, or `None` if some positions of the unit are not outputs.
    #[inline(always)]
    fn whole(&self, unit: usize, panel: usize) -> Option<*mut f32> {
        let (conv, geometry) = (self.conv, &self.conv.geometry);
        let (segment, place) = self.place(unit);
        let [start, end] = [place, place + 1].map(|place| place * conv.per_unit);
        let inside = start * geometry.pool >= geometry.pool_padding
            && end * geometry.pool <= geometry.length + geometry.pool_padding
            && end <= self.output.length;
        inside.then(|| self.arena.wrapping_add(self.output.at(segment, start as isize) + panel * PANEL))
    }
}

/// The input rows of a unit: the first row begins at `x`, and rows are `width` floats apart.
#[derive(Clone, Copy)]
struct Rows {
    x: *const f32,
    width: usize,
}

impl Rows {
    /// One vector of the transformed rows of `tile` at `point`, from channel `c` on.
    #[inline(always)]
    unsafe fn value<S: Simd>(self, tile: usize, point: usize, c: usize) -> S::V {
        // SAFETY: all reads are inside the unit's rows.
        unsafe {
            let row = |i: usize| S::load(self.x.add((2 * tile + i) * self.width + c));
            match point {
                0 => S::sub(row(0), row(2)),
                1 => S::add(row(1), row(2)),
                2 => S::sub(row(2), row(1)),
                _ => S::sub(row(3), row(1)),
            }
        }
    }

    /// Transforms the rows and rounds them to multiples of their quantisation steps. For each point it writes the rows
    /// of the tiles one after the other, `parts` values to a word, with `plane` values from one point to the next. It
    /// also writes the quantisation step of every tile and point.
    #[inline(always)]
    unsafe fn quantise<S: Simd, const TILES: usize>(
        self,
        steps: *mut f32,
        words: *mut i32,
        plane: usize,
        parts: usize,
    ) {
        // SAFETY: `Maps::read` has reserved every position of whole units; the layout has room for the rows, which are
        // whole panels.
        unsafe {
            for tile in 0..TILES {
                let mut tops = [S::splat(0.0); INT8_POINTS];
                for c in (0..self.width).step_by(S::LANES) {
                    unroll!(pairs INT8_POINTS, POINT => {
                        tops[POINT] = S::max(S::abs(self.value::<S>(tile, POINT, c)), tops[POINT]);
                    });
                }
                let tops = S::largest_four(tops);
                unroll!(pairs INT8_POINTS, POINT => {
                    let top = if INT8_OFFSETS[POINT] == 0 { BYTE_TOP } else { SIGNED_TOP };
                    let step = (tops[POINT] / top).max(LEAST_STEP);
                    steps.add(tile * INT8_POINTS + POINT).write(step);
                    let (scale, offset) = (S::splat(1.0 / step), S::splat(INT8_OFFSETS[POINT] as f32));
                    let value = |c: usize| S::fma(self.value::<S>(tile, POINT, c), scale, offset);
                    let at = POINT * plane + tile * self.width;
                    if parts == 4 {
                        let to = words.cast::<u8>().add(at);
                        let by_four = self.width - self.width % (4 * S::LANES);
                        for c in (0..by_four).step_by(4 * S::LANES) {
                            let four =
                                [value(c), value(c + S::LANES), value(c + 2 * S::LANES), value(c + 3 * S::LANES)];
                            S::store_u8_four(to.add(c), four);
                        }
                        for c in (by_four..self.width).step_by(S::LANES) {
                            S::store_u8(to.add(c), value(c));
                        }
                    } else {
                        let to = words.cast::<i16>().add(at);
                        for c in (0..self.width).step_by(S::LANES) {
                            S::store_i16(to.add(c), value(c));
                        }
                    }
                });
            }
        }
    }
}

/// The products of a few units with one panel.
#[derive(Clone, Copy)]
struct Group<const TILES: usize> {
    products: *const i32,
    /// The number of products from one point to the next.
    plane: usize,
    /// The quantisation steps of the panel's columns, `[points][PANEL]`.
    columns: *const f32,
    /// The quantisation steps of the tiles, `[units][TILES][points]`.
    rows: *const f32,
}

impl<S: Simd, const TILES: usize> Tiles<S> for Group<TILES> {
    const OUTPUTS: usize = 2 * TILES;

    #[inline(always)]
    unsafe fn outputs(self, row: usize, column: usize) -> [S::V; MAX_POINTS] {
        // SAFETY: inside the group by the contract of `Tiles`.
        unsafe {
            let mut outputs = [S::splat(0.0); MAX_POINTS];
            unroll!(pairs TILES, TILE => {
                let index = row * TILES + TILE;
                let at = self.products.add(index * PANEL + column);
                let product = |point: usize| S::load_i32(at.add(point * self.plane));
                let step = |point: usize| {
                    let row = S::splat(*self.rows.add(index * INT8_POINTS + point));
                    S::mul(row, S::load(self.columns.add(point * PANEL + column)))
                };
                let (p1, p2) = (S::mul(product(1), step(1)), S::mul(product(2), step(2)));
                outputs[2 * TILE] = S::fma(product(0), step(0), S::add(p1, p2));
                outputs[2 * TILE + 1] = S::fma(product(3), step(3), S::sub(p1, p2));
            });
            outputs
        }
    }

    #[inline(always)]
    fn prefetch(self, _row: usize) {}
}
