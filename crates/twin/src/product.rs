//! The matrix product, computed by the `gemm` crate: the only operation for which plain loops would be too slow at full
//! size.

use gemm::Parallelism;

/// A matrix inside a slice: element (i, j) is at `start + i * row + j * column`.
#[derive(Clone, Copy)]
pub struct Place {
    pub start: usize,
    pub row: usize,
    pub column: usize,
}

impl Place {
    fn holds(self, rows: usize, columns: usize, values: &[f64]) -> bool {
        self.start + (rows - 1) * self.row + (columns - 1) * self.column < values.len()
    }
}

/// `to += left right`, with `to` `[m, n]`, `left` `[m, k]`, `right` `[k, n]`.
pub fn add_product(
    [m, k, n]: [usize; 3],
    (to, at): (&mut [f64], Place),
    (left, left_at): (&[f64], Place),
    (right, right_at): (&[f64], Place),
) {
    if m * k * n == 0 {
        return;
    }
    assert!(at.holds(m, n, to) && left_at.holds(m, k, left) && right_at.holds(k, n, right));
    // SAFETY: every element of the three matrices lies inside its slice, by the assertion; `to` is borrowed
    // exclusively.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            to.as_mut_ptr().add(at.start),
            at.column as isize,
            at.row as isize,
            true,
            left.as_ptr().add(left_at.start),
            left_at.column as isize,
            left_at.row as isize,
            right.as_ptr().add(right_at.start),
            right_at.column as isize,
            right_at.row as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            Parallelism::Rayon(0),
        );
    }
}
