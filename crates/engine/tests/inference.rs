//! Compares the logits of the inference plan with the fixtures, and checks what they must not depend on.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use engine::{
    initialise, CpuLevel, Inference, Initialisation, Options, Philox, Precision, Purpose, CPU_LEVEL_VARIABLE,
};
use engine_testbed::fixture::{Bound, Fixture};

const PRECISIONS: [Precision; 3] = [Precision::F32, Precision::Fixed14, Precision::Int8];

fn inference(fixture: &Fixture, batch: usize, threads: usize) -> Inference {
    inference_in(fixture, batch, threads, Precision::F32)
}

fn inference_in(fixture: &Fixture, batch: usize, threads: usize, precision: Precision) -> Inference {
    let options = Options { threads, precision, ..Options::default() };
    Inference::new(&fixture.architecture, fixture.tags, &fixture.parameters(), batch, &options).unwrap()
}

fn check_all(full: bool) {
    for name in Fixture::names() {
        let fixture = Fixture::load(&name);
        if fixture.is_full() == full {
            let mut inference = inference(&fixture, fixture.batch, 2);
            fixture.check(Bound::Winograd, "eval.logits", inference.logits(fixture.input(0)).unwrap());
        }
    }
}

#[test]
fn small_networks_give_the_fixtures_logits() {
    check_all(false);
}

#[test]
fn full_networks_give_the_fixtures_logits() {
    check_all(true);
}

#[test]
fn logits_do_not_depend_on_batch_or_threads() {
    for name in ["basic-2-left", "mixed-3-3-2-4-5", "rese2-multi", "se-multi", "raw-frame", "full-rate-8000"] {
        let fixture = Fixture::load(name);
        let input = fixture.input(0);
        let length = fixture.architecture.input_length;
        for precision in PRECISIONS {
            let expected = inference_in(&fixture, fixture.batch, 1, precision).logits(input).unwrap().to_vec();
            for (batch, threads) in [(1, 1), (2, 3), (fixture.batch, 2), (fixture.batch + 3, 5)] {
                let mut inference = inference_in(&fixture, batch, threads, precision);
                let mut got = Vec::new();
                for segments in input.chunks(batch * length) {
                    got.extend_from_slice(inference.logits(segments).unwrap());
                }
                assert_eq!(got, expected, "{name}, {precision}, batches of {batch}, {threads} threads");
            }
        }
    }
}

/// Measured: up to 9e-4 in fixed14 and 2.0e-2 in int8. docs/accuracy.md describes the effect on scores.
#[test]
fn narrow_precisions_stay_near_the_logits_of_f32() {
    for name in Fixture::names() {
        let fixture = Fixture::load(&name);
        let input = fixture.input(0);
        let exact = inference(&fixture, fixture.batch, 2).logits(input).unwrap().to_vec();
        let size = (exact.iter().map(|x| x * x).sum::<f32>() / exact.len() as f32).sqrt();
        for (precision, bound) in [(Precision::Fixed14, 2e-3), (Precision::Int8, 0.04)] {
            let mut narrow = inference_in(&fixture, fixture.batch, 2, precision);
            let got = narrow.logits(input).unwrap();
            let square = got.iter().zip(&exact).map(|(a, b)| (a - b) * (a - b)).sum::<f32>();
            let error = (square / exact.len() as f32).sqrt() / size;
            assert!(error <= bound, "{name}, {precision}: root mean square error {error} of the logits'");
        }
    }
}

#[test]
fn mel_networks_run_from_audio_alone() {
    let architecture = net::Architecture::preset("mel:4,729,729").unwrap();
    let parameters = initialise(&architecture, 5, Initialisation::He, 1).unwrap();
    let stream = Philox::new(1, Purpose::Synthesise, 0);
    let input: Vec<f32> = (0..3 * architecture.input_length as u64).map(|i| stream.uniform(i) - 0.5).collect();
    let mut expected = Vec::new();
    for (batch, threads) in [(1, 1), (3, 2)] {
        let options = Options { threads, ..Options::default() };
        let mut inference = Inference::new(&architecture, 5, &parameters, batch, &options).unwrap();
        let segments = input.chunks(batch * architecture.input_length);
        let logits: Vec<f32> = segments.flat_map(|s| inference.logits(s).unwrap().to_vec()).collect();
        assert!(logits.iter().all(|v| v.is_finite()) && logits[..5] != logits[5..10]);
        if !expected.is_empty() {
            assert_eq!(logits, expected);
        }
        expected = logits;
    }
    let unprepared = net::Parameters { statistics: vec![0.0; parameters.statistics.len()], ..parameters };
    let refused = Inference::new(&architecture, 5, &unprepared, 1, &Options::default()).err().unwrap();
    assert!(refused.message.contains("deviation"), "{refused}");
}

/// Runs in separate processes, because an environment variable selects the level.
#[test]
fn every_level_gives_the_fixtures_logits() {
    if std::env::var_os("SAMPLECNN_TEST_LEVEL").is_some() {
        return;
    }
    for level in CpuLevel::supported() {
        for test in ["small_networks_give_the_fixtures_logits", "narrow_precisions_stay_near_the_logits_of_f32"] {
            let status = std::process::Command::new(std::env::current_exe().unwrap())
                .args([test, "--exact"])
                .env(CPU_LEVEL_VARIABLE, level.name())
                .env("SAMPLECNN_TEST_LEVEL", "1")
                .output()
                .unwrap();
            assert!(status.status.success(), "{}: {}", level.name(), String::from_utf8_lossy(&status.stdout));
        }
    }
}

#[test]
fn other_parameters_and_16_bit_samples_are_as_good_as_a_new_plan_and_numbers() {
    let fixture = Fixture::load("basic-3");
    let (mut ours, mut other) = (inference(&fixture, 2, 1), fixture.parameters());
    other.trainable.iter_mut().for_each(|value| *value *= 0.5);
    let options = Options { threads: 1, ..Options::default() };
    let mut theirs = Inference::new(&fixture.architecture, fixture.tags, &other, 2, &options).unwrap();
    let pcm: Vec<i16> = (0..2 * fixture.architecture.input_length).map(|i| (i * 7919 % 65536) as u16 as i16).collect();
    let samples: Vec<f32> = pcm.iter().map(|&sample| f32::from(sample) / 32768.0).collect();
    let before = ours.logits(&samples).unwrap().to_vec();
    assert_eq!(ours.logits(pcm.as_slice()).unwrap(), before);
    ours.load(&other).unwrap();
    let after = ours.logits(pcm.as_slice()).unwrap().to_vec();
    assert!(after != before && after == theirs.logits(&samples).unwrap());
    other.trainable.pop();
    assert_eq!(ours.load(&other).unwrap_err().code, error::Code::CheckpointMismatch);
}

#[test]
fn wrong_sizes_are_refused() {
    let fixture = Fixture::load("basic-3");
    let mut inference = inference(&fixture, 2, 1);
    let length = fixture.architecture.input_length;
    assert_eq!((inference.batch(), inference.input_length(), inference.tags()), (2, length, fixture.tags));
    assert_eq!(inference.logits(&[]).unwrap(), &[] as &[f32]);
    assert!(inference.logits(&vec![0.0; 3 * length]).is_err());
    assert!(inference.logits(&vec![0.0; length - 1]).is_err());
    let mut parameters = fixture.parameters();
    parameters.trainable.pop();
    let refused = Inference::new(&fixture.architecture, fixture.tags, &parameters, 1, &Options::default());
    assert_eq!(refused.err().unwrap().code, error::Code::CheckpointMismatch);
}
