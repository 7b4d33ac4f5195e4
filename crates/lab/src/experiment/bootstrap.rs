//! The uncertainty of a cell: which test clips there are, and which seeds were drawn.
//!
//! Over clips it is a Poisson bootstrap: in every draw each clip counts as often as a Poisson number of mean 1 says.
//! The number depends only on the draw and on the name of the clip, so that all rows of a table see the same clips in
//! the same draw, in whichever process they are computed: differences of rows are paired. Over seeds it is a multiplier
//! bootstrap: the mean of the seeds moves by the sum of their deviations, each times a normal number that belongs to
//! draw and seed, scaled so that one row alone has Student's t distribution with (seeds - 1) degrees of freedom.

mod metric;
mod random;

use std::path::Path;

use error::Result;
use train::run::TestPredictions;

use super::spec::Measure;
use super::test_clips::predictions;
use metric::Ranked;

/// The number of draws.
pub const DRAWS: usize = 2000;

/// The metrics of one run in every draw; a metric that does not apply is empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RunDraws {
    roc_auc: Vec<f64>,
    pr_auc: Vec<f64>,
    accuracy: Vec<f64>,
}

/// A value and its uncertainty.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// The value: the mean over the seeds.
    pub value: f64,
    /// The standard deviation over the seeds; `None` with fewer than two.
    pub deviation: Option<f64>,
    /// The value in every draw. All are `value` for a number that has no uncertainty; empty if the uncertainty is
    /// unknown.
    pub draws: Vec<f64>,
}

impl RunDraws {
    /// The metrics of the run in `folder`, of a training or of a classifier on features; `None` if it has saved no
    /// predictions.
    ///
    /// # Errors
    /// Those of [`TestPredictions::read`] and of [`predictions`].
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>> {
        let found = match predictions(folder)? {
            Some((found, _)) => Some(found),
            None => TestPredictions::read(folder)?,
        };
        Ok(found.map(|predictions| Self::of(&predictions, DRAWS)))
    }

    /// The metrics of `predictions` in each of `count` draws.
    pub(crate) fn of(predictions: &TestPredictions, count: usize) -> Self {
        let weights: Vec<Vec<u8>> = predictions.clips.iter().map(|clip| random::clip_counts(clip, count)).collect();
        let ranked = Ranked::new(predictions);
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
        let mut rows = vec![[f64::NAN; 3]; count];
        let size = count.div_ceil(threads).max(1);
        std::thread::scope(|scope| {
            for (chunk, rows) in rows.chunks_mut(size).enumerate() {
                let (weights, ranked) = (&weights, &ranked);
                scope.spawn(move || {
                    let mut counts = vec![0; weights.len()];
                    for (offset, row) in rows.iter_mut().enumerate() {
                        let draw = chunk * size + offset;
                        counts.iter_mut().zip(weights).for_each(|(count, of_clip)| *count = u32::from(of_clip[draw]));
                        *row = ranked.metrics(&counts);
                    }
                });
            }
        });
        let column = |index: usize| -> Vec<f64> {
            let values: Vec<f64> = rows.iter().map(|row| row[index]).collect();
            if values.iter().all(|value| value.is_nan()) {
                Vec::new()
            } else {
                values
            }
        };
        Self { roc_auc: column(0), pr_auc: column(1), accuracy: column(2) }
    }

    /// The draws of a metric; empty if it does not apply.
    pub(crate) fn of_measure(&self, measure: Measure) -> &[f64] {
        match measure {
            Measure::RocAuc => &self.roc_auc,
            Measure::PrAuc => &self.pr_auc,
            Measure::Accuracy => &self.accuracy,
            _ => &[],
        }
    }
}

impl Estimate {
    /// A number without uncertainty.
    pub fn exact(value: f64) -> Self {
        Self { value, deviation: None, draws: vec![value; DRAWS] }
    }

    /// The estimate from the value of each seed. `over_clips` are the draws over clips of each seed; `None` for a
    /// number that does not depend on the clips. Empty draws: unknown.
    pub(crate) fn over_seeds(values: &[(u64, f64)], over_clips: Option<&[&[f64]]>) -> Self {
        let n = values.len() as f64;
        let value = values.iter().map(|(_, value)| value).sum::<f64>() / n;
        let squares = values.iter().map(|(_, own)| (own - value).powi(2)).sum::<f64>();
        let deviation = (values.len() > 1).then(|| (squares / (n - 1.0)).sqrt());
        let mut draws = match over_clips {
            None => vec![value; DRAWS],
            Some(runs) => {
                let count = runs.iter().map(|draws| draws.len()).min().unwrap_or(0);
                (0..count).map(|draw| runs.iter().map(|draws| draws[draw]).sum::<f64>() / n).collect()
            }
        };
        if values.len() > 1 && squares > 0.0 {
            let multipliers = random::Multipliers::new(values.iter().map(|(seed, _)| *seed));
            for (draw, total) in draws.iter_mut().enumerate() {
                let of_draw = multipliers.of(draw as u64);
                let moved: f64 = values.iter().zip(of_draw).map(|((_, own), by)| (own - value) * by).sum();
                *total += moved / (n * (n - 1.0)).sqrt();
            }
        }
        Self { value, deviation, draws }
    }

    /// A value computed from several estimates, draw by draw.
    pub(crate) fn combined(parts: &[&Estimate], of: impl Fn(&[f64]) -> f64) -> Self {
        let values: Vec<f64> = parts.iter().map(|part| part.value).collect();
        let count = parts.iter().map(|part| part.draws.len()).min().unwrap_or(0);
        let mut at = vec![0.0; parts.len()];
        let draws = (0..count)
            .map(|draw| {
                at.iter_mut().zip(parts).for_each(|(value, part)| *value = part.draws[draw]);
                of(&at)
            })
            .collect();
        Self { value: of(&values), deviation: None, draws }
    }

    /// The interval that contains the share `level` of the draws, symmetric in probability; `None` if the uncertainty
    /// is unknown.
    pub fn interval(&self, level: f64) -> Option<[f64; 2]> {
        let mut draws: Vec<f64> = self.draws.iter().copied().filter(|draw| draw.is_finite()).collect();
        draws.sort_unstable_by(f64::total_cmp);
        let last = draws.len().checked_sub(1)?;
        let tail = (1.0 - level) / 2.0;
        // The outer neighbour, so that an interval is never narrower than asked for.
        let low = (tail * last as f64).floor() as usize;
        Some([draws[low], draws[last - low]])
    }

    /// Whether it has any uncertainty.
    pub(crate) fn is_exact(&self) -> bool {
        self.draws.iter().all(|draw| *draw == self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_has_no_deviation_and_equal_seeds_have_no_spread() {
        let one = Estimate::over_seeds(&[(0, 0.5)], None);
        assert_eq!((one.value, one.deviation, one.interval(0.95)), (0.5, None, Some([0.5, 0.5])));
        let equal = Estimate::over_seeds(&[(0, 0.5), (1, 0.5)], None);
        assert_eq!((equal.deviation, equal.interval(0.95)), (Some(0.0), Some([0.5, 0.5])));
    }

    #[test]
    fn the_interval_over_seeds_is_that_of_students_t() {
        let values = [(0, 1.0), (1, 2.0), (2, 4.0)];
        let estimate = Estimate::over_seeds(&values, None);
        let [low, high] = estimate.interval(0.95).unwrap();
        // t at 97.5 % with 2 degrees of freedom is 4.303; the standard error is the deviation / sqrt(3).
        let half = 4.303 * estimate.deviation.unwrap() / 3f64.sqrt();
        assert!(((high - low) / 2.0 / half - 1.0).abs() < 0.15, "{low} {high} {half}");
    }

    #[test]
    fn a_difference_of_equal_rows_is_exact() {
        let row = Estimate::over_seeds(&[(0, 1.0), (1, 2.0)], None);
        let difference = Estimate::combined(&[&row, &row], |values| values[0] - values[1]);
        assert!(difference.is_exact() && difference.value == 0.0);
    }
}
