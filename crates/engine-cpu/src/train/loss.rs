//! The losses of the targets, and the gradient of the logits.

use engine_core::Targets;

/// The mean loss of `logits` `[n, tags]`. Writes the gradient with respect to the logits to `gradient`.
pub(crate) fn loss(logits: &[f32], targets: Targets, tags: usize, gradient: &mut [f32]) -> f64 {
    let rows = logits.len() / tags;
    let mut total = 0.0;
    match targets {
        Targets::Tags(truth) => {
            let cells = logits.len() as f64;
            for ((&x, &t), g) in logits.iter().zip(truth).zip(gradient) {
                let (x, t) = (f64::from(x), f64::from(t));
                total += x.max(0.0) - x * t + (-x.abs()).exp().ln_1p();
                *g = ((1.0 / (1.0 + (-x).exp()) - t) / cells) as f32;
            }
            // `max` drops NaN, but a diverged network must give a loss of NaN.
            if logits.iter().any(|x| x.is_nan()) {
                total = f64::NAN;
            }
            total / cells
        }
        Targets::Classes(classes) => {
            for (n, &class) in classes.iter().enumerate().take(rows) {
                let row = &logits[n * tags..(n + 1) * tags];
                let (top, sum) = softmax_parts(row);
                total += top + sum.ln() - f64::from(row[class as usize]);
                for (c, g) in gradient[n * tags..(n + 1) * tags].iter_mut().enumerate() {
                    let truth = if c == class as usize { 1.0 } else { 0.0 };
                    *g = (((f64::from(row[c]) - top).exp() / sum - truth) / rows as f64) as f32;
                }
            }
            total / rows as f64
        }
        Targets::Distributions(truth) => {
            for (n, truth) in truth.chunks_exact(tags).enumerate().take(rows) {
                let row = &logits[n * tags..(n + 1) * tags];
                let (top, sum) = softmax_parts(row);
                for (c, g) in gradient[n * tags..(n + 1) * tags].iter_mut().enumerate() {
                    let (x, t) = (f64::from(row[c]), f64::from(truth[c]));
                    total += t * (top + sum.ln() - x);
                    *g = (((x - top).exp() / sum - t) / rows as f64) as f32;
                }
            }
            total / rows as f64
        }
        Targets::LogitGradient(values) => {
            gradient.copy_from_slice(values);
            logits.iter().zip(values).map(|(&x, &g)| f64::from(x) * f64::from(g)).sum()
        }
    }
}

/// The largest logit `top` of a row, and the sum of `exp(x - top)` over the row: the logarithm of a softmax is
/// `x - top - ln(sum)`.
pub(super) fn softmax_parts(row: &[f32]) -> (f64, f64) {
    let top = row.iter().fold(f64::NEG_INFINITY, |top, &x| top.max(f64::from(x)));
    (top, row.iter().map(|&x| (f64::from(x) - top).exp()).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_cross_entropy_holds_at_saturation() {
        let mut gradient = [0.0; 4];
        let value = loss(&[1000.0, -1000.0, 1000.0, 0.0], Targets::Tags(&[1.0, 0.0, 0.0, 1.0]), 2, &mut gradient);
        assert!((value - (1000.0 + 2f64.ln()) / 4.0).abs() < 1e-9, "{value}");
        assert_eq!(gradient, [0.0, 0.0, 0.25, -0.125]);
    }

    #[test]
    fn softmax_cross_entropy_holds_for_large_logits() {
        let mut gradient = [0.0; 4];
        let value = loss(&[1000.0, 1000.0, 0.0, -2000.0], Targets::Classes(&[0, 1]), 2, &mut gradient);
        assert!((value - (2f64.ln() + 2000.0) / 2.0).abs() < 1e-9, "{value}");
        assert_eq!(gradient, [-0.25, 0.25, 0.5, -0.5]);
    }

    #[test]
    fn a_distribution_weighs_the_cross_entropies_of_its_classes() {
        let logits = [1.5, -0.5, 0.25, 1000.0, 0.0, -1000.0];
        let of = |targets: Targets| {
            let mut gradient = [0.0; 6];
            (loss(&logits, targets, 3, &mut gradient), gradient)
        };
        let classes = [[0, 0], [1, 1], [2, 2]].map(|classes| of(Targets::Classes(&classes)));
        let (value, gradient) = of(Targets::Distributions(&[0.25, 0.5, 0.25, 0.25, 0.5, 0.25]));
        let mean = |one: fn(&(f64, [f32; 6])) -> f64| {
            0.25 * one(&classes[0]) + 0.5 * one(&classes[1]) + 0.25 * one(&classes[2])
        };
        assert!((value - mean(|one| one.0)).abs() < 1e-9, "{value}");
        assert!((f64::from(gradient[1]) - mean(|one| f64::from(one.1[1]))).abs() < 1e-7);
        assert!((f64::from(gradient[5]) - mean(|one| f64::from(one.1[5]))).abs() < 1e-7);
        let (hard, hard_gradient) = of(Targets::Distributions(&[0.0, 1.0, 0.0, 0.0, 1.0, 0.0]));
        assert_eq!((hard, hard_gradient), classes[1]);
    }

    #[test]
    fn a_gradient_of_the_callers_own_is_taken_as_it_is() {
        let mut gradient = [0.0; 2];
        assert_eq!(loss(&[3.0, -2.0], Targets::LogitGradient(&[0.5, 2.0]), 2, &mut gradient), -2.5);
        assert_eq!(gradient, [0.5, 2.0]);
    }

    #[test]
    fn a_nan_logit_makes_the_loss_nan() {
        assert!(loss(&[f32::NAN, 0.0], Targets::Tags(&[0.0, 0.0]), 2, &mut [0.0; 2]).is_nan());
    }
}
