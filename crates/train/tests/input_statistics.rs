//! Trainings on mel spectrograms and on normalised waveforms: the training part determines the mean and deviation with
//! which the network standardises its input; everything else is as for other networks.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // Test helpers: clippy exempts only test functions.

mod shared;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use engine::{Inference, Mel, Options};
use error::{Code, Result, WarningCode};
use net::{Architecture, Model};
use serde_json::{json, Value};
use shared::{tone, write_wav};
use train::dataset::DatasetOptions;
use train::{evaluate, prepare, train, EvaluateOptions, Event, Phase, PrepareOptions, TrainDone, TrainOptions};

const RATE: u32 = 8000;
const LENGTH: usize = 729;
const CLIPS: usize = 42;
const PARTS: [&str; 6] = ["train", "train", "train", "train", "valid", "test"];

/// 27 frames of 16 bands.
fn architecture(bands: usize, fft: usize) -> Value {
    let block = json!({"kind": "basic", "kernel": 3, "pool": 3, "channels": 16});
    json!({
        "samplingRate": RATE, "inputLength": LENGTH,
        "stem": {"kind": "mel", "kernel": 81, "stride": 27, "channels": bands, "fft": fft},
        "blocks": [block, block, block], "head": {"kind": "conv", "channels": 16}
    })
}

/// A network on samples with this normalisation.
fn on_samples(normalisation: &str) -> Value {
    let block = json!({"kind": "basic", "kernel": 3, "pool": 3, "channels": 16});
    json!({
        "samplingRate": RATE, "inputLength": LENGTH, "inputNormalisation": normalisation,
        "stem": {"kernel": 9, "stride": 9, "channels": 16},
        "blocks": [block, block, block, block], "head": {"kind": "conv", "channels": 16}
    })
}

/// Half a second of one of three pitches; the clips of the test part are much louder.
fn clip(index: usize) -> Vec<f32> {
    let (class, take) = (index % 3, index / 3);
    let gain = if PARTS[take % 6] == "test" { 0.9 } else { 0.1 };
    let hertz = [200.0, 700.0, 2100.0][class] * (1.0 + take as f32 / 100.0);
    tone(RATE, hertz, 0.5).iter().map(|sample| sample * gain).collect()
}

fn clips(folder: &Path) {
    let mut rows = String::new();
    for index in 0..CLIPS {
        write_wav(folder.join(format!("{index}.wav")), RATE, &clip(index));
        let tag = ["low", "middle", "high"][index % 3];
        rows += &format!("{index}.wav,{tag},{}\n", PARTS[index / 3 % 6]);
    }
    fs::write(folder.join("list.csv"), format!("path,tags,split\n{rows}")).unwrap();
}

fn options(folder: &Path, run: &str, more: Value) -> TrainOptions {
    let mut value = json!({
        "dataset": {"kind": "manifest", "path": folder.join("list.csv")}, "architecture": architecture(16, 243),
        "task": "single-label", "out": folder.join(run), "cache": folder.join("cache"), "batchSize": 16, "seed": 3,
        "threads": 2, "epochs": 8, "learningRates": [0.05, 0.01], "initialisation": "he"
    });
    for (key, entry) in more.as_object().unwrap() {
        value[key] = entry.clone();
    }
    serde_json::from_value(value).unwrap()
}

fn prepare_options(folder: &Path, architecture: &Value) -> PrepareOptions {
    serde_json::from_value(json!({
        "dataset": {"kind": "manifest", "path": folder.join("list.csv")}, "architecture": architecture,
        "cache": folder.join("cache"), "threads": 1
    }))
    .unwrap()
}

fn run(options: &TrainOptions) -> Result<TrainDone> {
    train(options, &mut |_| {}, &AtomicBool::new(false))
}

fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64;
    (mean, variance.sqrt())
}

/// Mean and deviation of the log-mel values of the training clips, computed from their definition.
fn expected() -> (f64, f64) {
    let architecture: Architecture = serde_json::from_value(architecture(16, 243)).unwrap();
    let mel = Mel::new(&architecture).unwrap();
    let (mut scratch, mut row, mut values) = (mel.scratch(), vec![0.0; 16], Vec::new());
    for index in (0..CLIPS).filter(|index| PARTS[index / 3 % 6] == "train") {
        for segment in clip(index).chunks_exact(LENGTH) {
            for frame in 0..mel.frames() {
                mel.frame(&mut scratch, segment, frame, &mut row).unwrap();
                values.extend(row.iter().map(|&value| f64::from(value)));
            }
        }
    }
    mean_and_deviation(&values)
}

/// Mean and deviation of the samples of the training clips.
fn expected_of_samples() -> (f64, f64) {
    let mut values = Vec::new();
    for index in (0..CLIPS).filter(|index| PARTS[index / 3 % 6] == "train") {
        let clip = clip(index);
        values.extend(clip.chunks_exact(LENGTH).flatten().map(|&sample| f64::from(sample)));
    }
    mean_and_deviation(&values)
}

fn statistics(file: &Path) -> (f64, f64) {
    let model = Model::load(file).unwrap();
    (f64::from(model.parameters.statistics[0]), f64::from(model.parameters.statistics[1]))
}

/// The loss of each epoch on the training part.
fn train_losses(done: &TrainDone) -> Vec<f64> {
    let log = fs::read_to_string(done.run.join("events.jsonl")).unwrap();
    log.lines().filter_map(|line| serde_json::from_str::<Value>(line).unwrap()["trainLoss"].as_f64()).collect()
}

/// The model file alone is sufficient to score audio: the best tag of each pitch is its own.
fn assert_scores_pitches(file: &Path) {
    let model = Model::load(file).unwrap();
    let engine = Options { threads: 1, ..Options::default() };
    let mut inference = Inference::new(&model.architecture, 3, &model.parameters, 1, &engine).unwrap();
    for index in 0..3 {
        let logits = inference.logits(&clip(index)[..LENGTH]).unwrap();
        let best = (0..3).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap();
        assert_eq!(model.tags[best], ["low", "middle", "high"][index], "{}: {logits:?}", file.display());
    }
}

fn bits(file: PathBuf) -> Vec<u32> {
    let model = Model::load(file).unwrap();
    model.parameters.trainable.iter().chain(&model.parameters.statistics).map(|value| value.to_bits()).collect()
}

#[test]
fn a_mel_network_learns_and_carries_the_statistics_of_its_training_part() {
    let folder = tempfile::tempdir().unwrap();
    clips(folder.path());
    let options = options(folder.path(), "run", json!({}));
    let done = run(&options).unwrap();
    let (mean, deviation) = expected();
    for file in [done.best.clone(), done.run.join("last.safetensors")] {
        let ours = statistics(&file);
        // The cache stores samples with 16 bits.
        assert!((ours.0 - mean).abs() < 2e-3 * mean && (ours.1 - deviation).abs() < 2e-3 * deviation, "{ours:?}");
    }
    let losses = train_losses(&done);
    assert!(losses.last().unwrap() < &(0.3 * losses[0]), "{losses:?}");
    let log = fs::read_to_string(done.run.join("events.jsonl")).unwrap();
    assert!(!log.contains("bands lie between"), "{log}");

    assert_scores_pitches(&done.best);
    let DatasetOptions::Manifest { path, .. } = &options.dataset else { panic!() };
    let mut ask = EvaluateOptions::new(&done.best, DatasetOptions::manifest(path.clone()));
    ask.cache.clone_from(&options.cache);
    let evaluation = evaluate(&ask, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    assert_eq!((evaluation.accuracy, evaluation.roc_auc), (done.test.accuracy, done.test.roc_auc));
}

#[test]
fn an_aborted_run_goes_on_bit_by_bit() {
    let folder = tempfile::tempdir().unwrap();
    clips(folder.path());
    let whole = run(&options(folder.path(), "whole", json!({"epochs": 3}))).unwrap().run;
    // Abort while the segments are measured, and in the middle of an epoch.
    for (name, phase, epoch, total) in [("early", Phase::Prepare, None, 150), ("late", Phase::Train, Some(2), 10)] {
        let cancel = AtomicBool::new(false);
        let mut stop = |event| {
            if let Event::Progress(p) = event {
                cancel.fetch_or(p.phase == phase && p.epoch == epoch && p.total == total, Ordering::Relaxed);
            }
        };
        // A separate cache, which contains no measurement yet.
        let cache = folder.path().join(format!("cache of {name}"));
        let ask = |resume| options(folder.path(), name, json!({"epochs": 3, "cache": cache, "resume": resume}));
        let failure = train(&ask(false), &mut stop, &cancel).unwrap_err();
        assert_eq!(failure.code, Code::Aborted, "{name}");
        let resumed = run(&ask(true)).unwrap().run;
        for file in ["last.safetensors", "best.safetensors"] {
            assert!(bits(whole.join(file)) == bits(resumed.join(file)), "{name}: {file}");
        }
    }
}

#[test]
fn prepare_learns_what_training_then_finds() {
    let folder = tempfile::tempdir().unwrap();
    clips(folder.path());
    let ask = |architecture| prepare_options(folder.path(), &architecture);
    let go_on = AtomicBool::new(false);
    let prepared = prepare(&ask(architecture(16, 243)), &mut |_| {}, &go_on).unwrap();
    let mel = prepared.mel.unwrap();
    let (mean, deviation) = expected();
    assert!((f64::from(mel.mean) - mean).abs() < 2e-3 * mean, "{mel:?}");
    assert!((f64::from(mel.deviation) - deviation).abs() < 2e-3 * deviation, "{mel:?}");
    // Another front end has other statistics; a network on samples has none.
    assert_ne!(prepare(&ask(architecture(12, 243)), &mut |_| {}, &go_on).unwrap().mel.unwrap(), mel);
    assert_eq!(prepare(&ask(json!("3^7@8000")), &mut |_| {}, &go_on).unwrap().mel, None);

    let mut measured = false;
    let mut hear = |event| {
        if let Event::Progress(progress) = event {
            measured |= progress.phase == Phase::Prepare;
        }
    };
    let done = train(&options(folder.path(), "run", json!({"epochs": 1})), &mut hear, &go_on).unwrap();
    assert!(!measured);
    assert_eq!(statistics(&done.best), (f64::from(mel.mean), f64::from(mel.deviation)));
}

#[test]
fn a_standardised_waveform_has_the_mean_and_deviation_of_the_training_part() {
    let folder = tempfile::tempdir().unwrap();
    clips(folder.path());
    let go_on = AtomicBool::new(false);
    let ask = |architecture| prepare_options(folder.path(), &architecture);
    let prepared = prepare(&ask(on_samples("standardise")), &mut |_| {}, &go_on).unwrap();
    let (mean, deviation) = expected_of_samples();
    let waveform = prepared.waveform.unwrap();
    // The cache stores samples with 16 bits.
    assert!((f64::from(waveform.mean) - mean).abs() < 1e-5, "{waveform:?} for {mean}");
    assert!((f64::from(waveform.deviation) - deviation).abs() < 1e-4 * deviation, "{waveform:?} for {deviation}");
    assert_eq!(prepared.mel, None);
    assert_eq!(prepare(&ask(on_samples("signed-log")), &mut |_| {}, &go_on).unwrap().waveform, None);
    assert_eq!(prepare(&ask(architecture(16, 243)), &mut |_| {}, &go_on).unwrap().waveform, None);

    let mut measured = false;
    let mut hear = |event| {
        if let Event::Progress(progress) = event {
            measured |= progress.phase == Phase::Prepare;
        }
    };
    let standardised = options(folder.path(), "run", json!({"architecture": on_samples("standardise"), "epochs": 2}));
    let done = train(&standardised, &mut hear, &go_on).unwrap();
    assert!(!measured, "prepare has measured them");
    for file in [done.best, done.run.join("last.safetensors")] {
        assert_eq!(statistics(&file), (f64::from(waveform.mean), f64::from(waveform.deviation)));
    }
    let whole = bits(done.run.join("last.safetensors"));

    // Abort in the second epoch, and go on.
    let cancel = AtomicBool::new(false);
    let mut stop = |event| {
        if let Event::Progress(p) = event {
            cancel.fetch_or(p.phase == Phase::Train && p.epoch == Some(2), Ordering::Relaxed);
        }
    };
    let again = |resume| {
        let more = json!({"architecture": on_samples("standardise"), "epochs": 2, "resume": resume});
        options(folder.path(), "again", more)
    };
    assert_eq!(train(&again(false), &mut stop, &cancel).unwrap_err().code, Code::Aborted);
    assert!(bits(run(&again(true)).unwrap().run.join("last.safetensors")) == whole);
}

#[test]
fn networks_on_normalised_waveforms_learn_and_their_files_score_audio() {
    let folder = tempfile::tempdir().unwrap();
    clips(folder.path());
    for normalisation in ["standardise", "signed-log"] {
        let more = json!({"architecture": on_samples(normalisation)});
        let done = run(&options(folder.path(), normalisation, more)).unwrap();
        let losses = train_losses(&done);
        assert!(losses.last().unwrap() < &(0.3 * losses[0]), "{normalisation}: {losses:?}");
        assert_scores_pitches(&done.best);
    }
}

#[test]
fn empty_bands_and_statistics_that_cannot_be_kept_are_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    clips(folder.path());
    // A folder in the place of the statistics file: it prevents writing, also for root.
    let ask: PrepareOptions = serde_json::from_value(json!({
        "dataset": {"kind": "manifest", "path": folder.path().join("list.csv")}, "samplingRate": RATE,
        "cache": folder.path().join("cache")
    }))
    .unwrap();
    let cache = prepare(&ask, &mut |_| {}, &AtomicBool::new(false)).unwrap().cache;
    fs::create_dir_all(cache.join("measurements.jsonl")).unwrap();
    let mut warnings = Vec::new();
    let mut hear = |event| {
        if let Event::Warning(warning) = event {
            warnings.push((warning.code, warning.message));
        }
    };
    let options = options(folder.path(), "run", json!({"architecture": architecture(64, 81), "epochs": 1}));
    train(&options, &mut hear, &AtomicBool::new(false)).unwrap();
    let codes: Vec<WarningCode> = warnings.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, [WarningCode::EmptyMelBands, WarningCode::StatisticsNotKept]);
    assert!(warnings[0].1.contains("of the 64 mel bands"), "{warnings:?}");
}
