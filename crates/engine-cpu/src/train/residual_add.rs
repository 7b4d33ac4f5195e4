//! The end of a residual block: branch (times its excitation) plus shortcut, ReLU, pool.

use engine_core::tape::{self, Shortcut};

use super::arena::{Measure, Span};
use super::partition::{by_lanes, lanes, LANES};
use super::state::{measured, ResidualAdd, State, CLOSED};
use super::work::Work;
use crate::kernels::simd::Simd;

/// The forward pass. One item for each block of the branch, which computes the windows of that block.
pub(crate) struct ResidualAddForward<'a> {
    pub state: &'a State,
    pub addition: &'a ResidualAdd,
    pub batch: usize,
    pub dropout: bool,
}

impl Work for ResidualAddForward<'_> {
    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, worker: usize) {
        let (state, memory, addition) = (self.state, &self.state.memory, self.addition);
        let spec = &addition.spec;
        let channels = spec.channels;
        let branch = &state.convs[spec.branch];
        let block = &branch.blocks.blocks[item];
        // The branch's blocks are cut without regard to the pool: a block computes the windows that begin in it.
        let windows = owned_windows(spec, &block.rows);
        for n in block.segment..(block.segment + block.segments).min(self.batch) {
            for window in windows.clone() {
                let rows = rows(spec, window);
                let other = shortcut_rows(&mut state.scratch(worker), spec, rows.len());
                // SAFETY: an item writes its own windows; everything else is written by earlier operations; the scratch
                // is the worker's.
                unsafe {
                    let other = memory.write(other);
                    if let Shortcut::Identity { map, .. } = spec.shortcut {
                        let map = &state.maps[map];
                        state.load_map::<S>(map, n, rows.start as isize, rows.len(), self.dropout, other);
                    }
                    let other = &*other;
                    by_lanes!(channels, c =>
                        self.window::<LANES>(n, window, rows.clone(), other, c),
                        self.window::<1>(n, window, rows.clone(), other, c));
                }
            }
        }
    }
}

/// Takes scratch memory for the rows of an identity shortcut in one window.
#[inline(always)]
fn shortcut_rows(from: &mut Measure, spec: &tape::ResidualAdd, rows: usize) -> Span {
    match spec.shortcut {
        Shortcut::Identity { .. } => from.take(rows * spec.channels),
        Shortcut::Conv(_) => from.take(0),
    }
}

/// The number of elements of scratch memory that the end of a residual block takes.
pub(crate) fn scratch(addition: &ResidualAdd) -> usize {
    let longest = (0..addition.spec.pooled).map(|window| rows(&addition.spec, window).len()).max().unwrap_or(0);
    measured(|from| shortcut_rows(from, &addition.spec, longest))
}

impl ResidualAddForward<'_> {
    /// The maximum of a window in `W` channels from `c`; `other` has its rows of an identity shortcut.
    ///
    /// # Safety
    /// As in `item`.
    #[inline(always)]
    unsafe fn window<const W: usize>(
        &self,
        n: usize,
        window: usize,
        rows: std::ops::Range<usize>,
        other: &[f32],
        c: usize,
    ) {
        let (state, memory, addition) = (self.state, &self.state.memory, self.addition);
        let (spec, channels) = (&addition.spec, addition.spec.channels);
        let branch = &state.convs[spec.branch];
        // SAFETY: by the contract.
        unsafe {
            let one = |span: Span, at: usize| lanes::<W, f32>(memory.read(span.part(at, W)), 0);
            let (scale, shift) = (one(branch.scale, c), one(branch.shift, c));
            let factors = spec.excite.map(|id| one(state.excites[id].factors, n * channels + c));
            let shortcut = state.shortcut_of(addition).map(|conv| (conv.raw, one(conv.scale, c), one(conv.shift, c)));
            let (mut best, mut winner) = ([0.0f32; W], [CLOSED; W]);
            for row in rows.clone() {
                let place = (n * spec.length + row) * channels + c;
                let raw = one(branch.raw, place);
                let mut sum: [f32; W] = std::array::from_fn(|i| scale[i] * raw[i] + shift[i]);
                if let Some(factors) = factors {
                    sum = std::array::from_fn(|i| sum[i] * factors[i]);
                }
                let added: [f32; W] = match shortcut {
                    Some((raw, scale, shift)) => {
                        let raw = one(raw, place);
                        std::array::from_fn(|i| scale[i] * raw[i] + shift[i])
                    }
                    None => lanes(other, (row - rows.start) * channels + c),
                };
                let mine = (row + spec.pool_padding - window * spec.pool) as u8;
                for i in 0..W {
                    let sum = sum[i] + added[i];
                    // NaN must be passed on.
                    let better = sum > best[i] || sum.is_nan();
                    best[i] = if better { sum } else { best[i] };
                    winner[i] = if better { mine } else { winner[i] };
                }
            }
            let at = (n * spec.pooled + window) * channels + c;
            memory.write(state.maps[spec.output].data.part(at, W)).copy_from_slice(&best);
            state.bytes.write(addition.winner.part(at, W)).copy_from_slice(&winner);
        }
    }
}

/// The pooled rows whose first row without padding lies in `rows`.
fn owned_windows(spec: &tape::ResidualAdd, rows: &std::ops::Range<usize>) -> std::ops::Range<usize> {
    let from = |row: usize| {
        if row == 0 {
            0
        } else {
            (row + spec.pool_padding).div_ceil(spec.pool).min(spec.pooled)
        }
    };
    let end = if rows.end >= spec.length { spec.pooled } else { from(rows.end) };
    from(rows.start)..end
}

/// The rows of the sum that pooled row `window` covers.
#[inline(always)]
fn rows(spec: &tape::ResidualAdd, window: usize) -> std::ops::Range<usize> {
    let start = (window * spec.pool).saturating_sub(spec.pool_padding);
    start..((window + 1) * spec.pool - spec.pool_padding).min(spec.length)
}

/// The backward pass: computes the sums that both norms and the excitation need, and adds the gradient of an identity
/// shortcut. One item for each block of the branch.
pub(crate) struct ResidualAddBackward<'a> {
    pub state: &'a State,
    pub addition: &'a ResidualAdd,
    pub batch: usize,
    pub index: usize,
}

impl Work for ResidualAddBackward<'_> {
    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, _worker: usize) {
        let (state, memory, addition) = (self.state, &self.state.memory, self.addition);
        let spec = &addition.spec;
        let channels = spec.channels;
        let branch = &state.convs[spec.branch];
        let block = &branch.blocks.blocks[item];
        for n in block.segment..(block.segment + block.segments).min(self.batch) {
            // SAFETY: an item writes its own block's sums and, of the identity's gradient, its own rows.
            unsafe {
                let at = (n * branch.blocks.per_segment + block.index) * 3 * channels;
                memory.write(addition.sums.part(at, 3 * channels)).fill(0.0);
                for row in block.rows.clone() {
                    by_lanes!(channels, c => self.row::<LANES>(n, row, at, c), self.row::<1>(n, row, at, c));
                }
            }
        }
    }
}

impl ResidualAddBackward<'_> {
    /// Adds a row to the sums at `sums`, in `W` channels from `c`, and its gradient to that of an identity shortcut.
    ///
    /// # Safety
    /// As in `item`.
    #[inline(always)]
    unsafe fn row<const W: usize>(&self, n: usize, row: usize, sums: usize, c: usize) {
        let (state, memory, addition) = (self.state, &self.state.memory, self.addition);
        let (spec, channels) = (&addition.spec, addition.spec.channels);
        let branch = &state.convs[spec.branch];
        let place = (n * spec.length + row) * channels + c;
        // SAFETY: by the contract.
        unsafe {
            let one = |span: Span, at: usize| lanes::<W, f32>(memory.read(span.part(at, W)), 0);
            let add = |span: Span, at: usize, more: [f32; W]| {
                let sum = one(span, at);
                let sum: [f32; W] = std::array::from_fn(|i| sum[i] + more[i]);
                memory.write(span.part(at, W)).copy_from_slice(&sum);
            };
            let gradient = state.residual_add_row::<W>(self.index, n, row, c);
            let centred = |raw: Span, mean: Span| -> [f32; W] {
                let (raw, mean) = (one(raw, place), one(mean, c));
                std::array::from_fn(|i| gradient[i] * (raw[i] - mean[i]))
            };
            add(addition.sums, sums + c, gradient);
            add(addition.sums, sums + channels + c, centred(branch.raw, branch.mean));
            if let Some(conv) = state.shortcut_of(addition) {
                add(addition.sums, sums + 2 * channels + c, centred(conv.raw, conv.mean));
            }
            if let Shortcut::Identity { map, accumulate } = spec.shortcut {
                if state.maps[map].spec.is_frozen {
                    return;
                }
                let to = state.maps[map].gradient;
                if accumulate {
                    add(to, place, gradient);
                } else {
                    memory.write(to.part(place, W)).copy_from_slice(&gradient);
                }
            }
        }
    }
}
