//! A convolution over time of several signals, and the gradient of its input.

use net::graph::Conv as Layer;
use net::Parameters;

use super::product::{product, Place};
use super::rows::Rows;

/// A convolution with its weights packed for both directions.
pub(super) struct Conv {
    kernel: usize,
    stride: usize,
    /// Zeros before the input; as many as the output needs follow it.
    left: usize,
    input: Rows,
    output: Rows,
    /// `[tap, in, out]`.
    forward: Vec<f32>,
    /// `[tap, out, in]`, the taps in reversed order.
    backward: Vec<f32>,
}

impl Conv {
    /// Packs the weights of `layer`.
    pub fn new(layer: &Layer, parameters: &Parameters, input: Rows, output: Rows) -> Self {
        let weight = parameters.tensor(&layer.weight);
        let (from, to, kernel) = (input.channels, output.channels, layer.kernel);
        let (mut forward, mut backward) = (vec![0.0; weight.len()], vec![0.0; weight.len()]);
        for o in 0..to {
            for i in 0..from {
                for tap in 0..kernel {
                    let value = weight[(o * from + i) * kernel + tap];
                    forward[(tap * from + i) * to + o] = value;
                    backward[((kernel - 1 - tap) * to + o) * from + i] = value;
                }
            }
        }
        Self { kernel, stride: layer.stride, left: layer.padding[0], input, output, forward, backward }
    }

    /// Whether output and input have the same length, so that one product computes all signals.
    fn is_same(&self) -> bool {
        let right = self.kernel - 1 - self.left.min(self.kernel - 1);
        let padded = self.left < self.kernel && self.left <= self.input.gap && right <= self.input.gap;
        self.stride == 1 && padded && self.input.length == self.output.length
    }

    /// Computes `y` of `signals` signals from `x`, without bias. The rows of `y` between the signals are undefined.
    pub fn forward(&self, signals: usize, x: &[f32], y: &mut [f32]) {
        let (from, to) = (self.input.channels, self.output.channels);
        if self.is_same() {
            let window = Place::rows(self.input.at(0, 0) - self.left * from, from);
            let size = [self.input.span(signals), self.kernel * from, to];
            let weights = (&*self.forward, Place::rows(0, to));
            return product(size, (y, Place::rows(self.output.at(0, 0), to)), (x, window), weights, false);
        }
        y.fill(0.0);
        self.for_taps(signals, |tap, rows, x_at, y_at| {
            let weights = (&*self.forward, Place::rows(tap * from * to, to));
            product([rows, from, to], (y, y_at), (x, x_at), weights, true);
        });
    }

    /// Adds the gradient of the input to `dx`; `dy` is the gradient of the output, with zeros between the signals. The
    /// rows of `dx` between the signals become undefined.
    pub fn backward(&self, signals: usize, dy: &[f32], dx: &mut [f32]) {
        let (from, to) = (self.input.channels, self.output.channels);
        if self.is_same() {
            let right = self.kernel - 1 - self.left;
            let window = Place::rows(self.output.at(0, 0) - right * to, to);
            let size = [self.input.span(signals), self.kernel * to, from];
            let weights = (&*self.backward, Place::rows(0, from));
            return product(size, (dx, Place::rows(self.input.at(0, 0), from)), (dy, window), weights, true);
        }
        self.for_taps(signals, |tap, rows, x_at, y_at| {
            let weights = (&*self.backward, Place::rows((self.kernel - 1 - tap) * from * to, from));
            product([rows, to, from], (dx, x_at), (dy, y_at), weights, true);
        });
    }

    /// Calls `f` for every signal and tap with the number of outputs that the tap contributes to, the rows of the input
    /// that it reads and the rows of those outputs.
    fn for_taps(&self, signals: usize, mut f: impl FnMut(usize, usize, Place, Place)) {
        for signal in 0..signals {
            for tap in 0..self.kernel {
                // Output j reads input j stride + tap - left, which must be in 0..length.
                let first = self.left.saturating_sub(tap).div_ceil(self.stride);
                let reach = self.input.length + self.left;
                let end = if reach > tap { ((reach - tap - 1) / self.stride + 1).min(self.output.length) } else { 0 };
                if first < end {
                    let from = first * self.stride + tap - self.left;
                    let x_at = Place::rows(self.input.at(signal, from), self.stride * self.input.channels);
                    let y_at = Place::rows(self.output.at(signal, first), self.output.channels);
                    f(tap, end - first, x_at, y_at);
                }
            }
        }
    }
}
