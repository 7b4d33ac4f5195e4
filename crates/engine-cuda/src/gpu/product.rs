//! Matrix products.

use super::{Address, Element};

/// A matrix operand of [`Product`]: column-major as in BLAS.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matrix {
    pub start: Address,
    /// The number of elements between columns, at least the number of rows of the stored matrix.
    pub leading: usize,
    /// The number of elements between the matrices of a batch.
    pub stride: usize,
    pub transposed: bool,
}

impl Matrix {
    /// The matrix as it is stored.
    pub(crate) fn plain(start: Address, leading: usize, stride: usize) -> Self {
        Self { start, leading, stride, transposed: false }
    }

    /// The transpose of the stored matrix.
    pub(crate) fn turned(start: Address, leading: usize, stride: usize) -> Self {
        Self { start, leading, stride, transposed: true }
    }
}

/// `to = from_left from_right`, or added to `to`: `count` products of `[rows, inner]` and `[inner, columns]` in BLAS
/// notation.
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
    /// If set, the matrices of the batch are given by lists of their addresses, because they are not evenly spaced. The
    /// right operands of each group of this many consecutive products cover about the same rows, so that they are read
    /// from memory once.
    pub listed: Option<usize>,
    /// The element type of both operands.
    pub of: Element,
    /// The element type of the result: that of the operands, or f32.
    pub into: Element,
}

impl Product {
    /// The name in measurements.
    pub(crate) fn name(&self) -> String {
        format!("multiply {}x{}x{} x{}", self.rows, self.columns, self.inner, self.count)
    }

    /// The number of multiplications and additions.
    pub(crate) fn operations(&self) -> u64 {
        2 * (self.rows * self.columns * self.inner * self.count) as u64
    }

    /// The bytes moved if every value moves once. Overlapping matrices of a batch, such as phases and taps, count as
    /// one array, as does a matrix that the whole batch shares.
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
