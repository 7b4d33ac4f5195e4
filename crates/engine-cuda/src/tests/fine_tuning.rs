//! Steps of networks with a frozen part and a rate for each block, compared with those of the CPU.

use engine_core::tape::Tape;
use engine_core::{initialise, FineTuning, Freeze, FrozenNorms, Initialisation, Precision, Targets, Training};
use net::{Architecture, Task};

use super::{batch, close, on_cpu, small_networks, standardised, training, THREADS, UPDATE};
use crate::emulated::Emulated;
use crate::training::CudaTraining;

const TAGS: usize = 4;

fn tuned(architecture: &Architecture, tuning: &FineTuning) -> Option<Training> {
    let gpu = Emulated::new()?;
    let make = |tape, mel| {
        Ok(Box::new(CudaTraining::new(Box::new(gpu), tape, mel, 3, THREADS, Precision::F32, false)?) as Box<_>)
    };
    let tape = Tape::fine_tuned(architecture, TAGS, tuning).unwrap();
    Some(Training::on_tape(architecture, tape, Task::MultiLabel, 3, make).unwrap())
}

#[test]
fn steps_with_a_frozen_part_are_those_of_the_cpu() {
    for architecture in small_networks() {
        let last = architecture.blocks.len() - 1;
        let first = initialise(&architecture, TAGS, Initialisation::He, 1).unwrap();
        let first = standardised(&architecture, first);
        for (freeze, norms, fixed_norms) in [
            (Freeze::Blocks(1), FrozenNorms::Running, false),
            (Freeze::Blocks(1), FrozenNorms::Running, true),
            (Freeze::Blocks(last.max(1)), FrozenNorms::Updated, false),
            (Freeze::AllButHead, FrozenNorms::Running, false),
            (Freeze::Nothing, FrozenNorms::Running, false),
            (Freeze::Nothing, FrozenNorms::Running, true),
        ] {
            let tuning = FineTuning { freeze, norms, fixed_norms, layer_decay: 0.5 };
            let what = format!("{tuning:?} of {architecture:?}");
            let Some(mut gpu) = tuned(&architecture, &tuning) else { return };
            let mut cpu = Training::fine_tuned(&architecture, TAGS, Task::MultiLabel, 3, &tuning, &on_cpu()).unwrap();
            // Running statistics of a network that has been trained.
            let mut warm = training(&architecture, TAGS, Task::MultiLabel, 3).unwrap();
            warm.load(&first).unwrap();
            for step in 0..3 {
                let (input, targets) = batch(&architecture, TAGS, 3, 20 + step);
                warm.step(&input, Targets::Tags(&targets), &UPDATE, None).unwrap();
            }
            let start = warm.parameters().unwrap();
            gpu.load(&start).unwrap();
            cpu.load(&start).unwrap();
            for (step, n) in [3, 2, 3].into_iter().enumerate() {
                let (input, targets) = batch(&architecture, TAGS, n, step as u64);
                let of = |training: &mut Training| {
                    training.gradients(&input, Targets::Tags(&targets), Some((5, step as u64))).unwrap()
                };
                close(&what, &of(&mut gpu).parameters, &of(&mut cpu).parameters, 2e-3);
                let of = |training: &mut Training| {
                    training.step(&input, Targets::Tags(&targets), &UPDATE, Some((6, step as u64))).unwrap()
                };
                let (ours, theirs) = (of(&mut gpu), of(&mut cpu));
                assert!((ours - theirs).abs() < 1e-4 * theirs, "{what}: {ours} {theirs}");
                gpu.load(&cpu.parameters().unwrap()).unwrap();
                gpu.load_velocity(&cpu.velocity().unwrap()).unwrap();
            }
            close(&what, &gpu.parameters().unwrap().statistics, &cpu.parameters().unwrap().statistics, 1e-5);
        }
    }
}
