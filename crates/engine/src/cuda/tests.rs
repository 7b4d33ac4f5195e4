//! The whole backend on the CPU: every kernel, and the plan that launches it, against the float64 fixtures and the CPU backend.
#![allow(clippy::unwrap_used)]

#[macro_use]
#[path = "../../tests/fixture/mod.rs"]
mod fixture;

use error::Code;
use net::{Architecture, Task};

use self::fixture::{Bound, Fixture, Pass};
use super::emulated::Emulated;
use super::{CudaInference, CudaTraining};
use crate::mel::Mel;
use crate::tape::Tape;
use crate::{initialise, Inference, Initialisation, Options, Philox, Precision, Purpose, Targets, Training, Update};

pub(super) fn two_threads() -> Options {
    Options { threads: 2, ..Options::default() }
}

pub(super) fn training(architecture: &Architecture, tags: usize, task: Task, batch: usize) -> Option<Training> {
    training_in(Precision::F32, architecture, tags, task, batch)
}

pub(super) fn training_in(
    precision: Precision,
    architecture: &Architecture,
    tags: usize,
    task: Task,
    batch: usize,
) -> Option<Training> {
    Some(training_on(Emulated::new()?, precision, architecture, tags, task, batch))
}

pub(super) fn training_on(
    gpu: Emulated,
    precision: Precision,
    architecture: &Architecture,
    tags: usize,
    task: Task,
    batch: usize,
) -> Training {
    let options = Options { precision, ..two_threads() };
    let make = |tape, mel| Ok(Box::new(CudaTraining::new(Box::new(gpu), tape, mel, batch, &options, false)?) as Box<_>);
    Training::on(architecture, tags, task, batch, make).unwrap()
}

pub(super) fn inference(
    architecture: &Architecture,
    tags: usize,
    parameters: &net::Parameters,
    batch: usize,
) -> Inference {
    inference_on(Emulated::new().unwrap(), Precision::F32, architecture, tags, parameters, batch)
}

pub(super) fn inference_on(
    gpu: Emulated,
    precision: Precision,
    architecture: &Architecture,
    tags: usize,
    parameters: &net::Parameters,
    batch: usize,
) -> Inference {
    let options = Options { precision, ..two_threads() };
    let (tape, mel) = (Tape::compile(architecture, tags).unwrap(), Mel::of(architecture).unwrap());
    let plan = CudaInference::new(Box::new(gpu), tape, mel, parameters, batch, &options).unwrap();
    Inference::on(plan, architecture, tags, batch)
}

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
    let Some(fixture) = Fixture::load(name) else { return };
    let Some(mut emulation) = Emulation::new(&fixture, Precision::F32) else { return };
    fixture::walk(&fixture, bound, &mut emulation);
}

fn walk_narrow(name: &str) {
    let Some(fixture) = Fixture::load(name) else { return };
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

    small_fixtures!(|name| walk(name, Bound::Direct));
}

mod narrow {
    small_fixtures!(super::walk_narrow);
}

/// Full-size networks take the emulation a minute each: `cargo test -p samplecnn-engine --lib emulation_full -- --ignored`.
#[test]
#[ignore]
fn emulation_full_networks() {
    for name in ["full-3^9", "full-rate-8000", "full-se-multi", "full-rese2-multi", "full-2^13"] {
        walk(name, if name == "full-2^13" { Bound::Winograd } else { Bound::Direct });
        walk_narrow(name);
    }
}

pub(super) const UPDATE: Update = Update { learning_rate: 0.01, momentum: 0.9, weight_decay: 1e-4 };

pub(super) fn batch(architecture: &Architecture, tags: usize, n: usize, seed: u64) -> (Vec<f32>, Vec<f32>) {
    let stream = Philox::new(seed, Purpose::Synthesise, 0);
    let input = (0..(n * architecture.input_length) as u64).map(|i| stream.uniform(i) - 0.5).collect();
    let targets = (0..(n * tags) as u64).map(|i| f32::from(u8::from(stream.uniform(1 << 40 | i) > 0.7))).collect();
    (input, targets)
}

/// Everything that the fixtures leave out: published networks with strides, padded pools, dropout inside, both poolings of the
/// head and mel stems; and a short batch after a long one.
#[test]
fn steps_are_those_of_the_cpu() {
    for architecture in small_networks() {
        let tags = 4;
        let Some(mut gpu) = training(&architecture, tags, Task::MultiLabel, 3) else { return };
        let mut cpu = Training::new(&architecture, tags, Task::MultiLabel, 3, &Options::default()).unwrap();
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
            // The two must not drift apart: a maximum that falls to its neighbour is magnified from step to step.
            gpu.load(&cpu.parameters().unwrap()).unwrap();
            gpu.load_velocity(&cpu.velocity().unwrap()).unwrap();
        }
        let statistics = (gpu.parameters().unwrap().statistics, cpu.parameters().unwrap().statistics);
        close("statistics", &architecture, &statistics.0, &statistics.1, 1e-5);
        let parameters = cpu.parameters().unwrap();
        let (input, _) = batch(&architecture, tags, 2, 9);
        let mut theirs = crate::Inference::new(&architecture, tags, &parameters, 3, &Options::default()).unwrap();
        let theirs = theirs.logits(&input).unwrap();
        let mut ours = inference(&architecture, tags, &parameters, 3);
        close("logits", &architecture, ours.logits(&input).unwrap(), theirs, 1e-4);
    }
}

/// A mel stem's deviation must be above 0.
fn standardised(architecture: &Architecture, mut parameters: net::Parameters) -> net::Parameters {
    let layout = net::Layout::new(architecture, 4);
    for (name, value) in [("stem.mel.mean", 0.4), ("stem.mel.deviation", 0.8)] {
        if let Some(spec) = layout.find(name) {
            parameters.tensor_mut(spec).fill(value);
        }
    }
    parameters
}

fn close(what: &str, architecture: &Architecture, ours: &[f32], theirs: &[f32], limit: f64) {
    assert_eq!(ours.len(), theirs.len());
    let length = theirs.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
    let error = ours.iter().zip(theirs).map(|(&a, &b)| f64::from(a - b).powi(2)).sum::<f64>().sqrt();
    assert!(error <= limit * length, "{what} of {architecture:?}: {:.1e} > {limit:.0e}", error / length);
}

pub(super) fn small_networks() -> Vec<Architecture> {
    let of = |blocks: serde_json::Value, stem: serde_json::Value, head: serde_json::Value| {
        let length = if blocks.as_array().unwrap().len() == 1 { 19683 } else { 729 };
        let whole = serde_json::json!({ "samplingRate": 8000, "inputLength": length, "stem": stem, "blocks": blocks, "head": head });
        serde_json::from_value::<Architecture>(whole).unwrap()
    };
    use serde_json::json;
    let stem = json!({ "kernel": 3, "stride": 3, "channels": 8 });
    vec![
        of(
            json!([
                { "kind": "basic", "kernel": 3, "pool": 3, "channels": 8, "convs": 2 },
                { "kind": "se", "kernel": 3, "pool": 3, "channels": 8, "excite": 0.5, "dropout": 0.2 },
                { "kind": "res", "kernel": 3, "pool": 3, "channels": 12, "convs": 2, "excite": 0.5, "dropout": 0.2 },
                { "kind": "res", "kernel": 3, "pool": 2, "poolPadding": 1, "channels": 12, "convs": 2 },
            ]),
            stem.clone(),
            json!({ "kind": "dense", "levels": 3, "dropout": 0.5, "pooling": "maxmean" }),
        ),
        of(
            json!([
                { "kind": "res", "kernel": 3, "pool": 1, "channels": 8, "convs": 2, "stride": 3, "shortcutKernel": 3 },
                { "kind": "basic", "kernel": 5, "pool": 4, "poolPadding": 2, "channels": 12, "stride": 2 },
                { "kind": "basic", "kernel": 2, "pool": 3, "channels": 8 },
            ]),
            stem,
            json!({ "kind": "dense", "levels": 1 }),
        ),
        // Long enough for sums over chunks that several blocks share.
        of(
            json!([{ "kind": "basic", "kernel": 3, "pool": 3, "channels": 4 }]),
            json!({ "kernel": 3, "stride": 3, "channels": 5 }),
            json!({ "kind": "dense", "levels": 1 }),
        ),
        of(
            json!([{ "kind": "basic", "kernel": 3, "pool": 4, "channels": 8 }, { "kind": "basic", "kernel": 3, "pool": 4, "channels": 8 }]),
            json!({ "kind": "mel", "kernel": 64, "stride": 40, "fft": 64, "channels": 10 }),
            json!({ "kind": "dense", "levels": 2, "norm": true, "dropout": 0.3 }),
        ),
    ]
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

/// Steps that are started as they come, and the same as a recording with copies of all arguments: nothing that changes from step to step
/// is an argument. Two forms take turns.
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
    // As they come, recorded and replayed.
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
    let error = CudaTraining::new(Box::new(gpu), tape, None, 1000, &two_threads(), false).err().unwrap();
    assert_eq!(error.code, Code::CudaOutOfMemory);
    assert!(error.message.contains("a batch size of 69 fits"), "{error}");
}
