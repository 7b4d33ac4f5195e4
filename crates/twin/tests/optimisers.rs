//! The f64 twin's updates are those of PyTorch within 1e-9 (`testdata/optimisers.json`, made by
//! `bench/reference/optimisers.py`).

#![allow(clippy::unwrap_used)]

use serde_json::Value;
use twin::update::{limit_norm, update, Adam};

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

#[test]
fn the_updates_are_those_of_pytorch() {
    let file: Value = serde_json::from_slice(&std::fs::read(testbed::testdata("optimisers.json")).unwrap()).unwrap();
    let cases = file["updates"].as_array().unwrap();
    assert_eq!(cases.len(), 12);
    for case in cases {
        let name = case["optimiser"].as_str().unwrap();
        let decay = case["weightDecay"].as_f64().unwrap();
        let mut weights = numbers(&case["weights"]);
        let mut velocity = vec![0.0; weights.len()];
        let mut adam = Adam::new(weights.len());
        for (step, rate) in numbers(&case["rates"]).into_iter().enumerate() {
            let mut gradient = numbers(&case["gradients"][step]);
            if let Some(largest) = case["largestNorm"].as_f64() {
                limit_norm(&mut gradient, largest);
            }
            match name {
                "sgd-nesterov" => update(&mut weights, &mut velocity, &gradient, rate, 0.9, decay),
                _ => adam.update(&mut weights, &gradient, rate, decay, name == "adamw"),
            }
            for (ours, theirs) in weights.iter().zip(numbers(&case["after"][step])) {
                assert!((ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0), "{name} {step}: {ours} {theirs}");
            }
        }
    }
}
