//! The direct form in 8 bits: the rows of an item as u8 with one common quantisation step, weights as i8 with one step
//! for each output.
//!
//! The quantisation step is 1/255 of the largest value among the rows that a block of windows reads, so every block is
//! calibrated by its own data. Blocks are cut by the layer's shape alone (a short segment is one block), so that scores
//! depend on nothing but the segment.

use crate::infer::conv::arithmetic::{Bytes, BYTE_TOP};
use crate::infer::conv::item::Item;
use crate::kernels::integer::ZEROS;
use crate::kernels::simd::{Simd, PANEL};

/// The smallest quantisation step of activations; only rows of zeros have it.
const LEAST_STEP: f32 = 1e-30;

impl Item<'_> {
    /// Computes the item; a unit is a window of the pool.
    ///
    /// # Safety
    /// The contract of [`Item`].
    #[inline(always)]
    pub(crate) unsafe fn int8<S: Simd>(&self, weights: &Bytes) {
        let (conv, layout) = (self.conv, self.conv.layout());
        let [first, end] = self.units;
        let (pool, k) = (conv.geometry.pool, weights.panels.height());
        // As many whole windows as fit the kernel.
        let group = (weights.rows / pool).max(1);
        // SAFETY: the layout has room for the rows, the quantisation steps and the products of a group of windows.
        unsafe {
            let words = self.scratch.add(layout.rows).cast::<i32>();
            let steps = self.scratch.add(layout.steps);
            let products = self.scratch.add(layout.products).cast::<i32>();
            let lda = if conv.across() {
                self.quantise_across::<S>(weights, words, steps);
                k
            } else {
                self.quantise_block::<S>(weights, words, steps);
                conv.geometry.stride * conv.width / weights.parts
            };
            for panel in self.panels[0]..self.panels[1] {
                let panel_words = weights.panels.plane(panel, 0).as_ptr();
                let mut at = self.place(first);
                for window in (first..end).step_by(group) {
                    let windows = group.min(end - window);
                    let rows = windows * pool;
                    let from = words.add((window - first) * pool * lda).cast_const();
                    for row in (0..rows).step_by(weights.rows) {
                        let (a, to) = (from.add(row * lda), products.add(row * PANEL));
                        (weights.kernel)(weights.rows.min(rows - row), a, lda, k, panel_words, ZEROS.as_ptr(), to);
                    }
                    for w in 0..windows {
                        let products = products.add(w * pool * PANEL);
                        self.int8_output::<S>(at, products, *steps.add(window - first + w), weights, panel);
                        at = if at.1 + 1 == conv.units { (at.0 + 1, 0) } else { (at.0, at.1 + 1) };
                    }
                }
            }
        }
    }

    /// Computes the output of one window, given by its segment and its position there, in one panel, from its rows of
    /// products.
    #[inline(always)]
    unsafe fn int8_output<S: Simd>(
        &self,
        (segment, place): (usize, usize),
        products: *const i32,
        step: f32,
        weights: &Bytes,
        panel: usize,
    ) {
        let conv = self.conv;
        let (from, until) = conv.geometry.inside(place);
        // SAFETY: a row of the output that only this item writes; quantisation steps and biases are whole panels.
        unsafe {
            let to = self.arena.add(self.output.at(segment, place as isize) + panel * PANEL);
            let (floor, step) = (S::splat(conv.floor()), S::splat(step));
            let (columns, bias) = (weights.panels.steps(panel).as_ptr(), conv.bias.as_ptr().add(panel * PANEL));
            for c in (0..PANEL).step_by(S::LANES) {
                let mut top = S::load_i32(products.add(from * PANEL + c));
                for r in from + 1..until {
                    top = S::max(top, S::load_i32(products.add(r * PANEL + c)));
                }
                let y = S::fma(top, S::mul(step, S::load(columns.add(c))), S::load(bias.add(c)));
                S::store(to.add(c), S::max(y, floor));
            }
        }
    }

    /// Quantises the rows of an item that lies in one segment; these rows are one block.
    #[inline(always)]
    unsafe fn quantise_block<S: Simd>(&self, weights: &Bytes, words: *mut i32, steps: *mut f32) {
        let conv = self.conv;
        let (segment, place) = self.place(self.units[0]);
        let count = self.units[1] - self.units[0];
        let (from, last) = conv.geometry.span(conv.kernel, place, place + count);
        let values = (last - from + 1) as usize * conv.width;
        // SAFETY: `Maps::read` has reserved every position; the layout has room for all of them.
        unsafe {
            let x = match &conv.inner {
                Some(inner) => self.inner_rows::<S>(inner),
                None => self.arena.add(self.input.at(segment, from)).cast_const(),
            };
            let step = step_of::<S>(x, values);
            quantise::<S>(x, values, step, weights.parts, words);
            std::slice::from_raw_parts_mut(steps, count).fill(step);
        }
    }

    /// Quantises the rows of the view of an item that spans several segments, one after the other. Every segment is one
    /// block, even if the item contains only a part of it.
    #[inline(always)]
    unsafe fn quantise_across<S: Simd>(&self, weights: &Bytes, words: *mut i32, steps: *mut f32) {
        let (conv, geometry) = (self.conv, &self.conv.geometry);
        let [first, end] = self.units;
        let (k, width) = (weights.panels.height(), conv.width);
        let (from, last) = geometry.span(conv.kernel, 0, conv.units);
        let mut step = 0.0;
        // SAFETY: `Maps::read` has reserved every position; the layout has room for the item's rows.
        unsafe {
            for window in first..end {
                let (segment, place) = self.place(window);
                if window == first || place == 0 {
                    let x = self.arena.add(self.input.at(segment, from)).cast_const();
                    step = step_of::<S>(x, (last - from + 1) as usize * width);
                }
                steps.add(window - first).write(step);
                let x = self.arena.add(self.input.at(segment, self.position(place))).cast_const();
                for r in 0..geometry.pool {
                    let to = words.add(((window - first) * geometry.pool + r) * k);
                    quantise::<S>(x.add(r * geometry.stride * width), conv.kernel * width, step, weights.parts, to);
                }
            }
        }
    }
}

/// The quantisation step with which the largest of `count` values is 255.
#[inline(always)]
unsafe fn step_of<S: Simd>(x: *const f32, count: usize) -> f32 {
    // SAFETY: the caller provides the values; they are whole panels, so whole groups of vectors.
    unsafe {
        let mut tops = [S::splat(0.0); 4];
        let by_four = count - count % (4 * S::LANES);
        for at in (0..by_four).step_by(4 * S::LANES) {
            for (i, top) in tops.iter_mut().enumerate() {
                *top = S::max(S::load(x.add(at + i * S::LANES)), *top);
            }
        }
        for at in (by_four..count).step_by(S::LANES) {
            tops[0] = S::max(S::load(x.add(at)), tops[0]);
        }
        let top = S::max(S::max(tops[0], tops[1]), S::max(tops[2], tops[3]));
        (S::largest(top) / BYTE_TOP).max(LEAST_STEP)
    }
}

/// Rounds values to multiples of the quantisation step and packs four or two of them to a word.
#[inline(always)]
unsafe fn quantise<S: Simd>(x: *const f32, count: usize, step: f32, parts: usize, words: *mut i32) {
    // SAFETY: the caller provides the values and the words; they are whole panels, so whole vectors.
    unsafe {
        let scale = S::splat(1.0 / step);
        if parts == 4 {
            for at in (0..count).step_by(S::LANES) {
                S::store_u8(words.cast::<u8>().add(at), S::mul(S::load(x.add(at)), scale));
            }
        } else {
            for at in (0..count).step_by(S::LANES) {
                S::store_i16(words.cast::<i16>().add(at), S::mul(S::load(x.add(at)), scale));
            }
        }
    }
}
