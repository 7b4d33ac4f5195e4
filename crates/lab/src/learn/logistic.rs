//! Logistic regression of all tags at once on candle: one for each tag, or one over all classes.

use std::sync::atomic::{AtomicBool, Ordering};

use candle_core::{DType, Device, Result as Computed, Tensor};
use error::{Error, Result};
use net::Task;

use super::linear::Linear;
use crate::probe::coded;

/// Most steps for one strength. A strong one on many features may stop before its minimum, which then acts like a
/// somewhat weaker strength.
const STEPS: usize = 400;
/// The largest value of the gradient of the mean loss at which the search ends; as in scikit-learn.
const TOLERANCE: f64 = 1e-4;
/// Steps between two looks at the gradient and at `cancel`.
const LOOK: usize = 10;
/// Products for the largest eigenvalue.
const POWER_STEPS: usize = 30;

/// The examples of a regression.
pub(super) struct Sample<'a> {
    /// Number of features.
    pub(super) width: usize,
    /// `[rows, width]`.
    pub(super) features: &'a [f32],
    /// Number of tags.
    pub(super) tags: usize,
    /// `[rows, tags]`, 0 or 1.
    pub(super) targets: &'a [f32],
    /// Whether the tags exclude each other: then the regression is multinomial, otherwise each tag has one of its own.
    pub(super) task: Task,
}

/// The regression with every strength of `strengths`, ascending. For a strength `C` it minimises, as scikit-learn does,
/// `C` times the sum of the cross-entropy over the rows plus half the squared norm of the weights of the standardised
/// features; biases are free. The solutions are for features that are not standardised. By accelerated gradient descent
/// (Nesterov 1983) that begins anew where the momentum points uphill (O'Donoghue and Candès 2015); each strength begins
/// at the solution of the weaker one.
///
/// # Errors
/// [`error::Code::Aborted`] after `cancel`; [`error::Code::Internal`] for an error of candle.
pub(super) fn regress(sample: &Sample<'_>, strengths: &[f64], cancel: &AtomicBool) -> Result<Vec<Linear>> {
    let rows = sample.targets.len() / sample.tags;
    let (mean, deviation) = statistics(sample, rows);
    let mut standardised = Vec::with_capacity(sample.features.len());
    for row in sample.features.chunks_exact(sample.width) {
        standardised.extend(row.iter().zip(mean.iter().zip(&deviation)).map(|(x, (mean, by))| (x - mean) / by));
    }
    let device = Device::Cpu;
    let features = Tensor::from_vec(standardised, (rows, sample.width), &device).map_err(coded)?;
    let targets = Tensor::from_slice(sample.targets, (rows, sample.tags), &device).map_err(coded)?;
    let transposed = features.t().and_then(|t| t.contiguous()).map_err(coded)?;
    let curvature = largest_eigenvalue(&features, &transposed).map_err(coded)?;
    let zeros = |shape: (usize, usize)| Tensor::zeros(shape, DType::F32, &device).map_err(coded);
    let mut at = Point { weights: zeros((sample.width, sample.tags))?, biases: zeros((1, sample.tags))? };
    let mut found = Vec::with_capacity(strengths.len());
    // The slope of the sigmoid is at most 1/4; the largest eigenvalue of that of the softmax is at most 1/2.
    let steepness = match sample.task {
        Task::MultiLabel => 0.25,
        Task::SingleLabel => 0.5,
    };
    for &strength in strengths {
        let penalty = 1.0 / (strength * rows as f64);
        // The bias is a feature of mean square 1.
        let rate = 1.0 / (steepness * curvature.max(1.0) * 1.02 + penalty);
        let problem =
            Problem { features: &features, transposed: &transposed, targets: &targets, task: sample.task, penalty };
        at = problem.minimum(at, rate, cancel)?;
        found.push(unstandardised(&at, &mean, &deviation).map_err(coded)?);
    }
    Ok(found)
}

/// Weights `[width, tags]` and biases `[1, tags]`.
#[derive(Clone)]
struct Point {
    weights: Tensor,
    biases: Tensor,
}

/// A regression with one strength.
struct Problem<'a> {
    /// `[rows, width]`, standardised.
    features: &'a Tensor,
    /// `[width, rows]`.
    transposed: &'a Tensor,
    /// `[rows, tags]`.
    targets: &'a Tensor,
    task: Task,
    penalty: f64,
}

impl Problem<'_> {
    /// The gradient of the mean loss.
    fn gradient(&self, at: &Point) -> Computed<Point> {
        let logits = self.features.matmul(&at.weights)?.broadcast_add(&at.biases)?;
        let scores = match self.task {
            Task::MultiLabel => candle_nn::ops::sigmoid(&logits)?,
            Task::SingleLabel => candle_nn::ops::softmax(&logits, 1)?,
        };
        let errors = (scores - self.targets)?;
        let rows = self.features.dims()[0] as f64;
        let weights = ((self.transposed.matmul(&errors)? / rows)? + (&at.weights * self.penalty)?)?;
        Ok(Point { weights, biases: errors.mean_keepdim(0)? })
    }

    /// The minimum, from `start` on, by steps of `rate`.
    fn minimum(&self, start: Point, rate: f64, cancel: &AtomicBool) -> Result<Point> {
        let (mut current, mut ahead, mut pace) = (start.clone(), start, 1.0f64);
        for step in 0..STEPS {
            let slope = self.gradient(&ahead).map_err(coded)?;
            if step % LOOK == 0 {
                if cancel.load(Ordering::Relaxed) {
                    return Err(Error::aborted());
                }
                let largest = |tensor: &Tensor| tensor.abs()?.max_all()?.to_scalar::<f32>();
                let steepest =
                    largest(&slope.weights).and_then(|w| Ok(w.max(largest(&slope.biases)?))).map_err(coded)?;
                if f64::from(steepest) < TOLERANCE {
                    break;
                }
            }
            let moved = |from: &Tensor, along: &Tensor| from - (along * rate)?;
            let next = Point {
                weights: moved(&ahead.weights, &slope.weights).map_err(coded)?,
                biases: moved(&ahead.biases, &slope.biases).map_err(coded)?,
            };
            let change = |from: &Tensor, to: &Tensor| to - from;
            let along = Point {
                weights: change(&current.weights, &next.weights).map_err(coded)?,
                biases: change(&current.biases, &next.biases).map_err(coded)?,
            };
            let product = |one: &Tensor, other: &Tensor| (one * other)?.sum_all()?.to_scalar::<f32>();
            let uphill = product(&slope.weights, &along.weights)
                .and_then(|w| Ok(w + product(&slope.biases, &along.biases)?))
                .map_err(coded)?;
            if uphill > 0.0 {
                pace = 1.0;
            }
            let faster = (1.0 + (1.0 + 4.0 * pace * pace).sqrt()) / 2.0;
            let momentum = (pace - 1.0) / faster;
            let extrapolated = |to: &Tensor, along: &Tensor| to + (along * momentum)?;
            ahead = Point {
                weights: extrapolated(&next.weights, &along.weights).map_err(coded)?,
                biases: extrapolated(&next.biases, &along.biases).map_err(coded)?,
            };
            (current, pace) = (next, faster);
        }
        Ok(current)
    }
}

/// The mean and the deviation of every feature; the deviation of a feature that is constant is 1.
fn statistics(sample: &Sample<'_>, rows: usize) -> (Vec<f32>, Vec<f32>) {
    let (mut sums, mut squares) = (vec![0.0f64; sample.width], vec![0.0f64; sample.width]);
    for row in sample.features.chunks_exact(sample.width) {
        for (index, &x) in row.iter().enumerate() {
            sums[index] += f64::from(x);
        }
    }
    let means: Vec<f64> = sums.iter().map(|sum| sum / rows as f64).collect();
    for row in sample.features.chunks_exact(sample.width) {
        for (index, &x) in row.iter().enumerate() {
            squares[index] += (f64::from(x) - means[index]).powi(2);
        }
    }
    let deviation = |(square, mean): (f64, &f64)| {
        let deviation = (square / rows as f64).sqrt();
        // Below the rounding of f32 a feature is constant.
        if deviation > 1e-6 * mean.abs().max(1e-6) {
            deviation as f32
        } else {
            1.0
        }
    };
    let deviations = squares.into_iter().zip(&means).map(deviation).collect();
    (means.iter().map(|&mean| mean as f32).collect(), deviations)
}

/// The largest eigenvalue of the second moments of the features, by the power method; the start has a share of every
/// direction.
fn largest_eigenvalue(features: &Tensor, transposed: &Tensor) -> Computed<f64> {
    let (rows, width) = features.dims2()?;
    let start: Vec<f32> = (0..width).map(|index| 1.0 + (index % 7) as f32 / 7.0).collect();
    let mut vector = Tensor::from_vec(start, (width, 1), features.device())?;
    let mut value = 0.0;
    for _ in 0..POWER_STEPS {
        let norm = f64::from(vector.sqr()?.sum_all()?.to_scalar::<f32>()?).sqrt();
        if norm == 0.0 {
            break;
        }
        vector = (transposed.matmul(&features.matmul(&(vector / norm)?)?)? / rows as f64)?;
        value = f64::from(vector.sqr()?.sum_all()?.to_scalar::<f32>()?).sqrt();
    }
    // The method comes from below.
    Ok(value * 1.1)
}

/// The weights `[tags, width]` and biases for features as they are.
fn unstandardised(at: &Point, mean: &[f32], deviation: &[f32]) -> Computed<Linear> {
    let tags = at.biases.dims()[1];
    let weights: Vec<f32> = at.weights.t()?.contiguous()?.flatten_all()?.to_vec1()?;
    let mut biases: Vec<f32> = at.biases.flatten_all()?.to_vec1()?;
    let mut folded = Vec::with_capacity(weights.len());
    for (row, bias) in weights.chunks_exact(mean.len()).zip(&mut biases) {
        let row: Vec<f32> = row.iter().zip(deviation).map(|(weight, by)| weight / by).collect();
        let shift: f64 = row.iter().zip(mean).map(|(&weight, &mean)| f64::from(weight) * f64::from(mean)).sum();
        *bias = (f64::from(*bias) - shift) as f32;
        folded.extend(row);
    }
    Ok(Linear { inputs: mean.len(), outputs: tags, weights: folded, biases })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(count: usize, step: u64) -> Vec<f32> {
        let mut values = vec![0.0; count];
        engine::Philox::new(3, engine::Purpose::Synthesise, step).fill_uniform(0, &mut values);
        values
    }

    #[test]
    fn the_gradient_is_zero_at_the_solution_in_every_direction() {
        let (rows, width, tags) = (60, 4, 2);
        // One feature is constant, one far from zero.
        let features: Vec<f32> = noise(rows * width, 0)
            .chunks_exact(width)
            .flat_map(|row| [row[0], 100.0 + 5.0 * row[1], 3.0, row[2] - row[3]])
            .collect();
        let labels = noise(rows * tags, 1);
        let targets: Vec<f32> = features
            .chunks_exact(width)
            .zip(labels.chunks_exact(2))
            .flat_map(|(x, u)| [f32::from(x[0] + 0.3 * u[0] > 0.6), f32::from(x[3] > 0.8 * u[1] - 0.3)])
            .collect();
        let sample = Sample { width, features: &features, tags, targets: &targets, task: Task::MultiLabel };
        let strength = 0.5;
        let found = regress(&sample, &[0.01, strength], &AtomicBool::new(false)).unwrap();
        let linear = &found[1];
        let (mean, deviation) = statistics(&sample, rows);
        assert_eq!(deviation[2], 1.0);
        for tag in 0..tags {
            let weights = &linear.weights[tag * width..(tag + 1) * width];
            let error = |row: usize| {
                let x = &features[row * width..(row + 1) * width];
                let logit: f64 = x.iter().zip(weights).map(|(&x, &w)| f64::from(x) * f64::from(w)).sum::<f64>()
                    + f64::from(linear.biases[tag]);
                1.0 / (1.0 + (-logit).exp()) - f64::from(targets[row * tags + tag])
            };
            let of_bias: f64 = (0..rows).map(error).sum::<f64>() / rows as f64;
            assert!(of_bias.abs() < 3e-4, "bias of tag {tag}: {of_bias}");
            for index in 0..width {
                let standardised =
                    |row: usize| f64::from((features[row * width + index] - mean[index]) / deviation[index]);
                let slope: f64 = (0..rows).map(|row| error(row) * standardised(row)).sum::<f64>() / rows as f64
                    + f64::from(weights[index] * deviation[index]) / (strength * rows as f64);
                assert!(slope.abs() < 3e-4, "feature {index} of tag {tag}: {slope}");
            }
            assert!(weights[2].abs() < 1e-6, "a constant feature has no weight");
        }
        let norm = |linear: &Linear| linear.weights.iter().map(|w| w * w).sum::<f32>();
        assert!(norm(&found[0]) < norm(&found[1]), "a weaker strength shrinks the weights");
    }

    #[test]
    fn the_gradient_of_a_regression_over_classes_is_zero_too() {
        let (rows, width, classes, strength) = (90, 3, 3, 0.5);
        let features = noise(rows * width, 5);
        let class = |row: usize| {
            let x = &features[row * width..(row + 1) * width];
            (0..classes).max_by(|&a, &b| x[a].total_cmp(&x[b])).unwrap()
        };
        let targets: Vec<f32> = (0..rows)
            .flat_map(|row| (0..classes).map(move |at| (row, at)))
            .map(|(row, at)| f32::from(class(row) == at))
            .collect();
        let sample = Sample { width, features: &features, tags: classes, targets: &targets, task: Task::SingleLabel };
        let linear = regress(&sample, &[strength], &AtomicBool::new(false)).unwrap().remove(0);
        let (mean, deviation) = statistics(&sample, rows);
        let error = |row: usize, of: usize| {
            let logits = linear.apply(&features[row * width..(row + 1) * width]);
            let parts: Vec<f64> = logits.iter().map(|&logit| f64::from(logit).exp()).collect();
            parts[of] / parts.iter().sum::<f64>() - f64::from(targets[row * classes + of])
        };
        for of in 0..classes {
            for index in 0..width {
                let standardised =
                    |row: usize| f64::from((features[row * width + index] - mean[index]) / deviation[index]);
                let weight = f64::from(linear.weights[of * width + index] * deviation[index]);
                let slope: f64 = (0..rows).map(|row| error(row, of) * standardised(row)).sum::<f64>() / rows as f64
                    + weight / (strength * rows as f64);
                assert!(slope.abs() < 3e-4, "feature {index} of class {of}: {slope}");
            }
        }
    }

    #[test]
    fn a_cancelled_regression_ends() {
        let (features, targets) = (&[0.0, 1.0, 0.0, 1.0], &[0.0, 1.0, 1.0, 0.0]);
        let sample = Sample { width: 1, features, tags: 1, targets, task: Task::MultiLabel };
        let failure = regress(&sample, &[1.0], &AtomicBool::new(true)).unwrap_err();
        assert_eq!(failure.code, error::Code::Aborted);
    }
}
