//! Dense layers on one row per segment: those of excitations, and the output layer.

use super::arena::Span;
use super::partition::{columns, LANES};
use super::product::{product, Matrix, Target};
use super::state::State;
use super::work::Work;
use crate::kernels::simd::Simd;

/// The activation function after the products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activation {
    None,
    Relu,
    Sigmoid,
}

/// Computes `to[n, out] = activation(from[n, in] weight^T + bias)`. One item for 64 outputs.
pub(crate) struct Dense<'a> {
    pub state: &'a State,
    pub batch: usize,
    pub from: Span,
    pub input: usize,
    pub output: usize,
    /// The weight `[out, in]` and the bias `[out]`.
    pub weight: Span,
    pub bias: Span,
    pub to: Span,
    pub activation: Activation,
}

const WIDE: usize = 4 * LANES;

/// The number of work items over `width` columns.
pub(crate) fn column_items(width: usize) -> usize {
    width.div_ceil(WIDE)
}

impl Work for Dense<'_> {
    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, _worker: usize) {
        let memory = &self.state.memory;
        let own = columns(item, column_items(self.output), self.output);
        // SAFETY: an item writes its own columns.
        unsafe {
            product(
                (self.batch, own.len(), self.input),
                Matrix { values: memory.read(self.from), row: self.input, column: 1 },
                Matrix { values: memory.read(self.weight.behind(own.start * self.input)), row: 1, column: self.input },
                Target::new(memory, self.to.behind(own.start), self.output),
                false,
            );
            let bias = memory.read(self.bias.part(own.start, own.len()));
            for n in 0..self.batch {
                let row = memory.write(self.to.part(n * self.output + own.start, own.len()));
                for c in 0..row.len() {
                    let x = row[c] + bias[c];
                    row[c] = match self.activation {
                        Activation::None => x,
                        Activation::Relu => super::load::relu(x),
                        Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
                    };
                }
            }
        }
    }
}

/// Computes the gradients of weight and bias: `gradient^T from`, and the column sums. One item for 64 outputs.
pub(crate) struct DenseWeights<'a> {
    pub state: &'a State,
    pub batch: usize,
    pub from: Span,
    pub input: usize,
    pub output: usize,
    /// The gradient of the output, `[n, out]`.
    pub gradient: Span,
    pub weight: Span,
    pub bias: Span,
}

impl Work for DenseWeights<'_> {
    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, _worker: usize) {
        let memory = &self.state.memory;
        let own = columns(item, column_items(self.output), self.output);
        // SAFETY: an item writes its own outputs' rows.
        unsafe {
            product(
                (own.len(), self.input, self.batch),
                Matrix { values: memory.read(self.gradient.behind(own.start)), row: 1, column: self.output },
                Matrix { values: memory.read(self.from), row: self.input, column: 1 },
                Target::new(memory, self.weight.behind(own.start * self.input), self.input),
                false,
            );
            let bias = memory.write(self.bias.part(own.start, own.len()));
            bias.fill(0.0);
            for n in 0..self.batch {
                let row = memory.read(self.gradient.part(n * self.output + own.start, own.len()));
                for c in 0..row.len() {
                    bias[c] += row[c];
                }
            }
        }
    }
}

/// Computes the gradient with respect to the input: `to[n, in] = gradient[n, out] weight`, which is set to 0 where
/// `gate` (the output of a ReLU) is 0. One item for 64 inputs.
pub(crate) struct DenseInput<'a> {
    pub state: &'a State,
    pub batch: usize,
    pub input: usize,
    pub output: usize,
    pub gradient: Span,
    pub weight: Span,
    pub gate: Option<Span>,
    pub to: Span,
    pub factor: f32,
}

impl Work for DenseInput<'_> {
    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, _worker: usize) {
        let memory = &self.state.memory;
        let own = columns(item, column_items(self.input), self.input);
        // SAFETY: an item writes its own columns.
        unsafe {
            product(
                (self.batch, own.len(), self.output),
                Matrix { values: memory.read(self.gradient), row: self.output, column: 1 },
                Matrix { values: memory.read(self.weight.behind(own.start)), row: self.input, column: 1 },
                Target::new(memory, self.to.behind(own.start), self.input),
                false,
            );
            for n in 0..self.batch {
                let row = memory.write(self.to.part(n * self.input + own.start, own.len()));
                match self.gate {
                    Some(gate) => {
                        let gate = memory.read(gate.part(n * self.input + own.start, own.len()));
                        for c in 0..row.len() {
                            row[c] = if gate[c] > 0.0 { row[c] * self.factor } else { 0.0 };
                        }
                    }
                    None => row.iter_mut().for_each(|x| *x *= self.factor),
                }
            }
        }
    }
}
