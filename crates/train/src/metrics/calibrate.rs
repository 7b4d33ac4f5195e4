//! Fits the calibration of a model on the scores of its validation clips.

use net::{log, logit, Calibration, PlattLine, Task};

use super::tag::FEW;

/// Most steps of Newton's method; it converges in about ten.
const STEPS: usize = 100;

/// The calibration that fits `scores` `[clips, tags]` of validation clips with `targets` `[clips, tags]` best:
/// one line for each tag (multi-label), or one temperature (single-label). `None` if there are too few clips: a line
/// needs ten clips with the tag and ten without it, a temperature ten clips.
pub fn calibration(scores: &[f32], targets: &[bool], tags: usize, task: Task) -> Option<Calibration> {
    if tags == 0 || scores.iter().any(|score| !score.is_finite()) {
        return None;
    }
    match task {
        Task::MultiLabel => {
            let lines = platt_lines(scores, targets, tags, FEW);
            lines.iter().any(Option::is_some).then_some(Calibration::Platt { tags: lines })
        }
        Task::SingleLabel => temperature(scores, targets, tags),
    }
}

/// The same for the multi-label scores of clips with soft targets: `weights` `[clips, tags]`, in 0..1, count as shares
/// of a clip, so that a calibrated score estimates the weight. `None` if the weights of every tag add up to fewer than
/// ten clips with the tag or without it.
pub fn soft_calibration(scores: &[f32], weights: &[f32], tags: usize) -> Option<Calibration> {
    if tags == 0 || scores.iter().any(|score| !score.is_finite()) {
        return None;
    }
    let lines = soft_lines(scores, weights, tags, FEW);
    lines.iter().any(Option::is_some).then_some(Calibration::Platt { tags: lines })
}

/// The line of each tag that fits `scores` `[clips, tags]`, which are finite, with `targets` `[clips, tags]` best.
/// `None` for a tag with fewer than `fewest` clips with or without it, and for one whose scores rank the clips the
/// wrong way round.
pub fn platt_lines(scores: &[f32], targets: &[bool], tags: usize, fewest: usize) -> Vec<Option<PlattLine>> {
    let weights: Vec<f32> = targets.iter().map(|&is| f32::from(u8::from(is))).collect();
    soft_lines(scores, &weights, tags, fewest)
}

fn soft_lines(scores: &[f32], weights: &[f32], tags: usize, fewest: usize) -> Vec<Option<PlattLine>> {
    let line = |tag: usize| {
        let column = |index: usize| index * tags + tag;
        let count = scores.len() / tags;
        let pairs: Vec<(f64, f64)> =
            (0..count).map(|clip| (logit(scores[column(clip)]), f64::from(weights[column(clip)]))).collect();
        platt(&pairs, fewest as f64)
    };
    (0..tags).map(line).collect()
}

/// The line of one tag by the method of Platt (1999), with the targets that he gives against overfitting and with the
/// iteration of Lin, Lin and Weng (2007). `None` with fewer than `fewest` clips with or without the tag, and if the
/// scores rank the clips the wrong way round.
fn platt(pairs: &[(f64, f64)], fewest: f64) -> Option<PlattLine> {
    let positives: f64 = pairs.iter().map(|(_, weight)| weight).sum();
    let negatives = pairs.len() as f64 - positives;
    if positives < fewest || negatives < fewest {
        return None;
    }
    let (high, low) = ((positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0));
    let target = |weight: f64| weight * high + (1.0 - weight) * low;
    let loss = |scale: f64, offset: f64| -> f64 {
        let one = |&(x, weight): &(f64, f64)| {
            let z = scale * x + offset;
            // The cross-entropy with a target that is neither 0 nor 1.
            z.max(0.0) - z * target(weight) + (-z.abs()).exp().ln_1p()
        };
        pairs.iter().map(one).sum()
    };
    let (mut scale, mut offset) = (1.0, 0.0);
    let mut current = loss(scale, offset);
    for _ in 0..STEPS {
        let (mut g, mut h) = ([0.0; 2], [1e-9, 0.0, 1e-9]);
        for &(x, weight) in pairs {
            let p = 1.0 / (1.0 + (-(scale * x + offset)).exp());
            let (error, slope) = (p - target(weight), p * (1.0 - p));
            g = [g[0] + error * x, g[1] + error];
            h = [h[0] + slope * x * x, h[1] + slope * x, h[2] + slope];
        }
        let determinant = h[0] * h[2] - h[1] * h[1];
        let step = [(h[2] * g[0] - h[1] * g[1]) / determinant, (h[0] * g[1] - h[1] * g[0]) / determinant];
        // Half of the step, a quarter and so on, until the loss falls.
        let mut share = 1.0;
        let better = loop {
            let next = loss(scale - share * step[0], offset - share * step[1]);
            if next < current - 1e-12 {
                break Some(next);
            }
            share /= 2.0;
            if share < 1e-6 {
                break None;
            }
        };
        let Some(next) = better else { break };
        (scale, offset, current) = (scale - share * step[0], offset - share * step[1], next);
    }
    (scale > 0.0 && scale.is_finite() && offset.is_finite()).then_some(PlattLine { scale, offset })
}

/// The temperature with the smallest cross-entropy, between 1/20 and 20. The loss is convex in the inverse of the
/// temperature, so that its slope has one zero.
fn temperature(scores: &[f32], targets: &[bool], tags: usize) -> Option<Calibration> {
    let rows = scores.chunks_exact(tags).zip(targets.chunks_exact(tags));
    let clips: Vec<(Vec<f64>, usize)> = rows
        .filter_map(|(row, target)| {
            let class = target.iter().position(|&is| is)?;
            Some((row.iter().map(|&score| log(score)).collect(), class))
        })
        .collect();
    if clips.len() < FEW || tags < 2 {
        return None;
    }
    let slope = |inverse: f64| -> f64 {
        let one = |(logs, class): &(Vec<f64>, usize)| {
            let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let parts: Vec<f64> = logs.iter().map(|log| (inverse * (log - largest)).exp()).collect();
            let total: f64 = parts.iter().sum();
            parts.iter().zip(logs).map(|(part, log)| part / total * log).sum::<f64>() - logs[*class]
        };
        clips.iter().map(one).sum()
    };
    let (mut low, mut high) = (-20f64.ln(), 20f64.ln());
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if slope(middle.exp()) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(Calibration::Temperature { temperature: (-(low + high) / 2.0).exp() })
}

#[cfg(test)]
mod tests {
    use engine::{Philox, Purpose};

    use super::super::calibration_error::{calibration_error, log_loss};
    use super::*;

    fn uniform(count: usize, step: u64) -> Vec<f32> {
        let mut values = vec![0.0; count];
        Philox::new(5, Purpose::Synthesise, step).fill_uniform(0, &mut values);
        values
    }

    #[test]
    fn a_line_of_soft_targets_finds_the_weights_themselves() {
        let weights = uniform(5_000, 0);
        let wrong = PlattLine { scale: 0.5, offset: -1.0 };
        let scores: Vec<f32> = weights.iter().map(|&weight| wrong.apply(weight)).collect();
        let Some(Calibration::Platt { tags }) = soft_calibration(&scores, &weights, 1) else { panic!("no line") };
        let line = tags[0].unwrap();
        assert!((line.scale - 2.0).abs() < 0.01 && (line.offset - 2.0).abs() < 0.01, "{line:?}");
        // Ten clips of weight 0.5 are five clips with the tag: too few.
        assert_eq!(soft_calibration(&scores[..10], &[0.5; 10], 1), None);
    }

    #[test]
    fn a_line_finds_the_probabilities_that_made_the_labels() {
        // The labels are drawn with the probability p; the scores are p, moved by a known line.
        let p = uniform(20_000, 0);
        let labels: Vec<bool> = p.iter().zip(uniform(20_000, 1)).map(|(&p, u)| u < p).collect();
        let wrong = PlattLine { scale: 0.5, offset: -1.0 };
        let scores: Vec<f32> = p.iter().map(|&p| wrong.apply(p)).collect();
        let Some(Calibration::Platt { tags }) = calibration(&scores, &labels, 1, Task::MultiLabel) else {
            panic!("no line");
        };
        let line = tags[0].unwrap();
        // The inverse of the line is 2 x + 2.
        assert!((line.scale - 2.0).abs() < 0.1 && (line.offset - 2.0).abs() < 0.1, "{line:?}");
        let mapped: Vec<f32> = scores.iter().map(|&score| line.apply(score)).collect();
        assert!(calibration_error(&mapped, &labels).unwrap() < 0.015);
        assert!(calibration_error(&scores, &labels).unwrap() > 0.1);
        assert!(log_loss(&mapped, &labels).unwrap() < log_loss(&scores, &labels).unwrap());
    }

    #[test]
    fn separated_few_and_wrongly_ranked_clips_give_finite_lines_or_none() {
        let labels: Vec<bool> = (0..40).map(|i| i < 20).collect();
        let right: Vec<f32> = labels.iter().map(|&is| if is { 0.9 } else { 0.1 }).collect();
        let Some(Calibration::Platt { tags }) = calibration(&right, &labels, 1, Task::MultiLabel) else {
            panic!("no line");
        };
        assert!(tags[0].unwrap().scale > 1.0);
        let wrong: Vec<f32> = labels.iter().map(|&is| if is { 0.1 } else { 0.9 }).collect();
        assert_eq!(calibration(&wrong, &labels, 1, Task::MultiLabel), None);
        assert_eq!(calibration(&right[11..], &labels[11..], 1, Task::MultiLabel), None, "nine positives");
        assert_eq!(calibration(&[f32::NAN; 40], &labels, 1, Task::MultiLabel), None);
        assert_eq!(calibration(&[], &[], 2, Task::SingleLabel), None);
    }

    #[test]
    fn a_temperature_undoes_another_one() {
        let (draws, noise) = (uniform(6000, 2), uniform(2000, 3));
        let (mut scores, mut labels) = (Vec::new(), Vec::new());
        for (row, u) in draws.chunks_exact(3).zip(noise) {
            let total: f32 = row.iter().sum();
            let p: Vec<f32> = row.iter().map(|value| value / total).collect();
            let class = if u < p[0] { 0 } else { 1 + usize::from(u >= p[0] + p[1]) };
            labels.extend((0..3).map(|index| index == class));
            let mut sharp = p;
            Calibration::Temperature { temperature: 0.5 }.apply(&mut sharp);
            scores.extend(sharp);
        }
        let found = calibration(&scores, &labels, 3, Task::SingleLabel);
        let Some(Calibration::Temperature { temperature }) = found else { panic!("no temperature") };
        assert!((temperature - 2.0).abs() < 0.2, "{temperature}");
    }
}
