//! The validation loss: the mean over all validation segments, in evaluation mode, summed in f64.

use std::sync::atomic::{AtomicBool, Ordering};

use engine::Inference;
use error::{Error, Result};
use net::Task;

use crate::batch::{for_each_batch, Feed, Labels};
use crate::part::PartData;
use crate::sampler::EpochOrder;

/// Mean loss over the segments of `data`. `progress` receives the number of finished segments.
///
/// # Errors
/// Those of the engine; [`Error::aborted`] after `cancel`.
pub(crate) fn mean_loss(
    inference: &mut Inference,
    data: &PartData,
    task: Task,
    progress: &mut dyn FnMut(usize),
    cancel: &AtomicBool,
) -> Result<f64> {
    let order = EpochOrder::in_order(data.segments.len(), inference.batch());
    let mut sum = 0.0;
    let mut done = 0;
    let feed = Feed { data, segments: &data.segments, task, holding: inference.takes(), changes: None };
    for_each_batch(&feed, 0..order.batches(), &|index| order.batch(index), &mut |_, batch| {
        if cancel.load(Ordering::Relaxed) {
            return Err(Error::aborted());
        }
        let logits = inference.logits(batch.segments())?;
        sum += match &batch.labels {
            Labels::Tags(tags) => binary_cross_entropy(logits, tags) / data.tags as f64,
            Labels::Classes(classes) => cross_entropy(logits, classes, data.tags),
            Labels::Distributions(rows) => soft_cross_entropy(logits, rows, data.tags),
        };
        done += batch.count;
        progress(done);
        Ok(())
    })?;
    Ok(sum / data.segments.len() as f64)
}

/// The sum of the binary cross-entropy over all outputs.
fn binary_cross_entropy(logits: &[f32], targets: &[f32]) -> f64 {
    let one = |(&z, &y): (&f32, &f32)| {
        let (z, y) = (f64::from(z), f64::from(y));
        z.max(0.0) - z * y + (-z.abs()).exp().ln_1p()
    };
    logits.iter().zip(targets).map(one).sum()
}

/// The sum of the cross-entropy over the rows.
fn cross_entropy(logits: &[f32], classes: &[u32], tags: usize) -> f64 {
    let one = |(row, &class): (&[f32], &u32)| log_sum_exp(row) - f64::from(row[class as usize]);
    logits.chunks_exact(tags).zip(classes).map(one).sum()
}

/// The sum over the rows of the cross-entropy with a distribution, whose rows add up to 1.
fn soft_cross_entropy(logits: &[f32], truth: &[f32], tags: usize) -> f64 {
    let one = |(row, truth): (&[f32], &[f32])| {
        let all = log_sum_exp(row);
        row.iter().zip(truth).map(|(&z, &t)| f64::from(t) * (all - f64::from(z))).sum::<f64>()
    };
    logits.chunks_exact(tags).zip(truth.chunks_exact(tags)).map(one).sum()
}

/// The logarithm of the sum of the exponentials.
fn log_sum_exp(row: &[f32]) -> f64 {
    let largest = row.iter().fold(f64::NEG_INFINITY, |max, &z| max.max(f64::from(z)));
    let sum: f64 = row.iter().map(|&z| (f64::from(z) - largest).exp()).sum();
    largest + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_exact_and_finite_at_saturation() {
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        close(binary_cross_entropy(&[0.0, 0.0], &[0.0, 1.0]), 2.0 * std::f64::consts::LN_2);
        close(binary_cross_entropy(&[1000.0, -1000.0], &[0.0, 1.0]), 2000.0);
        close(binary_cross_entropy(&[1000.0, -1000.0], &[1.0, 0.0]), 0.0);
        close(cross_entropy(&[0.0; 4], &[2], 4), 4f64.ln());
        close(cross_entropy(&[1000.0, 0.0, 0.0, 1000.0], &[0, 0], 2), 1000.0);
        close(soft_cross_entropy(&[1000.0, 0.0, 0.0, 1000.0], &[1.0, 0.0, 0.75, 0.25], 2), 750.0);
        close(soft_cross_entropy(&[0.5, 0.5], &[0.25, 0.75], 2), std::f64::consts::LN_2);
    }
}
