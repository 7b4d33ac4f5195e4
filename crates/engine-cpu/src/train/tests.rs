//! Compares every operation separately with the plain f64 twin. The twin receives the f32 values that the plan's
//! operation read, so that errors of other operations do not enter the comparison. In the backward pass every operation
//! receives noise as its gradient, because the network's own gradients nearly cancel in the sums behind a norm. The
//! bounds are those of the fixtures' README: 1e-5, and 3e-5 for convolutions (Winograd).
#![allow(clippy::unwrap_used)]

mod bf16;
mod conv;
mod excite;
mod head;
mod pass;
mod residual_add;
mod update;

use engine_core::tape::{Consumer, Operation};
use net::Architecture;
use serde_json::{json, Value as Json};

use pass::Pass;

const DIRECT: f64 = 1e-5;
const WINOGRAD: f64 = 3e-5;

/// Checks that max|ours - truth| / max|truth| is within `limit`; a truth of 0 must be met exactly.
fn agree(what: &str, ours: &[f64], truth: &[f64], limit: f64) {
    assert_eq!(ours.len(), truth.len(), "{what}");
    let scale = truth.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    let error = ours.iter().zip(truth).fold(0.0_f64, |m, (a, b)| m.max((a - b).abs()));
    assert!(ours.iter().all(|v| v.is_finite()) && error <= scale * limit, "{what}: {error:.2e} of {scale:.2e}");
}

/// Checks that the relative root mean square error is within `limit`.
fn agree_in_mean(what: &str, ours: &[f64], truth: &[f64], limit: f64) {
    assert_eq!(ours.len(), truth.len(), "{what}");
    let squares: f64 = truth.iter().map(|v| v * v).sum();
    let error = (ours.iter().zip(truth).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / squares).sqrt();
    assert!(error <= limit, "{what}: {error:.2e}");
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| f64::from(v)).collect()
}

/// Random numbers in [-1, 1), determined by `seed`.
fn noise(seed: u64) -> impl Iterator<Item = f32> {
    let philox = engine_core::Philox::new(seed, engine_core::Purpose::Synthesise, 0);
    (0..).map(move |i| 2.0 * philox.uniform(i) - 1.0)
}

/// Checks a network over `length` samples, with batches of 4 in a plan for 6.
fn check(name: &str, length: usize, stem: Json, blocks: Json, head: Json) {
    let mut described = json!({
        "samplingRate": 8000, "inputLength": length, "norm": { "kind": "batch", "eps": 1e-5, "momentum": 0.1 },
        "blocks": blocks, "head": head,
    });
    if !stem.is_null() {
        described["stem"] = stem;
    }
    let architecture: Architecture = serde_json::from_value(described).unwrap();
    let tags: Vec<f32> = noise(2000).map(|u| f32::from(u8::from(u > 0.3))).take(4 * 5).collect();
    Pass::run(name, &architecture, 6, 4, &tags).check(&tags);
}

fn stem(channels: usize) -> Json {
    json!({ "kernel": 3, "stride": 3, "channels": channels })
}

impl Pass {
    /// Checks every operation of the tape, then the gradient of every map.
    fn check(&mut self, tags: &[f32]) {
        for operation in self.tape().operations.clone() {
            match operation {
                Operation::Conv(id) => match self.tape().convs[id].consumer {
                    Consumer::Map(map) => self.check_conv(id, map),
                    // Checked with the residual addition.
                    Consumer::Branch(_) | Consumer::Shortcut(_) => {}
                },
                Operation::ResidualAdd(id) => self.check_residual_add(id),
                Operation::GlobalPool => self.check_global_pool(),
                Operation::Output => self.check_output(tags),
                // Checked with the map that they belong to.
                Operation::Excite(_) | Operation::Dropout(_) => {}
            }
        }
        for id in 0..self.tape().maps.len() {
            let (truth, stretch) = self.shares.remove(&id).unwrap();
            let ours = self.arrived.get(&id).cloned().unwrap_or_else(|| self.gradient(id).values);
            let what = format!("gradient of map {id}");
            match self.rounded.get(&id) {
                None => self.agree(&what, &ours, &truth.values, WINOGRAD * stretch),
                Some(&limit) => self.agree_in_mean(&what, &ours, &truth.values, limit),
            }
        }
    }
}
