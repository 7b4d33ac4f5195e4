//! Checks the float64 fixtures on the GPU: lists everything that is out of bounds, and the largest error relative to
//! its bound.

use std::time::Instant;

use engine::{Inference, Precision, Training};
use engine_testbed::fixture::{walk_narrow, Bound, Fixture};
use serde_json::{json, Value};

use crate::network::options;
use crate::plans::Engine;

/// Checks all fixtures, or those named, in every precision.
pub fn run(names: &[String]) -> Value {
    let names = if names.is_empty() { Fixture::names() } else { names.to_vec() };
    let mut failed: Vec<String> = Vec::new();
    let mut rows = Vec::new();
    for name in names {
        let fixture = Fixture::load(&name);
        for precision in [Precision::F32, Precision::Tf32, Precision::Bf16] {
            let start = Instant::now();
            let mut worst = (0.0, String::new());
            let outcome = walk(&fixture, precision, &mut |tensor, error, limit| {
                if error.is_nan() || error > limit {
                    failed.push(format!("{name} {precision}: {tensor} {error:.1e} > {limit:.0e}"));
                }
                if error.is_nan() || error / limit > worst.0 {
                    worst = (error / limit, tensor.to_owned());
                }
            });
            if let Err(error) = outcome {
                failed.push(format!("{name} {precision}: {error}"));
            }
            rows.push(json!({
                "name": name, "precision": precision, "largestShareOfBound": worst.0, "at": worst.1,
                "seconds": start.elapsed().as_secs_f64(),
            }));
        }
    }
    json!({ "fixtures": rows, "failed": failed })
}

fn walk(fixture: &Fixture, precision: Precision, check: &mut dyn FnMut(&str, f64, f64)) -> error::Result<()> {
    let options = options(precision);
    if precision != Precision::F32 {
        let agreements = walk_narrow(fixture, precision, &mut Engine::new(fixture, &options));
        agreements.iter().for_each(|one| check(one.what, one.error, one.limit));
        return Ok(());
    }
    // In this fixture the rounding of the products may move a maximum to its neighbour, as on the CPU.
    let bound = if fixture.name == "full-2^13" { Bound::Winograd } else { Bound::Direct };
    let (architecture, parameters) = (&fixture.architecture, fixture.parameters());
    let mut check = |name: &str, values: &[f32]| check(name, fixture.error(name, values), fixture.limit(bound, name));
    let mut inference = Inference::new(architecture, fixture.tags, &parameters, fixture.batch, &options)?;
    check("eval.logits", inference.logits(fixture.input(0))?);
    let mut training = Training::new(architecture, fixture.tags, fixture.task, fixture.batch, &options)?;
    training.load(&parameters)?;
    let pass = training.gradients(fixture.input(0), fixture.targets(0), None)?;
    check("train.logits", &pass.logits);
    check("grad.input", &pass.input);
    let after = training.parameters()?;
    for spec in &fixture.layout.tensors {
        if spec.role.is_statistic() {
            check(&format!("step1.{}", spec.name), after.tensor(spec));
        } else {
            check(&format!("grad.{}", spec.name), &pass.parameters[spec.offset..spec.offset + spec.len()]);
        }
    }
    training.load(&parameters)?;
    for step in 0..fixture.steps {
        training.step(fixture.input(step), fixture.targets(step), &fixture.update(), None)?;
    }
    let last = training.parameters()?;
    for spec in &fixture.layout.tensors {
        check(&format!("step{}.{}", fixture.steps, spec.name), last.tensor(spec));
    }
    Ok(())
}
