//! Dense layer on rows: `y[o] = bias[o] + sum over i of x[i] w[o, i]`; a convolution with one tap over one position.

use super::conv::{Conv, ConvGradient};
use super::Map;

fn conv(from: usize, to: usize) -> Conv {
    Conv { from, to, kernel: 1, stride: 1, padding: [0, 0] }
}

/// The rows as positions of one segment, so that one product computes all of them.
fn rows(x: &Map) -> Map {
    Map::new(1, x.rows(), x.channels, x.values.clone())
}

/// Computes the output, with `weight` `[out, in]` and `bias` `[out]`.
pub fn forward(x: &Map, weight: &[f64], bias: &[f64]) -> Map {
    let y = conv(x.channels, bias.len()).forward(&rows(x), weight, Some(bias));
    Map::new(x.batch, x.length, bias.len(), y.values)
}

/// Computes the gradients from `dy`, the gradient of `y`.
pub fn backward(x: &Map, weight: &[f64], dy: &Map) -> ConvGradient {
    let mut gradient = conv(x.channels, dy.channels).backward(&rows(x), weight, &rows(dy));
    gradient.input = Map::new(x.batch, x.length, x.channels, gradient.input.values);
    gradient
}
