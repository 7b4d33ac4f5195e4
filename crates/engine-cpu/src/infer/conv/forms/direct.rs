//! The direct form: a matrix product (GEMM) over the overlapping view of the channels-last rows.

use crate::infer::conv::activation::Activation;
use crate::infer::conv::arithmetic::Weights;
use crate::infer::conv::item::Item;
use crate::kernels::simd::{Simd, Target, PANEL};

impl Item<'_> {
    /// Computes the item; a unit is a window of the pool.
    ///
    /// # Safety
    /// The contract of [`Item`].
    #[inline(always)]
    pub(crate) unsafe fn direct<S: Simd>(&self) {
        let (conv, layout, pool) = (self.conv, self.conv.layout(), self.conv.geometry.pool);
        let [first, end] = self.units;
        let rows = (end - first) * pool;
        let Weights::Floats(panels) = &conv.weights else { return };
        let k = panels.rows();
        // SAFETY: the layout has room for the products and the gathered rows; `Maps::read` has reserved every position
        // that the windows need.
        unsafe {
            let products = self.scratch.add(layout.products);
            let (segment, place) = self.place(first);
            let (a, lda) = if let Some(inner) = &conv.inner {
                (self.inner_rows::<S>(inner), conv.geometry.stride * inner.width)
            } else if place + end - first <= conv.units {
                let from = self.input.at(segment, self.position(place));
                (self.arena.add(from).cast_const(), conv.geometry.stride * self.input.width)
            } else if conv.units == 1 && pool == 1 {
                // One row for each segment, as in a dense layer: the segments form the rows of the matrix.
                (self.arena.add(self.input.at(segment, self.position(0))).cast_const(), self.input.segment())
            } else {
                (self.gather(self.scratch.add(layout.rows), k), k)
            };
            for panel in self.panels[0]..self.panels[1] {
                let weights = panels.panel(panel).as_ptr();
                for row in (0..rows).step_by(S::ROWS) {
                    let target = Target::products(products.add(row * PANEL));
                    S::tile(S::ROWS.min(rows - row), a.add(row * lda), lda, k, weights, target);
                }
                let floor = S::splat(conv.floor());
                for window in first..end {
                    let (segment, place) = self.place(window);
                    let to = self.arena.add(self.output.at(segment, place as isize) + panel * PANEL);
                    let products = products.add((window - first) * pool * PANEL);
                    let (from, until) = conv.geometry.inside(place);
                    for c in (0..PANEL).step_by(S::LANES) {
                        let mut top = S::load(products.add(from * PANEL + c));
                        for r in from + 1..until {
                            top = S::max(top, S::load(products.add(r * PANEL + c)));
                        }
                        let bias = S::load(conv.bias.as_ptr().add(panel * PANEL + c));
                        S::store(to.add(c), S::max(S::add(top, bias), floor));
                    }
                    if conv.activation == Activation::Sigmoid {
                        for value in std::slice::from_raw_parts_mut(to, PANEL) {
                            *value = 1.0 / (1.0 + (-*value).exp());
                        }
                    }
                }
            }
        }
    }

    /// The rows of the view of several segments, one after the other.
    #[inline(always)]
    unsafe fn gather(&self, to: *mut f32, k: usize) -> *const f32 {
        let geometry = &self.conv.geometry;
        let [first, end] = self.units;
        // SAFETY: `to` has room for the item's rows; `Maps::read` has reserved every position.
        unsafe {
            for window in first..end {
                let (segment, place) = self.place(window);
                let from = self.arena.add(self.input.at(segment, self.position(place)));
                for r in 0..geometry.pool {
                    let to = to.add(((window - first) * geometry.pool + r) * k);
                    from.add(r * geometry.stride * self.input.width).copy_to_nonoverlapping(to, k);
                }
            }
        }
        to.cast_const()
    }
}
