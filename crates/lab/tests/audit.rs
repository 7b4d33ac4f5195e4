//! The audits of `dataset check` with a model: clips that sound the same, and labels that are likely wrong.

#![allow(clippy::unwrap_used)] // Test helpers: clippy exempts only test functions.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use error::{Code, Result};
use lab::audit::check_dataset;
use lab::synth::write_wav;
use serde_json::{json, Value};
use train::{CheckDone, CheckEvent, CheckOptions, Event, Finding, TrainOptions};

const RATE: u32 = 8000;
/// Clips of the dataset, copies aside.
const CLIPS: u32 = 90;
/// A clip whose label is wrong.
const WRONG: u32 = 9;

/// Chords of 1 s in three ranges of pitch, each clip with tones and noise of its own; `copy.wav` is clip 4 with noise
/// far below it, in the test part.
fn sounds(folder: &Path) {
    let mut rows = "path,tags,split\n".to_owned();
    let random = |at: u32, seed: u32| {
        let mixed = at.wrapping_mul(2_654_435_761).wrapping_add(seed.wrapping_mul(40_503_001));
        ((mixed ^ (mixed >> 13)).wrapping_mul(1_274_126_177) >> 16) as f32 / 65_536.0
    };
    let mut write = |name: &str, clip: u32, noise: f32, tag: u32, part: &str| {
        let base = [150.0, 500.0, 1500.0][clip as usize % 3];
        let tones: Vec<(f32, f32)> =
            (0..4).map(|k| (base * (1.0 + random(k, clip + 500)), 0.2 * random(k, clip + 900))).collect();
        let sample = |t: u32| {
            let time = std::f32::consts::TAU * t as f32 / RATE as f32;
            let chord: f32 = tones.iter().map(|(hertz, gain)| gain * (hertz * time).sin()).sum();
            chord + 0.05 * random(7, clip) * (random(t, clip) - 0.5) + noise * (random(t, 1000) - 0.5)
        };
        let samples: Vec<f32> = (0..RATE).map(sample).collect();
        write_wav(&folder.join(name), &samples, RATE).unwrap();
        rows += &format!("{name},{},{part}\n", ["low", "middle", "high"][tag as usize % 3]);
    };
    for clip in 0..CLIPS {
        let tag = if clip == WRONG { clip + 1 } else { clip };
        let part = ["train", "train", "train", "valid", "test"][clip as usize / 3 % 5];
        write(&format!("{clip}.wav"), clip, 0.0, tag, part);
    }
    write("copy.wav", 4, 0.001, 4, "test");
    std::fs::write(folder.join("list.csv"), rows).unwrap();
}

fn model(folder: &Path) -> std::path::PathBuf {
    let block = json!({"kind": "basic", "kernel": 3, "pool": 9, "channels": 16});
    let architecture = json!({
        "samplingRate": RATE, "inputLength": 2187, "stem": {"kernel": 3, "stride": 3, "channels": 16},
        "blocks": [block, block, block], "head": {"kind": "conv", "channels": 48}
    });
    let options: TrainOptions = serde_json::from_value(json!({
        "dataset": {"kind": "manifest", "path": folder.join("list.csv")}, "out": folder.join("run"),
        "architecture": architecture, "task": "single-label", "epochs": 3, "cache": folder.join("cache"),
        "device": "cpu", "bootstrap": 0
    }))
    .unwrap();
    train::train(&options, &mut |_: Event| {}, &AtomicBool::new(false)).unwrap().best
}

fn check(folder: &Path, more: &Value) -> (Result<CheckDone>, Vec<Finding>) {
    let mut value = json!({
        "dataset": {"kind": "manifest", "path": folder.join("list.csv")}, "task": "single-label",
        "samplingRate": RATE, "cache": folder.join("cache"), "device": "cpu"
    });
    value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let options: CheckOptions = serde_json::from_value(value).unwrap();
    let mut findings = Vec::new();
    let mut on_event = |event| {
        if let CheckEvent::Finding(finding) = event {
            findings.push(finding);
        }
    };
    let done = check_dataset(&options, &mut on_event, &AtomicBool::new(false));
    (done, findings)
}

#[test]
fn a_copy_in_another_part_and_a_wrong_label_are_found() {
    let folder = tempfile::tempdir().unwrap();
    sounds(folder.path());
    let model = model(folder.path());
    let (done, findings) = check(folder.path(), &json!({"model": model}));
    let of = |kind: &str| findings.iter().find(|finding| finding.kind == kind);
    let copy = of("near-duplicates-in-two-parts").unwrap_or_else(|| panic!("{findings:?}"));
    assert!(copy.clips.contains(&"4.wav".to_owned()) && copy.clips.contains(&"copy.wav".to_owned()), "{copy:?}");
    assert!(copy.message.contains("4.wav (train) ~ copy.wav (test)"), "{copy:?}");
    let wrong = of("likely-wrong-labels").unwrap_or_else(|| panic!("{findings:?}"));
    let first = &wrong.labels.as_ref().unwrap()[0];
    assert_eq!((first.clip.as_str(), first.tag.as_str()), ("9.wav", "middle"));
    assert_eq!((first.given, first.instead.as_deref()), (true, Some("low")));
    assert!(wrong.message.contains("9.wav is middle, sounds like low"), "{wrong:?}");
    assert_eq!(wrong.count, wrong.labels.as_ref().unwrap().len());
    assert!(done.unwrap().warnings >= 2);

    // Without a model nothing of it is said, and nothing is computed twice otherwise.
    let (done, findings) = check(folder.path(), &json!({}));
    assert!(findings.iter().all(|finding| finding.labels.is_none() && !finding.kind.starts_with("near")));
    assert_eq!(done.unwrap().usable, CLIPS as usize + 1);
}

#[test]
fn a_model_needs_the_audio_and_must_be_one() {
    let folder = tempfile::tempdir().unwrap();
    sounds(folder.path());
    let code = |more: Value| check(folder.path(), &more).0.unwrap_err().code;
    assert_eq!(code(json!({"model": "gone.safetensors"})), Code::FileNotFound);
    assert_eq!(code(json!({"model": folder.path().join("0.wav")})), Code::ModelFormat);
    assert_eq!(code(json!({"model": "m.safetensors", "quick": true})), Code::InvalidOption);
}
