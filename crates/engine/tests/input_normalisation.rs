//! Networks that normalise their waveform: training and inference are compared with the f64 twin, and with the plain
//! network on samples that the test has normalised.
#![allow(clippy::unwrap_used)]

use engine::{initialise, Inference, Initialisation, Options, Precision, Segments, Tap, Targets, Training, Update};
use engine_core::{Holding, Reduction};
use engine_testbed::fixture::uniform;
use error::Code;
use net::{Architecture, InputNormalisation, Layout, Parameters, Task, TensorRole};
use serde_json::{json, Value};
use twin::Twin;

const TAGS: usize = 3;
const SAMPLES: usize = 729;
const BATCH: usize = 4;
const MEAN: f32 = -0.05;
const DEVIATION: f32 = 0.15;
const KINDS: [InputNormalisation; 2] = [InputNormalisation::Standardise, InputNormalisation::SignedLog];

/// Networks with a padded stem, with a stem that is computed inside the first block, and without a stem.
fn networks(kind: InputNormalisation) -> Vec<Architecture> {
    let block =
        |pool: usize, channels: usize| json!({ "kind": "basic", "kernel": 3, "pool": pool, "channels": channels });
    let stem = |padding: usize| json!({ "kernel": 3, "stride": 3, "channels": 16, "padding": [padding, padding] });
    let of = |stem: Value, blocks: Value| {
        let mut described = json!({
            "samplingRate": 8000, "inputLength": SAMPLES, "blocks": blocks, "inputNormalisation": kind,
            "head": { "kind": "dense", "channels": 16, "dropout": 0 },
        });
        if !stem.is_null() {
            described["stem"] = stem;
        }
        serde_json::from_value(described).unwrap()
    };
    let residual = json!({ "kind": "res", "kernel": 3, "pool": 3, "channels": 16, "convs": 2 });
    vec![
        of(stem(1), json!([block(3, 16), block(9, 16)])),
        of(stem(0), json!([block(3, 16), residual])),
        of(Value::Null, json!([block(3, 16), block(9, 16)])),
    ]
}

fn parameters(architecture: &Architecture) -> Parameters {
    let mut parameters = initialise(architecture, TAGS, Initialisation::He, 1).unwrap();
    for spec in &Layout::new(architecture, TAGS).tensors {
        match spec.role {
            TensorRole::InputMean => parameters.tensor_mut(spec)[0] = MEAN,
            TensorRole::InputDeviation => parameters.tensor_mut(spec)[0] = DEVIATION,
            TensorRole::NormWeight | TensorRole::RunningVar => {
                let moved = uniform(&spec.name).map(|u| 0.5 * u as f32);
                parameters.tensor_mut(spec).iter_mut().zip(moved).for_each(|(to, u)| *to += u);
            }
            _ => {}
        }
    }
    parameters
}

/// Samples with the values of 16-bit audio, and targets.
fn data() -> (Vec<i16>, Vec<f32>, Vec<f32>) {
    let pcm: Vec<i16> = uniform("waveforms").take(BATCH * SAMPLES).map(|u| (32_767.0 * u.powi(3)) as i16).collect();
    let samples = pcm.iter().map(|&sample| f32::from(sample) / 32_768.0).collect();
    let targets = uniform("targets").take(BATCH * TAGS).map(|u| f32::from(u8::from(u > 0.0))).collect();
    (pcm, samples, targets)
}

fn plan(architecture: &Architecture, parameters: &Parameters) -> Training {
    let options = Options { threads: 2, ..Options::default() };
    let mut training = Training::new(architecture, TAGS, Task::MultiLabel, BATCH, &options).unwrap();
    training.load(parameters).unwrap();
    training
}

fn inference(architecture: &Architecture, parameters: &Parameters, precision: Precision) -> Inference {
    let options = Options { threads: 2, precision, ..Options::default() };
    Inference::new(architecture, TAGS, parameters, BATCH, &options).unwrap()
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

fn assert_close(what: &str, ours: &[f32], theirs: &[f64], bound: f64) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let scale = theirs.iter().fold(1e-6f64, |most, value| most.max(value.abs()));
    for (i, (a, b)) in ours.iter().zip(theirs).enumerate() {
        assert!((f64::from(*a) - b).abs() < bound * scale, "{what} {i}: {a} for {b}, the largest {scale}");
    }
}

/// The plain network and its parameters.
fn plain(architecture: &Architecture, parameters: &Parameters) -> (Architecture, Parameters) {
    let plain = Architecture { input_normalisation: InputNormalisation::None, ..architecture.clone() };
    let own = usize::from(architecture.input_normalisation == InputNormalisation::Standardise) * 2;
    let statistics = parameters.statistics[own..].to_vec();
    (plain, Parameters { trainable: parameters.trainable.clone(), statistics })
}

/// The definitions, and their derivatives.
fn definition(kind: InputNormalisation, x: f64) -> (f64, f64) {
    let (mean, deviation) = (f64::from(MEAN), f64::from(DEVIATION));
    match kind {
        InputNormalisation::None => (x, 1.0),
        InputNormalisation::Standardise => ((x - mean) / deviation, 1.0 / deviation),
        InputNormalisation::SignedLog => {
            (x.signum() * (255.0 * x.abs()).ln_1p() / 256f64.ln(), 255.0 / (256f64.ln() * (1.0 + 255.0 * x.abs())))
        }
    }
}

#[test]
fn the_twin_is_the_plain_twin_on_normalised_samples() {
    let (_, samples, targets) = data();
    for kind in KINDS {
        for architecture in networks(kind) {
            let parameters = parameters(&architecture);
            let (plain, without) = plain(&architecture, &parameters);
            let input = wide(&samples);
            let normalised: Vec<f64> = input.iter().map(|&x| definition(kind, x).0).collect();
            let (mut one, mut other) = (Twin::new(&architecture, TAGS, &parameters), Twin::new(&plain, TAGS, &without));
            let ours = one.gradients(&input, Targets::Tags(&targets), None);
            let theirs = other.gradients(&normalised, Targets::Tags(&targets), None);
            let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs().max(1e-3);
            assert!(close(ours.loss, theirs.loss));
            assert!(ours.parameters.iter().zip(&theirs.parameters).all(|(&a, &b)| close(a, b)));
            let chained = theirs.input.iter().zip(&input).map(|(d, &x)| d * definition(kind, x).1);
            assert!(ours.input.iter().zip(chained).all(|(&a, b)| close(a, b)), "{kind:?}");
            let logits = one.evaluate(&input);
            assert!(logits.iter().zip(other.evaluate(&normalised)).all(|(&a, b)| close(a, b)), "{kind:?}");
        }
    }
}

#[test]
fn a_pass_is_that_of_the_twin() {
    let (pcm, samples, targets) = data();
    for kind in KINDS {
        for architecture in networks(kind) {
            let parameters = parameters(&architecture);
            let mut twin = Twin::new(&architecture, TAGS, &parameters);
            let expected = twin.gradients(&wide(&samples), Targets::Tags(&targets), None);
            let pass = plan(&architecture, &parameters).gradients(&samples, Targets::Tags(&targets), None).unwrap();
            assert!((pass.loss - expected.loss).abs() < 1e-5 * expected.loss, "{kind:?}");
            assert_close("logits", &pass.logits, &expected.logits, 1e-4);
            assert_close("the gradient of the waveform", &pass.input, &expected.input, 2e-3);
            // 16-bit audio has the same values.
            let mut training = plan(&architecture, &parameters);
            let other = training.gradients(pcm.as_slice(), Targets::Tags(&targets), None).unwrap();
            assert_eq!((&other.logits, &other.input, &other.parameters), (&pass.logits, &pass.input, &pass.parameters));
            let after = training.parameters().unwrap();
            assert_close("statistics", &after.statistics, &twin.variables.statistics, 1e-4);
            if kind == InputNormalisation::Standardise {
                assert_eq!(after.statistics[..2], [MEAN, DEVIATION], "training does not change the input's");
            }
        }
    }
}

#[test]
fn inference_in_every_precision_is_that_of_the_plain_network_on_normalised_samples() {
    let (pcm, samples, _) = data();
    for kind in KINDS {
        for architecture in networks(kind) {
            let parameters = parameters(&architecture);
            let (plain, without) = plain(&architecture, &parameters);
            let normalised: Vec<f32> = samples.iter().map(|&x| definition(kind, f64::from(x)).0 as f32).collect();
            for precision in [Precision::F32, Precision::Fixed14, Precision::Int8] {
                let mut ours = inference(&architecture, &parameters, precision);
                assert_eq!(ours.takes(), Holding::Samples);
                let logits = ours.logits(&samples).unwrap().to_vec();
                assert_eq!(ours.logits(Segments::Pcm(&pcm)).unwrap(), logits, "{precision}");
                let mut theirs = inference(&plain, &without, precision);
                // A rounding difference of a sample can move a value to the next quantisation step.
                let bound = if precision == Precision::F32 { 1e-5 } else { 1e-2 };
                assert_close("logits", &logits, &wide(theirs.logits(&normalised).unwrap()), bound);
            }
            let mut own = inference(&architecture, &parameters, Precision::F32);
            let twin = Twin::new(&architecture, TAGS, &parameters);
            assert_close("logits", own.logits(&samples).unwrap(), &twin.evaluate(&wide(&samples)), 1e-4);
        }
    }
}

#[test]
fn new_parameters_bring_their_mean_and_deviation() {
    let (_, samples, targets) = data();
    let architecture = &networks(InputNormalisation::Standardise)[0];
    let (one, mut other) = (parameters(architecture), parameters(architecture));
    other.statistics[..2].copy_from_slice(&[0.1, 0.7]);
    let mut plan_of_one = inference(architecture, &one, Precision::F32);
    let first = plan_of_one.logits(&samples).unwrap().to_vec();
    plan_of_one.load(&other).unwrap();
    let expected = inference(architecture, &other, Precision::F32).logits(&samples).unwrap().to_vec();
    assert_ne!(first, expected);
    assert_eq!(plan_of_one.logits(&samples).unwrap(), expected);
    let mut training = plan(architecture, &one);
    training.load(&other).unwrap();
    let theirs = plan(architecture, &other).gradients(&samples, Targets::Tags(&targets), None).unwrap();
    assert_eq!(training.gradients(&samples, Targets::Tags(&targets), None).unwrap().logits, theirs.logits);
}

#[test]
fn training_learns_and_holds_no_audio() {
    let (pcm, samples, targets) = data();
    for kind in KINDS {
        let architecture = &networks(kind)[0];
        let mut training = plan(architecture, &parameters(architecture));
        assert_eq!(training.hold(pcm.len() as u64, std::iter::once(pcm.as_slice())).unwrap(), Holding::Samples);
        let update = Update { learning_rate: 0.02, momentum: 0.9, weight_decay: 0.0 };
        let losses: Vec<f64> =
            (0..20).map(|_| training.step(&samples, Targets::Tags(&targets), &update, None).unwrap()).collect();
        assert!(losses[19] < 0.5 * losses[0], "{kind:?}: {losses:?}");
    }
}

#[test]
fn a_deviation_of_nothing_and_a_tap_of_the_raw_waveform_are_refused() {
    let architecture = &networks(InputNormalisation::Standardise)[0];
    let mut parameters = parameters(architecture);
    let options = Options::default();
    let tap = [Tap::Output { node: 0, reduction: Reduction::Max }];
    let refused = Inference::with_taps(architecture, TAGS, &parameters, 1, &tap, &options).err().unwrap();
    assert_eq!(refused.code, Code::InvalidOption);
    for wrong in [0.0, -1.0, f32::NAN] {
        parameters.statistics[1] = wrong;
        let mut training = Training::new(architecture, TAGS, Task::MultiLabel, 1, &options).unwrap();
        let from_training = training.load(&parameters).unwrap_err();
        let from_inference = Inference::new(architecture, TAGS, &parameters, 1, &options).err().unwrap();
        for refused in [from_training, from_inference] {
            assert!(refused.code == Code::CheckpointMismatch && refused.message.contains("deviation"), "{refused}");
        }
    }
}
