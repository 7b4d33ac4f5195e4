//! A run identifies its audio: other audio under the same names is another dataset.

use std::fs::{self, File};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use error::{Code, WarningCode};
use net::Task;
use serde_json::{json, Value};
use sha2::{Digest, Sha256};
use train::{prepare, train, Event, PrepareOptions, Warning};

use crate::run_contents::assert_same;
use crate::shared::{copies, tone, write_wav};
use crate::small_training::{options, run, tones};

/// The warnings of a training.
fn warnings(folder: &Path, name: &str, more: Value) -> Vec<Warning> {
    let mut heard = Vec::new();
    let mut hear = |event| {
        if let Event::Warning(warning) = event {
            heard.push(warning);
        }
    };
    train(&options(folder, name, more), &mut hear, &AtomicBool::new(false)).unwrap();
    heard
}

#[test]
fn a_run_does_not_go_on_with_other_audio_under_the_same_name() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    run(&options(folder.path(), "whole", json!({"epochs": 2}))).unwrap();
    run(&options(folder.path(), "run", json!({"epochs": 1}))).unwrap();
    // Clips 0, 12 and 15 belong to train, valid and test; the files that replace them have the same length.
    for (name, other) in [("0.wav", "1.wav"), ("12.wav", "14.wav"), ("15.wav", "2.wav")] {
        let path = folder.path().join(name);
        let before = fs::read(&path).unwrap();
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        fs::copy(folder.path().join(other), &path).unwrap();
        // As some tools do, which preserve the times of files.
        File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
        let failure = run(&options(folder.path(), "run", json!({"resume": true, "epochs": 2}))).unwrap_err();
        assert_eq!(failure.code, Code::CheckpointMismatch, "{failure}");
        assert!(
            failure
                .message
                .starts_with(&format!("dataset: it has changed since the run started: the audio of {name} changed")),
            "{failure}"
        );
        fs::write(&path, before).unwrap();
    }
    run(&options(folder.path(), "run", json!({"resume": true, "epochs": 2}))).unwrap();
    assert_same(&folder.path().join("whole"), &folder.path().join("run"));
}

#[test]
fn what_has_changed_about_the_clips_is_named() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    run(&options(folder.path(), "run", json!({"epochs": 1}))).unwrap();
    let list = folder.path().join("list.csv");
    let text = fs::read_to_string(&list).unwrap();
    for (from, to, part) in [
        ("\n3.wav,low,train", "", "no longer usable: 3.wav"),
        ("\n3.wav,low,train", "\n3.wav,high,train", "the tags of 3.wav"),
        ("\n3.wav,low,train", "\n3.wav,low,test", "the part of 3.wav"),
    ] {
        assert!(text.contains(from));
        fs::write(&list, text.replacen(from, to, 1)).unwrap();
        let failure = run(&options(folder.path(), "run", json!({"resume": true, "epochs": 2}))).unwrap_err();
        assert!(failure.code == Code::CheckpointMismatch && failure.message.contains(part), "{failure}");
    }
}

#[test]
fn a_run_that_was_killed_before_it_listed_its_clips_lists_them_when_it_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let done = run(&options(folder.path(), "run", json!({"epochs": 1}))).unwrap();
    let path = done.run.join("clips.jsonl");
    let listed = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    run(&options(folder.path(), "run", json!({"resume": true, "epochs": 2}))).unwrap();
    assert_eq!(fs::read(&path).unwrap(), listed);
}

#[test]
fn a_run_of_an_older_version_goes_on_and_says_what_it_cannot_compare() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let done = run(&options(folder.path(), "run", json!({"epochs": 1}))).unwrap();
    fs::remove_file(done.run.join("clips.jsonl")).unwrap();
    // The checksum of older versions covered lengths: 0.5 s at 8 kHz each.
    let mut hash = Sha256::new();
    hash.update("SingleLabel\nhigh\nlow\nmiddle\n");
    let parts = ["train", "train", "train", "train", "valid", "test"];
    for part in ["train", "valid", "test"] {
        for clip in (0..42).filter(|clip| parts[clip / 3 % 6] == part) {
            hash.update(format!("{part}\t{clip}.wav\t[{}]\t4000\n", [1, 2, 0][clip % 3]));
        }
    }
    let checksum: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let path = done.run.join("config.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let now = config["dataset"]["checksum"].as_str().unwrap().to_owned();
    assert_ne!(now, checksum);
    config["dataset"]["checksum"] = json!(checksum);
    config["dataset"].as_object_mut().unwrap().remove("leftOut");
    fs::write(&path, config.to_string()).unwrap();
    let heard = warnings(folder.path(), "run", json!({"resume": true, "epochs": 2}));
    assert!(heard.iter().any(|warning| warning.code == WarningCode::AudioNotCompared), "{heard:?}");
    config["dataset"]["checksum"] = json!("0".repeat(64));
    fs::write(&path, config.to_string()).unwrap();
    let failure = run(&options(folder.path(), "run", json!({"resume": true, "epochs": 3}))).unwrap_err();
    assert!(failure.code == Code::CheckpointMismatch && failure.message.starts_with("dataset"), "{failure}");
}

#[test]
fn the_same_audio_in_two_parts_is_told_whatever_file_it_lies_in() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let at = |name: &str| folder.path().join(name);
    assert!(warnings(folder.path(), "clean", json!({"epochs": 1}))
        .iter()
        .all(|w| w.code != WarningCode::SameAudioInTwoParts));
    fs::copy(at("0.wav"), at("copy.wav")).unwrap();
    fs::hard_link(at("3.wav"), at("link.wav")).unwrap();
    // An additional chunk between the header and the samples, and the size that goes with it.
    let plain = fs::read(at("6.wav")).unwrap();
    let mut chunk = plain[..36].to_vec();
    chunk.extend(b"note\x06\0\0\0abcdef");
    chunk.extend(&plain[36..]);
    let size = chunk.len() as u32 - 8;
    chunk[4..8].copy_from_slice(&size.to_le_bytes());
    fs::write(at("chunk.wav"), chunk).unwrap();
    let mut text = fs::read_to_string(at("list.csv")).unwrap();
    text += "copy.wav,low,test\nlink.wav,low,valid\nchunk.wav,low,test\n";
    fs::write(at("list.csv"), text).unwrap();
    let heard = warnings(folder.path(), "shared", json!({"epochs": 1}));
    let heard: Vec<&Warning> =
        heard.iter().filter(|warning| warning.code == WarningCode::SameAudioInTwoParts).collect();
    assert_eq!(heard.len(), 1);
    assert!(heard[0].message.contains("3 times"), "{}", heard[0].message);
    let prepare_options: PrepareOptions = serde_json::from_value(json!({
        "dataset": {"kind": "manifest", "path": at("list.csv")}, "samplingRate": 8000, "cache": at("cache")
    }))
    .unwrap();
    let mut told = Vec::new();
    let mut hear = |event| {
        if let Event::Warning(warning) = event {
            told.push(warning);
        }
    };
    prepare(&prepare_options, &mut hear, &AtomicBool::new(false)).unwrap();
    assert_eq!(told.iter().find(|warning| warning.code == WarningCode::SameAudioInTwoParts), Some(heard[0]));
    let mut clips = heard[0].clips.clone();
    clips.sort();
    assert_eq!(clips, ["0.wav", "3.wav", "6.wav", "chunk.wav", "copy.wav", "link.wav"]);
}

#[test]
fn a_file_that_was_decoded_anew_to_the_same_audio_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    run(&options(folder.path(), "run", json!({"epochs": 1}))).unwrap();
    let path = folder.path().join("0.wav");
    let bytes = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    fs::write(&path, bytes).unwrap();
    fs::remove_dir_all(folder.path().join("cache")).unwrap();
    assert_eq!(run(&options(folder.path(), "run", json!({"resume": true, "epochs": 2}))).unwrap().epochs, 2);
    write_wav(&path, 8000, &tone(8000, 200.0, 0.5));
    assert_eq!(
        run(&options(folder.path(), "run", json!({"resume": true, "epochs": 3}))).unwrap_err().code,
        Code::CheckpointMismatch
    );
}

#[test]
fn a_training_whose_data_are_cut_ends_with_a_code_and_goes_on_to_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    run(&options(folder.path(), "whole", json!({}))).unwrap();
    let mut cut = |event| {
        if matches!(event, Event::Epoch(epoch) if epoch.epoch == 2) {
            for copy in copies(&folder.path().join("cache/prepared-2")) {
                File::options().write(true).open(copy).unwrap().set_len(0).unwrap();
            }
        }
    };
    let failure = train(&options(folder.path(), "run", json!({})), &mut cut, &AtomicBool::new(false)).unwrap_err();
    assert!(failure.code == Code::Io && failure.message.contains(".pcm: another program shortened it"), "{failure}");
    run(&options(folder.path(), "run", json!({"resume": true}))).unwrap();
    assert_same(&folder.path().join("whole"), &folder.path().join("run"));
}

#[test]
fn a_training_does_not_notice_that_its_cache_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    run(&options(folder.path(), "whole", json!({}))).unwrap();
    let prepare_options: PrepareOptions = serde_json::from_value(json!({
        "dataset": {"kind": "manifest", "path": folder.path().join("list.csv")}, "samplingRate": 8000,
        "cache": folder.path().join("cache")
    }))
    .unwrap();
    let mut lose = |event| {
        let Event::Epoch(epoch) = event else { return };
        let cache = folder.path().join("cache/prepared-2");
        let lost = match epoch.epoch {
            1 => fs::remove_file(cache.join("sources.jsonl")).map(|()| 0),
            2 => copies(&cache).iter().try_for_each(fs::remove_file).map(|()| 42),
            _ => return,
        };
        let prepared = prepare(&prepare_options, &mut |_| {}, &AtomicBool::new(false)).unwrap();
        assert_eq!(prepared.decoded, lost.unwrap());
    };
    train(&options(folder.path(), "run", json!({})), &mut lose, &AtomicBool::new(false)).unwrap();
    assert_same(&folder.path().join("whole"), &folder.path().join("run"));
}
