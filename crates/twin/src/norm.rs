//! Batch normalisation over batch and time: `y = gamma (x - mean) / sqrt(variance + eps) + beta`.

use super::Map;

/// The values that the backward pass needs.
pub struct NormTape {
    /// `(x - mean) / deviation`.
    normalised: Map,
    /// `sqrt(variance + eps)` of every channel.
    deviation: Vec<f64>,
    /// Whether the statistics do not depend on the batch; `forward` says that they do.
    pub is_fixed: bool,
}

/// The statistics of one batch, for every channel.
pub struct Statistics {
    /// The mean of every channel.
    pub mean: Vec<f64>,
    /// The biased variance of every channel, which is divided by the number of rows.
    pub variance: Vec<f64>,
    /// The number of values in a channel: segments times positions.
    pub rows: usize,
}

/// The gradients of a norm.
pub struct NormGradient {
    /// The gradient of the input.
    pub input: Map,
    /// The gradient of the scale of every channel.
    pub gamma: Vec<f64>,
    /// The gradient of the bias of every channel.
    pub beta: Vec<f64>,
}

impl Statistics {
    /// Computes the statistics over all rows of `x`.
    pub fn of(x: &Map) -> Self {
        let (rows, channels) = (x.rows(), x.channels);
        let mut mean = vec![0.0; channels];
        for row in x.values.chunks_exact(channels) {
            mean.iter_mut().zip(row).for_each(|(m, v)| *m += v / rows as f64);
        }
        let mut variance = vec![0.0; channels];
        for row in x.values.chunks_exact(channels) {
            for c in 0..channels {
                variance[c] += (row[c] - mean[c]).powi(2) / rows as f64;
            }
        }
        Self { mean, variance, rows }
    }

    /// Updates the running statistics. `momentum` is the weight of this batch; the running variance is the unbiased
    /// variance.
    pub fn move_running(&self, mean: &mut [f64], variance: &mut [f64], momentum: f64) {
        let unbiased = self.rows as f64 / (self.rows as f64 - 1.0);
        for c in 0..mean.len() {
            mean[c] += momentum * (self.mean[c] - mean[c]);
            variance[c] += momentum * (self.variance[c] * unbiased - variance[c]);
        }
    }
}

/// Normalises with `mean` and `variance`: those of the batch in training, or the running ones.
pub fn forward(x: Map, gamma: &[f64], beta: &[f64], mean: &[f64], variance: &[f64], eps: f64) -> (Map, NormTape) {
    let deviation: Vec<f64> = variance.iter().map(|v| (v + eps).sqrt()).collect();
    let (mut normalised, mut y) = (x.like(), x);
    let channels = y.channels;
    for (at, row) in y.values.chunks_exact_mut(channels).enumerate() {
        for c in 0..channels {
            let value = (row[c] - mean[c]) / deviation[c];
            normalised.values[at * channels + c] = value;
            row[c] = gamma[c] * value + beta[c];
        }
    }
    (y, NormTape { normalised, deviation, is_fixed: false })
}

/// Computes the gradients of a norm.
pub fn backward(tape: &NormTape, gamma: &[f64], dy: Map) -> NormGradient {
    let (channels, rows) = (dy.channels, dy.rows() as f64);
    let (mut d_gamma, mut d_beta) = (vec![0.0; channels], vec![0.0; channels]);
    for (dy, normalised) in dy.values.chunks_exact(channels).zip(tape.normalised.values.chunks_exact(channels)) {
        for c in 0..channels {
            d_beta[c] += dy[c];
            d_gamma[c] += dy[c] * normalised[c];
        }
    }
    let mut input = dy;
    for (at, d) in input.values.chunks_exact_mut(channels).enumerate() {
        for c in 0..channels {
            let normalised = tape.normalised.values[at * channels + c];
            let through_statistics = match tape.is_fixed {
                true => 0.0,
                false => d_beta[c] / rows + normalised * d_gamma[c] / rows,
            };
            d[c] = gamma[c] / tape.deviation[c] * (d[c] - through_statistics);
        }
    }
    NormGradient { input, gamma: d_gamma, beta: d_beta }
}
