//! The loss with weights of the tags and smoothed targets ([`LossTerms`] defines it).

use engine_core::{LossTerms, Targets};

use super::loss::{loss, softmax_parts};

/// The mean loss of `logits` `[n, tags]` by `terms`. Writes the gradient with respect to the logits to `gradient`.
pub(super) fn weighted_loss(
    logits: &[f32],
    targets: Targets,
    terms: &LossTerms,
    tags: usize,
    gradient: &mut [f32],
) -> f64 {
    match targets {
        Targets::Tags(truth) => {
            let (cells, smoothing) = (logits.len() as f64, f64::from(terms.smoothing));
            let mut total = 0.0;
            for (cell, ((&x, &t), g)) in logits.iter().zip(truth).zip(gradient).enumerate() {
                let t = f64::from(t) * (1.0 - smoothing) + smoothing / 2.0;
                let positive = t * f64::from(terms.weight(cell % tags));
                let x = f64::from(x);
                // log(1 + exp(-|x|)), the loss of a certain and right answer beyond its linear part.
                let rest = (-x.abs()).exp().ln_1p();
                total += positive * ((-x).max(0.0) + rest) + (1.0 - t) * (x.max(0.0) + rest);
                *g = (((positive + 1.0 - t) / (1.0 + (-x).exp()) - positive) / cells) as f32;
            }
            // `max` drops NaN, but a diverged network must give a loss of NaN.
            if logits.iter().any(|x| x.is_nan()) {
                total = f64::NAN;
            }
            total / cells
        }
        Targets::Classes(classes) => {
            let own = |row: usize, class: usize| if class == classes[row] as usize { 1.0 } else { 0.0 };
            weighted_cross_entropy(logits, &own, terms, tags, gradient)
        }
        Targets::Distributions(truth) => {
            let own = |row: usize, class: usize| f64::from(truth[row * tags + class]);
            weighted_cross_entropy(logits, &own, terms, tags, gradient)
        }
        // A gradient given by the caller is used as it is.
        Targets::LogitGradient(_) => loss(logits, targets, tags, gradient),
    }
}

/// The mean cross-entropy of the rows with the distributions `own` (row, class), smoothed and weighted.
fn weighted_cross_entropy(
    logits: &[f32],
    own: &dyn Fn(usize, usize) -> f64,
    terms: &LossTerms,
    tags: usize,
    gradient: &mut [f32],
) -> f64 {
    let (rows, smoothing) = ((logits.len() / tags) as f64, f64::from(terms.smoothing));
    let mut total = 0.0;
    for (number, (row, to)) in logits.chunks_exact(tags).zip(gradient.chunks_exact_mut(tags)).enumerate() {
        let smoothed = |c: usize| own(number, c) * (1.0 - smoothing) + smoothing / tags as f64;
        let share = |c: usize| smoothed(c) * f64::from(terms.weight(c));
        let (top, sum) = softmax_parts(row);
        let all: f64 = (0..tags).map(share).sum();
        for (c, (&x, g)) in row.iter().zip(to).enumerate() {
            total += share(c) * (top + sum.ln() - f64::from(x));
            *g = ((all * (f64::from(x) - top).exp() / sum - share(c)) / rows) as f32;
        }
    }
    total / rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn terms(smoothing: f32, weights: &[f32]) -> LossTerms {
        LossTerms { smoothing, weights: weights.to_vec() }
    }

    /// Values of `binary_cross_entropy_with_logits(pos_weight=...)` and `cross_entropy(weight=..., reduction="none")`
    /// are these formulas by hand.
    #[test]
    fn weights_multiply_positives_and_smoothing_moves_targets() {
        let mut gradient = [0.0; 2];
        let (softplus, x) = (|x: f64| x.exp().ln_1p(), [0.5f32, -1.0]);
        let value = weighted_loss(&x, Targets::Tags(&[1.0, 0.0]), &terms(0.0, &[3.0, 7.0]), 2, &mut gradient);
        assert!((value - (3.0 * softplus(-0.5) + softplus(-1.0)) / 2.0).abs() < 1e-12, "{value}");
        let value = weighted_loss(&x, Targets::Tags(&[1.0, 0.0]), &terms(0.2, &[]), 2, &mut gradient);
        let smooth = |t: f64, x: f64| t * softplus(-x) + (1.0 - t) * softplus(x);
        assert!((value - (smooth(0.9, 0.5) + smooth(0.1, -1.0)) / 2.0).abs() < 1e-7, "{value}");
        let value = weighted_loss(&x, Targets::Classes(&[1]), &terms(0.2, &[3.0, 7.0]), 2, &mut gradient);
        let all = 0.5f64.exp() + (-1.0f64).exp();
        let expected = 7.0 * 0.9 * (all.ln() + 1.0) + 3.0 * 0.1 * (all.ln() - 0.5);
        assert!((value - expected).abs() < 1e-6, "{value} {expected}");
    }

    /// `testdata/optimisers.json`, made by `bench/reference/optimisers.py`.
    #[test]
    fn losses_and_gradients_are_those_of_pytorch() {
        let file: Value =
            serde_json::from_slice(&std::fs::read(testbed::testdata("optimisers.json")).unwrap()).unwrap();
        let numbers = |value: &Value| -> Vec<f32> {
            value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap() as f32).collect()
        };
        let cases = file["losses"].as_array().unwrap();
        assert_eq!(cases.len(), 8);
        for case in cases {
            let weights = if case["weights"].is_null() { Vec::new() } else { numbers(&case["weights"]) };
            let terms = terms(case["smoothing"].as_f64().unwrap() as f32, &weights);
            let (logits, truth) = (numbers(&case["logits"]), numbers(&case["targets"]));
            let classes: Vec<u32> = truth.iter().map(|&class| class as u32).collect();
            let targets = match case["task"] == "multi-label" {
                true => Targets::Tags(&truth),
                false => Targets::Classes(&classes),
            };
            let mut gradient = vec![0.0; logits.len()];
            let ours = weighted_loss(&logits, targets, &terms, 3, &mut gradient);
            let theirs = case["loss"].as_f64().unwrap();
            assert!((ours - theirs).abs() <= 1e-9 * theirs, "{case}: {ours}");
            for (ours, theirs) in gradient.iter().zip(numbers(&case["gradient"])) {
                assert!((ours - theirs).abs() <= 1e-6 * theirs.abs().max(0.01), "{case}: {ours} {theirs}");
            }
        }
    }

    #[test]
    fn gradients_are_those_of_the_loss() {
        let logits = [0.7f32, -1.3, 2.0, 0.1, -0.4, 0.0];
        let terms = terms(0.1, &[2.0, 0.5, 4.0]);
        let distributions = [0.2, 0.5, 0.3, 1.0, 0.0, 0.0];
        for targets in [
            Targets::Tags(&[1.0, 0.0, 0.25, 0.0, 1.0, 1.0]),
            Targets::Classes(&[2, 0]),
            Targets::Distributions(&distributions),
        ] {
            let mut gradient = [0.0; 6];
            weighted_loss(&logits, targets, &terms, 3, &mut gradient);
            for place in 0..6 {
                let at = |by: f32| {
                    let mut moved = logits;
                    moved[place] += by;
                    weighted_loss(&moved, targets, &terms, 3, &mut [0.0; 6])
                };
                let slope = (at(1.0 / 256.0) - at(-1.0 / 256.0)) * 128.0;
                assert!((slope - f64::from(gradient[place])).abs() < 1e-5, "{place}: {slope} {}", gradient[place]);
            }
        }
    }

    #[test]
    fn nothing_given_is_the_plain_loss() {
        let logits = [0.7f32, -1.3, 2.0, 0.1];
        let distributions = [0.25, 0.75, 1.0, 0.0];
        for targets in
            [Targets::Tags(&[1.0, 0.0, 0.0, 1.0]), Targets::Classes(&[1, 0]), Targets::Distributions(&distributions)]
        {
            let (mut ours, mut plain) = ([0.0; 4], [0.0; 4]);
            let value = weighted_loss(&logits, targets, &LossTerms::default(), 2, &mut ours);
            assert!((value - loss(&logits, targets, 2, &mut plain)).abs() < 1e-12);
            ours.iter().zip(plain).for_each(|(a, b)| assert!((a - b).abs() < 1e-7));
        }
    }

    #[test]
    fn a_nan_logit_makes_the_loss_nan() {
        let nan = [f32::NAN, 0.0];
        assert!(weighted_loss(&nan, Targets::Tags(&[0.0, 0.0]), &terms(0.1, &[]), 2, &mut [0.0; 2]).is_nan());
    }
}
