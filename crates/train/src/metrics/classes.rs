//! Metrics of single-label scores: every clip is assigned the class with its highest score.

use net::log;

/// The class of each clip and the class with the highest score (the first one among equals), among the classes that are
/// present.
pub(super) struct Classes {
    /// The class and the assigned class of each clip that has a class.
    pairs: Vec<(usize, usize)>,
    /// The score of the assigned class of each of these clips.
    pub(super) confidence: Vec<f32>,
    /// Number of all clips.
    clips: usize,
    /// Number of classes, also of those that are not present.
    classes: usize,
    /// Mean cross-entropy of the scores of these clips.
    pub(super) log_loss: Option<f64>,
}

impl Classes {
    /// The classes of `scores` `[clips, classes]` and `targets` `[clips, classes]`; `None` without clips or classes, or
    /// if any score is not a number.
    pub(super) fn new(present: &[bool], scores: &[f32], targets: &[bool]) -> Option<Self> {
        if scores.is_empty() || !present.contains(&true) || scores.iter().any(|score| !score.is_finite()) {
            return None;
        }
        let width = present.len();
        let (mut pairs, mut confidence, mut loss) = (Vec::new(), Vec::new(), 0.0);
        for (row, target) in scores.chunks_exact(width).zip(targets.chunks_exact(width)) {
            let (Some(best), Some(class)) = (best(present, row), target.iter().position(|&is| is)) else {
                continue;
            };
            pairs.push((class, best));
            confidence.push(row[best]);
            loss -= log(row[class]);
        }
        let log_loss = (!pairs.is_empty()).then(|| loss / pairs.len() as f64);
        Some(Self { pairs, confidence, clips: scores.len() / width, classes: width, log_loss })
    }

    /// Whether each clip is assigned its class.
    pub(super) fn hits(&self) -> Vec<bool> {
        self.pairs.iter().map(|(class, best)| class == best).collect()
    }

    /// Whether each clip of `scores` `[clips, classes]` is assigned its class; `None` if that is unknown, as for
    /// [`Classes::new`].
    pub(super) fn hit_of_each(present: &[bool], scores: &[f32], targets: &[bool]) -> Option<Vec<bool>> {
        let width = present.len().max(1);
        Self::new(present, scores, targets)?;
        let rows = scores.chunks_exact(width).zip(targets.chunks_exact(width));
        Some(rows.map(|(row, target)| best(present, row).is_some_and(|best| target[best])).collect())
    }

    /// Share of clips that are assigned their class; a clip without a class is a miss.
    pub(super) fn accuracy(&self) -> f64 {
        self.pairs.iter().filter(|(class, best)| class == best).count() as f64 / self.clips as f64
    }

    /// The mean over the classes that have clips of the share of their clips that are assigned to them.
    pub(super) fn balanced_accuracy(&self) -> Option<f64> {
        let shares: Vec<f64> = self
            .confusion()
            .iter()
            .enumerate()
            .filter_map(|(class, row)| {
                let count: usize = row.iter().sum();
                (count > 0).then(|| row[class] as f64 / count as f64)
            })
            .collect();
        (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / shares.len() as f64)
    }

    /// `[classes][classes]`: the number of clips of each class (row) that are assigned to each class (column).
    pub(super) fn confusion(&self) -> Vec<Vec<usize>> {
        let mut counts = vec![vec![0; self.classes]; self.classes];
        self.pairs.iter().for_each(|&(class, best)| counts[class][best] += 1);
        counts
    }
}

/// The class with the highest score, the first one among equals, among the classes that are present.
fn best(present: &[bool], row: &[f32]) -> Option<usize> {
    let mut best: Option<usize> = None;
    for index in (0..row.len()).filter(|&index| present[index]) {
        if best.is_none_or(|best| row[index] > row[best]) {
            best = Some(index);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_counts_the_same_in_the_balanced_accuracy() {
        let targets = [[true, false], [true, false], [true, false], [false, true]].concat();
        let scores = [[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]].concat();
        let classes = Classes::new(&[true; 2], &scores, &targets).unwrap();
        assert_eq!((classes.accuracy(), classes.balanced_accuracy()), (0.75, Some(0.5)));
        assert_eq!(classes.confusion(), [[3, 0], [1, 0]]);
        assert_eq!(classes.hits(), [true, true, true, false]);
        assert_eq!(classes.confidence, [0.9, 0.8, 0.7, 0.6]);
        let loss = -([0.9f32, 0.8, 0.7, 0.4].map(|p| f64::from(p).ln()).iter().sum::<f64>()) / 4.0;
        assert!((classes.log_loss.unwrap() - loss).abs() < 1e-12);
    }

    #[test]
    fn a_class_that_the_data_do_not_have_is_never_assigned() {
        let classes = Classes::new(&[true, false, true], &[0.1, 0.9, 0.2], &[false, false, true]).unwrap();
        assert_eq!((classes.accuracy(), classes.confusion()[2].clone()), (1.0, vec![0, 0, 1]));
        assert!(Classes::new(&[false], &[0.1], &[true]).is_none());
        assert!(Classes::new(&[true], &[], &[]).is_none());
    }
}
