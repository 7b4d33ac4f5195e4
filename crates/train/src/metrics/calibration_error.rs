//! How well scores are probabilities: expected calibration error and log loss.

use net::logit;

/// Number of bins of the score, as in Guo et al., "On Calibration of Modern Neural Networks" (2017).
const BINS: usize = 15;

/// The scores in one bin, and how often they came true.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ScoreBin {
    /// Number of scores in the bin.
    pub count: usize,
    /// Mean of these scores.
    pub score: f64,
    /// Share of these scores whose label is true.
    pub share: f64,
}

/// The bins of equal width that hold any score, in ascending order. Empty if any score is not a number.
pub fn score_bins(scores: &[f32], positive: &[bool]) -> Vec<ScoreBin> {
    let mut bins = [ScoreBin::default(); BINS];
    if scores.iter().any(|score| !score.is_finite()) {
        return Vec::new();
    }
    for (&score, &is) in scores.iter().zip(positive) {
        let bin = ((f64::from(score) * BINS as f64).max(0.0) as usize).min(BINS - 1);
        bins[bin].count += 1;
        bins[bin].score += f64::from(score);
        bins[bin].share += f64::from(u8::from(is));
    }
    let mean = |bin: ScoreBin| {
        let count = bin.count as f64;
        ScoreBin { count: bin.count, score: bin.score / count, share: bin.share / count }
    };
    bins.into_iter().filter(|bin| bin.count > 0).map(mean).collect()
}

/// The expected calibration error: the mean over the scores of the distance between the mean score and the share of
/// true labels of their bin. `None` without scores, or if any score is not a number.
pub fn calibration_error(scores: &[f32], positive: &[bool]) -> Option<f64> {
    let bins = score_bins(scores, positive);
    let total: usize = bins.iter().map(|bin| bin.count).sum();
    let sum: f64 = bins.iter().map(|bin| bin.count as f64 * (bin.score - bin.share).abs()).sum();
    (total > 0).then(|| sum / total as f64)
}

/// The mean binary cross-entropy. Scores closer to 0 or 1 than 1e-7 count as 1e-7 and 1 - 1e-7. `None` without scores,
/// or if any score is not a number.
pub fn log_loss(scores: &[f32], positive: &[bool]) -> Option<f64> {
    if scores.is_empty() || scores.iter().any(|score| !score.is_finite()) {
        return None;
    }
    let one = |(&score, &is): (&f32, &bool)| {
        let logit = if is { logit(score) } else { -logit(score) };
        (-logit).exp().ln_1p()
    };
    Some(scores.iter().zip(positive).map(one).sum::<f64>() / scores.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_that_come_true_as_often_as_they_say_have_no_error() {
        let scores: Vec<f32> = (0..100).map(|i| if i < 50 { 0.2 } else { 0.6 }).collect();
        let positive: Vec<bool> = (0..100).map(|i| if i < 50 { i % 5 == 0 } else { i % 5 < 3 }).collect();
        assert!(calibration_error(&scores, &positive).unwrap() < 1e-7);
        let all = vec![true; 100];
        assert!((calibration_error(&scores, &all).unwrap() - 0.6).abs() < 1e-7);
        assert_eq!(score_bins(&scores, &positive).iter().map(|bin| bin.count).collect::<Vec<_>>(), [50, 50]);
    }

    #[test]
    fn scores_at_the_ends_are_counted_and_finite() {
        assert_eq!(calibration_error(&[0.0, 1.0], &[false, true]), Some(0.0));
        assert!((log_loss(&[0.0, 1.0], &[false, true]).unwrap() - 1e-7).abs() < 1e-8);
        assert!((log_loss(&[0.0], &[true]).unwrap() - 1e7f64.ln()).abs() < 1e-6);
        assert!((log_loss(&[0.25], &[true]).unwrap() - 4f64.ln()).abs() < 1e-12);
        assert_eq!((calibration_error(&[], &[]), log_loss(&[], &[])), (None, None));
        assert_eq!((calibration_error(&[f32::NAN], &[true]), log_loss(&[f32::NAN], &[true])), (None, None));
    }
}
