//! Compares the training plan with the float64 fixtures.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use engine::{Options, Training};
use engine_testbed::fixture::{Bound, Fixture};

/// Checks all training values of a fixture and reports all that are out of bounds at once.
fn train(name: &str, bound: Bound, threads: usize) {
    let fixture = Fixture::load(name);
    let options = Options { threads, ..Options::default() };
    let mut training =
        Training::new(&fixture.architecture, fixture.tags, fixture.task, fixture.batch, &options).unwrap();
    training.load(&fixture.parameters()).unwrap();
    let mut out_of_bounds = Vec::new();
    let mut check = |name: &str, values: &[f32]| {
        let (error, limit) = (fixture.error(name, values), fixture.limit(bound, name));
        if std::env::var_os("SHOW").is_some() {
            eprintln!("{:18} {name:40} {error:.1e} of {limit:.0e}", fixture.name);
        }
        if error.is_nan() || error > limit {
            out_of_bounds.push(format!("{name} {error:.1e} > {limit:.0e}"));
        }
    };
    let pass = training.gradients(fixture.input(0), fixture.targets(0), None).unwrap();
    check("train.logits", &pass.logits);
    check("grad.input", &pass.input);
    let after = training.parameters().unwrap();
    for spec in &fixture.layout.tensors {
        if spec.role.is_statistic() {
            check(&format!("step1.{}", spec.name), after.tensor(spec));
        } else {
            let values = &pass.parameters[spec.offset..spec.offset + spec.len()];
            check(&format!("grad.{}", spec.name), values);
        }
    }
    training.load(&fixture.parameters()).unwrap();
    let losses: Vec<f64> = (0..fixture.steps)
        .map(|step| training.step(fixture.input(step), fixture.targets(step), &fixture.update(), None).unwrap())
        .collect();
    let last = training.parameters().unwrap();
    for spec in &fixture.layout.tensors {
        check(&format!("step{}.{}", fixture.steps, spec.name), last.tensor(spec));
    }
    assert!(out_of_bounds.is_empty(), "{name}: {out_of_bounds:#?}");
    fixture.check_losses(bound, &losses);
}

engine_testbed::small_fixtures!(|name| train(name, Bound::Direct, 2));

#[test]
fn full_3_9() {
    train("full-3^9", Bound::Direct, 2);
}

#[test]
fn full_rate_8000() {
    train("full-rate-8000", Bound::Direct, 2);
}

#[test]
fn full_se_multi() {
    train("full-se-multi", Bound::Direct, 2);
}

#[test]
fn full_rese2_multi() {
    train("full-rese2-multi", Bound::Direct, 2);
}

/// In this plan, rounding of the products moves one maximum of block 6 to its neighbour (the gradients above it agree
/// within 1e-4). The walk amplifies this beyond the direct bound.
#[test]
fn full_2_13() {
    train("full-2^13", Bound::Winograd, 2);
}
