//! Exact distances between all clips, one block of rows at a time.

/// A neighbour of a clip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Near {
    /// The clip.
    pub clip: usize,
    /// Its Euclidean distance.
    pub distance: f64,
}

/// Rows of distances that are computed at the same time.
const BLOCK: usize = 128;

/// Calls `f(clip, distances)` for every clip of `values` `[clips, width]` with its Euclidean distances to all clips.
pub(crate) fn for_distances(values: &[f64], width: usize, mut f: impl FnMut(usize, &[f64])) {
    let clips = values.len() / width.max(1);
    let matrix = nalgebra::DMatrixView::from_slice(values, width, clips);
    let squares: Vec<f64> = matrix.column_iter().map(|row| row.norm_squared()).collect();
    for first in (0..clips).step_by(BLOCK) {
        let block = matrix.columns(first, BLOCK.min(clips - first));
        let products = matrix.tr_mul(&block);
        for (index, products) in products.column_iter().enumerate() {
            let clip = first + index;
            let mut distances: Vec<f64> = products
                .iter()
                .zip(&squares)
                .map(|(product, square)| (square + squares[clip] - 2.0 * product).max(0.0).sqrt())
                .collect();
            distances[clip] = 0.0;
            f(clip, &distances);
        }
    }
}

/// The `count` nearest other clips of `clip`, nearest first; of equally distant ones the first.
pub(crate) fn nearest(clip: usize, distances: &[f64], count: usize) -> Vec<Near> {
    let mut others: Vec<Near> = distances
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != clip)
        .map(|(clip, distance)| Near { clip, distance: *distance })
        .collect();
    let order = |one: &Near, other: &Near| one.distance.total_cmp(&other.distance).then(one.clip.cmp(&other.clip));
    if count < others.len() {
        others.select_nth_unstable_by(count, order);
        others.truncate(count);
    }
    others.sort_by(order);
    others
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_clips_come_first_and_never_the_clip_itself() {
        let values: Vec<f64> = [0.0, 1.0, 3.0, 7.0, 3.0].iter().flat_map(|x| [*x, -*x]).collect();
        let mut all = Vec::new();
        for_distances(&values, 2, |clip, distances| all.push(nearest(clip, distances, 3)));
        let clips = |near: &[Near]| near.iter().map(|near| near.clip).collect::<Vec<_>>();
        assert_eq!(clips(&all[0]), [1, 2, 4]);
        assert_eq!(clips(&all[3]), [2, 4, 1]);
        assert_eq!(clips(&all[2]), [4, 1, 0]);
        assert!((all[0][1].distance - 18f64.sqrt()).abs() < 1e-12);
    }
}
