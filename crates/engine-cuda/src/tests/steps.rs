//! Compares steps and scores with those of the CPU, and tests what must not change them: repeats, recordings, free
//! memory, other segments of a batch.

use engine_core::tape::Tape;
use engine_core::{initialise, Inference, Initialisation, Precision, Targets, Training, Update};
use error::Code;
use net::{Architecture, Task};

use super::{batch, inference, on_cpu, small_networks, standardised, training, training_in, THREADS, UPDATE};
use crate::emulated::Emulated;
use crate::training::CudaTraining;

/// Everything that the fixtures do not cover: published networks with strides, padded pools, dropout inside blocks,
/// both poolings of the head and mel stems; and a short batch after a long one.
#[test]
fn steps_are_those_of_the_cpu() {
    for architecture in small_networks() {
        let tags = 4;
        let Some(mut gpu) = training(&architecture, tags, Task::MultiLabel, 3) else { return };
        let mut cpu = Training::new(&architecture, tags, Task::MultiLabel, 3, &on_cpu()).unwrap();
        let first = initialise(&architecture, tags, Initialisation::He, 1).unwrap();
        let first = standardised(&architecture, first);
        gpu.load(&first).unwrap();
        cpu.load(&first).unwrap();
        for (step, n) in [3, 2, 3].into_iter().enumerate() {
            let (input, targets) = batch(&architecture, tags, n, step as u64);
            let of = |training: &mut Training| {
                training.gradients(&input, Targets::Tags(&targets), Some((5, step as u64))).unwrap()
            };
            let (ours, theirs) = (of(&mut gpu), of(&mut cpu));
            assert!(
                (ours.loss - theirs.loss).abs() < 1e-5 * theirs.loss,
                "{architecture:?}: {} {}",
                ours.loss,
                theirs.loss
            );
            close("gradients", &architecture, &ours.parameters, &theirs.parameters, 2e-3);
            close("input gradient", &architecture, &ours.input, &theirs.input, 2e-3);
            let of = |training: &mut Training| {
                training.step(&input, Targets::Tags(&targets), &UPDATE, Some((6, step as u64))).unwrap()
            };
            let (ours, theirs) = (of(&mut gpu), of(&mut cpu));
            assert!((ours - theirs).abs() < 1e-4 * theirs, "{ours} {theirs}");
            // The two plans must not drift apart: the effect of a maximum that moves to its neighbour grows from step
            // to step.
            gpu.load(&cpu.parameters().unwrap()).unwrap();
            gpu.load_velocity(&cpu.velocity().unwrap()).unwrap();
        }
        let statistics = (gpu.parameters().unwrap().statistics, cpu.parameters().unwrap().statistics);
        close("statistics", &architecture, &statistics.0, &statistics.1, 1e-5);
        let parameters = cpu.parameters().unwrap();
        let (input, _) = batch(&architecture, tags, 2, 9);
        let mut theirs = Inference::new(&architecture, tags, &parameters, 3, &on_cpu()).unwrap();
        let theirs = theirs.logits(&input).unwrap();
        let mut ours = inference(&architecture, tags, &parameters, 3);
        close("logits", &architecture, ours.logits(&input).unwrap(), theirs, 1e-4);
    }
}

fn close(what: &str, architecture: &Architecture, ours: &[f32], theirs: &[f32], limit: f64) {
    super::close(&format!("{what} of {architecture:?}"), ours, theirs, limit);
}

#[test]
fn a_step_is_the_same_bits_every_time_and_for_any_room() {
    let architecture = small_networks().swap_remove(0);
    let (input, targets) = batch(&architecture, 4, 2, 3);
    let first = initialise(&architecture, 4, Initialisation::He, 1).unwrap();
    let mut runs = [2, 2, 5].into_iter().map_while(|room| {
        let mut plan = training(&architecture, 4, Task::MultiLabel, room)?;
        plan.load(&first).unwrap();
        plan.step(&input, Targets::Tags(&targets), &UPDATE, Some((1, 1))).unwrap();
        Some(plan.parameters().unwrap())
    });
    let Some(one) = runs.next() else { return };
    assert!(runs.all(|other| other == one));
}

/// Compares steps that are started one by one with steps that are recorded with copies of all arguments: nothing that
/// changes from step to step is an argument. Two forms alternate.
#[test]
fn a_recorded_step_is_the_same_as_one_that_is_not() {
    for precision in [Precision::F32, Precision::Bf16] {
        let architecture = small_networks().swap_remove(0);
        let first = initialise(&architecture, 4, Initialisation::He, 1).unwrap();
        let plan = || {
            let mut plan = training_in(precision, &architecture, 4, Task::MultiLabel, 3)?;
            plan.load(&first).unwrap();
            Some(plan)
        };
        let (Some(mut recorded), Some(mut direct)) = (plan(), plan()) else { return };
        for (step, n) in [3, 3, 3, 2, 3, 2, 2].into_iter().enumerate() {
            let (input, targets) = batch(&architecture, 4, n, step as u64);
            let update = Update { learning_rate: 0.01 / (1.0 + step as f32), ..UPDATE };
            let dropout = Some((step as u64 / 2, step as u64));
            recorded.step(&input, Targets::Tags(&targets), &update, dropout).unwrap();
            direct.timed_step(&input, Targets::Tags(&targets), &update, dropout).unwrap();
            assert_eq!(recorded.parameters().unwrap(), direct.parameters().unwrap(), "{precision}, step {step}");
        }
        assert_eq!((recorded.replayed(), direct.replayed()), (5, 0));
    }
}

#[test]
fn segments_do_not_depend_on_the_others() {
    let architecture = small_networks().swap_remove(0);
    let (input, _) = batch(&architecture, 4, 3, 3);
    let parameters = initialise(&architecture, 4, Initialisation::He, 1).unwrap();
    if Emulated::new().is_none() {
        return;
    }
    let mut plan = inference(&architecture, 4, &parameters, 3);
    let all = plan.logits(&input).unwrap().to_vec();
    // Started one by one, recorded and replayed.
    for n in [1, 2, 1, 2, 1, 2] {
        assert_eq!(plan.logits(&input[..n * 729]).unwrap(), &all[..n * 4]);
    }
}

#[test]
fn too_little_memory_names_the_batch_that_fits() {
    let Some(gpu) = Emulated::new() else { return };
    let architecture = Architecture::preset("3^9").unwrap();
    let tape = Tape::compile(&architecture, 50).unwrap();
    gpu.limit(4 << 30);
    let error = CudaTraining::new(Box::new(gpu), tape, None, 1000, THREADS, Precision::F32, false).err().unwrap();
    assert_eq!(error.code, Code::CudaOutOfMemory);
    assert!(error.message.contains("a batch size of 69 fits"), "{error}");
}
