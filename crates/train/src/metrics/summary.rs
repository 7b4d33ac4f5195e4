//! All metrics of a set of clips: per tag, and averaged.

use serde::{Deserialize, Serialize};

use super::averages::{Averages, Intervals};
use super::calibration_error::calibration_error;
use super::classes::Classes;
use super::clipwise::clipwise;
use super::ranking::{average_precision, best_f1, roc_auc};
use super::tag::TagMetrics;
use crate::event::Scores;

/// All metrics of a set of clips.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Metrics {
    /// Number of clips.
    pub clips: usize,
    /// Unweighted mean over the tags that have both positives and negatives.
    #[serde(rename = "macro")]
    pub macro_average: Averages,
    /// Micro average: all (clip, tag) cells pooled.
    #[serde(rename = "micro")]
    pub micro_average: Averages,
    /// Mean over tags, weighted by the number of positives of each tag.
    #[serde(rename = "weighted")]
    pub weighted_average: Averages,
    /// Clip-wise metrics: the mean over the clips that have at least one tag, but not all, of the ranking of their
    /// tags.
    pub clipwise: Averages,
    /// 95 % intervals of the macro averages and the accuracy, by a bootstrap over clips.
    pub intervals: Intervals,
    /// Share of clips whose highest score is that of their tag, 0..1; null when multi-label.
    pub accuracy: Option<f64>,
    /// Mean over the tags of the share of their clips whose highest score is that of the tag, 0..1; null when
    /// multi-label.
    pub balanced_accuracy: Option<f64>,
    /// `[tags][tags]`: number of clips of each tag (row) whose highest score is that of each tag (column); null when
    /// multi-label.
    pub confusion: Option<Vec<Vec<usize>>>,
    /// Mean cross-entropy of the scores: over clips and tags when multi-label, over clips when single-label.
    pub log_loss: Option<f64>,
    /// Expected calibration error, 0..1: when multi-label the mean over the tags, when single-label that of the highest
    /// score of each clip.
    pub calibration_error: Option<f64>,
    /// Mean F1 over the tags, at the thresholds chosen on the validation clips; null without thresholds.
    pub f1: Option<f64>,
    /// The metrics of every tag, in the order of the model.
    pub per_tag: Vec<TagMetrics>,
    /// Tags that are left out of the averages.
    pub skipped: Vec<String>,
    /// Tags with fewer than 10 clips, whose metrics depend on single clips.
    pub few: Vec<String>,
}

impl Metrics {
    /// The metrics of `scores` `[clips, tags]` compared with `targets` `[clips, tags]`. `single_label` adds the
    /// accuracy. `thresholds` `[tags]` are the result of [`Metrics::thresholds`] on validation clips.
    pub fn new(
        tags: &[String],
        scores: &[f32],
        targets: &[bool],
        single_label: bool,
        thresholds: Option<&[Option<f32>]>,
    ) -> Self {
        Self::over(&vec![true; tags.len()], tags, scores, targets, single_label, thresholds)
    }

    /// Like [`Metrics::new`], over the tags that are `present`. For the other tags it is unknown which clips have them,
    /// so they are left out of all metrics; `per_tag` lists them without values.
    pub fn over(
        present: &[bool],
        tags: &[String],
        scores: &[f32],
        targets: &[bool],
        single_label: bool,
        thresholds: Option<&[Option<f32>]>,
    ) -> Self {
        let width = tags.len();
        let clips = targets.len().checked_div(width).unwrap_or(0);
        let mut per_tag = Vec::with_capacity(width);
        for (index, tag) in tags.iter().enumerate() {
            let own = if present[index] { column(scores, width, index) } else { Vec::new() };
            let positive = if present[index] { column(targets, width, index) } else { Vec::new() };
            let threshold = thresholds.and_then(|t| t.get(index).copied().flatten());
            let metrics = TagMetrics::new(tag, &own, &positive, clips, threshold);
            per_tag.push(TagMetrics { few: metrics.few && present[index], ..metrics });
        }
        let mean = |of: &dyn Fn(&TagMetrics) -> Option<f64>, weight: &dyn Fn(&TagMetrics) -> f64| {
            let (mut sum, mut total) = (0.0, 0.0);
            for tag in &per_tag {
                if let Some(value) = of(tag) {
                    sum += value * weight(tag);
                    total += weight(tag);
                }
            }
            (total > 0.0).then(|| sum / total)
        };
        let averages = |weight: &dyn Fn(&TagMetrics) -> f64| Averages {
            roc_auc: mean(&|t| t.roc_auc, weight),
            pr_auc: mean(&|t| t.pr_auc, weight),
        };
        let classes = if single_label { Classes::new(present, scores, targets) } else { None };
        let (log_loss, calibration_error) = match &classes {
            Some(classes) => (classes.log_loss, calibration_error(&classes.confidence, &classes.hits())),
            None if single_label => (None, None),
            None => (mean(&|t| t.log_loss, &|_| 1.0), mean(&|t| t.calibration_error, &|_| 1.0)),
        };
        Self {
            clips,
            macro_average: averages(&|_| 1.0),
            micro_average: micro(present, scores, targets),
            weighted_average: averages(&|t| t.positives as f64),
            clipwise: clipwise(present, scores, targets),
            intervals: Intervals::default(),
            accuracy: classes.as_ref().map(Classes::accuracy),
            balanced_accuracy: classes.as_ref().and_then(Classes::balanced_accuracy),
            confusion: classes.as_ref().map(Classes::confusion),
            log_loss,
            calibration_error,
            f1: mean(&|t| t.f1, &|_| 1.0),
            skipped: per_tag.iter().filter(|t| t.roc_auc.is_none()).map(|t| t.tag.clone()).collect(),
            few: per_tag.iter().filter(|t| t.few).map(|t| t.tag.clone()).collect(),
            per_tag,
        }
    }

    /// The three metrics by which models are compared.
    pub fn scores(&self) -> Scores {
        let Averages { roc_auc, pr_auc } = self.macro_average;
        Scores { roc_auc, pr_auc, accuracy: self.accuracy }
    }

    /// For each tag the threshold with the best F1 on `scores` `[clips, tags]`; `None` for a tag without positives.
    pub fn thresholds(scores: &[f32], targets: &[bool], tags: usize) -> Vec<Option<f32>> {
        (0..tags)
            .map(|index| {
                best_f1(&column(scores, tags, index), &column(targets, tags, index)).map(|best| best.threshold)
            })
            .collect()
    }
}

/// The column `index` of `values`, whose rows have `width` values.
pub(crate) fn column<T: Copy>(values: &[T], width: usize, index: usize) -> Vec<T> {
    values.iter().skip(index).step_by(width).copied().collect()
}

/// The micro average: all (clip, tag) cells of the tags that are present.
fn micro(present: &[bool], scores: &[f32], targets: &[bool]) -> Averages {
    let of_present = |index: usize| present[index % present.len()];
    let scores: Vec<f32> = (0..scores.len()).filter(|&index| of_present(index)).map(|index| scores[index]).collect();
    let targets: Vec<bool> =
        (0..targets.len()).filter(|&index| of_present(index)).map(|index| targets[index]).collect();
    Averages { roc_auc: roc_auc(&scores, &targets), pr_auc: average_precision(&scores, &targets) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(count: usize) -> Vec<String> {
        (0..count).map(|i| format!("t{i}")).collect()
    }

    #[test]
    fn four_clips_and_three_tags_of_protocols_7_2() {
        let targets = [1, 0, 0, 0, 1, 0, 1, 1, 0, 0, 0, 0].map(|v| v == 1);
        let scores = [0.9, 0.2, 0.1, 0.4, 0.6, 0.3, 0.4, 0.5, 0.2, 0.1, 0.7, 0.4];
        let metrics = Metrics::new(&tags(3), &scores, &targets, false, None);
        let near = |value: Option<f64>, expected: f64| assert!((value.unwrap() - expected).abs() < 1e-12, "{value:?}");
        near(metrics.per_tag[0].roc_auc, 7.0 / 8.0);
        near(metrics.per_tag[0].pr_auc, 5.0 / 6.0);
        near(metrics.per_tag[1].roc_auc, 0.5);
        near(metrics.per_tag[1].pr_auc, 7.0 / 12.0);
        near(metrics.macro_average.roc_auc, 11.0 / 16.0);
        near(metrics.macro_average.pr_auc, 17.0 / 24.0);
        near(metrics.micro_average.roc_auc, 7.0 / 8.0);
        near(metrics.micro_average.pr_auc, 251.0 / 336.0);
        assert_eq!((metrics.per_tag[2].roc_auc, metrics.per_tag[2].pr_auc), (None, None));
        assert_eq!(metrics.skipped, ["t2"]);
        assert_eq!(metrics.accuracy, None);
        assert_eq!(metrics.per_tag[0].prevalence, 0.5);
    }

    #[test]
    fn accuracy_takes_the_first_highest_score() {
        let targets = [true, false, true, false, false, true];
        let scores = [0.5, 0.5, 0.1, 0.9, 0.4, 0.6];
        let metrics = Metrics::new(&tags(2), &scores, &targets, true, None);
        assert!((metrics.accuracy.unwrap() - 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn thresholds_come_from_one_part_and_f1_from_another() {
        let thresholds = Metrics::thresholds(&[0.9, 0.5, 0.2, 0.1], &[true, false, false, false], 2);
        assert!(thresholds[0].is_some() && thresholds[1].is_none());
        let metrics =
            Metrics::new(&tags(2), &[0.8, 0.3, 0.7, 0.2], &[true, true, false, false], false, Some(&thresholds));
        assert_eq!(metrics.per_tag[0].f1, Some(2.0 / 3.0));
        assert_eq!(metrics.per_tag[1].f1, None);
        assert_eq!(metrics.f1, Some(2.0 / 3.0));
    }

    #[test]
    fn tags_that_the_clips_do_not_have_count_nowhere() {
        // The first and the last tag rank perfectly; the tag between them would spoil every mean and win every row.
        let present = [true, false, true];
        let scores = [0.9, 1.0, 0.1, 0.2, 1.0, 0.8, 0.7, 1.0, 0.3];
        let targets = [true, false, false, false, false, true, true, false, false];
        let metrics = Metrics::over(&present, &tags(3), &scores, &targets, true, Some(&[Some(0.5); 3]));
        let two: Vec<f32> = scores.chunks(3).flat_map(|row| [row[0], row[2]]).collect();
        let two_targets: Vec<bool> = targets.chunks(3).flat_map(|row| [row[0], row[2]]).collect();
        let alone = Metrics::new(&tags(2), &two, &two_targets, true, Some(&[Some(0.5); 2]));
        assert_eq!(metrics.micro_average, alone.micro_average);
        assert_eq!(metrics.micro_average.roc_auc, Some(1.0));
        assert_eq!((metrics.macro_average, metrics.weighted_average), (alone.macro_average, alone.weighted_average));
        assert_eq!((metrics.accuracy, metrics.f1), (Some(1.0), Some(1.0)));
        assert_eq!(metrics.skipped, ["t1"]);
        let absent = &metrics.per_tag[1];
        assert_eq!((absent.positives, absent.roc_auc, absent.f1), (0, None, None));
        assert_eq!(Metrics::new(&tags(3), &scores, &targets, true, None).accuracy, Some(0.0));
    }

    #[test]
    fn scores_that_are_no_numbers_have_no_metrics() {
        let metrics = Metrics::new(&tags(1), &[0.9, f32::NAN, 0.1], &[true, false, false], true, None);
        assert_eq!((metrics.macro_average, metrics.micro_average, metrics.accuracy), Default::default());
    }

    #[test]
    fn no_clips_give_no_numbers() {
        let metrics = Metrics::new(&tags(2), &[], &[], true, None);
        assert_eq!((metrics.clips, metrics.accuracy, metrics.macro_average.roc_auc), (0, None, None));
    }
}
