//! The demo with a few clips: its events, its files, and that it can be repeated.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::atomic::{AtomicBool, Ordering};

use error::Code;
use lab::{demo, DemoDone, DemoEvent, DemoOptions};

fn options(out: &std::path::Path) -> DemoOptions {
    let json = serde_json::json!({ "out": out, "clips": 24, "epochs": 2, "seed": 5, "threads": 2 });
    serde_json::from_value(json).unwrap()
}

fn run(options: &DemoOptions) -> (DemoDone, Vec<serde_json::Value>) {
    let mut events = Vec::new();
    let done = demo(options, &mut |event| events.push(serde_json::to_value(event).unwrap()), &AtomicBool::new(false));
    (done.unwrap(), events)
}

#[test]
fn it_says_and_leaves_what_it_made_and_does_it_again_bit_by_bit() {
    let folder = tempfile::tempdir().unwrap();
    let (done, events) = run(&options(&folder.path().join("one")));
    let types: Vec<&str> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(events[0]["phase"], "synthesise");
    assert!(types.contains(&"start") && !types.contains(&"done"));
    assert_eq!(types.iter().filter(|kind| **kind == "epoch").count(), 2);
    let unseen = events.last().unwrap();
    assert_eq!(unseen["type"], "result");
    assert_eq!(unseen["file"], done.unseen.to_str().unwrap());
    assert_eq!(unseen["tags"].as_array().unwrap().len(), 5);
    for file in [&done.manifest, &done.run.join("report.json"), &done.model, &done.unseen] {
        assert!(file.is_file(), "{}", file.display());
    }
    assert!(done.test.roc_auc.is_some_and(|area| (0.0..=1.0).contains(&area)));
    let model = std::fs::read(&done.model).unwrap();
    // In the same folder, replacing its own results, and in another one.
    for name in ["one", "two"] {
        let (again, _) = run(&options(&folder.path().join(name)));
        assert_eq!(again.test, done.test);
        let parameters = |bytes: &[u8]| net::Model::from_bytes(bytes).unwrap().parameters;
        assert_eq!(parameters(&std::fs::read(&again.model).unwrap()), parameters(&model));
    }
}

#[test]
fn the_whole_demo_learns_what_it_promises() {
    let folder = tempfile::tempdir().unwrap();
    let options = serde_json::from_value(serde_json::json!({ "out": folder.path().join("demo") })).unwrap();
    let (done, _) = run(&options);
    // The README promises this for clips that the model was not trained on.
    assert!(done.test.roc_auc.is_some_and(|area| area > 0.95), "{:?}", done.test);
}

#[test]
fn it_does_not_touch_what_it_did_not_make() {
    let folder = tempfile::tempdir().unwrap();
    let best = folder.path().join("run/best.safetensors");
    std::fs::create_dir(folder.path().join("run")).unwrap();
    std::fs::write(&best, "weeks of work").unwrap();
    let error = demo(&options(folder.path()), &mut |_| {}, &AtomicBool::new(false)).unwrap_err();
    assert_eq!(error.code, Code::RunExists);
    assert!(error.message.contains("run exists and was not written by a demo"), "{}", error.message);
    assert_eq!(std::fs::read_to_string(best).unwrap(), "weeks of work");
    assert!(!folder.path().join("music").exists());
}

#[test]
fn neither_a_mark_of_others_nor_a_run_on_other_data_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |path: &std::path::Path| demo(&options(path), &mut |_| {}, &AtomicBool::new(false)).unwrap_err().code;
    std::fs::write(folder.path().join("demo.json"), "{ \"slides\": 3 }").unwrap();
    assert_eq!(refused(folder.path()), Code::RunExists);
    assert_eq!(std::fs::read_to_string(folder.path().join("demo.json")).unwrap(), "{ \"slides\": 3 }");

    let (done, _) = run(&options(&folder.path().join("demo")));
    let config = done.run.join("config.json");
    let own = std::fs::read_to_string(&config).unwrap().replace("music/manifest.csv", "songs/mine.csv");
    std::fs::write(&config, &own).unwrap();
    assert_eq!(refused(&folder.path().join("demo")), Code::RunExists);
    assert_eq!(std::fs::read_to_string(&config).unwrap(), own);
}

#[test]
fn one_demo_at_a_time_works_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let _held = files::Lock::take(folder.path().join(".lock")).unwrap().unwrap();
    let error = demo(&options(folder.path()), &mut |_| {}, &AtomicBool::new(false)).unwrap_err();
    assert!(error.code == Code::RunExists && error.message.contains("another demo"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no file is added");
}

#[test]
fn it_can_be_cancelled_at_any_time() {
    for after in [3, 30] {
        let folder = tempfile::tempdir().unwrap();
        let cancel = AtomicBool::new(false);
        let mut told = 0;
        let mut on_event = |_: DemoEvent| {
            told += 1;
            cancel.store(told >= after, Ordering::Relaxed);
        };
        let error = demo(&options(folder.path()), &mut on_event, &cancel).unwrap_err();
        assert_eq!(error.code, Code::Aborted, "after {after} events");
    }
}

#[test]
fn what_cannot_work_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |options: &DemoOptions| demo(options, &mut |_| {}, &AtomicBool::new(false)).unwrap_err().code;
    assert_eq!(refused(&DemoOptions { clips: Some(19), ..options(folder.path()) }), Code::InvalidOption);
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert_eq!(refused(&options(&file)), Code::Output);
}
