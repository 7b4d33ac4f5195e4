//! Tests of the training plan beyond the fixtures: the same bits for any number of threads, short batches, dropout from
//! a counter, and clear error messages.
#![allow(clippy::unwrap_used)]

use engine::{Device, Inference, Options, Precision, Targets, Training, Update};
use error::Code;
use net::{Architecture, Layout, Parameters, Task, TensorRole};
use serde_json::json;

const UPDATE: Update = Update { learning_rate: 0.01, momentum: 0.9, weight_decay: 0.0 };

fn architecture(blocks: serde_json::Value, head: serde_json::Value) -> Architecture {
    serde_json::from_value(json!({
        "samplingRate": 22050, "inputLength": 729,
        "stem": { "kernel": 3, "stride": 3, "channels": 16 },
        "blocks": blocks, "head": head,
    }))
    .unwrap()
}

fn residual() -> Architecture {
    architecture(
        json!([
            { "kind": "basic", "kernel": 3, "pool": 3, "channels": 16 },
            { "kind": "se", "kernel": 3, "pool": 3, "channels": 16, "excite": 0.5 },
            { "kind": "res", "kernel": 3, "pool": 3, "channels": 24, "convs": 2, "excite": 0.5, "dropout": 0.2 },
        ]),
        json!({ "kind": "dense", "levels": 2, "dropout": 0.5 }),
    )
}

fn noise(seed: u64) -> impl Iterator<Item = f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    })
}

fn parameters(architecture: &Architecture, tags: usize) -> Parameters {
    let layout = Layout::new(architecture, tags);
    let mut parameters = Parameters::zeros(&layout);
    for (index, spec) in layout.tensors.iter().enumerate() {
        for (value, u) in parameters.tensor_mut(spec).iter_mut().zip(noise(index as u64 + 1)) {
            *value = match spec.role {
                TensorRole::NormWeight | TensorRole::RunningVar => 1.0 + 0.5 * u,
                TensorRole::ConvWeight | TensorRole::ShortcutWeight | TensorRole::DenseWeight => {
                    u * (6.0 / spec.shape[1..].iter().product::<usize>() as f32).sqrt()
                }
                _ => 0.1 * u,
            };
        }
    }
    parameters
}

fn plan(architecture: &Architecture, batch: usize, threads: usize) -> Training {
    plan_in(Precision::F32, architecture, batch, threads)
}

/// The precisions in which this processor can train.
fn precisions() -> impl Iterator<Item = Precision> {
    [Precision::F32, Precision::Bf16]
        .into_iter()
        .filter(|&precision| Options::for_training("cpu", 1, precision).is_ok())
}

fn plan_in(precision: Precision, architecture: &Architecture, batch: usize, threads: usize) -> Training {
    let options = Options { device: Device::Cpu, threads, precision };
    let mut training = Training::new(architecture, 4, Task::MultiLabel, batch, &options).unwrap();
    training.load(&parameters(architecture, 4)).unwrap();
    training
}

fn batch(n: usize) -> (Vec<f32>, Vec<f32>) {
    let targets = noise(77).take(4 * n).map(|u| f32::from(u8::from(u > 0.3))).collect();
    (noise(99).take(729 * n).collect(), targets)
}

#[test]
fn every_number_of_threads_gives_the_same_bits() {
    let architecture = residual();
    let (input, targets) = batch(7);
    let train = |precision, threads| {
        let mut training = plan_in(precision, &architecture, 7, threads);
        let losses: Vec<f64> = (0..3)
            .map(|step| training.step(&input, Targets::Tags(&targets), &UPDATE, Some((1, step))).unwrap())
            .collect();
        (losses, training.parameters().unwrap(), training.velocity().unwrap())
    };
    for precision in precisions() {
        let one = train(precision, 1);
        assert!(one.0.iter().all(|loss| loss.is_finite()));
        for threads in [2, 3] {
            assert!(train(precision, threads) == one, "{precision}, {threads} threads");
        }
    }
}

#[test]
fn a_short_batch_is_a_batch_of_its_own() {
    let architecture = residual();
    let (input, targets) = batch(3);
    let mut wide = plan(&architecture, 8, 2);
    let (first, rest) = batch(8);
    wide.gradients(&first, Targets::Tags(&rest), None).unwrap();
    wide.load(&parameters(&architecture, 4)).unwrap();
    let ours = wide.gradients(&input, Targets::Tags(&targets), None).unwrap();
    let mut exact = plan(&architecture, 3, 2);
    let theirs = exact.gradients(&input, Targets::Tags(&targets), None).unwrap();
    assert!((ours.loss - theirs.loss).abs() < 1e-6 * theirs.loss);
    assert_eq!((ours.logits.len(), ours.input.len()), (12, 3 * 729));
    let scale = theirs.parameters.iter().fold(0.0f32, |m, g| m.max(g.abs()));
    for (a, b) in ours.parameters.iter().zip(&theirs.parameters) {
        assert!((a - b).abs() < 1e-4 * scale, "{a} {b}");
    }
}

#[test]
fn dropout_depends_on_seed_and_step_only() {
    let architecture = residual();
    let (input, targets) = batch(4);
    let mut training = plan(&architecture, 4, 2);
    let mut logits = |dropout| {
        training.load(&parameters(&architecture, 4)).unwrap();
        training.gradients(&input, Targets::Tags(&targets), dropout).unwrap().logits
    };
    let none = logits(None);
    let first = logits(Some((1, 0)));
    assert_ne!(first, none);
    assert_ne!(first, logits(Some((1, 1))));
    assert_ne!(first, logits(Some((2, 0))));
    assert_eq!(first, logits(Some((1, 0))));
    assert_eq!(none, logits(None));
}

#[test]
fn velocity_and_parameters_continue_a_training_exactly() {
    let architecture = residual();
    let (input, targets) = batch(4);
    let mut whole = plan(&architecture, 4, 2);
    for step in 0..2 {
        whole.step(&input, Targets::Tags(&targets), &UPDATE, Some((3, step))).unwrap();
    }
    let mut resumed = plan(&architecture, 4, 1);
    resumed.load(&whole.parameters().unwrap()).unwrap();
    resumed.load_velocity(&whole.velocity().unwrap()).unwrap();
    for training in [&mut whole, &mut resumed] {
        training.step(&input, Targets::Tags(&targets), &UPDATE, Some((3, 2))).unwrap();
    }
    assert_eq!(whole.parameters().unwrap(), resumed.parameters().unwrap());
    assert_eq!(whole.velocity().unwrap(), resumed.velocity().unwrap());
}

#[test]
fn training_makes_the_loss_smaller() {
    let architecture = residual();
    let (input, targets) = batch(6);
    let train = |precision| -> Vec<f64> {
        let mut training = plan_in(precision, &architecture, 6, 2);
        (0..40).map(|_| training.step(&input, Targets::Tags(&targets), &UPDATE, None).unwrap()).collect()
    };
    let exact = train(Precision::F32);
    for precision in precisions() {
        let losses = train(precision);
        assert!(losses[39] < 0.2 * losses[0], "{precision}: {losses:?}");
        // Rounded products change every loss, but not by much.
        assert_eq!(losses == exact, precision == Precision::F32);
        for (rounded, exact) in losses.iter().zip(&exact) {
            assert!((rounded - exact).abs() < 0.05 * exact + 0.01, "{precision}: {losses:?}");
        }
    }
}

/// The relative root mean square difference of `ours` from `truth`.
fn difference(ours: &[f32], truth: &[f32]) -> f64 {
    let squares = |values: &mut dyn Iterator<Item = f32>| values.map(|v| f64::from(v).powi(2)).sum::<f64>();
    (squares(&mut ours.iter().zip(truth).map(|(a, b)| a - b)) / squares(&mut truth.iter().copied())).sqrt()
}

#[test]
fn the_logits_of_bf16_are_near_those_of_f32() {
    // Gradients are not compared: where rounding changes the larger of two almost equal values of a window, a gradient
    // goes to another row.
    let architecture = residual();
    let (input, targets) = batch(6);
    let logits = |precision| {
        let mut training = plan_in(precision, &architecture, 6, 2);
        training.gradients(&input, Targets::Tags(&targets), None).unwrap().logits
    };
    let exact = logits(Precision::F32);
    for precision in precisions() {
        let error = difference(&logits(precision), &exact);
        assert!(error < 0.1 && (error > 0.0) == (precision == Precision::Bf16), "{precision}: {error}");
    }
}

#[test]
fn a_step_uses_the_gradients_that_are_returned() {
    // A step only adds up the sums that the first layer needs; the returned gradients come from all of its gradient.
    let architecture = residual();
    let (input, targets) = batch(6);
    for precision in precisions() {
        let gradients =
            plan_in(precision, &architecture, 6, 2).gradients(&input, Targets::Tags(&targets), None).unwrap();
        let mut training = plan_in(precision, &architecture, 6, 2);
        training.step(&input, Targets::Tags(&targets), &UPDATE, None).unwrap();
        let velocity = training.velocity().unwrap();
        let largest =
            |values: &[f32]| values.iter().fold(0.0f32, |most, v| if v.abs() > most.abs() { *v } else { most });
        let factor = largest(&velocity) / largest(&gradients.parameters);
        let expected: Vec<f32> = gradients.parameters.iter().map(|g| g * factor).collect();
        let error = difference(&velocity, &expected);
        assert!(error < 1e-3, "{precision}: {error}");
    }
}

#[test]
fn bf16_is_for_training_only_and_is_refused_without_its_instructions() {
    let architecture = residual();
    let options = Options { device: Device::Cpu, threads: 1, precision: Precision::Bf16 };
    let refused = Inference::new(&architecture, 4, &parameters(&architecture, 4), 2, &options).err().unwrap();
    assert!(refused.code == Code::InvalidOption && refused.message.contains("training only"), "{refused}");
    assert!(Inference::new(&architecture, 4, &parameters(&architecture, 4), 2, &options.for_inference()).is_ok());
    let training = Training::new(&architecture, 4, Task::MultiLabel, 2, &options);
    if engine::cpu_features().contains(&"avx512bf16") && engine::CpuLevel::chosen().unwrap().name() == "avx512" {
        assert!(training.is_ok());
    } else {
        let refused = training.err().unwrap();
        assert!(refused.code == Code::InvalidOption && refused.message.contains("AVX-512 BF16"), "{refused}");
    }
}

#[test]
fn what_does_not_fit_is_refused_in_words() {
    let architecture = residual();
    let mut training = plan(&architecture, 2, 1);
    let (input, targets) = batch(2);
    let mut refused = |input: &[f32], targets: Targets| {
        let error = training.gradients(input, targets, None).unwrap_err();
        assert_eq!(error.code, Code::InvalidOption, "{error}");
        error.message
    };
    assert!(refused(&input[1..], Targets::Tags(&targets)).contains("729 samples"));
    assert!(refused(&[], Targets::Tags(&[])).contains("received 0"));
    assert!(refused(&batch(3).0, Targets::Tags(&batch(3).1)).contains("1 to 2 segments"));
    assert!(refused(&input, Targets::Tags(&targets[1..])).contains("received 7"));
    assert!(refused(&input, Targets::Classes(&[0, 1])).contains("multi-label"));
    let mismatch = training.load(&Parameters::default()).unwrap_err();
    assert_eq!(mismatch.code, Code::CheckpointMismatch);

    let options = Options::default();
    let mut single = Training::new(&architecture, 4, Task::SingleLabel, 2, &options).unwrap();
    let error = single.gradients(&input, Targets::Classes(&[0, 4]), None).unwrap_err();
    assert!(error.message.contains("below 4, received 4"), "{error}");

    let shallow = architecture_without_end();
    let error = Training::new(&shallow, 4, Task::MultiLabel, 2, &options).err().unwrap();
    assert!(error.code == Code::InvalidOption && error.message.contains("one position"), "{error}");
}

fn architecture_without_end() -> Architecture {
    architecture(
        json!([{ "kind": "basic", "kernel": 3, "pool": 3, "channels": 8 }]),
        json!({ "kind": "conv", "channels": 8 }),
    )
}
