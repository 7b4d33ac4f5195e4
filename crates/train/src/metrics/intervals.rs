//! Bootstrap intervals of the metrics of one set of clips.

use super::averages::Intervals;
use super::bootstrap::{interval_of, Draws, Scored};
use super::summary::Metrics;

/// The confidence of intervals.
pub const LEVEL: f64 = 0.95;

impl Metrics {
    /// As [`Metrics::over`], of `scored`, with the intervals of `count` draws of its clips; with 0 draws without
    /// intervals. A tag without positives in a draw is left out of this draw.
    pub fn with_intervals(
        tags: &[String],
        scored: &Scored<'_>,
        thresholds: Option<&[Option<f32>]>,
        count: usize,
    ) -> Self {
        let Scored { clips, present, scores, targets, single_label } = scored;
        let mut metrics = Self::over(present, tags, scores, targets, *single_label, thresholds);
        if count == 0 || clips.is_empty() {
            return metrics;
        }
        let draws = Draws::with_tags(scored, count, 0);
        metrics.intervals = Intervals {
            roc_auc: interval_of(&draws.roc_auc, LEVEL).filter(|_| metrics.macro_average.roc_auc.is_some()),
            pr_auc: interval_of(&draws.pr_auc, LEVEL).filter(|_| metrics.macro_average.pr_auc.is_some()),
            accuracy: interval_of(&draws.accuracy, LEVEL).filter(|_| metrics.accuracy.is_some()),
        };
        for (index, tag) in metrics.per_tag.iter_mut().enumerate().filter(|(_, tag)| tag.roc_auc.is_some()) {
            tag.roc_auc_interval = interval_of(&draws.of_tag(index, 0), LEVEL);
            tag.pr_auc_interval = interval_of(&draws.of_tag(index, 1), LEVEL);
        }
        metrics
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_hold_the_values_and_do_not_depend_on_the_order_of_the_clips() {
        let clips: Vec<String> = (0..60).map(|i| format!("{i}.wav")).collect();
        let tags = ["a".to_owned(), "b".to_owned(), "none".to_owned()];
        let scores: Vec<f32> = (0..180).map(|i| ((i * 37) % 101) as f32 / 101.0).collect();
        let targets: Vec<bool> = (0..180).map(|i| i % 3 != 2 && (i * 53) % 7 < 3).collect();
        let of = |order: &[usize]| {
            let names: Vec<&str> = order.iter().map(|&i| clips[i].as_str()).collect();
            let scores: Vec<f32> = order.iter().flat_map(|&i| scores[3 * i..3 * i + 3].to_vec()).collect();
            let targets: Vec<bool> = order.iter().flat_map(|&i| targets[3 * i..3 * i + 3].to_vec()).collect();
            let scored =
                Scored { clips: names, present: &[true; 3], scores: &scores, targets: &targets, single_label: false };
            Metrics::with_intervals(&tags, &scored, None, 500)
        };
        let metrics = of(&(0..60).collect::<Vec<_>>());
        let holds = |interval: Option<[f64; 2]>, value: Option<f64>| {
            let ([low, high], value) = (interval.unwrap(), value.unwrap());
            assert!(low < value && value < high && high - low < 0.5, "{low} {value} {high}");
        };
        holds(metrics.intervals.roc_auc, metrics.macro_average.roc_auc);
        holds(metrics.intervals.pr_auc, metrics.macro_average.pr_auc);
        for tag in &metrics.per_tag[..2] {
            holds(tag.roc_auc_interval, tag.roc_auc);
            holds(tag.pr_auc_interval, tag.pr_auc);
        }
        assert_eq!((metrics.per_tag[2].roc_auc_interval, metrics.intervals.accuracy), (None, None));
        assert_eq!(of(&(0..60).rev().collect::<Vec<_>>()).intervals, metrics.intervals);
    }
}
