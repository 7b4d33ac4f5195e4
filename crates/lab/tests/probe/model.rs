//! Features that a model computes from the audio of a dataset.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use error::{Code, Result, WarningCode};
use lab::probe::{probe, probe_model, ProbeDone, ProbeEvent, ProbeOptions};
use lab::synth::write_wav;
use serde_json::{json, Value};
use tagger::Loaded;
use tempfile::TempDir;
use train::{Event, Phase, TrainOptions};

use crate::support::epochs;

const RATE: u32 = 8000;

/// Thirty clips of 3 s: tones of three pitches, with a little noise.
fn sounds() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = "path,tags,split\n".to_owned();
    for i in 0..30u32 {
        let hertz = [200.0, 600.0, 1500.0][i as usize % 3] * (1.0 + 0.01 * (i / 3) as f32);
        let noise = |t: u32| ((t.wrapping_mul(2_654_435_761).wrapping_add(i * 97)) >> 16) as f32 / 65_536.0 - 0.5;
        let tone = |t: u32| (std::f32::consts::TAU * hertz * t as f32 / RATE as f32).sin();
        let samples: Vec<f32> = (0..3 * RATE).map(|t| 0.4 * tone(t) + 0.2 * noise(t)).collect();
        write_wav(&folder.path().join(format!("{i}.wav")), &samples, RATE).unwrap();
        let part = ["train", "train", "train", "valid", "test"][i as usize / 3 % 5];
        rows += &format!("{i}.wav,{},{part}\n", ["low", "middle", "high"][i as usize % 3]);
    }
    std::fs::write(folder.path().join("list.csv"), rows).unwrap();
    folder
}

/// A network that has been trained for an epoch on the clips.
fn trained(folder: &Path) -> std::path::PathBuf {
    let block = json!({"kind": "basic", "kernel": 3, "pool": 9, "channels": 8});
    let architecture = json!({
        "samplingRate": RATE, "inputLength": 2187, "stem": {"kernel": 3, "stride": 3, "channels": 8},
        "blocks": [block, block, block], "head": {"kind": "conv", "channels": 12}
    });
    let options: TrainOptions = serde_json::from_value(json!({
        "dataset": {"kind": "manifest", "path": folder.join("list.csv")}, "out": folder.join("run"),
        "architecture": architecture, "task": "single-label", "epochs": 1, "cache": folder.join("cache"),
        "device": "cpu"
    }))
    .unwrap();
    train::train(&options, &mut |_: Event| {}, &AtomicBool::new(false)).unwrap().best
}

fn options(folder: &Path, source: &Path, more: Value) -> ProbeOptions {
    let mut value = json!({
        "source": source, "out": folder.join("out"), "task": "single-label", "hidden": [0], "learningRate": 0.05,
        "epochs": 40, "cache": folder.join("cache"), "device": "cpu",
        "dataset": {"kind": "manifest", "path": folder.join("list.csv")}
    });
    value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(value).unwrap()
}

fn run(options: &ProbeOptions) -> (Result<ProbeDone>, Vec<ProbeEvent>) {
    let mut events = Vec::new();
    let done = probe(options, &mut |event| events.push(event), &AtomicBool::new(false));
    (done, events)
}

/// Whether the network computed features.
fn computed(events: &[ProbeEvent]) -> bool {
    events.iter().any(|event| matches!(event, ProbeEvent::Progress(progress) if progress.phase == Phase::Score))
}

fn warnings(events: &[ProbeEvent]) -> Vec<WarningCode> {
    let code = |event: &ProbeEvent| match event {
        ProbeEvent::Warning(warning) => Some(warning.code),
        _ => None,
    };
    events.iter().filter_map(code).collect()
}

#[test]
fn the_features_of_a_model_are_computed_once_and_classified() {
    let folder = sounds();
    let folder = folder.path();
    let model = trained(folder);
    let (done, events) = run(&options(folder, &model, json!({})));
    let done = done.unwrap();
    assert!(computed(&events) && done.test.accuracy.unwrap() > 0.6, "{:?}", done.test);
    assert!(warnings(&events).is_empty(), "{:?}", warnings(&events));
    let start = events.iter().find_map(|event| match event {
        ProbeEvent::Start(start) => Some(start.clone()),
        _ => None,
    });
    let start = start.unwrap();
    let loaded = Loaded::read(&model).unwrap();
    assert_eq!((start.width, start.levels, start.model_hash.as_ref()), (12, Some(vec![-1]), Some(&loaded.hash)));

    // Neither the training nor the features are computed again; a probe with other settings uses the same features.
    let (again, events) = run(&options(folder, &model, json!({})));
    assert_eq!((again.unwrap(), computed(&events), epochs(&events)), (done.clone(), false, 0));
    let other = json!({"epochs": 30, "force": true});
    let (other, events) = run(&options(folder, &model, other));
    assert!(other.is_ok() && !computed(&events) && epochs(&events) > 0);
    let (levels, events) = run(&options(folder, &model, json!({"levels": [-3, -2, -1], "force": true})));
    assert!(computed(&events), "other levels are other features");
    assert_eq!(levels.unwrap().parameters, (8 + 8 + 12 + 1) * 3);

    // The kept array is a source like any other, and a model in memory gives the features of its file.
    let (first, _) = run(&options(folder, &model, json!({"out": folder.join("a")})));
    let array = folder.join("a/model-features.npy");
    let (from_array, _) = run(&options(folder, &array, json!({"out": folder.join("b")})));
    assert_eq!(first.unwrap().test, from_array.as_ref().unwrap().test);
    let in_memory = options(folder, Path::new(""), json!({"out": folder.join("c")}));
    let held = probe_model(&loaded, &in_memory, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    assert_eq!(held.test, from_array.unwrap().test);
    let wrong = run(&options(folder, &array, json!({"out": folder.join("d"), "levels": [-2]}))).0.unwrap_err();
    assert!(wrong.code == Code::CheckpointMismatch && wrong.message.contains("[-1], not [-2]"), "{wrong}");
}

#[test]
fn the_segments_of_kaist_features_overlap() {
    let folder = sounds();
    let folder = folder.path();
    let model = trained(folder);
    let features = |name: &str, more: Value| {
        let mut more = more;
        (more["out"], more["standardise"]) = (json!(folder.join(name)), json!("feature"));
        let done = run(&options(folder, &model, more)).0.unwrap();
        std::fs::read(done.out.join("model-features.npy")).unwrap()
    };
    let kaist = json!({"protocol": "kaist-features"});
    let all = features("all", json!({}));
    let overlapping = features("overlapping", kaist);
    assert!(all != overlapping && all.len() == overlapping.len());
    assert!(all == features("asked", json!({"protocol": "kaist-features", "segments": "all"})));
    let list = std::fs::read_to_string(folder.join("overlapping/model-features.jsonl")).unwrap();
    let first: Value = serde_json::from_str(list.lines().next().unwrap()).unwrap();
    assert_eq!(first["probe"]["segments"], "overlapping");
}

#[test]
fn broken_clips_are_left_out_and_known_clips_are_told() {
    let folder = sounds();
    let folder = folder.path();
    let model = trained(folder);
    // Two clips of the training become test clips, and one file is not audio.
    let manifest = std::fs::read_to_string(folder.join("list.csv")).unwrap();
    let manifest = manifest.replace("\n0.wav,low,train", "\n0.wav,low,test");
    let manifest = manifest.replace("\n1.wav,middle,train", "\n1.wav,middle,test") + "noise.wav,low,test\n";
    std::fs::write(folder.join("list.csv"), manifest).unwrap();
    std::fs::write(folder.join("noise.wav"), "not audio").unwrap();
    let (done, events) = run(&options(folder, &model, json!({})));
    assert_eq!(done.unwrap().clips, 8);
    assert_eq!(warnings(&events), [WarningCode::EvaluatedOnTrainingClips, WarningCode::ClipsLeftOut]);
    let told = events.iter().any(|event| {
        matches!(event, ProbeEvent::Warning(warning)
            if warning.code == WarningCode::ClipsLeftOut && warning.message.contains("noise.wav"))
    });
    assert!(told, "{events:?}");
    // Features that were kept tell of the same clip.
    let (_, events) = run(&options(folder, &model, json!({"epochs": 10, "force": true})));
    assert!(!computed(&events) && warnings(&events).contains(&WarningCode::ClipsLeftOut));
}

#[test]
fn levels_that_the_network_lacks_and_files_of_others_are_refused() {
    let folder = sounds();
    let folder = folder.path();
    let model = trained(folder);
    let failure = run(&options(folder, &model, json!({"levels": [-1, -9]}))).0.unwrap_err();
    assert!(failure.code == Code::InvalidOption && failure.message.contains("-9"), "{failure}");
    std::fs::create_dir_all(folder.join("mine")).unwrap();
    std::fs::write(folder.join("mine/model-features.jsonl"), "{\"type\":\"start\"}\n").unwrap();
    let failure = run(&options(folder, &model, json!({"out": folder.join("mine")}))).0.unwrap_err();
    assert!(failure.code == Code::Output && failure.message.contains("model-features.jsonl"), "{failure}");
    std::fs::write(folder.join("text.safetensors"), "no model").unwrap();
    let failure = run(&options(folder, &folder.join("text.safetensors"), json!({}))).0.unwrap_err();
    assert_eq!(failure.code, Code::ModelFormat, "{failure}");
}
