//! The loss with distributions over the tags, compared with that of the CPU.

use engine_core::{initialise, Initialisation, Targets, Training};
use net::Task;

use super::{batch, on_cpu, small_networks, training, UPDATE};

#[test]
fn a_step_with_distributions_is_that_of_the_cpu() {
    let architecture = small_networks().swap_remove(0);
    let (tags, truth) = (4, [0.5, 0.25, 0.125, 0.125, 0.0, 1.0, 0.0, 0.0, 0.25, 0.25, 0.25, 0.25]);
    let Some(mut gpu) = training(&architecture, tags, Task::SingleLabel, 3) else { return };
    let mut cpu = Training::new(&architecture, tags, Task::SingleLabel, 3, &on_cpu()).unwrap();
    // With other weights a maximum or a ReLU may lie so close to its limit that the two roundings differ in it.
    let first = initialise(&architecture, tags, Initialisation::He, 4).unwrap();
    gpu.load(&first).unwrap();
    cpu.load(&first).unwrap();
    let (input, _) = batch(&architecture, tags, 3, 0);
    // Distributions and class numbers are two forms of a step: recorded steps must not be mixed up.
    for targets in [Targets::Distributions(&truth), Targets::Classes(&[2, 0, 1]), Targets::Distributions(&truth)] {
        let of = |training: &mut Training| training.step(&input, targets, &UPDATE, None).unwrap();
        let (ours, theirs) = (of(&mut gpu), of(&mut cpu));
        assert!((ours - theirs).abs() < 1e-4 * theirs, "{targets:?}: {ours} {theirs}");
    }
    let (ours, theirs) = (gpu.parameters().unwrap().trainable, cpu.parameters().unwrap().trainable);
    let length = theirs.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
    let error = ours.iter().zip(&theirs).map(|(&a, &b)| f64::from(a - b).powi(2)).sum::<f64>().sqrt();
    assert!(error < 1e-4 * length, "{:.1e}", error / length);
}
