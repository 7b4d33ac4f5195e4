//! The mean losses of logits `[batch, tags]`, with their gradients.

use engine_core::Targets;

/// Computes the loss of logits `[batch, tags]` and its gradient.
pub fn loss(logits: &[f64], tags: usize, targets: Targets) -> (f64, Vec<f64>) {
    match targets {
        Targets::Tags(truth) => binary_cross_entropy(logits, truth),
        Targets::Classes(classes) => cross_entropy(logits, classes),
        Targets::Distributions(truth) => soft_cross_entropy(logits, tags, truth),
        Targets::LogitGradient(values) => {
            let gradient: Vec<f64> = values.iter().map(|&g| f64::from(g)).collect();
            (logits.iter().zip(&gradient).map(|(x, g)| x * g).sum(), gradient)
        }
    }
}

/// The mean over batch and tags of `max(x, 0) - x t + log(1 + exp(-|x|))`.
fn binary_cross_entropy(logits: &[f64], tags: &[f32]) -> (f64, Vec<f64>) {
    assert_eq!(logits.len(), tags.len());
    let cells = logits.len() as f64;
    let mut sum = 0.0;
    let mut gradient = Vec::with_capacity(logits.len());
    for (&x, &t) in logits.iter().zip(tags) {
        let t = f64::from(t);
        sum += x.max(0.0) - x * t + (-x.abs()).exp().ln_1p();
        gradient.push((1.0 / (1.0 + (-x).exp()) - t) / cells);
    }
    (sum / cells, gradient)
}

/// The mean over the batch of `log(sum of exp) - x[class]`.
fn cross_entropy(logits: &[f64], classes: &[u32]) -> (f64, Vec<f64>) {
    let (batch, tags) = (classes.len(), logits.len() / classes.len());
    let mut sum = 0.0;
    let mut gradient = Vec::with_capacity(logits.len());
    for (row, &class) in logits.chunks_exact(tags).zip(classes) {
        let largest = row.iter().fold(f64::NEG_INFINITY, |m, &x| m.max(x));
        let total: f64 = row.iter().map(|x| (x - largest).exp()).sum();
        sum += largest + total.ln() - row[class as usize];
        gradient.extend(row.iter().enumerate().map(|(tag, x)| {
            let hit = f64::from(u8::from(tag == class as usize));
            ((x - largest).exp() / total - hit) / batch as f64
        }));
    }
    (sum / batch as f64, gradient)
}

/// The mean over the batch of `sum over the tags of t (log(sum of exp) - x)`.
fn soft_cross_entropy(logits: &[f64], tags: usize, truth: &[f32]) -> (f64, Vec<f64>) {
    let batch = (logits.len() / tags) as f64;
    let mut sum = 0.0;
    let mut gradient = Vec::with_capacity(logits.len());
    for (row, truth) in logits.chunks_exact(tags).zip(truth.chunks_exact(tags)) {
        let largest = row.iter().fold(f64::NEG_INFINITY, |m, &x| m.max(x));
        let total: f64 = row.iter().map(|x| (x - largest).exp()).sum();
        for (x, &t) in row.iter().zip(truth) {
            sum += f64::from(t) * (largest + total.ln() - x);
            gradient.push(((x - largest).exp() / total - f64::from(t)) / batch);
        }
    }
    (sum / batch, gradient)
}
