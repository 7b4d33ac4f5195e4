//! The forward pass of a convolution: the products of a block and, while they are in cache, their moments and the
//! maximum of every window.

use super::moments::Differences;
use super::winograd::forward;
use crate::kernels::bf16::{PairProducts, Pairs};
use crate::kernels::numbers::{Numbers, Singles};
use crate::kernels::scalar::Scalar;
use crate::kernels::simd::Simd;
use crate::train::arena::{Measure, Span};
use crate::train::clock::Part;
use crate::train::partition::{by_vectors, columns, window_rows, Block};
use crate::train::product::{product, Matrix, Target};
use crate::train::state::{Conv, State};
use crate::train::tiles::{sized, Size};
use crate::train::work::{PairWork, Work};

/// The scratch memory of an item.
pub(super) struct Direct {
    /// The number of input rows, and of output rows, from one segment to the next, including the rows between segments.
    pub(super) pitch: usize,
    pub(super) rows: usize,
    /// The input `[segments pitch, from]` and the product `[rows, width]`.
    input: Span,
    product: Span,
}

impl Direct {
    /// Lays out the scratch memory for `segments` segments of `block` in `width` columns.
    #[inline(always)]
    pub(super) fn of(from: &mut Measure, conv: &Conv, block: &Block, segments: usize, width: usize) -> Self {
        let (pitch, rows) = view(conv, block, segments);
        Self { pitch, rows, input: from.take(segments * pitch * conv.spec.from), product: from.take(rows * width) }
    }
}

/// The number of input rows from one segment of a block to the next, and the number of output rows of a product over
/// all segments.
#[inline(always)]
pub(super) fn view(conv: &Conv, block: &Block, segments: usize) -> (usize, usize) {
    let pitch = (block.rows.len() - 1) * conv.spec.stride + conv.spec.kernel;
    (pitch, (segments - 1) * pitch + block.rows.len())
}

/// The forward pass; one item for each block and column part.
pub(super) struct Forward<'a> {
    pub state: &'a State,
    pub conv: &'a Conv,
    /// The number of segments in this step.
    pub batch: usize,
    pub dropout: bool,
}

impl Forward<'_> {
    /// The number of work items.
    pub(super) fn items(&self) -> usize {
        self.conv.blocks.blocks.len() * self.conv.blocks.forward_parts
    }
}

impl Work for Forward<'_> {
    const PART: Option<Part> = None;

    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, worker: usize) {
        let (state, conv, spec) = (self.state, self.conv, &self.conv.spec);
        let Some((block, segments, part)) = self.part(item) else { return };
        if let Some(size) = conv.winograd {
            // SAFETY: by the contract of `item`.
            unsafe { self.winograd::<S, Singles>(size, (block, segments, part), worker) };
            return;
        }
        let columns = columns(part, conv.blocks.forward_parts, spec.to);
        let mut laps = state.clock.start();
        let width = columns.len();
        let Direct { pitch, rows, input, product: to } =
            Direct::of(&mut state.scratch(worker), conv, block, segments, width);
        // SAFETY: the scratch is this worker's, raw and peak rows and columns are this item's alone, and inputs and
        // weights are not written meanwhile.
        unsafe {
            let input = state.memory.write(input);
            for s in 0..segments {
                let first = (block.rows.start * spec.stride) as isize - spec.padding as isize;
                let into = &mut input[s * pitch * spec.from..];
                state.load_map::<S>(&state.maps[spec.input], block.segment + s, first, pitch, self.dropout, into);
            }
            laps.lap(Part::Inputs);
            product(
                (rows, width, spec.kernel * spec.from),
                Matrix { values: input, row: spec.stride * spec.from, column: 1 },
                Matrix { values: state.memory.read(conv.forward.behind(columns.start)), row: spec.to, column: 1 },
                Target::new(&state.memory, to, width),
                false,
            );
            let values = state.memory.read(to);
            for s in 0..segments {
                let values = &values[s * pitch * width..];
                by_vectors!(S, width, c =>
                    self.keep::<S>(block, block.segment + s, &values[c..], width, columns.start + c),
                    self.keep::<Scalar>(block, block.segment + s, &values[c..], width, columns.start + c));
            }
        }
        laps.lap(Part::Forward);
    }
}

impl PairWork for Forward<'_> {
    #[inline(always)]
    unsafe fn item_of_pairs<S: PairProducts>(&self, item: usize, worker: usize) {
        if let (Some(size), Some(part)) = (self.conv.winograd, self.part(item)) {
            // SAFETY: by the contract of `item`.
            unsafe { self.winograd::<S, Pairs>(size, part, worker) };
        }
    }
}

impl Forward<'_> {
    /// The block of an item, the number of its segments in this step, and the column part; `None` if there is no work.
    #[inline(always)]
    fn part(&self, item: usize) -> Option<(&Block, usize, usize)> {
        let parts = self.conv.blocks.forward_parts;
        let block = &self.conv.blocks.blocks[item / parts];
        let segments = block.segments.min(self.batch.saturating_sub(block.segment));
        let is_empty = segments == 0 || columns(item % parts, parts, self.conv.spec.to).is_empty();
        (!is_empty).then_some((block, segments, item % parts))
    }

    /// The Winograd products of an item, of numbers of the format `W`.
    ///
    /// # Safety
    /// As in `item`.
    #[inline(always)]
    unsafe fn winograd<S: Simd, W: Numbers<S>>(&self, size: Size, part: (&Block, usize, usize), worker: usize) {
        // SAFETY: raw and peak rows and columns are this item's alone; the rest by the contract of `item`.
        unsafe { sized!(size, <S, W> forward(self.state, self.conv, part, worker, self.dropout)) };
    }

    /// Stores the rows of a segment in one vector of channels from `column`, their moments and the maxima of their
    /// windows.
    ///
    /// # Safety
    /// As in `item`.
    #[inline(always)]
    unsafe fn keep<S: Simd>(&self, block: &Block, n: usize, values: &[f32], pitch: usize, column: usize) {
        let (memory, conv, spec) = (&self.state.memory, self.conv, &self.conv.spec);
        assert!(values.len() >= (block.rows.len() - 1) * pitch + S::LANES);
        let place = (n * spec.length + block.rows.start) * spec.to + column;
        let raw = memory.pointer(conv.raw.part(place, (block.rows.len() - 1) * spec.to + S::LANES));
        let values = values.as_ptr();
        // SAFETY: this item's rows and columns; inside by the assertion.
        unsafe {
            let mut differences = Differences::<S>::new(S::load(values));
            let mut one = |row: usize| {
                let row = row - block.rows.start;
                let value = S::load(values.add(row * pitch));
                S::store(raw.add(row * spec.to), value);
                differences.add(value);
                value
            };
            let mut behind = block.rows.start;
            if spec.pool > 1 {
                for window in block.windows.clone() {
                    let rows = window_rows(spec, window);
                    let mut peak = S::splat(f32::NEG_INFINITY);
                    for row in rows.clone() {
                        peak = S::max(one(row), peak);
                    }
                    let at = (n * spec.pooled + window) * spec.to + column;
                    S::store(memory.pointer(conv.peak.part(at, S::LANES)), peak);
                    behind = rows.end;
                }
            }
            for row in behind..block.rows.end {
                one(row);
            }
            differences.write(self.state, conv, (n, block), column);
        }
    }
}

/// Handles channels whose gamma is exactly 0. There all values of a window are equal after the norm, so the first value
/// is used instead of the raw maximum. One item for each segment.
pub(super) struct FirstOfWindow<'a> {
    pub state: &'a State,
    pub conv: &'a Conv,
    pub gamma: usize,
}

impl FirstOfWindow<'_> {
    /// Whether gamma of any channel is 0.
    pub(super) fn is_needed(&self) -> bool {
        let span = self.state.value(self.gamma, self.conv.spec.to);
        // SAFETY: nothing else runs.
        self.conv.spec.pool > 1 && unsafe { self.state.memory.read(span) }.contains(&0.0)
    }
}

impl Work for FirstOfWindow<'_> {
    #[inline(always)]
    unsafe fn item<S: Simd>(&self, n: usize, _worker: usize) {
        let (memory, conv, spec) = (&self.state.memory, self.conv, &self.conv.spec);
        // SAFETY: an item writes its own segment's peaks.
        unsafe {
            let gamma = memory.read(self.state.value(self.gamma, spec.to));
            let raw = memory.read(conv.raw.part(n * spec.length * spec.to, spec.length * spec.to));
            let peak = memory.write(conv.peak.part(n * spec.pooled * spec.to, spec.pooled * spec.to));
            for window in 0..spec.pooled {
                let first = window_rows(spec, window).start;
                for c in 0..spec.to {
                    if gamma[c] == 0.0 {
                        peak[window * spec.to + c] = raw[first * spec.to + c];
                    }
                }
            }
        }
    }
}
