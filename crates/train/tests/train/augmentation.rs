//! Trainings with random crops and random changes of the segments.

use std::sync::atomic::{AtomicBool, Ordering};

use error::Code;
use net::{Model, Task};
use serde_json::{json, Value};
use train::run::{write_npy, Config};
use train::{train, Event, Phase};

use crate::small_training::{options, run, tones};

fn all_changes() -> Value {
    json!([
        "polarity:0.8",
        "gain:0.3:-6..0",
        "noise:0.5:20..40",
        "high-pass:0.4:50..100",
        "low-pass:0.4:2500..3500",
        "delay:0.3:5..20",
        "mixup:0.5:0.4"
    ])
}

#[test]
fn an_aborted_run_with_random_segments_goes_on_bit_by_bit() {
    let folder = tempfile::tempdir().unwrap();
    for task in [Task::SingleLabel, Task::MultiLabel] {
        tones(folder.path(), task);
        let task = serde_json::to_value(task).unwrap();
        let name = |run: &str| format!("{run}-{}", task.as_str().unwrap());
        let more = json!({"task": task, "randomCrops": 3, "augment": all_changes(), "checkpointSeconds": 0});
        let whole = run(&options(folder.path(), &name("whole"), more.clone())).unwrap();
        let mut aborted = options(folder.path(), &name("aborted"), more);
        let cancel = AtomicBool::new(false);
        let mut stop = |event: Event| match event {
            Event::Progress(progress) if progress.phase == Phase::Train && progress.epoch == Some(2) => {
                cancel.store(true, Ordering::Relaxed);
            }
            _ => {}
        };
        assert_eq!(train(&aborted, &mut stop, &cancel).unwrap_err().code, Code::Aborted);
        aborted.resume = true;
        let resumed = run(&aborted).unwrap();
        let parameters = |path| Model::load(path).unwrap().parameters;
        assert!(parameters(&whole.best) == parameters(&resumed.best), "{task}");
        assert_eq!((whole.test, whole.epochs), (resumed.test, resumed.epochs), "{task}");
    }
}

#[test]
fn changes_and_crops_change_the_training_and_not_the_evaluation() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let first_epoch = |name: &str, mut more: Value| {
        more["epochs"] = json!(1);
        let mut losses = None;
        let mut take = |event: Event| {
            if let Event::Epoch(epoch) = event {
                losses = Some((epoch.train_loss, epoch.valid_loss));
            }
        };
        train(&options(folder.path(), name, more), &mut take, &AtomicBool::new(false)).unwrap();
        losses.unwrap()
    };
    let plain = first_epoch("plain", json!({}));
    // A change with the probability 0 is no change.
    assert_eq!(first_epoch("never", json!({"augment": ["gain:0", "mixup:0"]})), plain);
    for (name, more) in [
        ("gain", json!({"augment": ["gain:1:-30"]})),
        ("mixup", json!({"augment": ["mixup:1:1"]})),
        ("crops", json!({"randomCrops": 5})),
    ] {
        let changed = first_epoch(name, more);
        assert!(changed.0 != plain.0 && changed.1 != plain.1, "{name}: {changed:?}, {plain:?}");
    }
    // The segments of the validation part stay those that `segments` selects.
    let config = Config::load(&folder.path().join("crops/config.json")).unwrap();
    let segments = config.dataset.segments;
    assert_eq!((segments.train, segments.valid), (config.dataset.clips.train * 5, config.dataset.clips.valid * 5));
    assert_eq!(config.updates_per_epoch, segments.train.div_ceil(16));
    assert!(config.dataset.segment_rule.starts_with("training: 5 random crops of 729 samples"));
}

#[test]
fn a_network_learns_from_changed_segments() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let more = json!({"randomCrops": 5, "augment": all_changes(), "epochs": 15});
    let done = run(&options(folder.path(), "run", more)).unwrap();
    assert_eq!(done.test.accuracy, Some(1.0), "{done:?}");
}

#[test]
fn changes_that_are_impossible_are_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    for (more, expected) in [
        (json!({"augment": ["low-pass:0.5:3000..4500"]}), "below 4000 Hz"),
        (json!({"augment": ["gain", "gain"]}), "listed twice"),
        (json!({"randomCrops": 0}), "randomCrops must be"),
    ] {
        let refused = run(&options(folder.path(), "run", more)).unwrap_err();
        assert_eq!(refused.code, Code::InvalidOption, "{refused}");
        assert!(refused.message.contains(expected), "{refused}");
        assert!(!folder.path().join("run").exists());
    }
}

#[test]
fn segments_at_other_places_are_refused_for_clips_with_targets_for_each_segment() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let mut lines = String::new();
    for number in 0..42usize {
        let part = ["train", "train", "train", "train", "valid", "test"][number / 3 % 6];
        let file = format!("{number}.npy");
        let rows: Vec<f32> = (0..5).flat_map(|_| [0.2, 0.5, 0.3]).collect();
        write_npy(&folder.path().join(&file), 3, &rows).unwrap();
        let line = json!({"path": format!("{number}.wav"), "tags": ["a", "b", "c"], "targets": file, "split": part});
        lines += &format!("{line}\n");
    }
    let list = folder.path().join("soft.jsonl");
    std::fs::write(&list, lines).unwrap();
    for (name, value, said) in [
        ("randomCrops", json!(2), "randomCrops cannot be used"),
        ("segments", json!("overlapping:4"), "overlapping segments cannot be used"),
    ] {
        let more = json!({"dataset": {"kind": "manifest", "path": list}, name: value});
        let refused = run(&options(folder.path(), "run", more)).unwrap_err();
        assert_eq!(refused.code, Code::InvalidOption);
        assert!(refused.message.contains(said), "{refused}");
    }
}
