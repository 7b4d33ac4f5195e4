//! The working copies of weights that the products of a step read.

use crate::kernels::simd::{Simd, PANEL};
use crate::train::state::{Conv, State};
use crate::train::tiles::Size;
use crate::train::work::Work;

/// Creates the working copies of a convolution's weights: multiplied by the sign of gamma and, for the data gradient,
/// with reversed taps and transposed channels. One item for each tap and 16 input channels.
pub(super) struct Fold<'a> {
    pub state: &'a State,
    pub conv: &'a Conv,
}

const ROWS: usize = 16;

impl Fold<'_> {
    /// The number of work items.
    pub(super) fn items(&self) -> usize {
        let (spec, conv) = (&self.conv.spec, self.conv);
        if conv.winograd.is_some() {
            let back = if conv.backward.is_some() { spec.from.div_ceil(PANEL) } else { 0 };
            return spec.to.div_ceil(PANEL) + back;
        }
        spec.kernel * spec.from.div_ceil(ROWS)
    }

    /// Creates one panel of transformed weights: first the panels of the outputs, then those of the inputs.
    ///
    /// # Safety
    /// As `item`.
    #[inline(always)]
    unsafe fn transform(&self, size: Size, item: usize) {
        let (state, conv, spec) = (self.state, self.conv, &self.conv.spec);
        let ahead = spec.to.div_ceil(PANEL);
        let matrix = size.weights(spec.kernel);
        let points = size.points();
        // SAFETY: an item writes its own panel.
        unsafe {
            let sign = state.memory.read(conv.sign);
            let weights = state.memory.read(state.value(spec.weight, spec.kernel * spec.from * spec.to));
            let (span, panel, rows) = match conv.backward {
                Some(backward) if item >= ahead => (backward, item - ahead, spec.to),
                _ => (conv.forward, item, spec.from),
            };
            let part = points * rows * PANEL;
            let out = state.memory.write(span.part(panel * part, part));
            let column = panel * PANEL;
            for row in 0..rows {
                let mut taps = [[0.0f32; PANEL]; 5];
                if item < ahead {
                    let width = PANEL.min(spec.to - column);
                    for tap in 0..spec.kernel {
                        let from = &weights[(tap * spec.from + row) * spec.to + column..][..width];
                        for c in 0..width {
                            taps[tap][c] = sign[column + c] * from[c];
                        }
                    }
                } else {
                    for tap in 0..spec.kernel {
                        for c in 0..PANEL.min(spec.from - column) {
                            let place = ((spec.kernel - 1 - tap) * spec.from + column + c) * spec.to + row;
                            taps[tap][c] = sign[row] * weights[place];
                        }
                    }
                }
                for point in 0..points {
                    let mut sum = [0.0f32; PANEL];
                    for tap in 0..spec.kernel {
                        for c in 0..PANEL {
                            sum[c] += matrix[point][tap] * taps[tap][c];
                        }
                    }
                    out[(point * rows + row) * PANEL..][..PANEL].copy_from_slice(&sum);
                }
            }
        }
    }

    /// Writes the signs, before the items run.
    pub(super) fn signs(&self) {
        let (state, spec) = (self.state, &self.conv.spec);
        // SAFETY: nothing else runs.
        let sign = unsafe { state.memory.write(self.conv.sign) };
        match &spec.norm {
            None => sign.fill(1.0),
            Some(norm) => {
                // SAFETY: nothing else runs.
                let gamma = unsafe { state.memory.read(state.value(norm.gamma, spec.to)) };
                for (sign, &gamma) in sign.iter_mut().zip(gamma) {
                    *sign = if gamma < 0.0 { -1.0 } else { 1.0 };
                }
            }
        }
    }
}

impl Work for Fold<'_> {
    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, _worker: usize) {
        let (state, spec) = (self.state, &self.conv.spec);
        if let Some(size) = self.conv.winograd {
            // SAFETY: by the contract of `item`.
            unsafe { self.transform(size, item) };
            return;
        }
        let (from, to) = (spec.from, spec.to);
        let (tap, first) = (item % spec.kernel, item / spec.kernel * ROWS);
        let rows = ROWS.min(from - first);
        // SAFETY: an item writes its own rows of its own tap; nothing writes what it reads.
        unsafe {
            let sign = state.memory.read(self.conv.sign);
            let place = (tap * from + first) * to;
            let weights = state.memory.read(state.value(spec.weight + place, rows * to));
            let forward = state.memory.write(self.conv.forward.part(place, rows * to));
            for (out, row) in forward.chunks_exact_mut(to).zip(weights.chunks_exact(to)) {
                for o in 0..to {
                    out[o] = sign[o] * row[o];
                }
            }
            if let Some(backward) = self.conv.backward {
                for o in 0..to {
                    let place = ((spec.kernel - 1 - tap) * to + o) * from + first;
                    let out = state.memory.write(backward.part(place, rows));
                    for i in 0..rows {
                        out[i] = sign[o] * weights[i * to + o];
                    }
                }
            }
        }
    }
}
