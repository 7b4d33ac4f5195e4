//! Calibration of clip scores: maps the score of a clip to a probability.

use error::Result;
use serde::{Deserialize, Serialize};

use super::damaged;
use crate::Task;

/// The smallest score that is used, and the distance of the largest one from 1: the logarithm of 0 is not finite.
const SMALLEST: f64 = 1e-7;

/// A map from the scores of a clip to probabilities, fitted on the validation clips of a training. It never changes the
/// order of two clips for one tag (multi-label), or of two tags for one clip (single-label).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Calibration {
    /// For a multi-label task: a line in the logit of each tag (Platt 1999). A score `s` becomes
    /// `sigmoid(scale * logit(s) + offset)`.
    Platt {
        /// The line of each tag, in the order of the tags; null leaves the scores of the tag unchanged.
        tags: Vec<Option<PlattLine>>,
    },
    /// For a single-label task: one temperature (Guo et al. 2017). The scores `s` of a clip become
    /// `softmax(log(s) / temperature)`.
    Temperature {
        /// The temperature, above 0; a value above 1 makes the scores less certain.
        temperature: f64,
    },
}

/// The line of one tag.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlattLine {
    /// The slope, above 0.
    pub scale: f64,
    /// The value at the score 0.5.
    pub offset: f64,
}

impl Calibration {
    /// Applies the map to the scores of one clip, `[tags]`.
    pub fn apply(&self, scores: &mut [f32]) {
        match self {
            Self::Platt { tags } => {
                for (score, line) in scores.iter_mut().zip(tags) {
                    if let Some(line) = line {
                        *score = line.apply(*score);
                    }
                }
            }
            Self::Temperature { temperature } => {
                let logs: Vec<f64> = scores.iter().map(|&score| log(score) / temperature).collect();
                let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let parts: Vec<f64> = logs.iter().map(|log| (log - largest).exp()).collect();
                let total: f64 = parts.iter().sum();
                scores.iter_mut().zip(parts).for_each(|(score, part)| *score = (part / total) as f32);
            }
        }
    }

    /// The map of the thresholds of uncalibrated scores; `None` for a temperature, after which a score depends on the
    /// scores of the other tags.
    pub fn thresholds(&self, thresholds: &[Option<f32>]) -> Option<Vec<Option<f32>>> {
        match self {
            Self::Platt { tags } => {
                let mapped = |(&threshold, line): (&Option<f32>, &Option<PlattLine>)| {
                    threshold.map(|threshold| line.map_or(threshold, |line| line.apply(threshold)))
                };
                Some(thresholds.iter().zip(tags).map(mapped).collect())
            }
            Self::Temperature { .. } => None,
        }
    }

    /// Refuses a map that does not fit a model of `tags` tags and `task`, or that would change the order of scores.
    pub(super) fn check(&self, tags: usize, task: Task) -> Result<()> {
        let works = match self {
            Self::Platt { tags: lines } => {
                let works = |line: &PlattLine| line.scale > 0.0 && line.scale.is_finite() && line.offset.is_finite();
                task == Task::MultiLabel && lines.len() == tags && lines.iter().flatten().all(works)
            }
            Self::Temperature { temperature } => {
                task == Task::SingleLabel && *temperature > 0.0 && temperature.is_finite()
            }
        };
        match works {
            true => Ok(()),
            false => Err(damaged(format!(
                "its calibration is not valid: expected a line with a scale above 0 or null for each of the {tags} \
                 tags, or for a single-label model a temperature above 0"
            ))),
        }
    }
}

impl PlattLine {
    /// The probability for a score.
    pub fn apply(&self, score: f32) -> f32 {
        (1.0 / (1.0 + (-(self.scale * logit(score) + self.offset)).exp())) as f32
    }
}

/// The logit of a score; scores closer to 0 or 1 than 1e-7 count as 1e-7 and 1 - 1e-7.
pub fn logit(score: f32) -> f64 {
    let score = f64::from(score).clamp(SMALLEST, 1.0 - SMALLEST);
    (score / (1.0 - score)).ln()
}

/// The natural logarithm of a score; scores below 1e-7 count as 1e-7.
pub fn log(score: f32) -> f64 {
    f64::from(score).max(SMALLEST).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_moves_the_scores_of_its_tag_and_keeps_their_order() {
        let line = PlattLine { scale: 2.0, offset: 1.0 };
        let calibration = Calibration::Platt { tags: vec![Some(line), None] };
        let mut scores = [0.5, 0.25];
        calibration.apply(&mut scores);
        assert!((f64::from(scores[0]) - 1.0 / (1.0 + (-1f64).exp())).abs() < 1e-7);
        assert_eq!(scores[1], 0.25);
        let moved: Vec<f32> = [0.0, 0.1, 0.5, 0.9, 1.0].map(|score| line.apply(score)).to_vec();
        assert!(moved.is_sorted() && moved.iter().all(|score| (0.0..=1.0).contains(score)), "{moved:?}");
        assert_eq!(calibration.thresholds(&[Some(0.5), None]).unwrap(), [Some(scores[0]), None]);
    }

    #[test]
    fn a_temperature_keeps_the_sum_and_the_best_tag() {
        let mut scores = [0.7f32, 0.2, 0.1];
        Calibration::Temperature { temperature: 2.0 }.apply(&mut scores);
        let roots = [0.7f64, 0.2, 0.1].map(f64::sqrt);
        let total: f64 = roots.iter().sum();
        for (score, root) in scores.iter().zip(roots) {
            assert!((f64::from(*score) - root / total).abs() < 1e-6, "{scores:?}");
        }
        assert_eq!(Calibration::Temperature { temperature: 2.0 }.thresholds(&[Some(0.5)]), None);
    }

    #[test]
    fn maps_that_cannot_work_are_refused() {
        let line = |scale: f64| Calibration::Platt { tags: vec![Some(PlattLine { scale, offset: 0.0 })] };
        line(1.0).check(1, Task::MultiLabel).unwrap();
        for (calibration, tags, task) in [
            (line(0.0), 1, Task::MultiLabel),
            (line(f64::NAN), 1, Task::MultiLabel),
            (line(1.0), 2, Task::MultiLabel),
            (line(1.0), 1, Task::SingleLabel),
            (Calibration::Temperature { temperature: -1.0 }, 1, Task::SingleLabel),
            (Calibration::Temperature { temperature: 1.0 }, 1, Task::MultiLabel),
        ] {
            assert!(calibration.check(tags, task).is_err(), "{calibration:?}");
        }
    }
}
