//! The mean and deviation of the metrics of several trainings.

use train::metrics::TagMetrics;
use train::Scores;

/// The mean of each metric; null if it is null in any training.
pub(crate) fn mean_scores(trials: &[Scores]) -> Scores {
    each(trials, mean)
}

/// The sample deviation of each metric; null for fewer than two trainings.
pub(crate) fn deviations(trials: &[Scores]) -> Scores {
    each(trials, |values| {
        let mean = mean(values).filter(|_| values.len() > 1)?;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Some((squares / (values.len() - 1) as f64).sqrt())
    })
}

/// The means of the metrics of each tag; of several trainings, which have different thresholds, without threshold.
pub(super) fn mean_per_tag(trials: &[&[TagMetrics]]) -> Vec<TagMetrics> {
    let Some((first, others)) = trials.split_first() else { return Vec::new() };
    if others.is_empty() {
        return first.to_vec();
    }
    let of = |index: usize, metric: fn(&TagMetrics) -> Option<f64>| {
        let values: Option<Vec<f64>> = trials.iter().map(|tags| tags.get(index).and_then(metric)).collect();
        values.and_then(|values| mean(&values))
    };
    let merged = |(index, tag): (usize, &TagMetrics)| TagMetrics {
        roc_auc: of(index, |tag| tag.roc_auc),
        pr_auc: of(index, |tag| tag.pr_auc),
        f1: of(index, |tag| tag.f1),
        log_loss: of(index, |tag| tag.log_loss),
        calibration_error: of(index, |tag| tag.calibration_error),
        roc_auc_interval: None,
        pr_auc_interval: None,
        threshold: None,
        ..tag.clone()
    };
    first.iter().enumerate().map(merged).collect()
}

fn each(trials: &[Scores], reduce: impl Fn(&[f64]) -> Option<f64>) -> Scores {
    let of = |metric: fn(&Scores) -> Option<f64>| {
        let values: Option<Vec<f64>> = trials.iter().map(metric).collect();
        values.and_then(|values| reduce(&values))
    };
    Scores { roc_auc: of(|s| s.roc_auc), pr_auc: of(|s| s.pr_auc), accuracy: of(|s| s.accuracy) }
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_sample_deviation() {
        let trial = |roc_auc, accuracy| Scores { roc_auc, pr_auc: Some(0.5), accuracy };
        let trials = [trial(Some(0.7), None), trial(Some(0.8), None), trial(Some(0.9), None)];
        let (mean, deviation) = (mean_scores(&trials), deviations(&trials));
        assert!((mean.roc_auc.unwrap() - 0.8).abs() < 1e-12 && (deviation.roc_auc.unwrap() - 0.1).abs() < 1e-12);
        assert_eq!((mean.accuracy, deviation.pr_auc), (None, Some(0.0)));
        assert_eq!(deviations(&trials[..1]), Scores::default());
        assert_eq!(mean_scores(&[]), Scores::default());
    }
}
