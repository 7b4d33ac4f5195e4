//! Principal components.

use error::{Code, Error, Result};
use nalgebra::{DMatrix, SymmetricEigen};

/// The projections of `values` `[rows, width]`, whose columns have the mean 0, on the `count` directions of largest
/// variance, `[rows, count]`, in descending order of variance. Each direction has the sign that makes its largest
/// coefficient positive.
///
/// # Errors
/// [`Code::Internal`] if the eigenvectors are not found.
pub(crate) fn principal_components(values: &[f64], width: usize, count: usize) -> Result<Vec<f64>> {
    let rows = values.len() / width.max(1);
    let matrix = DMatrix::from_row_slice(rows, width, values);
    let covariance = matrix.tr_mul(&matrix) / rows.max(1) as f64;
    let eigen = SymmetricEigen::try_new(covariance, f64::EPSILON, 0)
        .filter(|eigen| eigen.eigenvectors.iter().all(|value| value.is_finite()))
        .ok_or_else(|| Error::new(Code::Internal, format!("no principal components of {width} features were found")))?;
    let mut order: Vec<usize> = (0..width).collect();
    order.sort_by(|&one, &other| eigen.eigenvalues[other].total_cmp(&eigen.eigenvalues[one]).then(one.cmp(&other)));
    let mut directions = DMatrix::zeros(width, count.min(width));
    for (to, from) in order.into_iter().take(count).enumerate() {
        let mut direction = eigen.eigenvectors.column(from).into_owned();
        if direction[direction.icamax()] < 0.0 {
            direction.neg_mut();
        }
        directions.set_column(to, &direction);
    }
    Ok((matrix * directions).transpose().as_slice().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_components_of_a_known_plane_come_out_in_order() {
        // Points along (3, 4, 0) / 5 with variance 4, and along (0, 0, 1) with variance 1.
        let along = [2.0, -2.0, 2.0, -2.0];
        let across = [1.0, 1.0, -1.0, -1.0];
        let values: Vec<f64> = (0..4).flat_map(|i| [0.6 * along[i], 0.8 * along[i], across[i]]).collect();
        let components = principal_components(&values, 3, 2).unwrap();
        for i in 0..4 {
            assert!((components[2 * i] - along[i]).abs() < 1e-9, "{components:?}");
            assert!((components[2 * i + 1] - across[i]).abs() < 1e-9, "{components:?}");
        }
        assert_eq!(principal_components(&values, 3, 50).unwrap().len(), 12, "no more components than features");
    }
}
