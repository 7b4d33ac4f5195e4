//! The f64 twin computes the values of the fixtures, for small and full networks, within 1e-9.

use engine_core::Targets;
use engine_testbed::fixture::{walk, Bound, Fixture, Network, Optimiser, Pass};
use twin::Twin;

struct Walked {
    twin: Twin,
    optimiser: Optimiser,
}

impl Network for Walked {
    fn evaluate(&mut self, input: &[f32]) -> Vec<f64> {
        self.twin.evaluate(&wide(input))
    }

    fn first_step(&mut self, input: &[f32], targets: Targets) -> Pass {
        let pass = self.twin.gradients(&wide(input), targets, None);
        let statistics = self.twin.variables.statistics.clone();
        self.update(&pass.parameters);
        Pass { loss: pass.loss, logits: pass.logits, gradient: pass.parameters, input: pass.input, statistics }
    }

    fn step(&mut self, input: &[f32], targets: Targets) -> f64 {
        let pass = self.twin.gradients(&wide(input), targets, None);
        self.update(&pass.parameters);
        pass.loss
    }

    fn parameters(&self) -> (Vec<f64>, Vec<f64>) {
        (self.twin.variables.trainable.clone(), self.twin.variables.statistics.clone())
    }
}

impl Walked {
    fn update(&mut self, gradient: &[f64]) {
        let Optimiser { learning_rate, momentum, weight_decay } = self.optimiser;
        self.twin.update(gradient, learning_rate, momentum, weight_decay);
    }
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| f64::from(v)).collect()
}

fn walk_twin(name: &str) {
    let fixture = Fixture::load(name);
    let twin = Twin::new(&fixture.architecture, fixture.tags, &fixture.parameters());
    walk(&fixture, Bound::Twin, &mut Walked { twin, optimiser: fixture.optimiser });
}

#[test]
fn the_twin_passes_every_small_fixture() {
    Fixture::names().iter().filter(|name| !name.starts_with("full-")).for_each(|name| walk_twin(name));
}

#[test]
fn the_twin_passes_the_full_2_13() {
    walk_twin("full-2^13");
}

#[test]
fn the_twin_passes_the_full_3_9() {
    walk_twin("full-3^9");
}

#[test]
fn the_twin_passes_the_full_rate_8000() {
    walk_twin("full-rate-8000");
}

#[test]
fn the_twin_passes_the_full_rese2_multi() {
    walk_twin("full-rese2-multi");
}

#[test]
fn the_twin_passes_the_full_se_multi() {
    walk_twin("full-se-multi");
}
