//! Twenty steps on CPU and GPU from the same parameters, dropout included: the losses stay together.

use error::Result;
use samplecnn_engine::{Device, Options, Precision, Targets};
use serde_json::{json, Value};

use crate::network::{Network, UPDATE};

/// Losses may differ by so much of their value: rounding moves a few maxima to a neighbour, and steps add up.
const LIMIT: f64 = 2e-2;
/// Every product is rounded there.
const LIMIT_BF16: f64 = 5e-2;
const STEPS: u64 = 20;

/// Both trainings.
pub fn run() -> Value {
    let preset = "3^7@8000";
    let network = Network::new(preset);
    let cpu = match losses(&network, Device::Cpu, Precision::F32) {
        Ok(cpu) => cpu,
        Err(error) => return json!({ "parity": preset, "failed": [error.to_string()] }),
    };
    let (mut rows, mut failed) = (Vec::new(), Vec::new());
    for (precision, limit) in [(Precision::F32, LIMIT), (Precision::Tf32, LIMIT), (Precision::Bf16, LIMIT_BF16)] {
        match losses(&network, Device::Cuda(0), precision) {
            Ok(gpu) => {
                let apart = cpu.iter().zip(&gpu).map(|(a, b)| ((a - b) / a).abs()).fold(0.0, f64::max);
                if apart.is_nan() || apart > limit {
                    failed.push(format!("{preset} {precision}: losses {apart:.1e} apart"));
                }
                rows.push(json!({ "precision": precision, "largestDifference": apart, "gpu": gpu }));
            }
            Err(error) => failed.push(format!("{preset} {precision}: {error}")),
        }
    }
    json!({ "parity": preset, "cpu": cpu, "precisions": rows, "failed": failed })
}

fn losses(network: &Network, device: Device, precision: Precision) -> Result<Vec<f64>> {
    let mut training = network.training(&Options { device, precision, ..Options::default() }, 8)?;
    (0..STEPS)
        .map(|step| {
            let (input, targets) = network.batch(8, step % 4);
            training.step(&input, Targets::Tags(&targets), &UPDATE, Some((1, step)))
        })
        .collect()
}
