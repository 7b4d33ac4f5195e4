//! Whitened features: without it, the embeddings of different songs are almost parallel, because few directions hold
//! most of their variance.

use error::{Code, Error, Result};
use nalgebra::DMatrix;

/// What is added to every variance of the standardised features before they are divided by it. Directions in which
/// clips hardly differ would otherwise consist of noise.
const SHRINKAGE: f64 = 0.01;
/// Rows that are summed in f32 before they are added in f64.
const ROWS: usize = 1024;

/// The rows of `features` `[clips, width]`, of unit length, after each feature was standardised and the features were
/// decorrelated: the dot product of two rows is their cosine under the inverse of the shrunk covariance. Features that
/// are constant count nothing; a row at the mean of all rows is 0.
///
/// # Errors
/// [`Code::Internal`] if the covariance cannot be inverted, which finite features cannot cause.
pub(super) fn whitened(features: &[f32], width: usize) -> Result<Vec<f32>> {
    let clips = features.len() / width;
    let mut rows = standardised(features, width);
    let mut covariance = DMatrix::<f64>::zeros(width, width);
    let mut sum = vec![0.0f32; width * width];
    for block in rows.chunks(ROWS * width) {
        // The transposed block times the block.
        let (count, w) = (block.len() / width, width);
        product([w, count, w], &mut sum, (block, 1, w), (block, w, 1));
        covariance.iter_mut().zip(&sum).for_each(|(to, value)| *to += f64::from(*value) / clips as f64);
    }
    for feature in 0..width {
        covariance[(feature, feature)] += SHRINKAGE;
    }
    let failed = || Error::new(Code::Internal, "the covariance of the embeddings cannot be inverted");
    let lower = covariance.cholesky().ok_or_else(failed)?.unpack();
    let inverse = lower.solve_lower_triangular(&DMatrix::identity(width, width)).ok_or_else(failed)?;
    // nalgebra stores columns, so that the slice is the transposed inverse by rows.
    let transposed: Vec<f32> = inverse.as_slice().iter().map(|value| *value as f32).collect();
    let mut out = vec![0.0f32; ROWS.min(clips) * width];
    for block in rows.chunks_mut(ROWS * width) {
        let count = block.len() / width;
        let out = &mut out[..block.len()];
        product([count, width, width], out, (block, width, 1), (&transposed, width, 1));
        block.copy_from_slice(out);
        block.chunks_exact_mut(width).for_each(to_unit_length);
    }
    Ok(rows)
}

/// The rows with mean 0 and deviation 1 of every feature that varies, and 0 elsewhere.
fn standardised(features: &[f32], width: usize) -> Vec<f32> {
    let clips = (features.len() / width) as f64;
    let (mut mean, mut square) = (vec![0.0f64; width], vec![0.0f64; width]);
    for row in features.chunks_exact(width) {
        mean.iter_mut().zip(row).for_each(|(sum, value)| *sum += f64::from(*value) / clips);
    }
    for row in features.chunks_exact(width) {
        let deviations = square.iter_mut().zip(&mean).zip(row);
        deviations.for_each(|((sum, mean), value)| *sum += (f64::from(*value) - mean).powi(2) / clips);
    }
    // A spread below the precision of f32 is rounding, not a difference of clips.
    let scale = |(square, mean): (&f64, &f64)| match square.sqrt() > 1e-6 * mean.abs() {
        true => 1.0 / square.sqrt(),
        false => 0.0,
    };
    let scales: Vec<f64> = square.iter().zip(&mean).map(scale).collect();
    let mut rows = Vec::with_capacity(features.len());
    for row in features.chunks_exact(width) {
        let values = row.iter().zip(mean.iter().zip(&scales));
        rows.extend(values.map(|(value, (mean, scale))| ((f64::from(*value) - mean) * scale) as f32));
    }
    rows
}

fn to_unit_length(row: &mut [f32]) {
    let length = row.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
    let scale = if length > 1e-9 { 1.0 / length } else { 0.0 };
    row.iter_mut().for_each(|value| *value = (f64::from(*value) * scale) as f32);
}

/// Computes `to = left right` for `[rows, inner] x [inner, columns]`, `to` by rows. The matrices on the right are given
/// with the distances from one row and from one column to the next.
///
/// # Panics
/// If a matrix reaches beyond its array.
pub(super) fn product(
    [rows, inner, columns]: [usize; 3],
    to: &mut [f32],
    left: (&[f32], usize, usize),
    right: (&[f32], usize, usize),
) {
    if rows == 0 || inner == 0 || columns == 0 {
        return;
    }
    let last = |(_, row, column): (&[f32], usize, usize), rows: usize, columns: usize| {
        (rows - 1) * row + (columns - 1) * column
    };
    assert!(rows * columns <= to.len(), "a product is written beyond its array");
    assert!(last(left, rows, inner) < left.0.len(), "the left matrix of a product is too small");
    assert!(last(right, inner, columns) < right.0.len(), "the right matrix of a product is too small");
    // SAFETY: the assertions above show that all values of the three matrices lie in their arrays; `to` is borrowed
    // mutably, so it overlaps with neither of the others.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            inner,
            to.as_mut_ptr(),
            1,
            columns as isize,
            false,
            left.0.as_ptr(),
            left.2 as isize,
            left.1 as isize,
            right.0.as_ptr(),
            right.2 as isize,
            right.1 as isize,
            0.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use engine::{Philox, Purpose};

    use super::*;

    #[test]
    fn a_direction_that_holds_most_of_the_variance_no_longer_decides() {
        let (clips, width) = (3000, 4);
        let mut noise = vec![0.0; clips * width];
        Philox::new(3, Purpose::Synthesise, 0).fill_uniform(0, &mut noise);
        // One common value in all features beside a small one of each, and a feature that is constant.
        let row = |row: &[f32]| [row[0] + 0.1 * row[1], row[0] + 0.1 * row[2], row[0] - 0.1 * row[1], 7.0];
        let features: Vec<f32> = noise.chunks_exact(width).flat_map(row).collect();
        let plain = standardised(&features, width);
        let spread = |rows: &[f32]| {
            let mut sum = vec![0.0f32; width * width];
            product([width, clips, width], &mut sum, (rows, 1, width), (rows, width, 1));
            sum[1] / (sum[0] * sum[5]).sqrt()
        };
        assert!(spread(&plain) > 0.95, "{}", spread(&plain));
        let white = whitened(&features, width).unwrap();
        assert!(spread(&white).abs() < 0.1, "{}", spread(&white));
        assert!(white.chunks_exact(width).all(|row| row[3] == 0.0));
        let length = |row: &[f32]| row.iter().map(|value| value * value).sum::<f32>();
        assert!(white.chunks_exact(width).all(|row| (length(row) - 1.0).abs() < 1e-5));
        assert_eq!(whitened(&[2.0; 12], 4).unwrap(), [0.0; 12], "equal rows have no direction");
    }
}
