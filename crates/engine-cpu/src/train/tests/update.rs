//! The tests of the updates: every optimiser, a limited norm, and gradients of several batches, against the twin.

use engine_core::backend::{Step, TrainingBackend, Vector};
use engine_core::{Optimiser, Share, StepUpdate, Targets, Update, UpdateRule};
use net::Architecture;
use twin::update::{limit_norm, update, Adam};

use super::pass::Pass;
use super::{agree, noise, wide};

const TAGS: usize = 5;

fn pass(tags: &[f32]) -> Pass {
    Pass::run("update", &Architecture::preset("3^2").unwrap(), 4, 4, tags)
}

fn targets() -> Vec<f32> {
    noise(2000).map(|u| f32::from(u8::from(u > 0.3))).take(4 * TAGS).collect()
}

/// Three updates with falling rates by `rule`; `of_twin` computes the same on weights, gradient, rate and decay. The
/// values agree within `limit`.
fn check(rule: UpdateRule, limit: f64, mut of_twin: impl FnMut(&mut [f64], &mut Vec<f64>, f64, f64)) -> Pass {
    let tags = targets();
    let mut pass = pass(&tags);
    pass.training.prepare(rule).unwrap();
    let mut weights = pass.values.clone();
    for number in 1..=3 {
        let constants = Update { learning_rate: 0.1 / number as f32, momentum: 0.9, weight_decay: 0.01 };
        let update = Some(StepUpdate::new(rule, &constants, number));
        let targets = Targets::Tags(&tags);
        let step = Step { batch: 4, targets, update, share: None, dropout: None, input_gradient: false };
        pass.training.update(&step).unwrap();
        let mut gradient = pass.gradients.clone();
        if let Some(largest) = rule.largest_norm {
            limit_norm(&mut gradient, f64::from(largest));
        }
        of_twin(&mut weights, &mut gradient, f64::from(constants.learning_rate), f64::from(constants.weight_decay));
    }
    agree("values", &wide(&pass.training.read(Vector::Values).unwrap()), &weights, limit);
    pass
}

/// The same for Nesterov SGD; also returns the velocity of the twin.
fn check_nesterov(largest_norm: Option<f32>) -> (Pass, Vec<f64>) {
    let mut velocity = Vec::new();
    let rule = UpdateRule { largest_norm, ..UpdateRule::default() };
    let momentum = f64::from(0.9_f32);
    let pass = check(rule, 1e-6, |weights, gradient, rate, decay| {
        velocity.resize(weights.len(), 0.0);
        update(weights, &mut velocity, gradient, rate, momentum, decay);
    });
    (pass, velocity)
}

#[test]
fn nesterov_sgd_with_and_without_a_limited_norm() {
    for largest_norm in [None, Some(1e9), Some(0.01)] {
        let (pass, velocity) = check_nesterov(largest_norm);
        agree("velocity", &wide(&pass.training.read(Vector::Velocity).unwrap()), &velocity, 1e-6);
    }
}

#[test]
fn adam_and_adamw_with_and_without_a_limited_norm() {
    for optimiser in [Optimiser::Adam, Optimiser::AdamW] {
        for largest_norm in [None, Some(0.01)] {
            let mut adam = Adam::default();
            let rule = UpdateRule { optimiser, largest_norm, accumulates: false };
            // Adam divides a gradient by its own size: where the penalty nearly cancels it, its rounding is enlarged.
            let pass = check(rule, 1e-5, |weights, gradient, rate, decay| {
                if adam.updates == 0 {
                    adam = Adam::new(weights.len());
                }
                adam.update(weights, gradient, rate, decay, optimiser == Optimiser::AdamW);
            });
            // The penalty takes the errors of the values into the gradients.
            agree("means", &wide(&pass.training.read(Vector::Velocity).unwrap()), &adam.means, 1e-5);
            agree("squares", &wide(&pass.training.read(Vector::Squares).unwrap()), &adam.squares, 2e-5);
        }
    }
}

#[test]
fn a_limit_above_the_norm_changes_no_bit() {
    let values = |largest_norm| check_nesterov(largest_norm).0.training.read(Vector::Values).unwrap();
    assert_eq!(values(None), values(Some(1e9)));
}

#[test]
fn gradients_of_several_batches_are_added_by_their_shares() {
    let tags = targets();
    let mut pass = pass(&tags);
    pass.training.prepare(UpdateRule { accumulates: true, ..UpdateRule::default() }).unwrap();
    for (weight, first) in [(9.0, true), (0.25, true), (0.5, false)] {
        let targets = Targets::Tags(&tags);
        let share = Some(Share { weight, first });
        let step = Step { batch: 4, targets, update: None, share, dropout: None, input_gradient: false };
        pass.training.update(&step).unwrap();
    }
    let expected: Vec<f64> = pass.gradients.iter().map(|g| 0.75 * g).collect();
    agree("accumulated", &wide(&pass.training.read(Vector::Accumulated).unwrap()), &expected, 1e-6);
    agree("values", &wide(&pass.training.read(Vector::Values).unwrap()), &pass.values, 0.0);
}
