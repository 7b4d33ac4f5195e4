//! Compares the fused operations of the inference plan with the f64 twin, on networks of one block each in all shapes.
//!
//! The training plan's operations are compared in `engine-cpu/src/train/tests.rs`, which can access their buffers.
#![allow(clippy::unwrap_used)]

use engine::{ClipScorer, Inference, Options};
use engine_testbed::fixture::{largest_error, uniform};
use net::{Architecture, Layout, Parameters, Task, TensorRole};
use serde_json::{json, Value};
use twin::Twin;

const TAGS: usize = 5;
const SEGMENTS: usize = 5;
/// The bound of fixtures/README.md for Winograd, the larger of the two.
const LIMIT: f64 = 3e-5;

fn parameters(architecture: &Architecture) -> Parameters {
    let layout = Layout::new(architecture, TAGS);
    let mut parameters = Parameters::zeros(&layout);
    for spec in &layout.tensors {
        let fan = spec.shape[1..].iter().product::<usize>() as f64;
        for (to, u) in parameters.tensor_mut(spec).iter_mut().zip(uniform(&spec.name)) {
            let value = match spec.role {
                // Both signs of gamma: a maximum becomes a minimum.
                TensorRole::NormWeight => 1.5 * u,
                TensorRole::RunningVar => 1.0 + 0.5 * u,
                TensorRole::ConvWeight | TensorRole::ShortcutWeight | TensorRole::DenseWeight => u * (6.0 / fan).sqrt(),
                _ => 0.1 * u,
            };
            *to = value as f32;
        }
    }
    parameters
}

fn inference(architecture: &Architecture, batch: usize) -> Inference {
    let options = Options { threads: 2, ..Options::default() };
    Inference::new(architecture, TAGS, &parameters(architecture), batch, &options).unwrap()
}

fn segments(architecture: &Architecture, count: usize) -> Vec<f32> {
    uniform("input").map(|u| u as f32).take(count * architecture.input_length).collect()
}

/// Compares the logits of a network with `stem` (if not null), `blocks` and `head` over `length` samples.
fn check(length: usize, same: &str, stem: Value, blocks: Value, head: Value) {
    let what = format!("{length} {same} {stem} {blocks} {head}");
    let mut described = json!({
        "samplingRate": 8000, "inputLength": length, "same": same, "blocks": blocks, "head": head,
    });
    if !stem.is_null() {
        described["stem"] = stem;
    }
    let architecture: Architecture = serde_json::from_value(described).unwrap();
    architecture.validate().unwrap();
    let input = segments(&architecture, SEGMENTS);
    let mut plan = inference(&architecture, SEGMENTS + 1);
    let ours: Vec<f64> = plan.logits(&input).unwrap().iter().map(|&v| f64::from(v)).collect();
    let wide: Vec<f64> = input.iter().map(|&v| f64::from(v)).collect();
    let truth = Twin::new(&architecture, TAGS, &parameters(&architecture)).evaluate(&wide);
    let error = largest_error(&ours, &truth);
    assert!(error <= LIMIT, "{error:.1e}: {what}");
}

fn stem(channels: usize) -> Value {
    json!({ "kernel": 3, "stride": 3, "channels": channels })
}

/// A head that reads the maximum and the mean of every position of the last block.
fn wide_head() -> Value {
    json!({ "kind": "dense", "channels": 8, "pooling": "maxmean" })
}

#[test]
fn a_module_of_every_kernel_pool_and_width() {
    for kernel in 1..=7 {
        for pool in 1..=7 {
            let (from, to) = [(1, 1), (7, 9), (16, 16), (33, 20), (64, 128)][(kernel + pool) % 5];
            let same = ["left", "right"][kernel * pool % 2];
            let block = json!([{ "kind": "basic", "kernel": kernel, "pool": pool, "channels": to }]);
            check(3 * 85, same, stem(from), block, wide_head());
        }
    }
}

#[test]
fn stems_of_every_shape() {
    let blocks = || json!([{ "kind": "basic", "kernel": 3, "pool": 3, "channels": 16 }]);
    for (kernel, stride, padding) in
        [(2, 2, [0, 0]), (3, 3, [1, 0]), (81, 27, [27, 27]), (9, 9, [0, 0]), (5, 2, [2, 2])]
    {
        let stem = json!({ "kernel": kernel, "stride": stride, "channels": 24, "padding": padding });
        check(27 * 12, "right", stem, blocks(), wide_head());
    }
    check(100, "right", Value::Null, blocks(), wide_head());
    check(90, "right", json!({ "kernel": 3, "stride": 3, "channels": 8, "bias": false }), blocks(), wide_head());
}

#[test]
fn modules_with_two_convolutions_strides_and_padded_pools() {
    for (stride, pool, pool_padding) in [(1, 3, 1), (2, 2, 1), (3, 1, 0), (2, 3, 0)] {
        let block = json!([{
            "kind": "basic", "kernel": 3, "pool": pool, "poolPadding": pool_padding, "stride": stride, "channels": 20,
            "convs": 2, "bias": false, "dropout": 0.1,
        }]);
        check(300, "right", stem(16), block, wide_head());
    }
}

#[test]
fn excited_and_residual_modules() {
    for (convs, excite, channels, kernel) in
        [(1, Value::Null, 16, 1), (2, Value::Null, 24, 1), (1, json!(16.0), 24, 3), (2, json!(0.125), 16, 1)]
    {
        let mut block = json!({
            "kind": "res", "kernel": 3, "pool": 3, "channels": channels, "convs": convs, "shortcutKernel": kernel,
        });
        if !excite.is_null() {
            block["excite"] = excite;
        }
        check(243, "right", stem(16), json!([block, block]), json!({ "kind": "dense", "levels": 2 }));
    }
    let strided = json!([{
        "kind": "res", "convs": 2, "kernel": 3, "pool": 1, "channels": 16, "excite": 1.0, "stride": 3,
        "shortcutKernel": 3,
    }]);
    check(243, "right", Value::Null, strided, wide_head());
    let se = json!([{ "kind": "se", "kernel": 3, "pool": 3, "channels": 24, "excite": 2.0 }]);
    check(243, "right", stem(16), se, wide_head());
}

#[test]
fn heads() {
    let blocks = |pool: usize| {
        json!([
            { "kind": "basic", "kernel": 3, "pool": 3, "channels": 16 },
            { "kind": "basic", "kernel": 3, "pool": pool, "channels": 24 },
        ])
    };
    for kernel in [1, 3, 4] {
        check(81, "left", stem(8), blocks(9), json!({ "kind": "conv", "channels": 20, "kernel": kernel }));
    }
    for (levels, norm, pooling) in [(1, true, "max"), (2, true, "max"), (2, false, "maxmean")] {
        let head = json!({ "kind": "dense", "levels": levels, "norm": norm, "pooling": pooling });
        check(81, "right", stem(8), blocks(3), head);
    }
}

/// Checks the promise of the scorer with a real plan: the scores of a clip have the same bits, whichever clips share
/// its batches.
#[test]
fn clips_score_the_same_bits_in_any_company_and_any_batch() {
    let architecture = Architecture::preset("3^4").unwrap();
    let length = architecture.input_length;
    let samples = segments(&architecture, 12);
    let clip = |first: usize, count: usize| samples[first * length..(first + count) * length].chunks_exact(length);
    let alone = |task: Task, batch: usize| {
        let mut scorer = ClipScorer::new(inference(&architecture, batch), task);
        scorer.begin(1);
        clip(0, 5).for_each(|segment| scorer.push(1, segment).unwrap());
        scorer.end(1);
        scorer.flush().unwrap();
        scorer.finished().remove(0)
    };
    for task in [Task::MultiLabel, Task::SingleLabel] {
        let expected = alone(task, 5);
        assert_eq!(expected, alone(task, 2));
        let mut scorer = ClipScorer::new(inference(&architecture, 4), task);
        scorer.begin(0);
        scorer.begin(1);
        for (own, other) in clip(0, 5).zip(clip(5, 5)) {
            scorer.push(0, other).unwrap();
            scorer.push(1, own).unwrap();
        }
        scorer.end(0);
        scorer.end(1);
        scorer.flush().unwrap();
        let finished = scorer.finished();
        assert_eq!(finished[1], expected);
        assert_ne!(finished[0].scores, expected.scores);
        if task == Task::SingleLabel {
            assert!((expected.scores.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        }
    }
}
