//! Dense layers on one row a segment.

use engine_core::tape;
use error::Result;

use crate::gpu::{launch, Address, Element, Kernel, Matrix, Product, Shape};
use crate::network::Network;

/// What follows the products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activation {
    None = 0,
    Relu = 1,
    Sigmoid = 2,
}

/// Rows of one value per input, and how far apart they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input {
    pub start: Address,
    pub leading: usize,
    pub width: usize,
}

impl Network {
    /// `to[n, out] = activation(input weight^T + bias)`.
    pub(crate) fn dense(
        &self,
        layer: tape::Dense,
        input: Input,
        to: Address,
        width: usize,
        batch: usize,
        activation: Activation,
    ) -> Result<()> {
        self.gpu.multiply(&Product {
            rows: width,
            columns: batch,
            inner: input.width,
            left: Matrix::turned(self.value(layer.weight), input.width, 0),
            right: Matrix::plain(input.start, input.leading, 0),
            to: Matrix::plain(to, width, 0),
            count: 1,
            accumulate: false,
            listed: None,
            of: Element::F32,
            into: Element::F32,
        })?;
        launch!(
            self.gpu,
            Kernel::BiasActivate,
            Shape::rows(batch, width),
            [to, self.value(layer.bias), width as u32, batch as u32, activation as u32],
        )
    }

    /// Gradients of weight and bias from that of the output, `[n, width]`.
    pub(crate) fn dense_weights(
        &self,
        layer: tape::Dense,
        input: Input,
        gradient: Address,
        width: usize,
        batch: usize,
    ) -> Result<()> {
        self.gpu.multiply(&Product {
            rows: input.width,
            columns: width,
            inner: batch,
            left: Matrix::plain(input.start, input.leading, 0),
            right: Matrix::turned(gradient, width, 0),
            to: Matrix::plain(self.gradient_of(layer.weight), input.width, 0),
            count: 1,
            accumulate: false,
            listed: None,
            of: Element::F32,
            into: Element::F32,
        })?;
        launch!(
            self.gpu,
            Kernel::ColumnSums,
            Shape::rows(width, 1),
            [gradient, self.gradient_of(layer.bias), width as u32, batch as u32],
        )
    }

    /// Gradient of the input, in rows `input.leading` apart.
    pub(crate) fn dense_input(
        &self,
        layer: tape::Dense,
        gradient: Address,
        width: usize,
        input: Input,
        batch: usize,
    ) -> Result<()> {
        self.gpu.multiply(&Product {
            rows: input.width,
            columns: batch,
            inner: width,
            left: Matrix::plain(self.value(layer.weight), input.width, 0),
            right: Matrix::plain(gradient, width, 0),
            to: Matrix::plain(input.start, input.leading, 0),
            count: 1,
            accumulate: false,
            listed: None,
            of: Element::F32,
            into: Element::F32,
        })
    }
}
