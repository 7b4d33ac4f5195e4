//! Standardisation of features with statistics of the training clips.

use super::examples::Examples;
use super::protocol::Standardise;

/// The mean and deviation that standardise features: one for each feature, or one for all.
#[derive(Clone, Debug, PartialEq)]
pub struct Standardisation {
    /// `[width]` or `[1]`; empty if features are used as they are.
    pub mean: Vec<f32>,
    /// As `mean`, above 0. A feature that is constant over the training clips has 1.
    pub deviation: Vec<f32>,
}

impl Standardisation {
    /// The statistics of the rows `rows` of `examples`, with the population deviation.
    pub(super) fn new(kind: Standardise, examples: &Examples, rows: &[usize]) -> Self {
        let width = examples.width;
        let groups = match kind {
            Standardise::None => return Self { mean: Vec::new(), deviation: Vec::new() },
            Standardise::Global => 1,
            Standardise::Feature => width,
        };
        let row = |row: usize| &examples.features[row * width..(row + 1) * width];
        let count = (rows.len() * width / groups) as f64;
        let mut mean = vec![0.0f64; groups];
        for &number in rows {
            row(number).iter().enumerate().for_each(|(column, &value)| mean[column % groups] += f64::from(value));
        }
        mean.iter_mut().for_each(|sum| *sum /= count);
        let mut square = vec![0.0f64; groups];
        for &number in rows {
            for (column, &value) in row(number).iter().enumerate() {
                square[column % groups] += (f64::from(value) - mean[column % groups]).powi(2);
            }
        }
        let deviation = |sum: f64| match (sum / count).sqrt() as f32 {
            zero if zero < f32::MIN_POSITIVE => 1.0,
            deviation => deviation,
        };
        Self {
            mean: mean.into_iter().map(|value| value as f32).collect(),
            deviation: square.into_iter().map(deviation).collect(),
        }
    }

    /// Appends the standardised `row` to `out`.
    pub(super) fn append(&self, row: &[f32], out: &mut Vec<f32>) {
        match self.mean.len() {
            0 => out.extend_from_slice(row),
            groups => out.extend(
                row.iter()
                    .enumerate()
                    .map(|(column, value)| (value - self.mean[column % groups]) / self.deviation[column % groups]),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use net::Task;
    use train::dataset::Part;

    #[test]
    fn statistics_are_those_of_the_training_clips() {
        let examples = Examples {
            clips: ["a", "b", "c"].map(str::to_owned).to_vec(),
            parts: vec![Part::Train, Part::Train, Part::Test],
            tags: vec!["t".into()],
            task: Task::MultiLabel,
            width: 3,
            features: vec![1.0, 10.0, 7.0, 3.0, 30.0, 7.0, 100.0, 100.0, 100.0],
            targets: vec![true, false, true],
        };
        let of = |kind| {
            let statistics = Standardisation::new(kind, &examples, &examples.rows(Part::Train));
            let mut out = Vec::new();
            statistics.append(&examples.features[..3], &mut out);
            (statistics, out)
        };
        let (each, first) = of(Standardise::Feature);
        assert_eq!((each.mean, each.deviation), (vec![2.0, 20.0, 7.0], vec![1.0, 10.0, 1.0]));
        assert_eq!(first, [-1.0, -1.0, 0.0]);
        let (all, first) = of(Standardise::Global);
        let mean = 58.0 / 6.0;
        let squares: f32 = [1.0f32, 10.0, 7.0, 3.0, 30.0, 7.0].iter().map(|value| (value - mean).powi(2)).sum();
        assert!((all.mean[0] - mean).abs() < 1e-5 && (all.deviation[0] - (squares / 6.0).sqrt()).abs() < 1e-5);
        assert!((first[1] - (10.0 - mean) / all.deviation[0]).abs() < 1e-6);
        assert_eq!(of(Standardise::None).1, [1.0, 10.0, 7.0]);
    }
}
