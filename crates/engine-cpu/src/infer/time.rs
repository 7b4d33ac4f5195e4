//! Operations on whole activations: mean and maximum over time, scaling by an excitation, and the end of a residual
//! block.

use error::Result;

use crate::infer::map::{MapId, Maps};
use crate::infer::work::Work;

/// The number of rows in one partial sum of a mean, so that long sums stay exact.
const PARTIAL: usize = 64;
/// The number of windows of a [`ResidualAdd`] in one work item.
const WINDOWS: usize = 64;

/// A reduction over time to one row per segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Squeeze {
    pub(crate) input: MapId,
    pub(crate) output: MapId,
    /// The number of real channels of the input, without padding.
    pub(crate) channels: usize,
    /// The first channel of the output that it writes.
    pub(crate) at: usize,
    pub(crate) kind: SqueezeKind,
}

/// The reduction that [`Squeeze`] computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SqueezeKind {
    Mean,
    Max,
    MaxPlusMean,
}

impl Squeeze {
    pub(crate) fn run(&self, maps: &Maps, n: usize, work: &Work) -> Result<()> {
        let (input, output) = (&maps.maps[self.input], &maps.maps[self.output]);
        work.pool.run(n, |segment, _| {
            // SAFETY: the rows of one segment of the input, which nobody writes in this step, and the remainder of the
            // row of one segment of the output, which only this item writes.
            let (rows, to) = unsafe {
                (
                    &*work.arena.part(input.at(segment, 0), input.length * input.width),
                    work.arena.part(output.at(segment, 0) + self.at, output.width - self.at),
                )
            };
            // The padding columns still hold the values of another activation.
            let (to, padding) = to.split_at_mut(self.channels);
            padding.fill(0.0);
            let rows = || rows.chunks_exact(input.width).map(|row| &row[..self.channels]);
            let mut mean = vec![0.0; self.channels];
            if self.kind != SqueezeKind::Max {
                let mut partial = vec![0.0f32; self.channels];
                for (t, row) in rows().enumerate() {
                    partial.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
                    if t % PARTIAL == PARTIAL - 1 || t + 1 == input.length {
                        mean.iter_mut().zip(&mut partial).for_each(|(sum, part)| *sum += std::mem::take(part));
                    }
                }
                mean.iter_mut().for_each(|sum| *sum /= input.length as f32);
            }
            if self.kind == SqueezeKind::Mean {
                to.copy_from_slice(&mean);
                return;
            }
            to.fill(f32::NEG_INFINITY);
            for row in rows() {
                to.iter_mut().zip(row).for_each(|(top, &x)| *top = if x > *top { x } else { *top });
            }
            to.iter_mut().zip(&mean).for_each(|(top, mean)| *top += mean);
        })
    }
}

/// Multiplies every channel of a segment by its excitation, in-place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    pub(crate) map: MapId,
    pub(crate) excitation: MapId,
}

impl Scale {
    pub(crate) fn run(&self, maps: &Maps, n: usize, work: &Work) -> Result<()> {
        let (map, excitation) = (&maps.maps[self.map], &maps.maps[self.excitation]);
        work.pool.run(n, |segment, _| {
            // SAFETY: one segment of each activation, which only this item accesses.
            let (rows, by) = unsafe {
                (
                    work.arena.part(map.at(segment, 0), map.length * map.width),
                    &*work.arena.part(excitation.at(segment, 0), map.width),
                )
            };
            for row in rows.chunks_exact_mut(map.width) {
                row.iter_mut().zip(by).for_each(|(x, e)| *x *= e);
            }
        })
    }
}

/// The end of a residual block: the maximum over the pool's window of `relu(shortcut + branch x excitation)`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResidualAdd {
    pub(crate) branch: MapId,
    pub(crate) excitation: Option<MapId>,
    pub(crate) shortcut: MapId,
    pub(crate) output: MapId,
    pub(crate) pool: usize,
    pub(crate) pool_padding: usize,
}

impl ResidualAdd {
    pub(crate) fn run(&self, maps: &Maps, n: usize, work: &Work) -> Result<()> {
        let (branch, output) = (&maps.maps[self.branch], &maps.maps[self.output]);
        let shortcut = &maps.maps[self.shortcut];
        let blocks = output.length.div_ceil(WINDOWS);
        let width = branch.width;
        work.pool.run(n * blocks, |item, _| {
            let (segment, block) = (item / blocks, item % blocks);
            let excitation = self.excitation.map(|id| {
                // SAFETY: nobody writes the excitation in this step.
                unsafe { &*work.arena.part(maps.maps[id].at(segment, 0), width) }
            });
            for window in block * WINDOWS..output.length.min((block + 1) * WINDOWS) {
                // SAFETY: a row of the output that only this item writes.
                let to = unsafe { work.arena.part(output.at(segment, window as isize), width) };
                // Starting the maximum at 0 applies the ReLU.
                to.fill(0.0);
                let start = window * self.pool;
                let end = (start + self.pool - self.pool_padding).min(branch.length);
                for t in start.saturating_sub(self.pool_padding)..end {
                    // SAFETY: rows of activations that nobody writes in this step.
                    let (y, s) = unsafe {
                        (
                            &*work.arena.part(branch.at(segment, t as isize), width),
                            &*work.arena.part(shortcut.at(segment, t as isize), width),
                        )
                    };
                    match excitation {
                        Some(e) => (0..width).for_each(|c| to[c] = larger(to[c], y[c] * e[c] + s[c])),
                        None => (0..width).for_each(|c| to[c] = larger(to[c], y[c] + s[c])),
                    }
                }
            }
        })
    }
}

fn larger(a: f32, b: f32) -> f32 {
    if b > a {
        b
    } else {
        a
    }
}
