//! Checks of random architectures: a plan must give the same bits for any number of threads and any other segments in
//! the batch, and the values of the plain f64 twin. `scripts/random-architectures` tries many; RANDOM_ARCHITECTURES is
//! their number and RANDOM_SEED the first seed.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use engine::{Inference, Options, Precision, Targets, Training, Update};
use engine_testbed::fixture::largest_error;
use engine_testbed::random::{architecture, parameters, segments, targets, Draw, TAGS};
use net::{Architecture, StemKind, Task};
use twin::Twin;

const UPDATE: Update = Update { learning_rate: 0.01, momentum: 0.9, weight_decay: 1e-4 };
/// The number of segments of a plan and of a full step.
const BATCH: usize = 3;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap())
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

/// Bits, so that NaN equals itself.
fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// Runs a full step, a short step, and the gradients of a third step including those of the waveform; returns all
/// resulting bits.
fn trained(architecture: &Architecture, threads: usize) -> (Vec<u64>, Vec<Vec<u32>>) {
    let options = Options { threads, ..Options::default() };
    let mut plan = Training::new(architecture, TAGS, Task::MultiLabel, BATCH, &options).unwrap();
    plan.load(&parameters(architecture)).unwrap();
    let (input, tags) = (segments(architecture, BATCH), targets(BATCH));
    let mut losses = Vec::new();
    for (step, n) in [BATCH, BATCH - 1].into_iter().enumerate() {
        let (input, tags) = (&input[..n * architecture.input_length], Targets::Tags(&tags[..n * TAGS]));
        losses.push(plan.step(input, tags, &UPDATE, Some((1, step as u64))).unwrap().to_bits());
    }
    let gradients = plan.gradients(&input, Targets::Tags(&tags), None).unwrap();
    losses.push(gradients.loss.to_bits());
    let after = plan.parameters().unwrap();
    let all = [&after.trainable, &after.statistics, &plan.velocity().unwrap(), &gradients.parameters, &gradients.input];
    (losses, all.map(|values| bits(values)).to_vec())
}

/// The logits of one segment alone, and of all segments together.
fn inferred(architecture: &Architecture, precision: Precision, threads: usize) -> (Vec<f32>, Vec<f32>) {
    let options = Options { threads, precision, ..Options::default() };
    let mut plan = Inference::new(architecture, TAGS, &parameters(architecture), BATCH, &options).unwrap();
    let input = segments(architecture, BATCH);
    let alone = plan.logits(&input[architecture.input_length..2 * architecture.input_length]).unwrap().to_vec();
    (alone, plan.logits(&input).unwrap().to_vec())
}

/// Compares the first step's loss and the logits of the f32 plan with the twin. Rounding errors grow with depth and
/// with norms over few values, but errors in the code are larger than the bounds.
fn check_values(what: &str, architecture: &Architecture, logits: &[f32]) {
    if architecture.stem.as_ref().is_some_and(|stem| stem.kind == StemKind::Mel) {
        return;
    }
    let mut twin = Twin::new(architecture, TAGS, &parameters(architecture));
    let input = wide(&segments(architecture, BATCH));
    let error = largest_error(&wide(logits), &twin.evaluate(&input));
    assert!(error <= 2e-4, "logits are off by {error:.1e}: {what}");
    let tags = targets(BATCH);
    let truth = twin.gradients(&input, Targets::Tags(&tags), None);
    let mut plan = Training::new(architecture, TAGS, Task::MultiLabel, BATCH, &Options::default()).unwrap();
    plan.load(&parameters(architecture)).unwrap();
    let ours = plan.gradients(segments(architecture, BATCH).as_slice(), Targets::Tags(&tags), None).unwrap();
    let error = (ours.loss - truth.loss).abs() / truth.loss.abs();
    assert!(error <= 1e-2, "the loss is off by {error:.1e}: {what}");
}

fn check(seed: u64, most: f64) {
    let architecture = architecture(seed, most);
    let what = format!("seed {seed}, {}", serde_json::to_string(&architecture).unwrap());
    let mut draw = Draw::new(seed ^ 1 << 40);
    let threads = [draw.within(2, 4), 24];
    let expected = trained(&architecture, 1);
    for threads in threads {
        assert!(trained(&architecture, threads) == expected, "training differs on {threads} threads: {what}");
    }
    for precision in [Precision::F32, Precision::Fixed14, Precision::Int8] {
        let (alone, all) = inferred(&architecture, precision, 1);
        assert_eq!(bits(&alone), bits(&all[TAGS..2 * TAGS]), "{precision} depends on the company: {what}");
        for threads in threads {
            let (_, other) = inferred(&architecture, precision, threads);
            assert_eq!(bits(&all), bits(&other), "{precision} differs on {threads} threads: {what}");
        }
        if precision == Precision::F32 {
            check_values(&what, &architecture, &all);
        }
    }
}

#[test]
fn random_architectures_give_the_same_bits_on_any_number_of_threads() {
    let (count, first) = (number("RANDOM_ARCHITECTURES", 24), number("RANDOM_SEED", 1));
    let most = number("RANDOM_MULTIPLICATIONS", 3_000_000) as f64;
    for seed in first..first + count {
        check(seed, most);
    }
    println!("{count} architectures tried, seeds {first} to {}", first + count - 1);
}

/// The map of an excited block is the shortcut of the next block: the factors must apply to it and to its levels.
#[test]
fn an_excited_block_before_a_residual_block_with_an_identity_shortcut_is_scaled() {
    let described = serde_json::json!({
        "samplingRate": 2000, "inputLength": 81,
        "stem": { "kernel": 3, "stride": 3, "channels": 8 },
        "blocks": [
            { "kind": "se", "kernel": 3, "pool": 3, "channels": 8, "excite": 2 },
            { "kind": "res", "kernel": 3, "pool": 3, "channels": 8, "convs": 2, "excite": 2 },
        ],
        "head": { "kind": "dense", "channels": 8, "levels": 2, "dropout": 0 },
    });
    let architecture: Architecture = serde_json::from_value(described).unwrap();
    let (_, logits) = inferred(&architecture, Precision::F32, 1);
    check_values("an excited block before a residual block", &architecture, &logits);
}

/// The end of a residual block takes more scratch memory than any convolution of this network.
#[test]
fn a_residual_block_with_a_large_pool_and_a_short_kernel_trains() {
    let described = serde_json::json!({
        "samplingRate": 2000, "inputLength": 560, "norm": { "kind": "none" },
        "stem": { "kernel": 3, "stride": 1, "channels": 560, "padding": [1, 1] },
        "blocks": [{ "kind": "res", "kernel": 1, "pool": 253, "channels": 560 }],
        "head": { "kind": "dense", "channels": 8, "dropout": 0, "norm": false },
    });
    let architecture: Architecture = serde_json::from_value(described).unwrap();
    let expected = trained(&architecture, 1);
    for threads in [2, 24] {
        assert!(trained(&architecture, threads) == expected, "{threads} threads");
    }
}
