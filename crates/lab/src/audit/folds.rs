//! Folds for out-of-fold predictions.

use std::collections::BTreeMap;

use engine::Purpose;
use train::permutation::permutation;

/// Number of folds, if there are enough groups.
const FOLDS: usize = 5;
/// With fewer folds nothing is left to train on beside the fold that is predicted and the one that ends the training.
const FEWEST: usize = 3;

/// The fold of each clip and the number of folds. Clips with the same `group` are in the same fold; groups are taken in
/// an order drawn by `seed`, each into the fold with the fewest clips. `None` with fewer groups than three.
pub(super) fn folds(groups: &[usize], seed: u64) -> Option<(Vec<usize>, usize)> {
    let mut clips: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    groups.iter().enumerate().for_each(|(clip, &group)| clips.entry(group).or_default().push(clip));
    let clips: Vec<Vec<usize>> = clips.into_values().collect();
    let count = FOLDS.min(clips.len());
    if count < FEWEST {
        return None;
    }
    let order = permutation(seed, Purpose::Split, 0, clips.len());
    let mut sizes = vec![0; count];
    let mut folds = vec![0; groups.len()];
    for group in order.into_iter().map(|group| &clips[group as usize]) {
        let fold = (0..count).min_by_key(|&fold| sizes[fold]).unwrap_or(0);
        sizes[fold] += group.len();
        group.iter().for_each(|&clip| folds[clip] = fold);
    }
    Some((folds, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_stay_together_and_folds_are_of_similar_size() {
        let groups: Vec<usize> = (0..103).map(|clip| clip / 3).collect();
        let (folds, count) = super::folds(&groups, 7).unwrap();
        assert_eq!(count, FOLDS);
        assert!(folds.chunks(3).all(|group| group.iter().all(|fold| *fold == group[0])));
        let sizes: Vec<usize> = (0..count).map(|fold| folds.iter().filter(|&&f| f == fold).count()).collect();
        assert!(sizes.iter().all(|size| (18..=24).contains(size)), "{sizes:?}");
        assert_ne!(super::folds(&groups, 8).unwrap().0, folds, "the seed draws");
        assert_eq!(super::folds(&[4, 4, 9, 2], 0).unwrap().1, 3);
        assert_eq!(super::folds(&[4, 4, 9], 0), None);
    }
}
