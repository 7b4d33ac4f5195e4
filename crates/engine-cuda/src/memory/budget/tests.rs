//! A plan that fits at its start also finishes; otherwise the error names the batch size that fits.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::Ordering;

use engine_core::tape::Tape;
use engine_core::{initialise, Holding, Inference, Initialisation, Precision, Targets, Training};
use error::{Code, Error};
use net::{Architecture, Parameters, Task};

use crate::emulated::Emulated;
use crate::gpu::Memory;
use crate::inference::CudaInference;
use crate::tests::{batch, small_networks, UPDATE};
use crate::training::CudaTraining;

fn training(gpu: Emulated, architecture: &Architecture, batch: usize, validation: bool) -> Result<Training, Error> {
    let gpu = Box::new(gpu);
    let make =
        |tape, mel| Ok(Box::new(CudaTraining::new(gpu, tape, mel, batch, 1, Precision::F32, validation)?) as Box<_>);
    Training::on(architecture, 4, Task::MultiLabel, batch, make)
}

fn inference(
    gpu: Emulated,
    architecture: &Architecture,
    batch: usize,
    parameters: &Parameters,
) -> Result<Inference, Error> {
    let tape = Tape::compile(architecture, 4)?;
    let plan = CudaInference::new(Box::new(gpu), tape, None, parameters, batch, 1, Precision::F32)?;
    Inference::on(Box::new(plan), architecture, 4, parameters, batch)
}

/// The batch size that an error says fits.
fn named(error: &Error) -> usize {
    assert_eq!(error.code, Code::CudaOutOfMemory, "{error}");
    let (_, after) = error.message.split_once("a batch size of ").unwrap();
    after.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn training_that_fits_alone_but_not_with_validation_names_the_batch_for_both() {
    let architecture = small_networks().swap_remove(0);
    let parameters = initialise(&architecture, 4, Initialisation::He, 1).unwrap();
    let with = |free: usize, batch, validation| {
        let gpu = Emulated::new()?;
        gpu.limit(free);
        let other = gpu.other();
        let made = training(gpu, &architecture, batch, validation);
        Some(made.map(|training| (training, inference(other, &architecture, batch, &parameters))))
    };
    // The least memory in which training alone with 64 segments fits.
    let (mut fails, mut fits) = (1 << 10, 1 << 30);
    while fits - fails > 1 << 10 {
        let middle = (fits + fails) / 2;
        let Some(made) = with(middle, 64, false) else { return };
        *(if made.is_ok() { &mut fits } else { &mut fails }) = middle;
    }
    let (_alone, beside) = with(fits, 64, false).unwrap().unwrap();
    assert_eq!(beside.err().unwrap().code, Code::CudaOutOfMemory);
    let error = with(fits, 64, true).unwrap().err().unwrap();
    assert!(error.message.contains("including validation"), "{error}");
    let batch = named(&error);
    assert!((1..64).contains(&batch), "{error}");
    // The named batch size fits, and one more segment does not.
    let (_both, beside) = with(fits, batch, true).unwrap().unwrap();
    assert!(beside.is_ok());
    assert!(with(fits, batch + 1, true).unwrap().is_err());
}

#[test]
fn memory_that_runs_out_in_a_step_names_a_smaller_batch() {
    let architecture = small_networks().swap_remove(0);
    let parameters = initialise(&architecture, 4, Initialisation::He, 1).unwrap();
    let Some(gpu) = Emulated::new() else { return };
    let (other, launches) = (gpu.other(), gpu.launches());
    let mut plan = training(gpu, &architecture, 3, true).unwrap();
    let mut beside = inference(other, &architecture, 3, &parameters).unwrap();
    plan.load(&parameters).unwrap();
    let (input, targets) = batch(&architecture, 4, 3, 1);
    plan.step(&input, Targets::Tags(&targets), &UPDATE, None).unwrap();
    for after in [0, 5, 20] {
        launches.store(after, Ordering::Relaxed);
        let error = plan.step(&input, Targets::Tags(&targets), &UPDATE, None).unwrap_err();
        assert!(named(&error) == 2 && error.message.contains("could not start"), "{error}");
        assert!(plan.losses().unwrap().is_empty(), "a step that failed leaves no loss behind");
        launches.store(after, Ordering::Relaxed);
        assert_eq!(named(&plan.gradients(&input, Targets::Tags(&targets), None).unwrap_err()), 2);
        launches.store(after, Ordering::Relaxed);
        assert_eq!(named(&beside.logits(&input).unwrap_err()), 2);
    }
}

#[test]
fn audio_is_held_only_where_it_leaves_a_reserve() {
    let architecture = small_networks().swap_remove(0);
    let clip = vec![1i16; 1 << 20];
    let held = |free: usize| {
        let gpu = Emulated::new()?;
        let limit = gpu.other();
        let mut plan = training(gpu, &architecture, 2, true).unwrap();
        limit.limit(free);
        let holding = plan.hold(4 << 20, [&clip[..]; 4].into_iter()).unwrap();
        Some((holding, limit.free_memory().unwrap()))
    };
    let Some(plenty) = held(400 << 20) else { return };
    assert_eq!(plenty, (Holding::Resident, 392 << 20));
    assert_eq!(held(265 << 20).unwrap(), (Holding::Pcm, 265 << 20));
    assert_eq!(held(1 << 20).unwrap().0, Holding::Pcm);
    // Fewer samples than announced.
    let gpu = Emulated::new().unwrap();
    let mut plan = training(gpu, &architecture, 2, false).unwrap();
    assert_eq!(plan.hold(3 << 20, [&clip[..]; 2].into_iter()).unwrap_err().code, Code::Internal);
}
