//! Metrics of one ranking: of one tag over all clips, or of all cells pooled.

/// A group of equal scores, with the counts of all items whose score is equal or higher.
struct EqualScores {
    score: f32,
    positives: u64,
    negatives: u64,
}

/// One step per distinct score, in descending order, with cumulative counts. Empty if any score is not a number.
fn steps(scores: &[f32], positive: &[bool]) -> Vec<EqualScores> {
    if scores.iter().any(|score| !score.is_finite()) {
        return Vec::new();
    }
    let mut order: Vec<u32> = (0..scores.len() as u32).collect();
    order.sort_unstable_by(|&a, &b| scores[b as usize].total_cmp(&scores[a as usize]));
    let mut steps: Vec<EqualScores> = Vec::new();
    let (mut positives, mut negatives) = (0, 0);
    for index in order {
        let score = scores[index as usize];
        if positive[index as usize] {
            positives += 1;
        } else {
            negatives += 1;
        }
        match steps.last_mut() {
            Some(step) if step.score == score => (step.positives, step.negatives) = (positives, negatives),
            _ => steps.push(EqualScores { score, positives, negatives }),
        }
    }
    steps
}

/// Area under the ROC curve: the share of (positive, negative) pairs in the correct order, where a tie counts half.
/// `None` without positives or without negatives. protocols.md 5.1.
pub fn roc_auc(scores: &[f32], positive: &[bool]) -> Option<f64> {
    let steps = steps(scores, positive);
    let (p, n) = steps.last().map_or((0, 0), |all| (all.positives, all.negatives));
    if p == 0 || n == 0 {
        return None;
    }
    // Twice the number of pairs, so that half pairs are whole numbers.
    let mut pairs: u128 = 0;
    let (mut above_p, mut above_n) = (0, 0);
    for step in &steps {
        let (here_p, here_n) = (step.positives - above_p, step.negatives - above_n);
        let below_n = n - step.negatives;
        pairs += u128::from(here_p) * (2 * u128::from(below_n) + u128::from(here_n));
        (above_p, above_n) = (step.positives, step.negatives);
    }
    Some(pairs as f64 / (2.0 * p as f64 * n as f64))
}

/// Average precision ("PR-AUC"): the sum of (increase of recall) x precision over the distinct scores, in descending
/// order, without interpolation. `None` without positives or without negatives. protocols.md 5.2.
pub fn average_precision(scores: &[f32], positive: &[bool]) -> Option<f64> {
    let steps = steps(scores, positive);
    let (p, n) = steps.last().map_or((0, 0), |all| (all.positives, all.negatives));
    if p == 0 || n == 0 {
        return None;
    }
    let mut above = 0;
    let mut sum = 0.0;
    for step in &steps {
        let gained = (step.positives - above) as f64;
        sum += gained * step.positives as f64 / (step.positives + step.negatives) as f64;
        above = step.positives;
    }
    Some(sum / p as f64)
}

/// A point of the ROC curve and of the precision-recall curve: the decision for all scores from one threshold on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    /// Share of the negatives that are decided for.
    pub false_positive_rate: f64,
    /// Share of the positives that are decided for.
    pub recall: f64,
    /// Share of the decisions that are right.
    pub precision: f64,
}

/// The points of the curves, one for each distinct score, in descending order of the threshold. Empty without positives
/// or without negatives.
pub fn curve(scores: &[f32], positive: &[bool]) -> Vec<CurvePoint> {
    let steps = steps(scores, positive);
    let (p, n) = steps.last().map_or((0, 0), |all| (all.positives, all.negatives));
    if p == 0 || n == 0 {
        return Vec::new();
    }
    let point = |step: &EqualScores| CurvePoint {
        false_positive_rate: step.negatives as f64 / n as f64,
        recall: step.positives as f64 / p as f64,
        precision: step.positives as f64 / (step.positives + step.negatives) as f64,
    };
    steps.iter().map(point).collect()
}

/// The highest F1 and the threshold that gives it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BestF1 {
    /// Harmonic mean of precision and recall.
    pub f1: f64,
    /// The tag is assigned if `score > threshold`. The threshold is halfway between two neighbouring scores.
    pub threshold: f32,
}

/// The threshold with the highest F1; among equals the highest threshold. `None` without positives. Choose thresholds
/// on validation clips only.
pub fn best_f1(scores: &[f32], positive: &[bool]) -> Option<BestF1> {
    let steps = steps(scores, positive);
    let p = steps.last().map_or(0, |all| all.positives);
    if p == 0 {
        return None;
    }
    let mut best: Option<BestF1> = None;
    for (index, step) in steps.iter().enumerate() {
        let f1 = 2.0 * step.positives as f64 / (step.positives + step.negatives + p) as f64;
        if best.is_none_or(|best| f1 > best.f1) {
            let lowest = if step.score > 0.0 { 0.0 } else { step.score - 1.0 };
            let below = steps.get(index + 1).map_or(lowest, |next| next.score);
            let middle = below + (step.score - below) / 2.0;
            // There is no number between neighbouring floats.
            let threshold = if middle < step.score { middle } else { below };
            best = Some(BestF1 { f1, threshold });
        }
    }
    best
}

/// F1 of the decision `score > threshold`; 0 where precision and recall are both 0.
pub fn f1_at(threshold: f32, scores: &[f32], positive: &[bool]) -> f64 {
    let (mut hits, mut decided, mut positives) = (0u64, 0u64, 0u64);
    for (&score, &is) in scores.iter().zip(positive) {
        let decision = score > threshold;
        decided += u64::from(decision);
        positives += u64::from(is);
        hits += u64::from(decision && is);
    }
    if decided + positives == 0 {
        0.0
    } else {
        2.0 * hits as f64 / (decided + positives) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(labels: &[u8], scores: &[f32]) -> (f64, f64) {
        let positive: Vec<bool> = labels.iter().map(|&l| l == 1).collect();
        (roc_auc(scores, &positive).unwrap(), average_precision(scores, &positive).unwrap())
    }

    #[test]
    fn the_small_cases_of_protocols_7_2_by_hand() {
        let close = |(roc, ap): (f64, f64), r: f64, a: f64| {
            assert!((roc - r).abs() < 1e-12 && (ap - a).abs() < 1e-12, "{roc} {ap}, not {r} {a}");
        };
        close(case(&[1, 0, 1, 0, 0], &[0.9, 0.8, 0.7, 0.7, 0.1]), 0.75, 0.75);
        close(case(&[1, 1, 0, 0], &[0.9, 0.8, 0.2, 0.1]), 1.0, 1.0);
        close(case(&[0, 0, 1, 1], &[0.9, 0.8, 0.2, 0.1]), 0.0, 5.0 / 12.0);
        close(case(&[1, 0, 0, 0], &[0.5; 4]), 0.5, 0.25);
        close(case(&[0, 1, 1, 0, 1, 0], &[0.1, 0.4, 0.35, 0.8, 0.35, 0.35]), 5.0 / 9.0, 17.0 / 30.0);
    }

    #[test]
    fn the_area_under_the_points_of_the_curve_is_the_roc_auc() {
        let scores = [0.9, 0.8, 0.7, 0.7, 0.1];
        let positive = [true, false, true, false, false];
        let points = curve(&scores, &positive);
        let (mut area, mut before) = (0.0, [0.0, 0.0]);
        for point in &points {
            area += (point.false_positive_rate - before[0]) * (point.recall + before[1]) / 2.0;
            before = [point.false_positive_rate, point.recall];
        }
        assert_eq!((area, before), (roc_auc(&scores, &positive).unwrap(), [1.0, 1.0]));
        assert_eq!(points.iter().map(|point| point.precision).collect::<Vec<_>>(), [1.0, 0.5, 0.5, 0.4]);
        assert!(curve(&scores, &[true; 5]).is_empty());
    }

    #[test]
    fn one_sided_labels_have_no_ranking() {
        assert_eq!(roc_auc(&[0.1, 0.2], &[true, true]), None);
        assert_eq!(average_precision(&[0.1, 0.2], &[true, true]), None);
        assert_eq!(roc_auc(&[0.1, 0.2], &[false, false]), None);
        assert_eq!(average_precision(&[], &[]), None);
    }

    #[test]
    fn the_best_threshold_gives_the_best_f1() {
        let scores = [0.9, 0.8, 0.7, 0.6, 0.1];
        let positive = [true, false, true, true, false];
        let best = best_f1(&scores, &positive).unwrap();
        assert!((best.f1 - 6.0 / 7.0).abs() < 1e-12);
        assert!(best.threshold < 0.6 && best.threshold > 0.1);
        assert!((f1_at(best.threshold, &scores, &positive) - best.f1).abs() < 1e-12);
        assert_eq!(best_f1(&scores, &[false; 5]), None);
        assert_eq!(f1_at(0.95, &scores, &positive), 0.0);
    }

    #[test]
    fn a_threshold_below_every_score_decides_for_all_clips() {
        for scores in [[0.0, 0.0], [0.3, 0.3], [0.4, 0.0]] {
            let best = best_f1(&scores, &[true, true]).unwrap();
            assert_eq!((best.f1, f1_at(best.threshold, &scores, &[true, true])), (1.0, 1.0), "{scores:?}");
        }
    }

    #[test]
    fn neighbouring_floats_are_told_apart_by_the_threshold() {
        let high = 0.5f32;
        let low = f32::from_bits(high.to_bits() - 1);
        let best = best_f1(&[high, low], &[true, false]).unwrap();
        assert_eq!(best.f1, 1.0);
        assert_eq!(f1_at(best.threshold, &[high, low], &[true, false]), 1.0);
    }
}
