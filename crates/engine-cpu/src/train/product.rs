//! Matrix products of one block with the `gemm` crate. Rows may overlap in memory, which makes a convolution a matrix
//! product.

use super::arena::{Arena, Span};

/// A matrix in memory: its values from the first element on, and the number of elements from one row, and from one
/// column, to the next.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    pub values: &'a [f32],
    pub row: usize,
    pub column: usize,
}

/// The destination of a product: rows of contiguous columns, `row` elements apart. Other threads may write other
/// columns of the same rows.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    start: *mut f32,
    len: usize,
    row: usize,
}

impl Target {
    /// A destination from the first element of `span` on, at most to its end.
    #[inline(always)]
    pub(crate) fn new(memory: &Arena<f32>, span: Span, row: usize) -> Self {
        Self { start: memory.pointer(span), len: span.len, row }
    }
}

/// The number of elements from the first to the last element of a matrix of `rows` times `columns`.
#[inline(always)]
fn extent((rows, columns): (usize, usize), (row, column): (usize, usize)) -> usize {
    if rows == 0 || columns == 0 {
        return 0;
    }
    (rows - 1) * row + (columns - 1) * column + 1
}

/// Computes `to[m, n] (+)= left[m, k] right[k, n]` on the calling thread. Panics if one of the three matrices extends
/// beyond its memory.
///
/// # Safety
/// Nobody else reads or writes the elements of `to` meanwhile, and `to` shares no elements with `left` and `right`.
pub(crate) unsafe fn product((m, n, k): (usize, usize, usize), left: Matrix, right: Matrix, to: Target, add: bool) {
    let inside = extent((m, k), (left.row, left.column)) <= left.values.len()
        && extent((k, n), (right.row, right.column)) <= right.values.len()
        && extent((m, n), (to.row, 1)) <= to.len;
    assert!(
        inside,
        "a product of {m} x {k} by {k} x {n} reaches over its matrices of {}, {} and {}",
        left.values.len(),
        right.values.len(),
        to.len
    );
    // SAFETY: all three lie inside by the assertion; the rest is the contract.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            to.start,
            1,
            to.row as isize,
            add,
            left.values.as_ptr(),
            left.column as isize,
            left.row as isize,
            right.values.as_ptr(),
            right.column as isize,
            right.row as isize,
            1.0f32,
            1.0f32,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::arena::Measure;

    #[test]
    fn a_product_that_reaches_over_its_matrices_panics_in_every_build() {
        let mut measure = Measure::default();
        let (to, _behind) = (measure.take(6), measure.take(64));
        let memory = Arena::new(&measure).unwrap();
        let values = [1.0; 12];
        let matrix = |len: usize, row: usize| Matrix { values: &values[..len], row, column: 1 };
        let run = |left: Matrix, right: Matrix| {
            let to = Target::new(&memory, to, 2);
            // SAFETY: nothing else runs.
            std::panic::catch_unwind(|| unsafe { product((3, 2, 4), left, right, to, false) })
        };
        run(matrix(12, 4), matrix(8, 2)).unwrap();
        assert_eq!(memory.get(to), [4.0; 6]);
        assert!(run(matrix(11, 4), matrix(8, 2)).is_err());
        assert!(run(matrix(12, 4), matrix(7, 2)).is_err());
        // Matrices with overlapping rows extend over fewer elements.
        run(matrix(8, 2), matrix(8, 2)).unwrap();
        let short = Target::new(&memory, to.part(1, 5), 2);
        // SAFETY: nothing else runs.
        let over = std::panic::catch_unwind(|| unsafe {
            product((3, 2, 4), matrix(12, 4), matrix(8, 2), short, false);
        });
        assert!(over.is_err());
    }
}
