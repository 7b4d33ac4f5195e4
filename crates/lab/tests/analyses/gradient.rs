//! The input gradient of the analyses against finite differences of the plain f64 operations.

use std::rc::Rc;

use engine_testbed::fixture::uniform;
use lab::analyses::gradient::{InputGradient, Statistics};
use net::graph::{BatchNorm, Graph, NodeId, Operation};
use net::{Architecture, InputNormalisation, Layout, Parameters, TensorRole};
use serde_json::{json, Value};
use twin::{Map, Variables};

/// A network without its head, which the gradient never reaches.
fn architecture(length: usize, stem: Value, blocks: Value) -> Architecture {
    let mut described = json!({
        "samplingRate": 8000, "inputLength": length, "norm": { "kind": "batch", "eps": 1e-3, "momentum": 0.1 },
        "blocks": blocks, "head": { "kind": "dense" },
    });
    if !stem.is_null() {
        described["stem"] = stem;
    }
    serde_json::from_value(described).unwrap()
}

fn parameters(architecture: &Architecture) -> Parameters {
    let layout = Layout::new(architecture, 2);
    let mut parameters = Parameters::zeros(&layout);
    for spec in &layout.tensors {
        let centred = [TensorRole::NormWeight, TensorRole::RunningVar, TensorRole::InputDeviation];
        let centre = if centred.contains(&spec.role) { 1.0 } else { 0.0 };
        let values = uniform(&spec.name).map(|u| (centre + 0.5 * u) as f32);
        parameters.tensor_mut(spec).iter_mut().zip(values).for_each(|(to, value)| *to = value);
    }
    parameters
}

/// The networks: every kind of block, strides, padding of convolutions and pools, no norm.
fn networks() -> Vec<(&'static str, Architecture)> {
    let stem = || json!({ "kernel": 3, "stride": 3, "channels": 4, "padding": [0, 0] });
    let basic = json!([
        { "kind": "basic", "kernel": 3, "pool": 3, "channels": 5, "dropout": 0.2 },
        { "kind": "basic", "kernel": 3, "pool": 3, "channels": 4 },
    ]);
    let mut plain = architecture(81, stem(), basic.clone());
    plain.norm.kind = net::NormKind::None;
    let normalised = |kind, stem, first: usize| {
        let blocks = json!([
            { "kind": "basic", "kernel": 3, "pool": first, "channels": 9 },
            { "kind": "basic", "kernel": 3, "pool": 3, "channels": 8 },
        ]);
        Architecture { input_normalisation: kind, ..architecture(81, stem, blocks) }
    };
    let residual = |convs: usize, excite: Option<f64>| {
        let block = |channels: usize| {
            let mut block = json!({ "kind": "res", "convs": convs, "kernel": 3, "pool": 3, "channels": channels,
                                    "dropout": 0.2 });
            if let Some(excite) = excite {
                block["excite"] = json!(excite);
            }
            block
        };
        architecture(81, stem(), json!([block(4), block(5)]))
    };
    vec![
        ("basic", architecture(81, stem(), basic)),
        ("no norm", plain),
        ("standardised", normalised(InputNormalisation::Standardise, stem(), 3)),
        // The first block pads the normalised signal with zeros.
        ("standardised, no stem", normalised(InputNormalisation::Standardise, Value::Null, 9)),
        ("signed logarithm, no stem", normalised(InputNormalisation::SignedLog, Value::Null, 9)),
        (
            "even kernels, padded stem and pool, strided block",
            architecture(
                60,
                json!({ "kernel": 4, "stride": 2, "channels": 3, "padding": [3, 1], "bias": false }),
                json!([
                    { "kind": "basic", "kernel": 2, "pool": 3, "channels": 4, "convs": 2, "poolPadding": 1 },
                    { "kind": "basic", "kernel": 3, "pool": 1, "channels": 3, "stride": 2 },
                ]),
            ),
        ),
        (
            "se",
            architecture(
                81,
                stem(),
                json!([
                    { "kind": "se", "kernel": 3, "pool": 3, "channels": 4, "excite": 2.0 },
                    { "kind": "se", "kernel": 3, "pool": 3, "channels": 5, "excite": 0.5 },
                ]),
            ),
        ),
        ("res1", residual(1, None)),
        ("res2", residual(2, None)),
        ("rese1", residual(1, Some(1.0))),
        ("rese2", residual(2, Some(2.0))),
        (
            "minzwon-se: no stem, strided shortcut of 3 taps",
            architecture(
                81,
                Value::Null,
                json!([
                    { "kind": "res", "convs": 2, "kernel": 3, "pool": 1, "channels": 4, "excite": 1.0, "stride": 3,
                      "shortcutKernel": 3 },
                    { "kind": "res", "convs": 2, "kernel": 3, "pool": 3, "channels": 4, "excite": 1.0,
                      "shortcutKernel": 3 },
                ]),
            ),
        ),
    ]
}

/// The same value by the twin's operations in f64.
fn twin_value(
    graph: &Graph,
    node: NodeId,
    variables: &Variables,
    statistics: Statistics,
    (x, channel): (&[f64], usize),
) -> f64 {
    let mut maps: Vec<Rc<Map>> = Vec::new();
    for (index, at) in graph.nodes[..=node].iter().enumerate() {
        let last = index == node;
        let pooled = |map: Map, pool: net::graph::Pool| {
            if last {
                map
            } else {
                twin::pool::forward(&map, pool.size, pool.padding).0
            }
        };
        let map = match &at.operation {
            Operation::Input => Map::new(1, x.len(), 1, x.to_vec()),
            Operation::Standardisation(_) => normalised(InputNormalisation::Standardise, variables, x),
            Operation::SignedLog(_) => normalised(InputNormalisation::SignedLog, variables, x),
            Operation::Conv(conv) => {
                let from = Rc::clone(&maps[conv.input]);
                let weight = &conv.weight.shape;
                let (kernel, stride, padding) = (conv.kernel, conv.stride, conv.padding);
                let sizes = twin::conv::Conv { from: weight[1], to: weight[0], kernel, stride, padding };
                let bias = conv.bias.as_ref().map(|bias| variables.get(&bias.name));
                let mut y = sizes.forward(&from, variables.get(&conv.weight.name), bias);
                if let Some(norm) = &conv.norm {
                    y = normed(y, norm, variables, statistics);
                }
                pooled(if conv.relu { twin::relu::forward(y) } else { y }, conv.pool)
            }
            Operation::Excitation(excitation) => {
                let excite = twin::excite::Excite {
                    fc1_weight: variables.get(&excitation.squeeze.weight.name),
                    fc1_bias: variables.get(&excitation.squeeze.bias.name),
                    fc2_weight: variables.get(&excitation.expand.weight.name),
                    fc2_bias: variables.get(&excitation.expand.bias.name),
                };
                excite.forward(Rc::clone(&maps[excitation.input])).0
            }
            Operation::ResidualAdd(add) => {
                let mut sum = Map::clone(&maps[add.branch]);
                sum.add(&maps[add.shortcut.node()]);
                pooled(twin::relu::forward(sum), add.pool)
            }
            Operation::Dropout(dropout) => Map::clone(&maps[dropout.input]),
            other => panic!("{other:?}"),
        };
        maps.push(Rc::new(map));
    }
    let map = maps.pop().unwrap();
    (0..map.length).map(|position| map.row(0, position)[channel]).sum::<f64>() / map.length as f64
}

fn normalised(kind: InputNormalisation, variables: &Variables, x: &[f64]) -> Map {
    Map::new(1, x.len(), 1, twin::normalise::forward(kind, variables, x))
}

fn normed(y: Map, norm: &BatchNorm, variables: &Variables, statistics: Statistics) -> Map {
    let of = twin::norm::Statistics::of(&y);
    let (mean, variance) = match statistics {
        Statistics::Batch => (&*of.mean, &*of.variance),
        Statistics::Running => (variables.get(&norm.running_mean.name), variables.get(&norm.running_var.name)),
    };
    let (gamma, beta) = (variables.get(&norm.gamma.name), variables.get(&norm.beta.name));
    twin::norm::forward(y, gamma, beta, mean, variance, 1e-3).0
}

/// Checks every channel of every layer that ends in a ReLU, all channels in one batch.
fn check(what: &str, architecture: &Architecture, statistics: Statistics) {
    architecture.validate().unwrap();
    let (graph, parameters) = (Graph::new(architecture, 2), parameters(architecture));
    let variables = Variables::new(Layout::of(&graph), &parameters);
    let length = architecture.input_length;
    let mut checked = 0;
    for node in 0..graph.nodes.len() {
        let channels = match &graph.nodes[node].operation {
            Operation::Conv(conv) if conv.relu => conv.weight.shape[0],
            Operation::ResidualAdd(_) => graph.nodes[node].output.channels,
            _ => continue,
        };
        let gradient = InputGradient::new(architecture, &graph, node, &parameters, statistics).unwrap();
        let channels: Vec<usize> = (0..channels).collect();
        let wide: Vec<f64> = uniform(what).take(channels.len() * length).collect();
        let x: Vec<f32> = wide.iter().map(|v| *v as f32).collect();
        let mut dx = vec![f32::NAN; x.len()];
        // The memory is larger than the batch, and was used before.
        let mut memory = gradient.memory(channels.len() + 2);
        let values = gradient.values(&mut memory, &x, &channels, &mut dx);
        assert_eq!(gradient.values(&mut memory, &x, &channels, &mut dx), values);
        for &channel in &channels {
            let one: Vec<f64> = x[channel * length..][..length].iter().map(|v| f64::from(*v)).collect();
            let value = |x: &[f64]| twin_value(&graph, node, &variables, statistics, (x, channel));
            let name = format!("{what}, {}, channel {channel}", graph.nodes[node].name);
            assert!((value(&one) - values[channel]).abs() < 2e-5 * value(&one).max(0.1), "{name}");
            let dx = &dx[channel * length..][..length];
            let expected: Vec<f64> = (0..length)
                .map(|i| {
                    let moved = |by: f64| {
                        let mut x = one.clone();
                        x[i] += by;
                        value(&x)
                    };
                    (moved(1e-6) - moved(-1e-6)) / 2e-6
                })
                .collect();
            let scale = (expected.iter().map(|v| v * v).sum::<f64>() / length as f64).sqrt();
            for i in 0..length {
                let error = (f64::from(dx[i]) - expected[i]).abs();
                assert!(error <= 2e-4 * scale + 1e-7, "{name}, sample {i}: {} for {}", dx[i], expected[i]);
            }
            checked += usize::from(scale > 0.0);
        }
    }
    assert!(checked >= 8, "{what}: only {checked} gradients are not zero");
}

#[test]
fn gradients_with_the_statistics_of_one_signal_are_finite_differences() {
    for (what, architecture) in networks() {
        check(what, &architecture, Statistics::Batch);
    }
}

#[test]
fn gradients_with_running_statistics_are_finite_differences() {
    for (what, architecture) in networks() {
        check(what, &architecture, Statistics::Running);
    }
}
