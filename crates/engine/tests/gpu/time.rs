//! Times: training steps, inference, and every launch of one step. Medians after warm-up, wall clock with the batch's upload and the
//! loss's download, as a user has them.

use std::time::Instant;

use error::Result;
use samplecnn_engine::{Device, Inference, Options, Targets};
use serde_json::{json, Value};

use crate::network::{Network, TAGS, UPDATE};

const WARM_UP: u64 = 10;
const STEPS: u64 = 50;
/// Segments of the inference case.
const SEGMENTS: usize = 1000;
const INFERENCE_BATCH: usize = 100;

/// Every case.
pub fn run() -> Value {
    let mut failed = Vec::new();
    let mut rows = Vec::new();
    for (preset, batch) in [("3^9", 23), ("3^9", 128), ("se-multi", 23), ("rese2-multi", 23)] {
        match steps(preset, batch) {
            Ok(row) => rows.push(row),
            Err(error) => failed.push(format!("{preset} batch {batch}: {error}")),
        }
    }
    let inference = inference("3^9").unwrap_or_else(|error| {
        failed.push(format!("inference: {error}"));
        Value::Null
    });
    json!({ "precision": "f32", "steps": rows, "inference": inference, "failed": failed })
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn steps(preset: &str, batch: usize) -> Result<Value> {
    let network = Network::new(preset);
    let mut training = network.training(Device::Cuda(0), batch)?;
    let batches: Vec<_> = (0..4).map(|seed| network.batch(batch, seed)).collect();
    let mut seconds = Vec::new();
    for step in 0..WARM_UP + STEPS {
        let (input, targets) = &batches[step as usize % batches.len()];
        let start = Instant::now();
        training.step(input, Targets::Tags(targets), &UPDATE, Some((1, step)))?;
        if step >= WARM_UP {
            seconds.push(start.elapsed().as_secs_f64());
        }
    }
    training.trace(true)?;
    training.step(&batches[0].0, Targets::Tags(&batches[0].1), &UPDATE, Some((1, 0)))?;
    let launches: Vec<Value> =
        training.trace(false)?.into_iter().map(|(name, time)| json!([name, time * 1e6])).collect();
    let spread = (seconds.iter().copied().fold(f64::INFINITY, f64::min), seconds.iter().copied().fold(0.0, f64::max));
    let gpu = launches.iter().filter_map(|launch| launch[1].as_f64()).sum::<f64>() / 1e3;
    Ok(json!({
        "network": preset, "batch": batch, "milliseconds": median(seconds) * 1e3,
        "least": spread.0 * 1e3, "most": spread.1 * 1e3, "launchesMilliseconds": gpu, "launchesMicroseconds": launches,
    }))
}

fn inference(preset: &str) -> Result<Value> {
    let network = Network::new(preset);
    let options = Options { device: Device::Cuda(0), ..Options::default() };
    let mut plan = Inference::new(&network.architecture, TAGS, &network.parameters, INFERENCE_BATCH, &options)?;
    let (input, _) = network.batch(INFERENCE_BATCH, 1);
    let mut seconds = Vec::new();
    for round in 0..6 {
        let start = Instant::now();
        for _ in 0..SEGMENTS / INFERENCE_BATCH {
            plan.logits(&input)?;
        }
        if round > 0 {
            seconds.push(start.elapsed().as_secs_f64());
        }
    }
    Ok(
        json!({ "network": preset, "segments": SEGMENTS, "batch": INFERENCE_BATCH, "milliseconds": median(seconds) * 1e3 }),
    )
}
