//! Batch normalisation of each signal on its own, and the gradient of its input.

use net::graph::{BatchNorm, Conv};
use net::Parameters;

use super::rows::Rows;
use super::Statistics;

/// A norm: `y = scale x + shift` for every channel.
pub(super) enum Norm {
    /// `x` is first normalised with mean and variance of the signal itself, which is also differentiated. A bias before
    /// it has no effect.
    Batch {
        /// Gamma, `[channels]`.
        scale: Vec<f32>,
        /// Beta, `[channels]`.
        shift: Vec<f32>,
        /// Constant added to the variance.
        eps: f32,
    },
    /// With the running statistics, or no norm at all: scale and shift are constant.
    Fixed {
        /// `[channels]`.
        scale: Vec<f32>,
        /// `[channels]`, with the bias of the convolution.
        shift: Vec<f32>,
    },
}

impl Norm {
    /// The norm after the convolution `conv`.
    pub fn new(conv: &Conv, parameters: &Parameters, statistics: Statistics, eps: f64) -> Self {
        let channels = conv.weight.shape[0];
        let bias = conv.bias.as_ref().map_or(vec![0.0; channels], |bias| parameters.tensor(bias).to_vec());
        let Some(norm) = &conv.norm else { return Self::Fixed { scale: vec![1.0; channels], shift: bias } };
        let BatchNorm { gamma, beta, running_mean, running_var, .. } = norm;
        let [gamma, beta, mean, variance] =
            [gamma, beta, running_mean, running_var].map(|spec| parameters.tensor(spec));
        match statistics {
            Statistics::Batch => Self::Batch { scale: gamma.to_vec(), shift: beta.to_vec(), eps: eps as f32 },
            Statistics::Running => {
                let scale: Vec<f32> = gamma
                    .iter()
                    .zip(variance)
                    .map(|(g, v)| (f64::from(*g) / (f64::from(*v) + eps).sqrt()) as f32)
                    .collect();
                let shift = (0..channels).map(|c| beta[c] + scale[c] * (bias[c] - mean[c])).collect();
                Self::Fixed { scale, shift }
            }
        }
    }

    /// Scale and shift of the normalised values, each `[channels]`.
    pub fn line(&self) -> (&[f32], &[f32]) {
        let (Self::Batch { scale, shift, .. } | Self::Fixed { scale, shift }) = self;
        (scale, shift)
    }

    /// Normalises `x` in place and writes `1 / sqrt(variance + eps)` of every signal and channel to `inverse`
    /// `[signals, channels]`. Without batch statistics it changes nothing.
    pub fn forward(&self, signals: usize, rows: Rows, x: &mut [f32], inverse: &mut [f32]) {
        let Self::Batch { eps, .. } = self else { return };
        let channels = rows.channels;
        let mut mean = vec![0.0; channels];
        for (signal, inverse) in (0..signals).zip(inverse.chunks_exact_mut(channels)) {
            let x = &mut x[rows.of(signal)];
            column_means(x, rows.length, &mut mean, |v, _| v);
            for row in x.chunks_exact_mut(channels) {
                row.iter_mut().zip(&mean).for_each(|(v, m)| *v -= m);
            }
            column_means(x, rows.length, inverse, |v, _| v * v);
            inverse.iter_mut().for_each(|v| *v = 1.0 / (*v + eps).sqrt());
            for row in x.chunks_exact_mut(channels) {
                row.iter_mut().zip(&*inverse).for_each(|(v, i)| *v *= i);
            }
        }
    }

    /// Turns `d`, the gradient of the output, into the gradient of the input; `normalised` and `inverse` are those of
    /// [`Norm::forward`].
    pub fn backward(&self, signals: usize, rows: Rows, normalised: &[f32], inverse: &[f32], d: &mut [f32]) {
        let channels = rows.channels;
        let (scale, _) = self.line();
        if let Self::Fixed { .. } = self {
            for signal in 0..signals {
                for row in d[rows.of(signal)].chunks_exact_mut(channels) {
                    row.iter_mut().zip(scale).for_each(|(d, s)| *d *= s);
                }
            }
            return;
        }
        let (mut plain, mut along, mut factor) = (vec![0.0; channels], vec![0.0; channels], vec![0.0; channels]);
        for (signal, inverse) in (0..signals).zip(inverse.chunks_exact(channels)) {
            let (d, normalised) = (&mut d[rows.of(signal)], &normalised[rows.of(signal)]);
            column_means(d, rows.length, &mut plain, |d, _| d);
            column_means(d, rows.length, &mut along, |d, at| d * normalised[at]);
            factor.iter_mut().zip(scale.iter().zip(inverse)).for_each(|(f, (s, i))| *f = s * i);
            for (row, normalised) in d.chunks_exact_mut(channels).zip(normalised.chunks_exact(channels)) {
                for c in 0..channels {
                    row[c] = factor[c] * (row[c] - plain[c] - normalised[c] * along[c]);
                }
            }
        }
    }
}

/// Writes the mean over the rows of `f(value, index)` of every column to `into`.
fn column_means(values: &[f32], rows: usize, into: &mut [f32], f: impl Fn(f32, usize) -> f32) {
    let channels = into.len();
    into.fill(0.0);
    for (at, row) in values.chunks_exact(channels).enumerate() {
        for c in 0..channels {
            into[c] += f(row[c], at * channels + c);
        }
    }
    into.iter_mut().for_each(|v| *v /= rows as f32);
}
