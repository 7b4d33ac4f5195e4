//! Matrix products with the `gemm` crate.

/// A matrix in a larger array: the index of its first value, and the distances from one row and from one column to the
/// next.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// Index of the first value.
    pub start: usize,
    /// Distance from one row to the next; rows may overlap in a matrix that is only read.
    pub row: usize,
    /// Distance from one column to the next.
    pub column: usize,
}

impl Place {
    /// A matrix whose rows are contiguous.
    pub fn rows(start: usize, row: usize) -> Self {
        Self { start, row, column: 1 }
    }

    /// The index of the last value of a matrix of this size.
    fn last(self, rows: usize, columns: usize) -> usize {
        self.start + (rows - 1) * self.row + (columns - 1) * self.column
    }
}

/// Computes `to = keep to + left right` for `[rows, inner] x [inner, columns]`; `keep` is 1 if `add`, otherwise 0.
///
/// # Panics
/// If a matrix reaches beyond its array.
pub(super) fn product(
    [rows, inner, columns]: [usize; 3],
    (to, to_at): (&mut [f32], Place),
    (left, left_at): (&[f32], Place),
    (right, right_at): (&[f32], Place),
    add: bool,
) {
    if rows == 0 || inner == 0 || columns == 0 {
        return;
    }
    assert!(to_at.last(rows, columns) < to.len(), "a product is written beyond its array");
    assert!(left_at.last(rows, inner) < left.len(), "the left matrix of a product is too small");
    assert!(right_at.last(inner, columns) < right.len(), "the right matrix of a product is too small");
    let keep = if add { 1.0 } else { 0.0 };
    // SAFETY: the assertions above show that all values of the three matrices lie in their arrays; `to` is borrowed
    // mutably, so it overlaps with neither of the others, and its rows do not overlap (the callers' layouts).
    unsafe {
        gemm::gemm(
            rows,
            columns,
            inner,
            to.as_mut_ptr().add(to_at.start),
            to_at.column as isize,
            to_at.row as isize,
            add,
            left.as_ptr().add(left_at.start),
            left_at.column as isize,
            left_at.row as isize,
            right.as_ptr().add(right_at.start),
            right_at.column as isize,
            right_at.row as isize,
            keep,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}
