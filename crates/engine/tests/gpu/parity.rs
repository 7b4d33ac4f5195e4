//! Twenty steps on CPU and GPU from the same parameters, dropout included: the losses stay together.

use error::Result;
use samplecnn_engine::{Device, Targets};
use serde_json::{json, Value};

use crate::network::{Network, UPDATE};

/// Losses may differ by so much of their value: rounding moves a few maxima to a neighbour, and steps add up.
const LIMIT: f64 = 2e-2;
const STEPS: u64 = 20;

/// Both trainings.
pub fn run() -> Value {
    let preset = "3^7@8000";
    let network = Network::new(preset);
    let (cpu, gpu) = match (losses(&network, Device::Cpu), losses(&network, Device::Cuda(0))) {
        (Ok(cpu), Ok(gpu)) => (cpu, gpu),
        (Err(error), _) | (_, Err(error)) => return json!({ "parity": preset, "failed": [error.to_string()] }),
    };
    let apart = cpu.iter().zip(&gpu).map(|(a, b)| ((a - b) / a).abs()).fold(0.0, f64::max);
    let failed = if apart <= LIMIT { Vec::new() } else { vec![format!("{preset}: losses {apart:.1e} apart")] };
    json!({ "parity": preset, "largestDifference": apart, "cpu": cpu, "gpu": gpu, "failed": failed })
}

fn losses(network: &Network, device: Device) -> Result<Vec<f64>> {
    let mut training = network.training(device, 8)?;
    (0..STEPS)
        .map(|step| {
            let (input, targets) = network.batch(8, step % 4);
            training.step(&input, Targets::Tags(&targets), &UPDATE, Some((1, step)))
        })
        .collect()
}
