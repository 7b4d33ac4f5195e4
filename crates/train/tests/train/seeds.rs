//! Runs of several seeds in one folder.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use error::Code;
use net::Task;
use serde_json::{json, Value};
use train::run::{Config, SeedsFile};
use train::{compare, train, CompareOptions, Event};

use crate::run_contents::assert_same;
use crate::small_training::{options, run, tones};

/// The tones without a split, so that it is drawn.
fn without_split(folder: &Path) -> Value {
    let list = fs::read_to_string(folder.join("list.csv")).unwrap();
    let rows: String = list.lines().skip(1).map(|row| format!("{}\n", row.rsplit_once(',').unwrap().0)).collect();
    let path = folder.join("drawn.csv");
    fs::write(&path, format!("path,tags\n{rows}")).unwrap();
    json!({"dataset": {"kind": "manifest", "path": path}, "epochs": 2})
}

#[test]
fn a_folder_holds_a_run_for_each_seed_with_one_split_and_a_summary() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let ask = |seeds: usize, more: Value| {
        let mut all = without_split(folder.path());
        all["seeds"] = json!(seeds);
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        options(folder.path(), "runs", all)
    };
    let mut finished = Vec::new();
    let mut hear = |event: Event| match event {
        Event::Seed(seed) => finished.push(seed.seed),
        Event::Done(done) => assert!(done.seeds.is_some(), "the done of one seed is not passed on"),
        _ => (),
    };
    let done = train(&ask(2, json!({})), &mut hear, &AtomicBool::new(false)).unwrap();
    assert_eq!(finished, [3, 4]);
    let summary = done.seeds.clone().unwrap();
    let values: Vec<f64> = summary.runs.iter().map(|run| run.test.roc_auc.unwrap()).collect();
    assert!((done.test.roc_auc.unwrap() - (values[0] + values[1]) / 2.0).abs() < 1e-12);
    let deviation = summary.deviation.roc_auc.unwrap();
    assert!((deviation - (values[0] - values[1]).abs() / 2f64.sqrt()).abs() < 1e-12);
    assert!(summary.intervals.roc_auc.is_some() && done.best.is_file() && done.epochs == 4);
    let runs = folder.path().join("runs");
    let checksum = |seed: u64| Config::load(&runs.join(format!("seed-{seed}/config.json"))).unwrap().dataset.checksum;
    assert_eq!(checksum(3), checksum(4), "all seeds have the split of the first");
    assert!(fs::read_to_string(runs.join("seeds.md")).unwrap().contains("| mean |"));
    assert_eq!(SeedsFile::read(&runs).unwrap().unwrap().summary(), Some(&*summary));

    // The folder is not given away, and can be continued with more seeds.
    assert_eq!(run(&ask(2, json!({}))).unwrap_err().code, Code::RunExists);
    let other = run(&ask(2, json!({"resume": true, "momentum": 0.5}))).unwrap_err();
    assert_eq!((other.code, other.message.contains("momentum")), (Code::CheckpointMismatch, true), "{other}");
    let before = fs::metadata(runs.join("seed-3/last.safetensors")).unwrap().modified().unwrap();
    let more = run(&ask(3, json!({"resume": true}))).unwrap();
    assert_eq!(more.seeds.unwrap().runs.len(), 3);
    assert_eq!(fs::metadata(runs.join("seed-3/last.safetensors")).unwrap().modified().unwrap(), before);
    let compared = compare(&CompareOptions::new(vec![runs]), &mut |_| {}, &AtomicBool::new(false)).unwrap();
    assert_eq!((compared.groups.len(), compared.groups[0].seeds.clone()), (1, vec![3, 4, 5]));
    assert_eq!(compared.groups[0].name, "runs");
}

#[test]
fn seeds_that_were_stopped_go_on_bit_by_bit() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let more = |resume: bool| json!({"seeds": 2, "epochs": 2, "resume": resume});
    run(&options(folder.path(), "whole", more(false))).unwrap();
    let cancel = AtomicBool::new(false);
    let mut starts = 0;
    let mut stop = |event: Event| match event {
        Event::Start(_) => starts += 1,
        Event::Progress(progress) if starts == 2 && progress.epoch == Some(2) => cancel.store(true, Ordering::Relaxed),
        _ => (),
    };
    let failure = train(&options(folder.path(), "stopped", more(false)), &mut stop, &cancel).unwrap_err();
    assert_eq!(failure.code, Code::Aborted);
    run(&options(folder.path(), "stopped", more(true))).unwrap();
    for seed in ["seed-3", "seed-4"] {
        assert_same(&folder.path().join("whole").join(seed), &folder.path().join("stopped").join(seed));
    }
}

#[test]
fn a_run_of_one_seed_and_files_of_others_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    run(&options(folder.path(), "one", json!({"epochs": 1}))).unwrap();
    let force = json!({"seeds": 2, "force": true});
    let failure = run(&options(folder.path(), "one", force.clone())).unwrap_err();
    assert_eq!((failure.code, failure.message.contains("one seed")), (Code::RunExists, true), "{failure}");
    fs::create_dir(folder.path().join("mine")).unwrap();
    fs::write(folder.path().join("mine/seeds.json"), "[]").unwrap();
    let failure = run(&options(folder.path(), "mine", force)).unwrap_err();
    assert_eq!(failure.code, Code::Output, "{failure}");
    assert_eq!(fs::read_to_string(folder.path().join("mine/seeds.json")).unwrap(), "[]");
}
