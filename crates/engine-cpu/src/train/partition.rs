//! The division of a convolution's rows into work items. Blocks and groups, which determine the order of sums, depend
//! on the shape alone.

use std::ops::Range;

use engine_core::tape::Conv;

use crate::kernels::simd::PANEL;

/// The maximum number of separate sums of the weight gradient.
const GROUPS: usize = 48;
/// From this number of sums on, their number is a multiple of it: so each of 2, 4 or 8 threads gets as many of them.
const EVEN: usize = 8;
/// The channels of a column part are a multiple of this number.
pub(crate) const LANES: usize = 16;

/// Runs `$lanes` for every run of [`LANES`] channels from `$c` on, then `$one` for each remaining channel. Values pass
/// through arrays of a constant size, so that the compiler can vectorise plain loops without knowing the lengths of
/// slices.
macro_rules! by_lanes {
    ($channels:expr, $c:ident => $lanes:expr, $one:expr) => {
        let mut $c = 0;
        while $c + $crate::train::partition::LANES <= $channels {
            $lanes;
            $c += $crate::train::partition::LANES;
        }
        while $c < $channels {
            $one;
            $c += 1;
        }
    };
}
pub(crate) use by_lanes;

/// Runs `$vector` for every vector of channels of `$vectors` from `$c` on, then `$one`, which is the same for
/// [`crate::kernels::scalar::Scalar`], for each remaining channel.
macro_rules! by_vectors {
    ($vectors:ident, $channels:expr, $c:ident => $vector:expr, $one:expr) => {
        let mut $c = 0;
        while $c + <$vectors as $crate::kernels::simd::Simd>::LANES <= $channels {
            $vector;
            $c += <$vectors as $crate::kernels::simd::Simd>::LANES;
        }
        while $c < $channels {
            $one;
            $c += 1;
        }
    };
}
pub(crate) use by_vectors;

/// `W` values from `at` on.
#[inline(always)]
pub(crate) fn lanes<const W: usize, T: Copy>(from: &[T], at: usize) -> [T; W] {
    let from = &from[at..at + W];
    std::array::from_fn(|i| from[i])
}

/// The number of work items of [`LANES`] channels each.
pub(crate) fn channel_items(channels: usize) -> usize {
    channels.div_ceil(LANES)
}

/// Output rows that are computed together: a block of one segment, or several short segments.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub segment: usize,
    /// The number of segments; more than 1 only if blocks are whole segments.
    pub segments: usize,
    /// The index of the block in its segment.
    pub index: usize,
    /// The output rows before the pool, in whole windows. The last block of a segment also has the rows after the last
    /// window.
    pub rows: Range<usize>,
    /// The pooled rows.
    pub windows: Range<usize>,
}

/// The blocks of a convolution, and their distribution to work items.
#[derive(Clone, Debug)]
pub(crate) struct Partition {
    pub blocks: Vec<Block>,
    /// The number of blocks in one segment.
    pub per_segment: usize,
    /// Runs of blocks whose weight gradients are added to one sum.
    pub groups: Vec<Range<usize>>,
    /// The number of column parts of a block in the forward pass, and of a group in the backward pass.
    pub forward_parts: usize,
    pub backward_parts: usize,
}

/// The output rows that pooled row `window` covers.
#[inline(always)]
pub(crate) fn window_rows(conv: &Conv, window: usize) -> Range<usize> {
    let start = (window * conv.pool).saturating_sub(conv.pool_padding);
    start..((window + 1) * conv.pool - conv.pool_padding).min(conv.length)
}

/// Whether output and input rows correspond one to one.
pub(crate) fn is_same(conv: &Conv) -> bool {
    conv.stride == 1 && conv.length == conv.input_length
}

/// The panels of 32 channels in column part `part` of `parts`.
#[inline(always)]
pub(crate) fn panels(part: usize, parts: usize, channels: usize) -> Range<usize> {
    let all = channels.div_ceil(PANEL);
    all * part / parts..all * (part + 1) / parts
}

/// The sizes of blocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    /// The number of rows in a block.
    pub rows: usize,
    /// Blocks begin at multiples of this number of windows.
    pub windows: usize,
    /// The number of rows that a whole segment takes in a block of several segments.
    pub segment: usize,
    /// The minimum number of work items, if a layer has enough channels to divide.
    pub shares: usize,
}

/// The channels in column part `part` of `parts`.
#[inline(always)]
pub(crate) fn columns(part: usize, parts: usize, channels: usize) -> Range<usize> {
    let units = channels.div_ceil(LANES);
    (units * part / parts * LANES).min(channels)..(units * (part + 1) / parts * LANES).min(channels)
}

impl Partition {
    /// Divides `conv` for at most `batch` segments.
    pub(crate) fn new(conv: &Conv, batch: usize, cut: Cut) -> Self {
        let rows = cut.rows;
        let mut blocks = Vec::new();
        let mut per_segment = 1;
        if is_same(conv) && 2 * conv.length <= rows {
            let together = (rows / cut.segment).max(1);
            for segment in (0..batch).step_by(together) {
                let segments = together.min(batch - segment);
                blocks.push(Block { segment, segments, index: 0, rows: 0..conv.length, windows: 0..conv.pooled });
            }
        } else {
            let units = conv.pooled.div_ceil(cut.windows).max(1);
            per_segment = conv.length.div_ceil(rows).clamp(1, units);
            for segment in 0..batch {
                for index in 0..per_segment {
                    let windows = units * index / per_segment * cut.windows
                        ..(units * (index + 1) / per_segment * cut.windows).min(conv.pooled);
                    let start = if index == 0 { 0 } else { window_rows(conv, windows.start).start };
                    let end = if index + 1 == per_segment { conv.length } else { window_rows(conv, windows.end).start };
                    blocks.push(Block { segment, segments: 1, index, rows: start..end, windows });
                }
            }
        }
        let count = blocks.len();
        let sums = match (count / 4).min(GROUPS) {
            few if few < EVEN => count.min(EVEN),
            many => many / EVEN * EVEN,
        };
        let groups: Vec<_> = (0..sums).map(|g| count * g / sums..count * (g + 1) / sums).collect();
        let parts = |have: usize, channels: usize| cut.shares.div_ceil(have).clamp(1, channels.div_ceil(2 * LANES));
        Self {
            forward_parts: parts(count, conv.to),
            backward_parts: parts(groups.len(), conv.to.max(conv.from)),
            blocks,
            per_segment,
            groups,
        }
    }

    /// The number of rows in block `index` of a segment.
    pub(crate) fn rows(&self, index: usize) -> usize {
        self.blocks[index].rows.len()
    }
}
