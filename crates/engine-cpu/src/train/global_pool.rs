//! Global pooling of the levels of a dense head.

use super::arena::{Measure, Span};
use super::state::{measured, GlobalPool, State};
use super::work::Work;
use crate::kernels::simd::Simd;

/// The forward pass: the maximum over time (plus the mean, if selected) of every level, with the levels' channels
/// concatenated. One item for each segment.
pub(crate) struct GlobalPoolForward<'a> {
    pub state: &'a State,
    pub global_pool: &'a GlobalPool,
    pub dropout: bool,
}

impl Work for GlobalPoolForward<'_> {
    #[inline(always)]
    unsafe fn item<S: Simd>(&self, n: usize, worker: usize) {
        let (state, memory, spec) = (self.state, &self.state.memory, &self.global_pool.spec);
        let width = state.maps[spec.output].spec.channels;
        let mut column = 0;
        for &level in &spec.levels {
            let map = &state.maps[level];
            let channels = map.spec.channels;
            let taken = Taken::of(&mut state.scratch(worker), channels);
            // SAFETY: an item writes its own segment's row; the scratch is the worker's.
            unsafe {
                let row = memory.write(taken.row);
                let out = memory.write(state.maps[spec.output].data.part(n * width + column, channels));
                let winner = memory.write(self.global_pool.winner.part(n * width + column, channels));
                let sum = memory.write(taken.sum);
                out.fill(f32::NEG_INFINITY);
                winner.fill(0.0);
                sum.fill(0.0);
                for t in 0..map.spec.length {
                    state.load_map::<S>(map, n, t as isize, 1, self.dropout, row);
                    for c in 0..channels {
                        let better = row[c] > out[c] || row[c].is_nan();
                        out[c] = if better { row[c] } else { out[c] };
                        winner[c] = if better { t as f32 } else { winner[c] };
                        sum[c] += row[c];
                    }
                }
                if spec.mean {
                    for c in 0..channels {
                        out[c] += sum[c] / map.spec.length as f32;
                    }
                }
            }
            column += channels;
        }
    }
}

/// The scratch memory of an item of [`GlobalPoolForward`], both parts with the channels of a level: a row, and the sum
/// of all rows.
struct Taken {
    row: Span,
    sum: Span,
}

impl Taken {
    #[inline(always)]
    fn of(from: &mut Measure, channels: usize) -> Self {
        Self { row: from.take(channels), sum: from.take(channels) }
    }
}

/// The number of elements of scratch memory that the pooling takes.
pub(crate) fn scratch(state: &State, global_pool: &GlobalPool) -> usize {
    let levels = global_pool.spec.levels.iter().map(|&level| state.maps[level].spec.channels);
    levels.map(|channels| measured(|from| Taken::of(from, channels))).max().unwrap_or(0)
}

/// The backward pass: writes the gradients of the levels. One item for each segment.
pub(crate) struct GlobalPoolBackward<'a> {
    pub state: &'a State,
    pub global_pool: &'a GlobalPool,
}

impl Work for GlobalPoolBackward<'_> {
    #[inline(always)]
    unsafe fn item<S: Simd>(&self, n: usize, _worker: usize) {
        let (state, memory, spec) = (self.state, &self.state.memory, &self.global_pool.spec);
        let width = state.maps[spec.output].spec.channels;
        let mut column = 0;
        for &level in &spec.levels {
            let map = &state.maps[level];
            let (channels, length) = (map.spec.channels, map.spec.length);
            if map.spec.is_frozen {
                column += channels;
                continue;
            }
            // SAFETY: an item writes its own segment's gradients.
            unsafe {
                let gradient = memory.read(state.maps[spec.output].gradient.part(n * width + column, channels));
                let winner = memory.read(self.global_pool.winner.part(n * width + column, channels));
                for t in 0..length {
                    let out = memory.write(map.gradient.part((n * length + t) * channels, channels));
                    let share = if spec.mean { 1.0 / length as f32 } else { 0.0 };
                    for c in 0..channels {
                        let hit = if winner[c] == t as f32 { 1.0 } else { 0.0 };
                        out[c] = gradient[c] * (hit + share);
                    }
                }
            }
            column += channels;
        }
    }
}
