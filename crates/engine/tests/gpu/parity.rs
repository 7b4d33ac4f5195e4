//! Runs twenty steps on CPU and GPU from the same parameters, with dropout: the losses must stay close.

use engine::{Device, Options, Precision, Targets, Update};
use error::Result;
use serde_json::{json, Value};

use crate::network::Network;

/// The largest relative difference of the losses: rounding moves a few maxima to a neighbour, and the effect
/// accumulates over steps. On the CPU, relative noise of 1e-6 in the waveform gives a difference of 3e-4, and noise as
/// large as bf16's rounding gives 2e-3.
const LIMIT: f64 = 3e-3;
/// The limit for precisions in which every product is rounded.
const LIMIT_NARROW: f64 = 2e-2;
const STEPS: u64 = 20;
/// Small batches and large steps are chaotic: with 8 segments and a learning rate of 0.01, noise of 1e-6 becomes a
/// tenth of the loss.
const BATCH: usize = 32;
const GENTLE: Update = Update { learning_rate: 0.001, momentum: 0.9, weight_decay: 0.0 };

/// Runs both trainings.
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
