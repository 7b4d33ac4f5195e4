//! The end of a residual block: branch (times its excitation) plus shortcut, ReLU, pool.

use super::arena::Span;
use super::state::{Join, State, CLOSED};
use super::work::Work;
use crate::cpu::kernels::simd::Simd;
use crate::tape::Shortcut;

/// Forward. One item for each block of the branch: its windows.
pub(crate) struct JoinForward<'a> {
    pub state: &'a State,
    pub join: &'a Join,
    pub batch: usize,
    pub dropout: bool,
}

impl Work for JoinForward<'_> {
    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, worker: usize) {
        let (state, memory, join) = (self.state, &self.state.memory, self.join);
        let spec = &join.spec;
        let channels = spec.channels;
        let branch = &state.convs[spec.branch];
        let block = &branch.blocks.blocks[item];
        // The branch's blocks know nothing of the pool: a block takes the windows that begin in it.
        let windows = owned_windows(spec, &block.rows);
        for n in block.segment..(block.segment + block.segments).min(self.batch) {
            // SAFETY: an item writes its own windows; the rest is written by earlier operations; the scratch is the worker's.
            unsafe {
                let one = |span: Span| memory.read(span);
                let (scale, shift) = (one(branch.scale), one(branch.shift));
                let factors = spec.excite.map(|id| one(state.excites[id].factors.part(n * channels, channels)));
                let sum = memory.write(state.scratch[worker].product.part(0, channels));
                let other = memory.write(state.scratch[worker].input.part(0, channels));
                for window in windows.clone() {
                    let at = (n * spec.pooled + window) * channels;
                    let best = memory.write(state.maps[spec.output].data.part(at, channels));
                    let winner = state.bytes.write(join.winner.part(at, channels));
                    best.fill(0.0);
                    winner.fill(CLOSED);
                    for row in rows(spec, window) {
                        let raw = one(branch.raw.part((n * spec.length + row) * channels, channels));
                        for c in 0..channels {
                            sum[c] = scale[c] * raw[c] + shift[c];
                        }
                        if let Some(factors) = factors {
                            for c in 0..channels {
                                sum[c] *= factors[c];
                            }
                        }
                        match spec.shortcut {
                            Shortcut::Identity { map, .. } => {
                                state.load_map(&state.maps[map], n, row as isize, 1, self.dropout, other);
                                for c in 0..channels {
                                    sum[c] += other[c];
                                }
                            }
                            Shortcut::Conv(id) => {
                                let conv = &state.convs[id];
                                let (scale, shift) = (one(conv.scale), one(conv.shift));
                                let raw = one(conv.raw.part((n * spec.length + row) * channels, channels));
                                for c in 0..channels {
                                    sum[c] += scale[c] * raw[c] + shift[c];
                                }
                            }
                        }
                        let mine = (row + spec.pool_padding - window * spec.pool) as u8;
                        for c in 0..channels {
                            // NaN must come through.
                            let better = sum[c] > best[c] || sum[c].is_nan();
                            best[c] = if better { sum[c] } else { best[c] };
                            winner[c] = if better { mine } else { winner[c] };
                        }
                    }
                }
            }
        }
    }
}

/// Pooled rows whose first unpadded row lies in `rows`.
fn owned_windows(spec: &crate::tape::Join, rows: &std::ops::Range<usize>) -> std::ops::Range<usize> {
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

/// Output rows of the sum that pooled row `window` sees.
#[inline(always)]
fn rows(spec: &crate::tape::Join, window: usize) -> std::ops::Range<usize> {
    let start = (window * spec.pool).saturating_sub(spec.pool_padding);
    start..((window + 1) * spec.pool - spec.pool_padding).min(spec.length)
}

/// Backward: the sums that both norms and the excitation need, and the share of an identity shortcut. One item for each block
/// of the branch.
pub(crate) struct JoinBackward<'a> {
    pub state: &'a State,
    pub join: &'a Join,
    pub batch: usize,
    pub index: usize,
}

impl Work for JoinBackward<'_> {
    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, worker: usize) {
        let (state, memory, join) = (self.state, &self.state.memory, self.join);
        let spec = &join.spec;
        let channels = spec.channels;
        let branch = &state.convs[spec.branch];
        let shortcut = state.shortcut_of(join);
        let block = &branch.blocks.blocks[item];
        for n in block.segment..(block.segment + block.segments).min(self.batch) {
            // SAFETY: an item writes its own block's sums and, of the identity's gradient, its own rows.
            unsafe {
                let at = (n * branch.blocks.per_segment + block.index) * 3 * channels;
                let sums = memory.write(join.sums.part(at, 3 * channels));
                sums.fill(0.0);
                let (sum, products) = sums.split_at_mut(channels);
                let (product, other_product) = products.split_at_mut(channels);
                let gradient = memory.write(state.scratch[worker].gradient.part(0, channels));
                let mean = memory.read(branch.mean);
                for row in block.rows.clone() {
                    state.join_row(self.index, n, row, gradient);
                    let place = (n * spec.length + row) * channels;
                    let raw = memory.read(branch.raw.part(place, channels));
                    for c in 0..channels {
                        sum[c] += gradient[c];
                        product[c] += gradient[c] * (raw[c] - mean[c]);
                    }
                    if let Some(conv) = shortcut {
                        let mean = memory.read(conv.mean);
                        let raw = memory.read(conv.raw.part(place, channels));
                        for c in 0..channels {
                            other_product[c] += gradient[c] * (raw[c] - mean[c]);
                        }
                    }
                    if let Shortcut::Identity { map, accumulate } = spec.shortcut {
                        let out = memory.write(state.maps[map].gradient.part(place, channels));
                        if accumulate {
                            for c in 0..channels {
                                out[c] += gradient[c];
                            }
                        } else {
                            out.copy_from_slice(gradient);
                        }
                    }
                }
            }
        }
    }
}
