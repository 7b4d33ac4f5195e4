//! Tests of whole networks: the chain of their operations.

use engine_core::{FineTuning, Freeze, FrozenNorms, Targets};
use engine_testbed::fixture::uniform;
use net::{Architecture, Layout, Parameters, TensorRole};
use serde_json::{json, Value};
use twin::{Map, Twin};

use crate::{check, numbers};

/// A network of `blocks` and `head` over 54 samples.
fn architecture(stem: Value, blocks: Value, head: Value) -> Architecture {
    let mut described = json!({
        "samplingRate": 8000, "inputLength": 54, "norm": { "kind": "batch", "eps": 1e-3, "momentum": 0.1 },
        "blocks": blocks, "head": head,
    });
    if !stem.is_null() {
        described["stem"] = stem;
    }
    serde_json::from_value(described).unwrap()
}

/// Checks the gradients of every parameter and every sample of the input, including dropout masks.
fn check_network(what: &str, architecture: &Architecture) {
    check_tuned(what, architecture, FineTuning::default());
}

/// The same for a network with a frozen part, whose own derivatives are not asked for.
fn check_tuned(what: &str, architecture: &Architecture, tuning: FineTuning) {
    architecture.validate().unwrap();
    let (tags, batch) = (2, 3);
    let layout = Layout::new(architecture, tags);
    let mut parameters = Parameters::zeros(&layout);
    for spec in &layout.tensors {
        let centred = [TensorRole::NormWeight, TensorRole::RunningVar, TensorRole::InputDeviation];
        let centre = if centred.contains(&spec.role) { 1.0 } else { 0.0 };
        let values = uniform(&spec.name).map(|u| (centre + 0.5 * u) as f32);
        parameters.tensor_mut(spec).iter_mut().zip(values).for_each(|(to, value)| *to = value);
    }
    let mut twin = Twin::new(architecture, tags, &parameters);
    twin.tuning = tuning;
    let input = numbers("input", batch * architecture.input_length);
    let targets = [1.0, 0.0, 0.0, 1.0, 1.0, 1.0];
    let pass = |twin: &Twin, input: &[f64]| {
        let mut site = 0;
        let mut masks = |map: &Map| {
            site += 1;
            uniform(&format!("mask {site}")).map(|u| u > -0.5).take(map.values.len()).collect::<Vec<bool>>()
        };
        twin.clone().gradients(input, Targets::Tags(&targets), Some(&mut masks))
    };
    let back = pass(&twin, &input);
    let first = match tuning.freeze {
        Freeze::Nothing => 0,
        Freeze::Blocks(count) => {
            layout.tensors.iter().find(|t| t.name.starts_with(&format!("blocks.{count}."))).unwrap().offset
        }
        Freeze::AllButHead => layout.tensors.iter().find(|t| t.name.starts_with("head.")).unwrap().offset,
    };
    if first == 0 {
        check(&format!("{what}: input"), &input, &back.input, |v| pass(&twin, v).loss);
    }
    assert!(back.parameters[..first].iter().all(|&g| g == 0.0), "{what}: frozen");
    check(&format!("{what}: parameters"), &twin.variables.trainable[first..], &back.parameters[first..], |v| {
        let mut moved = twin.clone();
        moved.variables.trainable[first..].copy_from_slice(v);
        pass(&moved, &input).loss
    });
}

fn stem() -> Value {
    json!({ "kernel": 3, "stride": 3, "channels": 2, "padding": [0, 0] })
}

fn dense_head() -> Value {
    json!({ "kind": "dense", "levels": 2 })
}

#[test]
fn a_network_of_basic_blocks() {
    let blocks = json!([
        { "kind": "basic", "kernel": 3, "pool": 3, "channels": 3 },
        { "kind": "basic", "kernel": 2, "pool": 6, "channels": 2 },
    ]);
    let head = json!({ "kind": "conv", "channels": 3, "kernel": 1 });
    check_network("basic", &architecture(stem(), blocks.clone(), head.clone()));
    check_network(
        "no stem",
        &architecture(
            Value::Null,
            json!([
                { "kind": "basic", "kernel": 3, "pool": 3, "channels": 3 },
                { "kind": "basic", "kernel": 3, "pool": 18, "channels": 2 },
            ]),
            head.clone(),
        ),
    );
    let mut plain = architecture(stem(), blocks, head);
    plain.norm.kind = net::NormKind::None;
    check_network("no norm", &plain);
}

/// Also without a stem, where the first block pads the normalised waveform with zeros.
#[test]
fn a_network_on_a_normalised_waveform() {
    let blocks = |first: usize| {
        json!([
            { "kind": "basic", "kernel": 3, "pool": 3, "channels": 3 },
            { "kind": "basic", "kernel": 3, "pool": first, "channels": 2 },
        ])
    };
    for normalisation in ["standardise", "signed-log"] {
        for (stem, last) in [(stem(), 6), (Value::Null, 18)] {
            let mut network = architecture(stem, blocks(last), json!({ "kind": "conv", "channels": 3 }));
            network.input_normalisation = serde_json::from_value(normalisation.into()).unwrap();
            check_network(normalisation, &network);
        }
    }
}

#[test]
fn a_network_of_two_convolutions_a_block_with_padded_pools_and_strides() {
    let blocks = json!([
        { "kind": "basic", "kernel": 3, "pool": 3, "channels": 3, "convs": 2, "poolPadding": 1, "dropout": 0.1,
          "bias": false },
        { "kind": "basic", "kernel": 3, "pool": 1, "channels": 2, "stride": 2 },
    ]);
    let head = json!({ "kind": "dense", "channels": 4, "pooling": "maxmean", "norm": false });
    check_network("leenet", &architecture(stem(), blocks, head));
}

#[test]
fn a_network_of_excited_blocks() {
    let blocks = json!([
        { "kind": "se", "kernel": 3, "pool": 3, "channels": 3, "excite": 2.0, "dropout": 0.2 },
        { "kind": "se", "kernel": 3, "pool": 3, "channels": 2, "excite": 0.5 },
    ]);
    check_network("se", &architecture(stem(), blocks, dense_head()));
}

#[test]
fn a_network_with_a_frozen_part() {
    let plain = json!([
        { "kind": "se", "kernel": 3, "pool": 3, "channels": 3, "excite": 2.0, "dropout": 0.2 },
        { "kind": "se", "kernel": 3, "pool": 3, "channels": 2, "excite": 0.5 },
    ]);
    let residual = json!([
        { "kind": "res", "convs": 2, "kernel": 3, "pool": 3, "channels": 2, "dropout": 0.2 },
        { "kind": "res", "convs": 2, "kernel": 3, "pool": 3, "channels": 2, "dropout": 0.2 },
    ]);
    for (freeze, norms, fixed_norms) in [
        (Freeze::Blocks(1), FrozenNorms::Running, false),
        (Freeze::Blocks(1), FrozenNorms::Running, true),
        (Freeze::Blocks(1), FrozenNorms::Updated, false),
        (Freeze::AllButHead, FrozenNorms::Running, false),
        (Freeze::Nothing, FrozenNorms::Running, true),
    ] {
        let tuning = FineTuning { freeze, norms, fixed_norms, ..FineTuning::default() };
        for blocks in [&plain, &residual] {
            check_tuned(
                &format!("{freeze:?} {norms:?} {fixed_norms}"),
                &architecture(stem(), blocks.clone(), dense_head()),
                tuning,
            );
        }
    }
}

#[test]
fn a_network_of_residual_blocks() {
    for (convs, excite) in [(1, Value::Null), (2, Value::Null), (1, json!(1.0)), (2, json!(1.0))] {
        let mut blocks = json!([
            { "kind": "res", "convs": convs, "kernel": 3, "pool": 3, "channels": 2, "dropout": 0.2 },
            { "kind": "res", "convs": convs, "kernel": 3, "pool": 3, "channels": 3, "dropout": 0.2 },
        ]);
        if !excite.is_null() {
            blocks.as_array_mut().unwrap().iter_mut().for_each(|block| block["excite"] = excite.clone());
        }
        check_network(&format!("res {convs} {excite}"), &architecture(stem(), blocks, dense_head()));
    }
    // As in minzwon's network: the first block is a residual block with a strided shortcut of 3 taps.
    let blocks = json!([
        { "kind": "res", "convs": 2, "kernel": 3, "pool": 1, "channels": 3, "excite": 1.0, "stride": 3,
          "shortcutKernel": 3 },
        { "kind": "res", "convs": 2, "kernel": 3, "pool": 3, "channels": 3, "excite": 1.0, "shortcutKernel": 3 },
        { "kind": "res", "convs": 2, "kernel": 1, "pool": 1, "channels": 2, "excite": 1.0, "shortcutKernel": 1 },
    ]);
    check_network("minzwon-se", &architecture(Value::Null, blocks, json!({ "kind": "dense" })));
}
