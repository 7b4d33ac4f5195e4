//! Tests of products in bf16, on processors that have them: every operation against the twin. The limits are twice the
//! errors that are measured; a direct convolution of rounded values has an error of about 2.4e-3.

use engine_core::Precision;
use net::Architecture;
use serde_json::{json, Value as Json};

use super::pass::Pass;
use super::{noise, stem};
use crate::features::check_bf16;

/// The limit of the relative root mean square error of outputs and gradients of `kernel` taps.
pub(super) fn rounding(kernel: usize) -> f64 {
    match kernel {
        5 => 4e-2,
        _ => 2e-2,
    }
}

/// Checks a network in bf16, of which at least `least` convolutions must use products in bf16.
fn check(name: &str, length: usize, blocks: &Json, head: &Json, least: usize) {
    if let Err(refused) = check_bf16() {
        testbed::skip(&refused.message);
        return;
    }
    let architecture: Architecture = serde_json::from_value(json!({
        "samplingRate": 8000, "inputLength": length, "norm": { "kind": "batch", "eps": 1e-5, "momentum": 0.1 },
        "stem": stem(16), "blocks": blocks, "head": head,
    }))
    .unwrap();
    let tags: Vec<f32> = noise(2000).map(|u| f32::from(u8::from(u > 0.3))).take(4 * 5).collect();
    let mut pass = Pass::run_in(Precision::Bf16, name, &architecture, (6, 4), &tags);
    let count = pass.training.state.convs.iter().filter(|conv| conv.per_word == 2).count();
    assert!(count >= least, "{name}: {count} convolutions in bf16");
    pass.check(&tags);
}

#[test]
fn convolutions_of_every_tile_size() {
    for (kernel, first, second) in [(2, 16, 32), (3, 64, 48), (4, 32, 16), (5, 16, 80), (3, 128, 16)] {
        // The lengths after the pools give odd numbers of tiles, in one segment and in several.
        let length = 3 * kernel * kernel * 10;
        let blocks = json!([
            { "kind": "basic", "kernel": kernel, "pool": kernel, "channels": first },
            { "kind": "basic", "kernel": kernel, "pool": kernel, "channels": second },
            { "kind": "basic", "kernel": kernel, "pool": 10, "channels": second },
        ]);
        let head = json!({ "kind": "conv", "channels": 16, "kernel": 3 });
        check(&format!("kernel {kernel}, {first} -> {second}"), length, &blocks, &head, 2);
    }
}

#[test]
fn long_segments_and_residual_blocks() {
    let blocks = json!([
        { "kind": "basic", "kernel": 3, "pool": 3, "channels": 80 },
        { "kind": "res", "kernel": 3, "pool": 3, "channels": 96, "convs": 2, "excite": 0.5, "dropout": 0.2 },
    ]);
    check("long", 6561 * 3, &blocks, &json!({ "kind": "dense", "levels": 2, "pooling": "maxmean" }), 3);
}
