//! The last convolution, of which only one channel is needed for each signal.

use net::graph::Conv as Layer;
use net::Parameters;

use super::norm::Norm;
use super::rows::Rows;
use super::Statistics;

/// All filters of a convolution; each signal uses one of them.
pub(super) struct Filters {
    kernel: usize,
    stride: usize,
    left: usize,
    input: Rows,
    length: usize,
    relu: bool,
    /// `[out, tap, in]`: the taps of a filter lie as the rows that they read.
    weight: Vec<f32>,
    norm: Norm,
}

impl Filters {
    /// The filters of `layer`, which reads an activation with the layout `input`.
    pub fn new(layer: &Layer, parameters: &Parameters, input: Rows, statistics: Statistics, eps: f64) -> Self {
        let from = parameters.tensor(&layer.weight);
        let mut weight = vec![0.0; from.len()];
        let taps = layer.kernel * input.channels;
        for (index, value) in from.iter().enumerate() {
            let (out, rest) = (index / taps, index % taps);
            weight[out * taps + rest % layer.kernel * input.channels + rest / layer.kernel] = *value;
        }
        Self {
            kernel: layer.kernel,
            stride: layer.stride,
            left: layer.padding[0],
            input,
            length: layer.length,
            relu: layer.relu,
            weight,
            norm: Norm::new(layer, parameters, statistics, eps),
        }
    }

    /// The mean over time of channel `channel` of one signal; adds its gradient with respect to the input to `dx`.
    pub fn mean(&self, signal: usize, channel: usize, x: &[f32], dx: &mut [f32]) -> f64 {
        let filter = &self.weight[channel * self.kernel * self.input.channels..];
        let mut z: Vec<f64> = (0..self.length)
            .map(|position| {
                let (rows, taps) = self.window(signal, position);
                x[rows].iter().zip(&filter[taps]).map(|(x, w)| f64::from(x * w)).sum()
            })
            .collect();
        let count = self.length as f64;
        let (scale, shift) = self.norm.line();
        let (scale, shift) = (f64::from(scale[channel]), f64::from(shift[channel]));
        let inverse = match &self.norm {
            Norm::Fixed { .. } => None,
            Norm::Batch { eps, .. } => {
                let mean = z.iter().sum::<f64>() / count;
                z.iter_mut().for_each(|v| *v -= mean);
                let variance = z.iter().map(|v| v * v).sum::<f64>() / count;
                let inverse = 1.0 / (variance + f64::from(*eps)).sqrt();
                z.iter_mut().for_each(|v| *v *= inverse);
                Some(inverse)
            }
        };
        let is_open = |v: f64| !self.relu || scale * v + shift > 0.0;
        let total: f64 = z.iter().filter(|v| is_open(**v)).map(|v| scale * v + shift).sum();
        // The gradient of the mean with respect to the output of the norm is 1 / length where the ReLU is open.
        let mut d: Vec<f64> = z.iter().map(|v| if is_open(*v) { 1.0 / count } else { 0.0 }).collect();
        if let Some(inverse) = inverse {
            let plain = d.iter().sum::<f64>() / count;
            let along = d.iter().zip(&z).map(|(d, z)| d * z).sum::<f64>() / count;
            d.iter_mut().zip(&z).for_each(|(d, z)| *d = inverse * (*d - plain - z * along));
        }
        for (position, d) in d.iter().enumerate() {
            let (rows, taps) = self.window(signal, position);
            let d = (scale * d) as f32;
            dx[rows].iter_mut().zip(&filter[taps]).for_each(|(dx, w)| *dx += d * w);
        }
        total / count
    }

    /// The values of the input that output `position` reads, and the values of a filter that they are multiplied with.
    fn window(&self, signal: usize, position: usize) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
        let channels = self.input.channels;
        let start = position * self.stride;
        let first = self.left.saturating_sub(start).min(self.kernel);
        let end = (self.input.length + self.left).saturating_sub(start).min(self.kernel).max(first);
        let from = self.input.at(signal, 0) + (start + first).saturating_sub(self.left) * channels;
        (from..from + (end - first) * channels, first * channels..end * channels)
    }
}
