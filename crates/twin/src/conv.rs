//! Convolution (cross-correlation, as in all deep learning frameworks):
//! `y[j, o] = bias[o] + sum over t, i of x[j stride + t - left, i] w[o, i, t]`, with zeros outside the segment.

use super::product::{add_product, Place};
use super::Map;

/// The sizes of a convolution.
#[derive(Clone, Copy, Debug)]
pub struct Conv {
    /// The number of input channels.
    pub from: usize,
    /// The number of output channels.
    pub to: usize,
    /// The number of taps of a filter.
    pub kernel: usize,
    /// The number of input positions from one output to the next.
    pub stride: usize,
    /// The number of zeros before and after a segment.
    pub padding: [usize; 2],
}

/// The gradients of a convolution.
pub struct ConvGradient {
    /// The gradient of the input.
    pub input: Map,
    /// The gradient of the weight, `[out, in, kernel]`.
    pub weight: Vec<f64>,
    /// The gradient of the bias, `[out]`.
    pub bias: Vec<f64>,
}

impl Conv {
    /// The number of output positions for `length` input positions.
    pub fn output_length(&self, length: usize) -> usize {
        (length + self.padding[0] + self.padding[1] - self.kernel) / self.stride + 1
    }

    /// Computes `y` from `x`, with `weight` `[out, in, kernel]` and `bias` `[out]`.
    pub fn forward(&self, x: &Map, weight: &[f64], bias: Option<&[f64]>) -> Map {
        assert_eq!((x.channels, weight.len()), (self.from, self.from * self.to * self.kernel));
        let mut y = Map::zeros(x.batch, self.output_length(x.length), self.to);
        if let Some(bias) = bias {
            y.values.chunks_exact_mut(self.to).for_each(|row| row.copy_from_slice(bias));
        }
        self.for_taps(x, &y.like(), |tap, rows, x_at, y_at| {
            let size = [rows, self.from, self.to];
            add_product(size, (&mut y.values, y_at), (&x.values, x_at), (weight, self.weight(tap).transposed()));
        });
        y
    }

    /// Computes the gradients from `dy`, the gradient of `y`.
    pub fn backward(&self, x: &Map, weight: &[f64], dy: &Map) -> ConvGradient {
        let mut gradient = ConvGradient {
            input: x.like(),
            weight: vec![0.0; weight.len()],
            bias: (0..self.to).map(|o| dy.values[o..].iter().step_by(self.to).sum()).collect(),
        };
        self.for_taps(x, dy, |tap, rows, x_at, y_at| {
            let w_at = self.weight(tap);
            let size = [rows, self.to, self.from];
            add_product(size, (&mut gradient.input.values, x_at), (&dy.values, y_at), (weight, w_at));
            let size = [self.to, rows, self.from];
            add_product(size, (&mut gradient.weight, w_at), (&dy.values, y_at.transposed()), (&x.values, x_at));
        });
        gradient
    }

    /// The `[out, in]` matrix of one tap.
    fn weight(&self, tap: usize) -> Place {
        Place { start: tap, row: self.from * self.kernel, column: self.kernel }
    }

    /// Calls `f` for every segment and tap with the rows of `x` that the tap reads and the rows of `y` that it
    /// contributes to.
    fn for_taps(&self, x: &Map, y: &Map, mut f: impl FnMut(usize, usize, Place, Place)) {
        for segment in 0..x.batch {
            for tap in 0..self.kernel {
                // Output j reads input j stride + tap - left, which must be in 0..length.
                let first = self.padding[0].saturating_sub(tap).div_ceil(self.stride);
                let reach = x.length + self.padding[0];
                let end = if reach > tap { ((reach - tap - 1) / self.stride + 1).min(y.length) } else { 0 };
                if first >= end {
                    continue;
                }
                let from = first * self.stride + tap - self.padding[0];
                let x_at = Place { start: x.at(segment, from), row: self.stride * self.from, column: 1 };
                let y_at = Place { start: y.at(segment, first), row: self.to, column: 1 };
                f(tap, end - first, x_at, y_at);
            }
        }
    }
}

impl Place {
    /// The transposed matrix.
    pub fn transposed(self) -> Self {
        Self { start: self.start, row: self.column, column: self.row }
    }
}
