//! The end of a residual block: branch (times its excitation) plus shortcut, ReLU, pool.

use engine_core::tape::{self, Shortcut};

use super::arena::{Measure, Span};
use super::partition::by_vectors;
use super::state::{measured, ResidualAdd, State, CLOSED};
use super::work::Work;
use crate::kernels::scalar::Scalar;
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
                    by_vectors!(S, channels, c =>
                        self.window::<S>(n, window, rows.clone(), other, c),
                        self.window::<Scalar>(n, window, rows.clone(), other, c));
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
    /// The maximum of a window in one vector of channels from `c`; `other` has its rows of an identity shortcut.
    ///
    /// # Safety
    /// As in `item`.
    #[inline(always)]
    unsafe fn window<S: Simd>(&self, n: usize, window: usize, rows: std::ops::Range<usize>, other: &[f32], c: usize) {
        let (state, memory, addition) = (self.state, &self.state.memory, self.addition);
        let (spec, channels) = (&addition.spec, addition.spec.channels);
        let branch = &state.convs[spec.branch];
        // SAFETY: by the contract.
        unsafe {
            let one = |span: Span, at: usize| S::load(memory.pointer(span.part(at, S::LANES)));
            let (scale, shift) = (one(branch.scale, c), one(branch.shift, c));
            let factors = spec.excite.map(|id| one(state.excites[id].factors, n * channels + c));
            let shortcut = state.shortcut_of(addition).map(|conv| (conv.raw, one(conv.scale, c), one(conv.shift, c)));
            let (mut best, mut winner) = (S::splat(0.0), S::splat(f32::from(CLOSED)));
            for row in rows.clone() {
                let place = (n * spec.length + row) * channels + c;
                let mut sum = S::fma(scale, one(branch.raw, place), shift);
                if let Some(factors) = factors {
                    sum = S::mul(sum, factors);
                }
                let added = match shortcut {
                    Some((raw, scale, shift)) => S::fma(scale, one(raw, place), shift),
                    None => S::load(other[(row - rows.start) * channels + c..][..S::LANES].as_ptr()),
                };
                let mine = S::splat((row + spec.pool_padding - window * spec.pool) as f32);
                let sum = S::add(sum, added);
                // NaN must be passed on.
                winner = S::select_better(sum, best, mine, winner);
                best = S::select_better(sum, best, sum, best);
            }
            let at = (n * spec.pooled + window) * channels + c;
            S::store(memory.pointer(state.maps[spec.output].data.part(at, S::LANES)), best);
            S::store_u8(state.bytes.pointer(addition.winner.part(at, S::LANES)), winner);
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
                    by_vectors!(S, channels, c =>
                        self.row::<S>(n, row, at, c), self.row::<Scalar>(n, row, at, c));
                }
            }
        }
    }
}

impl ResidualAddBackward<'_> {
    /// Adds a row to the sums at `sums`, in one vector of channels from `c`, and its gradient to that of an identity
    /// shortcut.
    ///
    /// # Safety
    /// As in `item`.
    #[inline(always)]
    unsafe fn row<S: Simd>(&self, n: usize, row: usize, sums: usize, c: usize) {
        let (state, memory, addition) = (self.state, &self.state.memory, self.addition);
        let (spec, channels) = (&addition.spec, addition.spec.channels);
        let branch = &state.convs[spec.branch];
        let place = (n * spec.length + row) * channels + c;
        // SAFETY: by the contract.
        unsafe {
            let at = |span: Span, at: usize| memory.pointer(span.part(at, S::LANES));
            let one = |span: Span, place: usize| S::load(at(span, place));
            let add = |span: Span, place: usize, more: S::V| {
                S::store(at(span, place), S::add(one(span, place), more));
            };
            let gradient = state.residual_add_row::<S>(self.index, n, row, c);
            let centred = |raw: Span, mean: Span| S::mul(gradient, S::sub(one(raw, place), one(mean, c)));
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
                    S::store(at(to, place), gradient);
                }
            }
        }
    }
}
