//! Training on mel spectrograms: the front end is compared with that of inference, all other layers with the f64 twin.
#![allow(clippy::unwrap_used)]

use engine::{initialise, Inference, Initialisation, Mel, Options, Targets, Training, Update};
use engine_testbed::fixture::uniform;
use error::Code;
use net::{Architecture, Layout, NormKind, Parameters, Task, TensorRole};
use serde_json::{json, Value};
use twin::Twin;

const TAGS: usize = 3;
const SAMPLES: usize = 729;

/// 27 frames of 16 bands, which the first convolution computes with Winograd tiles; with 10 `bands` it uses the direct
/// form.
fn architecture(bands: usize, first: Value) -> Architecture {
    let block = |channels: usize| json!({ "kind": "basic", "kernel": 3, "pool": 3, "channels": channels });
    serde_json::from_value(json!({
        "samplingRate": 8000, "inputLength": SAMPLES,
        "stem": { "kind": "mel", "kernel": 81, "stride": 27, "channels": bands, "fft": 243 },
        "blocks": [first, block(16), block(16)], "head": { "kind": "conv", "channels": 16, "dropout": 0.5 },
    }))
    .unwrap()
}

fn networks() -> Vec<Architecture> {
    let basic = json!({ "kind": "basic", "kernel": 3, "pool": 3, "channels": 16 });
    let residual = json!({ "kind": "res", "kernel": 3, "pool": 3, "channels": 16, "convs": 2, "excite": 0.5 });
    // In the last network, the input is the identity shortcut of a residual block.
    vec![architecture(16, basic.clone()), architecture(10, basic), architecture(16, residual)]
}

fn numbers(name: &str, count: usize) -> Vec<f32> {
    uniform(name).map(|u| u as f32).take(count).collect()
}

fn parameters(architecture: &Architecture) -> Parameters {
    let layout = Layout::new(architecture, TAGS);
    let mut parameters = initialise(architecture, TAGS, Initialisation::He, 1).unwrap();
    for spec in &layout.tensors {
        match spec.role {
            TensorRole::MelMean => parameters.tensor_mut(spec)[0] = 1.1,
            TensorRole::MelDeviation => parameters.tensor_mut(spec)[0] = 0.6,
            TensorRole::NormWeight | TensorRole::RunningVar => {
                let moved = numbers(&spec.name, spec.len());
                parameters.tensor_mut(spec).iter_mut().zip(moved).for_each(|(to, u)| *to += 0.5 * u);
            }
            _ => {}
        }
    }
    parameters
}

fn plan(architecture: &Architecture, batch: usize, threads: usize) -> Training {
    let options = Options { threads, ..Options::default() };
    let mut training = Training::new(architecture, TAGS, Task::MultiLabel, batch, &options).unwrap();
    training.load(&parameters(architecture)).unwrap();
    training
}

/// Segments `[batch, samples]` and targets `[batch, tags]`.
fn data(batch: usize) -> (Vec<f32>, Vec<f32>) {
    let targets = uniform("targets").take(batch * TAGS).map(|u| f32::from(u8::from(u > 0.0))).collect();
    (numbers("waveforms", batch * SAMPLES), targets)
}

/// The standardised frames `[batch, frames, bands]`.
fn frames(architecture: &Architecture, input: &[f32]) -> Vec<f64> {
    let mel = Mel::new(architecture).unwrap();
    let (mut scratch, mut row) = (mel.scratch(), vec![0.0; mel.bands()]);
    let mut all = Vec::new();
    for segment in input.chunks_exact(SAMPLES) {
        for frame in 0..mel.frames() {
            mel.frame(&mut scratch, segment, frame, &mut row).unwrap();
            all.extend(row.iter().map(|&v| f64::from((v - 1.1) / 0.6)));
        }
    }
    all
}

fn assert_close(what: &str, ours: &[f32], theirs: &[f64], bound: f64) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let scale = theirs.iter().fold(1e-4f64, |m, v| m.max(v.abs()));
    for (i, (a, b)) in ours.iter().zip(theirs).enumerate() {
        assert!((f64::from(*a) - b).abs() < bound * scale, "{what} {i}: {a} for {b}, the largest {scale}");
    }
}

#[test]
fn a_pass_is_that_of_the_twin_on_the_frames() {
    let (input, targets) = data(4);
    for architecture in networks() {
        let mut twin = Twin::new(&architecture, TAGS, &parameters(&architecture));
        let expected = twin.gradients(&frames(&architecture, &input), Targets::Tags(&targets), None);
        let mut training = plan(&architecture, 5, 2);
        let pass = training.gradients(&input, Targets::Tags(&targets), None).unwrap();
        assert!((pass.loss - expected.loss).abs() < 1e-5 * expected.loss);
        assert_close("logits", &pass.logits, &expected.logits, 1e-4);
        let layout = Layout::new(&architecture, TAGS);
        for spec in layout.tensors.iter().filter(|spec| !spec.role.is_statistic()) {
            // A bias before a norm has no gradient but rounding.
            if spec.role == TensorRole::Bias && spec.name != "head.out.bias" && !spec.name.contains("excite") {
                continue;
            }
            let range = spec.offset..spec.offset + spec.len();
            assert_close(&spec.name, &pass.parameters[range.clone()], &expected.parameters[range], 2e-3);
        }
        let statistics = training.parameters().unwrap().statistics;
        assert_close("statistics", &statistics, &twin.variables.statistics, 1e-4);
        assert_eq!(statistics[..2], [1.1, 0.6], "the front end's own do not move");
        assert!(pass.input.is_empty());
    }
}

#[test]
fn the_logits_are_those_of_inference() {
    let (input, targets) = data(4);
    for mut architecture in networks() {
        // Without norms, training and evaluation compute the same function.
        architecture.norm.kind = NormKind::None;
        let mut training = plan(&architecture, 4, 2);
        let ours = training.gradients(&input, Targets::Tags(&targets), None).unwrap().logits;
        let mut inference =
            Inference::new(&architecture, TAGS, &training.parameters().unwrap(), 4, &Options::default()).unwrap();
        let theirs: Vec<f64> = inference.logits(&input).unwrap().iter().map(|&v| f64::from(v)).collect();
        assert_close("logits", &ours, &theirs, 1e-5);
    }
}

#[test]
fn it_learns_with_the_same_bits_on_every_number_of_threads() {
    let architecture = &networks()[0];
    let (input, targets) = data(6);
    let update = Update { learning_rate: 0.02, momentum: 0.9, weight_decay: 0.0 };
    let train = |threads| {
        let mut training = plan(architecture, 6, threads);
        let losses: Vec<f64> =
            (0..20).map(|_| training.step(&input, Targets::Tags(&targets), &update, None).unwrap()).collect();
        (losses, training.parameters().unwrap())
    };
    let (losses, after) = train(1);
    assert!(losses[19] < 0.5 * losses[0], "{losses:?}");
    assert!(train(3) == (losses, after.clone()));
    let mut inference = Inference::new(architecture, TAGS, &after, 6, &Options::default()).unwrap();
    let twin = Twin::new(architecture, TAGS, &after);
    assert_close("trained", inference.logits(&input).unwrap(), &twin.evaluate(&frames(architecture, &input)), 1e-4);
}

#[test]
fn a_deviation_of_nothing_is_refused() {
    let architecture = &networks()[0];
    let mut parameters = parameters(architecture);
    parameters.statistics[1] = 0.0;
    let mut training = plan(architecture, 2, 1);
    let refused = training.load(&parameters).unwrap_err();
    assert!(refused.code == Code::CheckpointMismatch && refused.message.contains("deviation"), "{refused}");
}
