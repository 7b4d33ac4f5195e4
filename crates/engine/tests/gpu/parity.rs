//! Twenty steps on CPU and GPU from the same parameters, dropout included: the losses stay together.

use engine::{Device, Options, Precision, Targets, Update};
use error::Result;
use serde_json::{json, Value};

use crate::network::Network;

/// Losses may differ by so much of their value: rounding moves a few maxima to a neighbour, and steps add up. On the CPU a millionth of
/// noise in the waveform gives 3e-4, as much as bf16's rounding 2e-3.
const LIMIT: f64 = 3e-3;
/// Every product is rounded there.
const LIMIT_NARROW: f64 = 2e-2;
const STEPS: u64 = 20;
/// Small batches and large steps are chaotic: at 8 segments and a rate of 0.01 that millionth becomes a tenth of the loss.
const BATCH: usize = 32;
const GENTLE: Update = Update { learning_rate: 0.001, momentum: 0.9, weight_decay: 0.0 };

/// Both trainings.
pub fn run() -> Value {
    let preset = "3^7@8000";
    let network = Network::new(preset);
    let cpu = match losses(&network, Device::Cpu, Precision::F32) {
        Ok(cpu) => cpu,
        Err(error) => return json!({ "parity": preset, "failed": [error.to_string()] }),
    };
    let (mut rows, mut failed) = (Vec::new(), Vec::new());
    let limits = [(Precision::F32, LIMIT), (Precision::Tf32, LIMIT_NARROW), (Precision::Bf16, LIMIT_NARROW)];
    for (precision, limit) in limits {
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
    let mut training = network.training(&Options { device, precision, ..Options::default() }, BATCH)?;
    (0..STEPS)
        .map(|step| {
            let (input, targets) = network.batch(BATCH, step % 4);
            training.step(&input, Targets::Tags(&targets), &GENTLE, Some((1, step)))
        })
        .collect()
}
