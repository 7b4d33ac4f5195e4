//! Squeeze-and-excitation of several signals: `e = sigmoid(W2 relu(W1 mean over time + b1) + b2)`, `y = e x`; and the
//! gradient of its input.

use net::graph::{Excitation, Linear};
use net::Parameters;

use super::product::{product, Place};
use super::rows::Rows;

/// A dense layer.
struct Dense {
    /// `[out, in]`.
    weight: Vec<f32>,
    /// `[out]`.
    bias: Vec<f32>,
}

/// The two dense layers of an excitation.
pub(super) struct Excite {
    squeeze: Dense,
    expand: Dense,
    rows: Rows,
}

/// The values of one pass over several signals.
#[derive(Default)]
pub(super) struct Excited {
    /// The hidden layer after its ReLU, `[signals, hidden]`.
    hidden: Vec<f32>,
    /// The excitations, `[signals, channels]`.
    factor: Vec<f32>,
}

impl Dense {
    fn new(linear: &Linear, parameters: &Parameters) -> Self {
        Self { weight: parameters.tensor(&linear.weight).to_vec(), bias: parameters.tensor(&linear.bias).to_vec() }
    }

    /// `[signals, out]` from `[signals, in]`.
    fn forward(&self, x: &[f32]) -> Vec<f32> {
        let (to, from) = (self.bias.len(), self.weight.len() / self.bias.len());
        let mut y = self.bias.repeat(x.len() / from);
        let weight = (&*self.weight, Place { start: 0, row: 1, column: from });
        product([x.len() / from, from, to], (&mut y, Place::rows(0, to)), (x, Place::rows(0, from)), weight, true);
        y
    }

    /// The gradient of the input, `[signals, in]`.
    fn backward(&self, dy: &[f32]) -> Vec<f32> {
        let (to, from) = (self.bias.len(), self.weight.len() / self.bias.len());
        let mut dx = vec![0.0; dy.len() / to * from];
        let weight = (&*self.weight, Place::rows(0, from));
        product([dy.len() / to, to, from], (&mut dx, Place::rows(0, from)), (dy, Place::rows(0, to)), weight, false);
        dx
    }
}

impl Excite {
    /// The excitation `layer` of an activation with the layout `rows`.
    pub fn new(layer: &Excitation, parameters: &Parameters, rows: Rows) -> Self {
        let (squeeze, expand) = (Dense::new(&layer.squeeze, parameters), Dense::new(&layer.expand, parameters));
        Self { squeeze, expand, rows }
    }

    /// Computes `y` from `x`; the rows of `y` between the signals are zero.
    pub fn forward(&self, signals: usize, x: &[f32], y: &mut [f32]) -> Excited {
        let Rows { length, channels, .. } = self.rows;
        let mut mean = vec![0.0; signals * channels];
        for (signal, mean) in mean.chunks_exact_mut(channels).enumerate() {
            for row in x[self.rows.of(signal)].chunks_exact(channels) {
                mean.iter_mut().zip(row).for_each(|(m, v)| *m += v);
            }
            mean.iter_mut().for_each(|m| *m /= length as f32);
        }
        let mut hidden = self.squeeze.forward(&mean);
        hidden.iter_mut().for_each(|v| *v = v.max(0.0));
        let mut factor = self.expand.forward(&hidden);
        factor.iter_mut().for_each(|v| *v = 1.0 / (1.0 + (-*v).exp()));
        self.rows.clear_gaps(y, signals);
        for (signal, factor) in factor.chunks_exact(channels).enumerate() {
            let range = self.rows.of(signal);
            let rows = y[range.clone()].chunks_exact_mut(channels).zip(x[range].chunks_exact(channels));
            for (y, x) in rows {
                y.iter_mut().zip(x.iter().zip(factor)).for_each(|(y, (x, e))| *y = x * e);
            }
        }
        Excited { hidden, factor }
    }

    /// Adds the gradient of the input to `dx`; `dy` is the gradient of the output.
    pub fn backward(&self, signals: usize, pass: &Excited, x: &[f32], dy: &[f32], dx: &mut [f32]) {
        let Rows { length, channels, .. } = self.rows;
        debug_assert_eq!(pass.factor.len(), signals * channels);
        let mut d_factor = vec![0.0; signals * channels];
        for (signal, d) in d_factor.chunks_exact_mut(channels).enumerate() {
            let range = self.rows.of(signal);
            for (x, dy) in x[range.clone()].chunks_exact(channels).zip(dy[range].chunks_exact(channels)) {
                d.iter_mut().zip(x.iter().zip(dy)).for_each(|(d, (x, dy))| *d += x * dy);
            }
        }
        // The derivative of the sigmoid is e (1 - e).
        d_factor.iter_mut().zip(&pass.factor).for_each(|(d, e)| *d *= e * (1.0 - e));
        let mut d_hidden = self.expand.backward(&d_factor);
        d_hidden.iter_mut().zip(&pass.hidden).for_each(|(d, h)| *d = if *h > 0.0 { *d } else { 0.0 });
        let d_mean = self.squeeze.backward(&d_hidden);
        for signal in 0..signals {
            let range = self.rows.of(signal);
            let one = signal * channels..(signal + 1) * channels;
            let (factor, d_mean) = (&pass.factor[one.clone()], &d_mean[one]);
            for (dx, dy) in dx[range.clone()].chunks_exact_mut(channels).zip(dy[range].chunks_exact(channels)) {
                for c in 0..channels {
                    dx[c] += dy[c] * factor[c] + d_mean[c] / length as f32;
                }
            }
        }
    }
}
