//! Values with their uncertainty over clips and seeds.

/// The number of draws of experiments and comparisons.
pub const DRAWS: usize = 2000;

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

impl Estimate {
    /// A number without uncertainty.
    pub fn exact(value: f64) -> Self {
        Self { value, deviation: None, draws: vec![value; DRAWS] }
    }

    /// The estimate from the value of each seed. `over_clips` are the draws over clips of each seed; `None` for a
    /// number that does not depend on the clips. Empty draws: unknown.
    pub fn over_seeds(values: &[(u64, f64)], over_clips: Option<&[&[f64]]>) -> Self {
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
            let multipliers = super::random::Multipliers::new(values.iter().map(|(seed, _)| *seed));
            for (draw, total) in draws.iter_mut().enumerate() {
                let of_draw = multipliers.of(draw as u64);
                let moved: f64 = values.iter().zip(of_draw).map(|((_, own), by)| (own - value) * by).sum();
                *total += moved / (n * (n - 1.0)).sqrt();
            }
        }
        Self { value, deviation, draws }
    }

    /// A value computed from several estimates, draw by draw.
    pub fn combined(parts: &[&Estimate], of: impl Fn(&[f64]) -> f64) -> Self {
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
        interval_of(&self.draws, level)
    }

    /// The same for a value from 0 to 1. Few seeds give wide intervals; values that are not possible are cut off.
    pub(crate) fn interval_of_share(&self, level: f64) -> Option<[f64; 2]> {
        self.interval(level).map(|ends| ends.map(|end| end.clamp(0.0, 1.0)))
    }

    /// Whether it has any uncertainty.
    pub fn is_exact(&self) -> bool {
        self.draws.iter().all(|draw| *draw == self.value)
    }
}

/// The interval that contains the share `level` of the draws, symmetric in probability (percentiles); draws that are
/// not finite are left out. `None` without draws.
pub fn interval_of(draws: &[f64], level: f64) -> Option<[f64; 2]> {
    let mut draws: Vec<f64> = draws.iter().copied().filter(|draw| draw.is_finite()).collect();
    draws.sort_unstable_by(f64::total_cmp);
    let last = draws.len().checked_sub(1)?;
    let tail = (1.0 - level) / 2.0;
    // The outer neighbour, so that an interval is never narrower than asked for.
    let low = (tail * last as f64).floor() as usize;
    Some([draws[low], draws[last - low]])
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
