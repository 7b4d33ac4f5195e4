//! Compares our own tensor-core kernels with cuBLAS products, in the same precision on the same GPU: the gradients of
//! the blocks that our kernels compute, and the time of a step of the whole network. `SAMPLECNN_CUDA_FUSED=0` disables
//! our kernels.

use engine::{Gradients, Precision, Targets, Training};
use error::Result;
use serde_json::{json, Value};

use crate::network::{options, Network, UPDATE};
use crate::time::{median, step_seconds};

const SWITCH: &str = "SAMPLECNN_CUDA_FUSED";
/// The largest relative difference of gradients: rounding moves some maxima to a neighbour. On the stand-in it is 0.002
/// in bf16, and 0.035 in tf32, for which cuBLAS truncates its operands and our kernels round them.
const LIMIT: f64 = 0.1;
/// The number of blocks whose gradients are compared: those of 3^9 that our own kernels compute with a batch of 23.
const BLOCKS: usize = 3;

/// Checks all networks. Arguments: a batch size other than 23; `quick` for 3^9 alone without times.
pub fn run(arguments: &[String]) -> Value {
    let batch = arguments.first().and_then(|text| text.parse().ok()).unwrap_or(23);
    let is_quick = arguments.iter().any(|text| text == "quick");
    let presets: &[&str] = if is_quick { &["3^9"] } else { &["3^9", "se-multi"] };
    let (mut rows, mut failed) = (Vec::new(), Vec::new());
    for (preset, precision) in presets.iter().flat_map(|preset| [Precision::Tf32, Precision::Bf16].map(|p| (preset, p)))
    {
        match compare(preset, precision, batch, is_quick) {
            Ok(row) => {
                if row["launches"] == 0 {
                    failed.push(format!("{preset} {precision}: our own kernels are not used"));
                }
                let apart = row["gradientsApart"].as_f64();
                if apart.is_none_or(|apart| apart > LIMIT) {
                    failed.push(format!("{preset} {precision}: gradients {apart:?} apart"));
                }
                rows.push(row);
            }
            Err(error) => failed.push(format!("{preset} {precision}: {error}")),
        }
    }
    json!({ "fused": rows, "failed": failed })
}

fn compare(preset: &str, precision: Precision, batch: usize, is_quick: bool) -> Result<Value> {
    let (whole, network) = (Network::new(preset), Network::beginning(preset, BLOCKS));
    let options = options(precision);
    let with = |network: &Network, switch: &str| {
        std::env::set_var(SWITCH, switch);
        let training = network.training(&options, batch);
        std::env::remove_var(SWITCH);
        training
    };
    let (mut own, mut other) = (with(&network, "1")?, with(&network, "0")?);
    let (input, targets) = network.batch(batch, 1);
    let gradients = |training: &mut Training| training.gradients(&input, Targets::Tags(&targets), None);
    let (a, b) = (gradients(&mut own)?, gradients(&mut other)?);
    own.trace(true)?;
    own.step(&input, Targets::Tags(&targets), &UPDATE, None)?;
    let launches = own.trace(false)?.iter().filter(|launch| launch.name.starts_with("fused")).count();
    let times = if is_quick {
        [None, None]
    } else {
        ["1", "0"].map(|switch| {
            let mut training = with(&whole, switch).ok()?;
            Some(median(step_seconds(&whole, &mut training, batch).ok()?) * 1e3)
        })
    };
    let apart = |of: fn(&Gradients) -> &[f32]| difference(of(&a), of(&b));
    Ok(json!({
        "network": preset, "batch": batch, "precision": precision, "launches": launches,
        "logitsApart": apart(|pass| &pass.logits), "gradientsApart": apart(|pass| &pass.parameters),
        "milliseconds": times[0], "cublasMilliseconds": times[1],
    }))
}

/// The relative difference of two vectors.
fn difference(own: &[f32], other: &[f32]) -> f64 {
    let square = |value: f32| f64::from(value).powi(2);
    let apart: f64 = own.iter().zip(other).map(|(a, b)| square(a - b)).sum();
    (apart / other.iter().map(|&value| square(value)).sum::<f64>()).sqrt()
}
