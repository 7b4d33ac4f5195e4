//! The float64 fixtures, in f32 and with limits of their own in tf32 and bf16.

use engine_core::{Precision, Targets, Training};
use engine_testbed::fixture::{self, Bound, Fixture, Pass};

use super::{inference_on, training_in};
use crate::emulated::Emulated;

/// Both plans of a fixture.
struct Emulation<'a> {
    fixture: &'a Fixture,
    precision: Precision,
    training: Training,
}

impl<'a> Emulation<'a> {
    /// `None` without a C++ compiler.
    fn new(fixture: &'a Fixture, precision: Precision) -> Option<Self> {
        let Fixture { architecture, tags, task, batch, .. } = fixture;
        let mut training = training_in(precision, architecture, *tags, *task, *batch)?;
        training.load(&fixture.parameters()).unwrap();
        Some(Self { fixture, precision, training })
    }
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| f64::from(v)).collect()
}

impl fixture::Network for Emulation<'_> {
    fn evaluate(&mut self, input: &[f32]) -> Vec<f64> {
        let Fixture { architecture, tags, batch, .. } = self.fixture;
        let parameters = self.training.parameters().unwrap();
        let gpu = Emulated::new().unwrap();
        let mut plan = inference_on(gpu, self.precision, architecture, *tags, &parameters, *batch);
        wide(plan.logits(input).unwrap())
    }

    fn first_step(&mut self, input: &[f32], targets: Targets) -> Pass {
        let pass = self.training.gradients(input, targets, None).unwrap();
        let statistics = wide(&self.training.parameters().unwrap().statistics);
        self.training.load(&self.fixture.parameters()).unwrap();
        let loss = self.step(input, targets);
        assert_eq!(loss.to_bits(), pass.loss.to_bits(), "a step and a pass without update differ");
        let (logits, gradient, input) = (wide(&pass.logits), wide(&pass.parameters), wide(&pass.input));
        Pass { loss, logits, gradient, input, statistics }
    }

    fn step(&mut self, input: &[f32], targets: Targets) -> f64 {
        self.training.step(input, targets, &self.fixture.update(), None).unwrap()
    }

    fn parameters(&self) -> (Vec<f64>, Vec<f64>) {
        let now = self.training.parameters().unwrap();
        (wide(&now.trainable), wide(&now.statistics))
    }
}

fn walk(name: &str, bound: Bound) {
    let fixture = Fixture::load(name);
    let Some(mut emulation) = Emulation::new(&fixture, Precision::F32) else { return };
    fixture::walk(&fixture, bound, &mut emulation);
}

fn walk_narrow(name: &str) {
    let fixture = Fixture::load(name);
    for precision in [Precision::Tf32, Precision::Bf16] {
        let Some(mut emulation) = Emulation::new(&fixture, precision) else { return };
        let agreements = fixture::walk_narrow(&fixture, precision, &mut emulation);
        let failed: Vec<_> = agreements.iter().filter(|one| !one.holds()).collect();
        assert!(failed.is_empty(), "{name} in {precision}: {failed:#?}");
        // Else it would be f32 that was tested.
        assert!(agreements[0].error > 1e-5, "{name} in {precision}: {agreements:#?}");
    }
}

mod exact {
    use super::{walk, Bound};

    engine_testbed::small_fixtures!(|name| walk(name, Bound::Direct));
}

mod narrow {
    engine_testbed::small_fixtures!(super::walk_narrow);
}

/// Full-size networks take the emulation minutes each, in tf32 and bf16 with our own kernels:
/// `cargo test -p samplecnn-engine-cuda --lib tests::fixtures::full -- --ignored`.
mod full {
    use super::{walk, walk_narrow, Bound};

    macro_rules! full {
        ($($test:ident $name:literal $bound:ident)*) => {
            $(#[test]
            #[ignore]
            fn $test() {
                walk($name, Bound::$bound);
                walk_narrow($name);
            })*
        };
    }

    full! {
        basic_3_9 "full-3^9" Direct
        rate_8000 "full-rate-8000" Direct
        se_multi "full-se-multi" Direct
        rese2_multi "full-rese2-multi" Direct
        basic_2_13 "full-2^13" Winograd
    }
}
