//! Matrix products.

use super::{Address, Element};

/// A matrix operand of [`Product`]: column-major as in BLAS.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matrix {
    pub start: Address,
    /// Elements between columns, at least the rows of the stored matrix.
    pub leading: usize,
    /// Elements between the matrices of a batch.
    pub stride: usize,
    pub transposed: bool,
}

impl Matrix {
    /// As it is stored.
    pub(crate) fn plain(start: Address, leading: usize, stride: usize) -> Self {
        Self { start, leading, stride, transposed: false }
    }

    /// Its transpose.
    pub(crate) fn turned(start: Address, leading: usize, stride: usize) -> Self {
        Self { start, leading, stride, transposed: true }
    }
}

/// `to = from_left from_right`, or added to it: `count` products of `[rows, inner]` and `[inner, columns]` in the sense of BLAS.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Product {
    pub rows: usize,
    pub columns: usize,
    pub inner: usize,
    pub left: Matrix,
    pub right: Matrix,
    pub to: Matrix,
    pub count: usize,
    pub accumulate: bool,
    /// The matrices of the batch do not follow each other: their starts are lists of addresses. The right ones of so many neighbours
    /// are about the same rows, so that they need to come from memory once.
    pub listed: Option<usize>,
    /// What both operands are.
    pub of: Element,
    /// What the result is: that, or f32.
    pub into: Element,
}

impl Product {
    /// How it is called in a measurement.
    pub(crate) fn name(&self) -> String {
        format!("multiply {}x{}x{} x{}", self.rows, self.columns, self.inner, self.count)
    }

    /// Multiplications and additions.
    pub(crate) fn operations(&self) -> u64 {
        2 * (self.rows * self.columns * self.inner * self.count) as u64
    }

    /// Bytes when every value moves once. Matrices of a batch that overlap, as phases and taps do, are one array, and so is one that
    /// all of the batch share.
    pub(crate) fn bytes(&self) -> u64 {
        let span = |matrix: &Matrix, rows: usize, columns: usize| {
            let (rows, columns) = if matrix.transposed { (columns, rows) } else { (rows, columns) };
            let one = (columns - 1) * matrix.leading + rows;
            (one + (self.count - 1) * matrix.stride).min(rows * columns * self.count)
        };
        let operands = match self.listed {
            Some(neighbours) => (self.rows + self.columns / neighbours) * self.inner * self.count,
            None => span(&self.left, self.rows, self.inner) + span(&self.right, self.inner, self.columns),
        };
        let result = self.rows * self.columns * self.count * if self.accumulate { 2 } else { 1 };
        (operands * self.of.bytes() + result * self.into.bytes()) as u64
    }
}
