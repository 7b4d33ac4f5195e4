//! Matrix products of one block, on the `gemm` crate: rows may overlap in memory, which makes a convolution a product.

/// A matrix by pointer and strides, in elements.
#[derive(Clone, Copy)]
pub(crate) struct Matrix {
    pub start: *const f32,
    pub row: usize,
    pub column: usize,
}

/// `to[m, n] (+)= left[m, k] right[k, n]`, on the calling thread; rows of `to` are `row` apart.
///
/// # Safety
/// All three matrices lie in memory, and `to` in none of the others.
pub(crate) unsafe fn product(
    (m, n, k): (usize, usize, usize),
    left: Matrix,
    right: Matrix,
    to: *mut f32,
    row: usize,
    add: bool,
) {
    // SAFETY: by the contract.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            to,
            1,
            row as isize,
            add,
            left.start,
            left.column as isize,
            left.row as isize,
            right.start,
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
