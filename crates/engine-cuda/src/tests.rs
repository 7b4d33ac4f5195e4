//! Tests of the whole backend on the CPU: every kernel, and the plan that launches it, compared with the float64
//! fixtures and the CPU backend.
#![allow(clippy::unwrap_used)]

mod counted;
mod fine_tuning;
mod fixtures;
mod guard;
mod optimisers;
mod random;
mod soft_targets;
mod steps;
mod taps;

use engine_core::tape::Tape;
use engine_core::{Inference, Mel, Philox, Precision, Purpose, Training, Update};
use engine_cpu::Cpu;
use net::{Architecture, Task};

use crate::emulated::Emulated;
use crate::inference::CudaInference;
use crate::training::CudaTraining;

/// The number of CPU threads of every plan.
pub(super) const THREADS: usize = 2;

/// The CPU backend for comparisons.
pub(super) fn on_cpu() -> Cpu {
    Cpu { threads: THREADS, ..Cpu::default() }
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
    let make = |tape, mel| {
        Ok(Box::new(CudaTraining::new(Box::new(gpu), tape, mel, batch, THREADS, precision, false)?) as Box<_>)
    };
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
    let (tape, mel) = (Tape::compile(architecture, tags).unwrap(), Mel::of(architecture).unwrap());
    let plan = CudaInference::new(Box::new(gpu), tape, mel, parameters, batch, THREADS, precision).unwrap();
    Inference::on(Box::new(plan), architecture, tags, parameters, batch).unwrap()
}

pub(super) const UPDATE: Update = Update { learning_rate: 0.01, momentum: 0.9, weight_decay: 1e-4 };

pub(super) fn batch(architecture: &Architecture, tags: usize, n: usize, seed: u64) -> (Vec<f32>, Vec<f32>) {
    let stream = Philox::new(seed, Purpose::Synthesise, 0);
    let input = (0..(n * architecture.input_length) as u64).map(|i| stream.uniform(i) - 0.5).collect();
    let targets = (0..(n * tags) as u64).map(|i| f32::from(u8::from(stream.uniform(1 << 40 | i) > 0.7))).collect();
    (input, targets)
}

/// The parameters with valid statistics of a mel stem, for 4 tags; their deviation must be above 0.
pub(super) fn standardised(architecture: &Architecture, mut parameters: net::Parameters) -> net::Parameters {
    let layout = net::Layout::new(architecture, 4);
    for (name, value) in [("stem.mel.mean", 0.4), ("stem.mel.deviation", 0.8)] {
        if let Some(spec) = layout.find(name) {
            parameters.tensor_mut(spec).fill(value);
        }
    }
    parameters
}

/// Checks the distance of `ours` from `theirs`, relative to the length of `theirs`.
pub(super) fn close(what: &str, ours: &[f32], theirs: &[f32], limit: f64) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let length = theirs.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
    let error = ours.iter().zip(theirs).map(|(&a, &b)| f64::from(a - b).powi(2)).sum::<f64>().sqrt();
    assert!(error <= limit * length, "{what}: {:.1e} > {limit:.0e}", error / length);
}

pub(super) fn small_networks() -> Vec<Architecture> {
    let of = |blocks: serde_json::Value, stem: serde_json::Value, head: serde_json::Value| {
        let length = if blocks.as_array().unwrap().len() == 1 { 19683 } else { 729 };
        let whole = serde_json::json!({
            "samplingRate": 8000, "inputLength": length, "stem": stem, "blocks": blocks, "head": head,
        });
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
        // Long enough for sums over chunks that are divided among several blocks.
        of(
            json!([{ "kind": "basic", "kernel": 3, "pool": 3, "channels": 4 }]),
            json!({ "kernel": 3, "stride": 3, "channels": 5 }),
            json!({ "kind": "dense", "levels": 1 }),
        ),
        of(
            json!([
                { "kind": "basic", "kernel": 3, "pool": 4, "channels": 8 },
                { "kind": "basic", "kernel": 3, "pool": 4, "channels": 8 },
            ]),
            json!({ "kind": "mel", "kernel": 64, "stride": 40, "fft": 64, "channels": 10 }),
            json!({ "kind": "dense", "levels": 2, "norm": true, "dropout": 0.3 }),
        ),
    ]
}
