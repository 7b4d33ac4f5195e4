//! One work item of a layer: some units (windows, or Winograd tiles) and some panels of the layer's output.

use crate::infer::conv::{Conv, Inner};
use crate::infer::map::Map;
use crate::kernels::simd::{Simd, Target, PANEL};

/// Some units, counted over all segments, and some panels of a layer.
pub(crate) struct Item<'a> {
    pub(crate) conv: &'a Conv,
    pub(crate) input: &'a Map,
    pub(crate) output: &'a Map,
    pub(crate) units: [usize; 2],
    pub(crate) panels: [usize; 2],
    /// The memory of all activations.
    pub(crate) arena: *mut f32,
    /// The worker's scratch memory with the layout of [`Conv::layout`].
    pub(crate) scratch: *mut f32,
}

impl Item<'_> {
    /// The segment of a unit, and the unit's index in that segment.
    #[inline(always)]
    pub(crate) fn place(&self, unit: usize) -> (usize, usize) {
        (unit / self.conv.units, unit % self.conv.units)
    }

    /// The first input position of a unit, given by the unit's index in its segment.
    #[inline(always)]
    pub(crate) fn position(&self, place: usize) -> isize {
        let conv = self.conv;
        conv.geometry.span(conv.kernel, place * conv.per_unit, place * conv.per_unit + 1).0
    }

    /// Computes the inner layer's output for the positions that this item needs, with zeros outside the output's
    /// length, and returns the row of the first position.
    ///
    /// # Safety
    /// The contract of [`Item`]: the scratch memory has the size of [`Conv::layout`], and the item lies in one segment.
    #[inline(always)]
    pub(crate) unsafe fn inner_rows<S: Simd>(&self, inner: &Inner) -> *const f32 {
        let (conv, layout) = (self.conv, self.conv.layout());
        let (segment, first) = self.place(self.units[0]);
        let end = first + self.units[1] - self.units[0];
        let (from, last) = conv.geometry.span(conv.kernel, first * conv.per_unit, end * conv.per_unit);
        let inside = |t: isize| t.clamp(0, inner.geometry.length as isize);
        let (start, stop) = (inside(from), inside(last + 1));
        let count = (stop - start) as usize;
        // SAFETY: the layout has room for all positions; `Maps::read` has reserved those of the waveform.
        unsafe {
            let to = self.scratch.add(layout.inner);
            to.write_bytes(0, (start - from) as usize * inner.width);
            to.add((stop - from) as usize * inner.width).write_bytes(0, (last + 1 - stop) as usize * inner.width);
            let at = inner.geometry.stride as isize * start - inner.geometry.left as isize;
            let a = self.arena.add(self.input.at(segment, at)).cast_const();
            let lda = inner.geometry.stride * self.input.width;
            let rows = to.add((start - from) as usize * inner.width);
            for panel in 0..inner.panels.count() {
                let weights = inner.panels.panel(panel).as_ptr();
                let bias = inner.bias.as_ptr().add(panel * PANEL);
                for row in (0..count).step_by(S::ROWS) {
                    let out = rows.add(row * inner.width + panel * PANEL);
                    let target = Target { out, stride: inner.width, bias };
                    S::tile(S::ROWS.min(count - row), a.add(row * lda), lda, inner.panels.rows(), weights, target);
                }
            }
            to.cast_const()
        }
    }
}
