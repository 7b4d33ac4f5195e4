//! The test of Nesterov SGD.

use engine_core::backend::{Step, TrainingBackend, Vector};
use engine_core::{Targets, Update};
use net::Architecture;
use twin::update;

use super::pass::Pass;
use super::{agree, noise, wide};

#[test]
fn the_update() {
    let architecture = Architecture::preset("3^2").unwrap();
    let tags: Vec<f32> = noise(2000).map(|u| f32::from(u8::from(u > 0.3))).take(4 * 5).collect();
    let mut pass = Pass::run("update", &architecture, 4, 4, &tags);
    let (mut weights, mut velocity) = (pass.values.clone(), vec![0.0; pass.values.len()]);
    for step in 0..3 {
        let (rate, momentum, decay) = (0.1_f32 / (1 + step) as f32, 0.9_f32, 0.01_f32);
        let constants = Update { learning_rate: rate, momentum, weight_decay: decay };
        let (targets, update) = (Targets::Tags(&tags), Some(constants));
        let step = Step { batch: 4, targets, update, dropout: None, input_gradient: false };
        pass.training.update(&step).unwrap();
        let wide = |x: f32| f64::from(x);
        update::update(&mut weights, &mut velocity, &pass.gradients, wide(rate), wide(momentum), wide(decay));
    }
    agree("values", &wide(&pass.training.read(Vector::Values).unwrap()), &weights, 1e-6);
    agree("velocity", &wide(&pass.training.read(Vector::Velocity).unwrap()), &velocity, 1e-6);
}
