//! Clip-wise metrics, as older papers report them: how well the tags of each clip are ranked.

use super::averages::Averages;
use super::ranking::{average_precision, roc_auc};

/// The mean over the clips that have at least one tag, but not all, of the metrics of the ranking of their tags; only
/// tags that are `present` count. protocols.md 5.4.
pub(super) fn clipwise(present: &[bool], scores: &[f32], targets: &[bool]) -> Averages {
    let width = present.len();
    let kept: Vec<usize> = (0..width).filter(|&index| present[index]).collect();
    let (mut roc, mut precision, mut count) = (0.0, 0.0, 0usize);
    for (row, target) in scores.chunks_exact(width.max(1)).zip(targets.chunks_exact(width.max(1))) {
        let row: Vec<f32> = kept.iter().map(|&index| row[index]).collect();
        let target: Vec<bool> = kept.iter().map(|&index| target[index]).collect();
        if let (Some(area), Some(average)) = (roc_auc(&row, &target), average_precision(&row, &target)) {
            roc += area;
            precision += average;
            count += 1;
        }
    }
    let mean = |sum: f64| (count > 0).then(|| sum / count as f64);
    Averages { roc_auc: mean(roc), pr_auc: mean(precision) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clips_without_a_tag_and_with_every_tag_are_left_out() {
        let scores = [[0.9, 0.2, 0.1], [0.1, 0.2, 0.3], [0.5, 0.5, 0.5], [0.1, 0.9, 0.5]].concat();
        let targets = [[true, false, false], [false, false, false], [true, true, true], [true, false, true]].concat();
        let all = clipwise(&[true; 3], &scores, &targets);
        // The first clip is perfect; in the last one both tags are below the other.
        assert_eq!((all.roc_auc, all.pr_auc), (Some(0.5), Some((1.0 + (0.5 + 2.0 / 3.0) / 2.0) / 2.0)));
        assert_eq!(clipwise(&[true, false, true], &scores, &targets).roc_auc, Some(1.0));
        assert_eq!(clipwise(&[], &[], &[]), Averages::default());
    }
}
