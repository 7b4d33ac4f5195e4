//! Random and skewed architectures on the stand-in for a GPU: nothing is written outside what was laid out for it, and the values
//! are those of the CPU.

use engine_core::{Targets, Training};
use engine_testbed::random::{architecture, parameters, segments, targets, TAGS};
use net::Task;

use super::{on_cpu, training, UPDATE};

#[test]
fn random_architectures_stay_inside_their_memory() {
    for seed in 1..=10 {
        let architecture = architecture(seed, 200_000.0);
        let what = format!("seed {seed}, {}", serde_json::to_string(&architecture).unwrap());
        let Some(mut gpu) = training(&architecture, TAGS, Task::MultiLabel, 3) else { return };
        let mut cpu = Training::new(&architecture, TAGS, Task::MultiLabel, 3, &on_cpu()).unwrap();
        let (input, tags) = (segments(&architecture, 3), targets(3));
        for n in [3, 2] {
            let (input, tags) = (&input[..n * architecture.input_length], Targets::Tags(&tags[..n * TAGS]));
            // From the same parameters: what a step rounds otherwise grows with every step.
            [&mut gpu, &mut cpu].into_iter().for_each(|plan| plan.load(&parameters(&architecture)).unwrap());
            let [ours, theirs] =
                [&mut gpu, &mut cpu].map(|plan| plan.step(input, tags, &UPDATE, Some((1, 0))).unwrap());
            assert!((ours - theirs).abs() <= 1e-2 * theirs.abs(), "a loss of {ours} for {theirs}: {what}");
            // The waveform's gradient too; the guards are looked at with every loss.
            gpu.gradients(input, tags, None).unwrap();
        }
    }
}
