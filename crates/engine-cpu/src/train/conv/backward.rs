//! The backward pass of a convolution. The gradient with respect to the raw output is computed block by block, and both
//! products read it while it is in cache.

use super::forward::view;
use super::winograd::backward as winograd_backward;
use crate::kernels::bf16::{PairProducts, Pairs};
use crate::kernels::numbers::{Numbers, Singles};
use crate::kernels::simd::Simd;
use crate::train::arena::{Measure, Span};
use crate::train::clock::Part;
use crate::train::partition::{columns, Block};
use crate::train::product::{product, Matrix, Target};
use crate::train::state::{Conv, State};
use crate::train::tiles::{sized, Size};
use crate::train::work::{PairWork, Work};

/// Computes the gradient with respect to the weights (weight gradient) and with respect to the input (data gradient).
/// There is one item for each group of blocks and each column part: a part of the output channels for the weight
/// gradient, of the input channels for the data gradient.
pub(super) struct Backward<'a> {
    pub state: &'a State,
    pub conv: &'a Conv,
    pub batch: usize,
    pub dropout: bool,
    /// Whether to compute the gradient with respect to the waveform.
    pub input_gradient: bool,
}

/// The scratch memory of an item for one block.
pub(super) struct Direct {
    /// The number of gradient rows of a segment, including the rows around the block that the data gradient needs.
    count: usize,
    /// The input `[segments pitch, from]` and the gradient `[segments count, to]`.
    input: Span,
    gradient: Span,
    /// The data gradient in all its columns; for a strided convolution, one data gradient for each tap.
    product: Span,
}

impl Direct {
    /// Lays out the scratch memory for `segments` segments of `block`.
    #[inline(always)]
    pub(super) fn of(from: &mut Measure, conv: &Conv, block: &Block, segments: usize) -> Self {
        let (spec, (pitch, rows)) = (&conv.spec, view(conv, block, segments));
        let count = conv.rows_before() + block.rows.len() + conv.rows_after();
        let product = match conv.backward {
            Some(_) => rows * spec.from,
            None => (conv.rows_before() + block.rows.len()) * spec.kernel * spec.from,
        };
        Self {
            count,
            input: from.take(segments * pitch * spec.from),
            gradient: from.take(segments * count * spec.to),
            product: from.take(product),
        }
    }
}

impl Backward<'_> {
    /// The number of work items.
    pub(super) fn items(&self) -> usize {
        self.conv.blocks.groups.len() * self.conv.blocks.backward_parts
    }

    fn wants_data(&self) -> bool {
        self.state.tape.wants_gradient(self.conv.spec.input, self.input_gradient)
    }
}

impl Work for Backward<'_> {
    const PART: Option<Part> = None;

    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, worker: usize) {
        let (state, conv, spec) = (self.state, self.conv, &self.conv.spec);
        if let Some(size) = conv.winograd {
            // SAFETY: by the contract of `item`.
            unsafe { self.winograd::<S, Singles>(size, item, worker) };
            return;
        }
        let parts = conv.blocks.backward_parts;
        let (group, part) = (item / parts, item % parts);
        let own = columns(part, parts, spec.to);
        let before = conv.rows_before();
        let mut first = true;
        for block in &conv.blocks.blocks[conv.blocks.groups[group].clone()] {
            let segments = block.segments.min(self.batch.saturating_sub(block.segment));
            if segments == 0 {
                break;
            }
            let mut laps = state.clock.start();
            let taken = Direct::of(&mut state.scratch(worker), conv, block, segments);
            let (pitch, rows) = view(conv, block, segments);
            // SAFETY: the scratch is this worker's, the sum's columns are this item's; inputs and gradients of outputs
            // are not written meanwhile.
            unsafe {
                let input = state.memory.write(taken.input);
                let gradient = state.memory.write(taken.gradient);
                for s in 0..segments {
                    let n = block.segment + s;
                    let start = (block.rows.start * spec.stride) as isize - spec.padding as isize;
                    let into = &mut input[s * pitch * spec.from..];
                    state.load_map::<S>(&state.maps[spec.input], n, start, pitch, self.dropout, into);
                    let count = taken.count;
                    let into = &mut gradient[s * count * spec.to..];
                    state.load_gradient::<S>(conv, n, block.rows.start as isize - before as isize, count, into);
                }
                laps.lap(Part::Gradients);
                if !own.is_empty() {
                    let size = spec.kernel * spec.from * spec.to;
                    let sum = state.weight_sums.part(group * size, size).behind(own.start);
                    product(
                        (spec.kernel * spec.from, own.len(), rows),
                        Matrix { values: input, row: 1, column: spec.stride * spec.from },
                        Matrix { values: &gradient[before * spec.to + own.start..], row: spec.to, column: 1 },
                        Target::new(&state.memory, sum, spec.to),
                        !first,
                    );
                }
                laps.lap(Part::WeightGradient);
                if self.wants_data() {
                    if conv.backward.is_some() {
                        self.data(block, segments, columns(part, parts, spec.from), &taken);
                    } else if part == 0 {
                        self.scatter(block, &taken);
                    }
                }
            }
            laps.lap(Part::DataGradient);
            first = false;
        }
    }
}

impl PairWork for Backward<'_> {
    #[inline(always)]
    unsafe fn item_of_pairs<S: PairProducts>(&self, item: usize, worker: usize) {
        if let Some(size) = self.conv.winograd {
            // SAFETY: by the contract of `item`.
            unsafe { self.winograd::<S, Pairs>(size, item, worker) };
        }
    }
}

impl Backward<'_> {
    /// The Winograd products of an item, of numbers of the format `W`.
    ///
    /// # Safety
    /// As in `item`.
    #[inline(always)]
    unsafe fn winograd<S: Simd, W: Numbers<S>>(&self, size: Size, item: usize, worker: usize) {
        let (state, conv) = (self.state, self.conv);
        let parts = conv.blocks.backward_parts;
        let (group, part) = (item / parts, item % parts);
        let gradients = (self.dropout, self.input_gradient);
        let mut first = true;
        for block in &conv.blocks.blocks[conv.blocks.groups[group].clone()] {
            let segments = block.segments.min(self.batch.saturating_sub(block.segment));
            if segments == 0 {
                break;
            }
            let (place, sum) = ((block, segments, part), (group, first));
            // SAFETY: by the contract of `item`.
            unsafe { sized!(size, <S, W> winograd_backward(state, conv, place, sum, worker, gradients)) };
            first = false;
        }
    }

    /// Computes the data gradient as a convolution with the reversed weights.
    ///
    /// # Safety
    /// As in `item`; the input map's gradient rows and columns are this item's.
    #[inline(always)]
    unsafe fn data(&self, block: &Block, segments: usize, own: std::ops::Range<usize>, taken: &Direct) {
        let (state, conv, spec) = (self.state, self.conv, &self.conv.spec);
        let (Some(weights), false) = (conv.backward, own.is_empty()) else { return };
        let (pitch, rows) = view(conv, block, segments);
        let width = own.len();
        let to = taken.product.part(0, rows * width);
        // SAFETY: by the contract.
        unsafe {
            product(
                (rows, width, spec.kernel * spec.to),
                Matrix { values: state.memory.read(taken.gradient), row: spec.to, column: 1 },
                Matrix { values: state.memory.read(weights.behind(own.start)), row: spec.from, column: 1 },
                Target::new(&state.memory, to, width),
                false,
            );
            let values = state.memory.read(to);
            for s in 0..segments {
                for row in block.rows.clone() {
                    let place = ((block.segment + s) * spec.input_length + row) * spec.from + own.start;
                    let out = state.memory.write(state.maps[spec.input].gradient.part(place, width));
                    let value = &values[(s * pitch + row - block.rows.start) * width..][..width];
                    if spec.accumulate {
                        for c in 0..width {
                            out[c] += value[c];
                        }
                    } else {
                        out.copy_from_slice(value);
                    }
                }
            }
        }
    }

    /// Computes the data gradient of a strided convolution: every output row is added to the input rows that it was
    /// computed from. The block owns the input rows before the first row of the next block.
    ///
    /// # Safety
    /// As in `data`.
    #[inline(always)]
    unsafe fn scatter(&self, block: &Block, taken: &Direct) {
        let (state, conv, spec) = (self.state, self.conv, &self.conv.spec);
        let before = conv.rows_before();
        let rows = before + block.rows.len();
        let width = spec.kernel * spec.from;
        let edge = |row: usize| (row * spec.stride).saturating_sub(spec.padding).min(spec.input_length);
        let start = if block.rows.start == 0 { 0 } else { edge(block.rows.start) };
        let end = if block.rows.end == spec.length { spec.input_length } else { edge(block.rows.end) };
        // SAFETY: by the contract; the reversed view of the weights is `[to, kernel from]`.
        unsafe {
            let values = taken.product.part(0, rows * width);
            product(
                (rows, width, spec.to),
                Matrix { values: state.memory.read(taken.gradient), row: spec.to, column: 1 },
                Matrix { values: state.memory.read(conv.forward), row: 1, column: spec.to },
                Target::new(&state.memory, values, width),
                false,
            );
            let values = state.memory.read(values);
            let gradient = state.maps[spec.input].gradient;
            let place =
                gradient.part((block.segment * spec.input_length + start) * spec.from, (end - start) * spec.from);
            let out = state.memory.write(place);
            if !spec.accumulate {
                out.fill(0.0);
            }
            for row in 0..rows {
                let top =
                    ((block.rows.start + row) * spec.stride) as isize - (before * spec.stride + spec.padding) as isize;
                for tap in 0..spec.kernel {
                    let at = top + tap as isize;
                    if at >= start as isize && at < end as isize {
                        let out = &mut out[(at as usize - start) * spec.from..][..spec.from];
                        let value = &values[row * width + tap * spec.from..][..spec.from];
                        for c in 0..spec.from {
                            out[c] += value[c];
                        }
                    }
                }
            }
        }
    }
}
