//! ReLU and max pool after a norm, and their gradients.

use net::graph::Pool;

use super::rows::Rows;

/// Max pool of `scale x + shift`, with a ReLU before it or without.
#[derive(Clone, Copy)]
pub(super) struct Activation {
    /// Whether there is a ReLU.
    pub relu: bool,
    /// The pool.
    pub pool: Pool,
    /// The layout of `x`.
    pub before: Rows,
    /// The layout of the output.
    pub after: Rows,
}

impl Activation {
    /// Computes `out` and the position in `x` of every value of it. The rows of `out` between the signals are zero.
    pub fn forward(
        &self,
        signals: usize,
        (scale, shift): (&[f32], &[f32]),
        x: &[f32],
        out: &mut [f32],
        chosen: &mut [u32],
    ) {
        let Self { before, after, .. } = *self;
        let lowest = if self.relu { 0.0 } else { f32::NEG_INFINITY };
        after.clear_gaps(out, signals);
        for signal in 0..signals {
            for position in 0..after.length {
                let at = after.at(signal, position);
                let (out, chosen) = (&mut out[at..][..after.channels], &mut chosen[at..][..after.channels]);
                let window = self.window(position);
                out.fill(lowest);
                chosen.fill(window.start as u32);
                for read in window {
                    let x = &x[before.at(signal, read)..][..before.channels];
                    for c in 0..x.len() {
                        let value = scale[c] * x[c] + shift[c];
                        if value > out[c] {
                            (out[c], chosen[c]) = (value, read as u32);
                        }
                    }
                }
            }
        }
    }

    /// Writes the gradient of `scale x + shift` to `d`, from the gradient `d_out` of the output.
    pub fn backward(&self, signals: usize, out: &[f32], chosen: &[u32], d_out: &[f32], d: &mut [f32]) {
        let Self { before, after, .. } = *self;
        d.fill(0.0);
        for signal in 0..signals {
            let start = before.at(signal, 0);
            for position in 0..after.length {
                let at = after.at(signal, position);
                for c in 0..after.channels {
                    if !self.relu || out[at + c] > 0.0 {
                        d[start + chosen[at + c] as usize * before.channels + c] += d_out[at + c];
                    }
                }
            }
        }
    }

    /// The positions that output `position` reads.
    fn window(&self, position: usize) -> std::ops::Range<usize> {
        let Pool { size, padding } = self.pool;
        let start = (position * size).saturating_sub(padding);
        start..(position * size + size - padding.min(size)).min(self.before.length)
    }
}
