//! Measures the time of training steps, of inference, and of every launch of one step, in each precision. The times are
//! medians after warm-up, by the wall clock, and include the upload of the batch and the download of the loss, as for a
//! user. The lower bound of a launch is the larger of two values: its bytes divided by the speed of a copy, and its
//! operations divided by the speed of a matrix product, both measured on the same GPU in the same run.

use std::collections::BTreeMap;
use std::time::Instant;

use engine::{Inference, LaunchTime, Peaks, Precision, Targets, Training};
use error::Result;
use serde_json::{json, Value};

use crate::network::{options, Network, TAGS, UPDATE};

const WARM_UP: u64 = 10;
const STEPS: u64 = 50;
/// The number of segments in the inference case.
const SEGMENTS: usize = 1000;
const INFERENCE_BATCH: usize = 100;

/// Measures every case.
pub fn run() -> Value {
    let mut failed = Vec::new();
    let mut rows = Vec::new();
    for precision in [Precision::F32, Precision::Tf32, Precision::Bf16] {
        match cases(precision, &mut failed) {
            Ok(row) => rows.push(row),
            Err(error) => failed.push(format!("{precision}: {error}")),
        }
    }
    json!({ "precisions": rows, "failed": failed })
}

/// Measures all cases of a precision.
fn cases(precision: Precision, failed: &mut Vec<String>) -> Result<Value> {
    let peaks = options(precision).peaks()?;
    let mut rows = Vec::new();
    for (preset, batch) in [("3^9", 23), ("3^9", 128), ("se-multi", 23), ("rese2-multi", 23)] {
        match steps(preset, batch, precision, &peaks) {
            Ok(row) => rows.push(row),
            Err(error) => failed.push(format!("{preset} batch {batch} {precision}: {error}")),
        }
    }
    let inference = inference("3^9", precision).unwrap_or_else(|error| {
        failed.push(format!("inference {precision}: {error}"));
        Value::Null
    });
    Ok(json!({
        "precision": precision, "steps": rows, "inference": inference,
        "peak": { "gigabytesPerSecond": peaks.bytes_per_second / 1e9, "teraflops": peaks.operations_per_second / 1e12 },
    }))
}

/// The median.
pub fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

/// The seconds of every step after the warm-up, on four alternating batches.
pub fn step_seconds(network: &Network, training: &mut Training, batch: usize) -> Result<Vec<f64>> {
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
    Ok(seconds)
}

fn steps(preset: &str, batch: usize, precision: Precision, peaks: &Peaks) -> Result<Value> {
    let network = Network::new(preset);
    let mut training = network.training(&options(precision), batch)?;
    let seconds = step_seconds(&network, &mut training, batch)?;
    let (input, targets) = network.batch(batch, 0);
    training.trace(true)?;
    training.step(&input, Targets::Tags(&targets), &UPDATE, Some((1, 0)))?;
    let launches = training.trace(false)?;
    let spread = (seconds.iter().copied().fold(f64::INFINITY, f64::min), seconds.iter().copied().fold(0.0, f64::max));
    let total = |value: &dyn Fn(&LaunchTime) -> f64| launches.iter().map(value).sum::<f64>();
    Ok(json!({
        "network": preset, "batch": batch, "milliseconds": median(seconds) * 1e3,
        "least": spread.0 * 1e3, "most": spread.1 * 1e3,
        "stepsReplayed": training.replayed(), "launches": launches.len(),
        "launchesMilliseconds": total(&|launch| launch.seconds) * 1e3,
        "floorMilliseconds": total(&|launch| peaks.floor(launch)) * 1e3,
        "gigabytes": total(&|launch| launch.bytes as f64) / 1e9,
        "gigaflop": total(&|launch| launch.operations as f64) / 1e9,
        "kernels": kernels(&launches, peaks),
    }))
}

/// The launches by name, longest total time first: their count, microseconds, and share of the roofline.
fn kernels(launches: &[LaunchTime], peaks: &Peaks) -> Vec<Value> {
    let mut by_name: BTreeMap<&str, (usize, f64, f64)> = BTreeMap::new();
    for launch in launches {
        let (count, seconds, floor) = by_name.entry(&launch.name).or_default();
        *count += 1;
        *seconds += launch.seconds;
        *floor += peaks.floor(launch);
    }
    let mut rows: Vec<_> = by_name.into_iter().collect();
    rows.sort_by(|(_, (_, a, _)), (_, (_, b, _))| b.total_cmp(a));
    let row = |(name, (count, seconds, floor)): (&str, (usize, f64, f64))| {
        json!({
            "name": name, "count": count, "microseconds": seconds * 1e6, "shareOfRoofline": floor / seconds,
        })
    };
    rows.into_iter().map(row).collect()
}

fn inference(preset: &str, precision: Precision) -> Result<Value> {
    let network = Network::new(preset);
    let options = options(precision);
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
    Ok(json!({
        "network": preset, "segments": SEGMENTS, "batch": INFERENCE_BATCH, "milliseconds": median(seconds) * 1e3,
    }))
}
