//! Checks that the same seed gives the same bits: two plans, five steps each with dropout, including a short batch.

use engine::{Precision, Targets};
use error::Result;
use net::Parameters;
use serde_json::{json, Value};

use crate::network::{options, Network, UPDATE};

/// Runs every network twice.
pub fn run() -> Value {
    let presets = ["3^9", "rese2-multi"];
    let mut failed = Vec::new();
    let precisions = [Precision::F32, Precision::Tf32, Precision::Bf16];
    for (preset, precision) in presets.iter().flat_map(|preset| precisions.map(|precision| (preset, precision))) {
        let network = Network::new(preset);
        match (steps(&network, precision), steps(&network, precision)) {
            (Ok(one), Ok(two)) if one == two => {}
            (Ok(_), Ok(_)) => failed.push(format!("{preset} {precision}: two runs differ")),
            (Err(error), _) | (_, Err(error)) => failed.push(format!("{preset} {precision}: {error}")),
        }
    }
    json!({ "repeat": presets, "precisions": precisions, "failed": failed })
}

fn steps(network: &Network, precision: Precision) -> Result<(Vec<u64>, Parameters)> {
    let mut training = network.training(&options(precision), 23)?;
    let mut losses = Vec::new();
    for (step, n) in [23, 23, 7, 23, 1].into_iter().enumerate() {
        let (input, targets) = network.batch(n, step as u64);
        losses.push(training.step(&input, Targets::Tags(&targets), &UPDATE, Some((1, step as u64)))?.to_bits());
    }
    Ok((losses, training.parameters()?))
}
