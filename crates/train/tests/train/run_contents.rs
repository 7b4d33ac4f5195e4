//! The contents of a run folder, and whether two runs have the same contents.

use std::fs;
use std::path::Path;

use net::Model;
use serde_json::Value;

/// Parameters and statistics as bits.
fn bits(file: &Path) -> Vec<u32> {
    let model = Model::load(file).unwrap();
    model.parameters.trainable.iter().chain(&model.parameters.statistics).map(|value| value.to_bits()).collect()
}

/// The records of the log, in order.
pub fn records(run: &Path) -> Vec<Value> {
    fs::read_to_string(run.join("events.jsonl")).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

/// The number, the training loss and the validation loss of each epoch; no validation loss without a validation part.
pub fn epochs(run: &Path) -> Vec<(u64, f64, Option<f64>)> {
    let of = |r: &Value| (r["epoch"].as_u64().unwrap(), r["trainLoss"].as_f64().unwrap(), r["validLoss"].as_f64());
    records(run).iter().filter(|r| r["type"] == "epoch").map(of).collect()
}

/// Checks that two runs have the same trained bits and losses.
pub fn assert_same(a: &Path, b: &Path) {
    assert_eq!(epochs(a), epochs(b));
    for name in ["last.safetensors", "best.safetensors"] {
        assert!(bits(&a.join(name)) == bits(&b.join(name)), "{name} differs");
    }
}
