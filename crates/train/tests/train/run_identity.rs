//! A run is never mistaken for another run, and files of other programs are never mistaken for files of a run.

use std::fs;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use error::Code;
use net::Task;
use serde_json::json;
use train::{train, Event, TrainOptions};

use crate::run_contents::{assert_same, records};
use crate::small_training::{options, run, tones};

/// Starts a run and leaves it in the state in which a kill before the first checkpoint leaves it.
fn begin_and_die(options: &TrainOptions) {
    let mut die = |event| assert!(!matches!(event, Event::Start(_)), "killed");
    assert!(catch_unwind(AssertUnwindSafe(|| train(options, &mut die, &AtomicBool::new(false)))).is_err());
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn what_an_earlier_run_left_never_becomes_the_result_of_a_later_one() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let path = folder.path().join("run");
    run(&options(folder.path(), "run", json!({}))).unwrap();
    let old = ["checkpoint.safetensors", "report.json"].map(|name| fs::read(path.join(name)).unwrap());
    fs::write(path.join("checkpoint-next.safetensors"), &old[0]).unwrap();

    begin_and_die(&options(folder.path(), "run", json!({"force": true, "seed": 5})));
    assert_eq!(names(&path), [".lock", "clips.jsonl", "config.json", "events.jsonl", "events.out.tfevents.samplecnn"]);
    // Also if the old files are restored, for example from a backup.
    for name in ["checkpoint.safetensors", "checkpoint-next.safetensors", "checkpoint-before.safetensors"] {
        fs::write(path.join(name), &old[0]).unwrap();
    }
    fs::write(path.join("report.json"), &old[1]).unwrap();
    let resumed = run(&options(folder.path(), "run", json!({"resume": true, "seed": 5}))).unwrap();
    assert!(records(&path)
        .iter()
        .any(|r| r["message"].as_str().is_some_and(|text| text.contains("belongs to another run"))));

    let fresh = run(&options(folder.path(), "fresh", json!({"seed": 5}))).unwrap();
    assert_same(&fresh.run, &path);
    assert_eq!((resumed.epochs, resumed.test, resumed.valid), (fresh.epochs, fresh.test, fresh.valid));
}

#[test]
fn a_report_of_another_run_or_a_missing_model_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    for (name, seed) in [("one", 1), ("two", 2)] {
        run(&options(folder.path(), name, json!({"seed": seed, "epochs": 1}))).unwrap();
    }
    let at = |name: &str| folder.path().join(name);
    let right = fs::read(at("two/best.safetensors")).unwrap();
    fs::copy(at("one/report.json"), at("two/report.json")).unwrap();
    fs::remove_file(at("two/best.safetensors")).unwrap();
    run(&options(folder.path(), "two", json!({"seed": 2, "epochs": 1, "resume": true}))).unwrap();
    assert!(fs::read(at("two/best.safetensors")).unwrap() == right);
    assert_ne!(fs::read(at("two/report.json")).unwrap(), fs::read(at("one/report.json")).unwrap());
}

#[test]
fn of_two_that_begin_in_one_fresh_folder_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let both = options(folder.path(), "run", json!({"epochs": 2}));
    let outcomes = std::thread::scope(|scope| {
        [scope.spawn(|| run(&both)), scope.spawn(|| run(&both))].map(|thread| thread.join().unwrap())
    });
    let refused: Vec<Code> = outcomes.iter().filter_map(|outcome| Some(outcome.as_ref().err()?.code)).collect();
    assert_eq!(refused, [Code::RunExists]);
}
