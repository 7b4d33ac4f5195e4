//! Finished runs are compared on the same test clips, and nothing else is.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use error::{Code, Result};
use net::Task;
use serde_json::{json, Value};
use train::{compare, CompareDone, CompareEvent, CompareOptions, CompareVerdict, RunComparison};

use crate::small_training::{options, run, tiny, tones};

fn ask(folder: &Path, runs: &[&str]) -> Result<(CompareDone, Vec<RunComparison>)> {
    let mut told = Vec::new();
    let mut hear = |event: CompareEvent| {
        if let CompareEvent::Comparison(one) = event {
            told.push(one);
        }
    };
    let options =
        CompareOptions { bootstrap: 300, ..CompareOptions::new(runs.iter().map(|run| folder.join(run)).collect()) };
    let done = compare(&options, &mut hear, &AtomicBool::new(false))?;
    Ok((done, told))
}

/// Moves half of the training clips of the tones to the test part: few clips show no difference.
fn with_many_test_clips(folder: &Path) {
    let path = folder.join("list.csv");
    let list = fs::read_to_string(&path).unwrap();
    let (head, rows) = list.split_once('\n').unwrap();
    let moved = |(index, row): (usize, &str)| {
        let row = if [2, 3].contains(&(index / 3 % 6)) { row.replace(",train", ",test") } else { row.to_owned() };
        format!("{row}\n")
    };
    let rows: String = rows.lines().enumerate().map(moved).collect();
    fs::write(&path, format!("{head}\n{rows}")).unwrap();
}

/// One epoch with a learning rate at which nothing is learned.
fn hopeless() -> Value {
    json!({"epochs": 1, "learningRates": [1e-9]})
}

#[test]
fn seeds_are_one_group_and_a_trained_network_is_better_than_an_untrained_one() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    with_many_test_clips(folder.path());
    run(&options(folder.path(), "good-1", json!({}))).unwrap();
    run(&options(folder.path(), "good-2", json!({"seed": 4}))).unwrap();
    run(&options(folder.path(), "bad", hopeless())).unwrap();
    let (done, told) = ask(folder.path(), &["good-1", "good-2", "bad", "good-1"]).unwrap();
    assert_eq!(done.groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(), ["good", "bad"]);
    assert_eq!((done.groups[0].seeds.clone(), done.groups[0].clips), (vec![3, 4], 18));
    assert!(
        done.groups[0].accuracy.unwrap().deviation.is_some() && done.groups[1].accuracy.unwrap().deviation.is_none()
    );
    assert_eq!((done.comparable, done.not_comparable, told.len()), (1, 0, 3));
    for one in &told {
        let ([first, second], difference) = (one.values.unwrap(), one.difference.unwrap());
        assert!((first - second - difference).abs() < 1e-12);
        let [low, high] = one.interval.unwrap();
        assert!(low <= difference && difference <= high, "{low} {difference} {high}");
    }
    let accuracy = told.iter().find(|one| serde_json::to_value(one.metric).unwrap() == "accuracy").unwrap();
    assert_eq!(accuracy.verdict, CompareVerdict::Better, "{accuracy:?}");
    assert!(done.table.contains("| good | bad | accuracy | +"), "{}", done.table);
    let (_, turned) = ask(folder.path(), &["bad", "good-1"]).unwrap();
    assert!(turned.iter().any(|one| one.verdict == CompareVerdict::Worse), "{turned:?}");
    let (alone, none) = ask(folder.path(), &["bad"]).unwrap();
    assert_eq!((alone.groups.len(), none.len()), (1, 0));
}

#[test]
fn runs_on_other_data_are_not_comparable_and_the_reason_is_given() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    run(&options(folder.path(), "whole", hopeless())).unwrap();
    let list = fs::read_to_string(folder.path().join("list.csv")).unwrap();
    let other = |name: &str, list: &str, more: Value| {
        let path = folder.path().join(format!("{name}.csv"));
        fs::write(&path, list).unwrap();
        let mut all = hopeless();
        all["dataset"] = json!({"kind": "manifest", "path": path});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run(&options(folder.path(), name, all)).unwrap();
        let (done, told) = ask(folder.path(), &["whole", name]).unwrap();
        assert_eq!(done.not_comparable, told.iter().filter(|one| one.reason.is_some()).count());
        told[0].reason.clone()
    };
    // 15.wav is the first test clip, with the tag low; 12.wav the first validation clip.
    let fewer = other("fewer", &list.replace("15.wav,low,test\n", ""), json!({})).unwrap();
    assert!(fewer.contains("other test clips (list.csv; fewer.csv): only in the first 1 (15.wav)"), "{fewer}");
    let relabelled = other("relabelled", &list.replace("15.wav,low,test", "15.wav,high,test"), json!({})).unwrap();
    assert!(relabelled.contains("other tags of the test clips: 1 (15.wav)"), "{relabelled}");
    let seconds = other("seconds", &list, json!({"clipSeconds": 0.3})).unwrap();
    assert!(seconds.contains("other part of each clip: whole clips and 0.3 s"), "{seconds}");
    let segments = other("segments", &list, json!({"segments": 2})).unwrap();
    assert!(segments.contains("other segments of each clip"), "{segments}");
    let task = other("task", &list, json!({"task": "multi-label"})).unwrap();
    assert!(task.contains("other task"), "{task}");
    // Other training clips and another network are what one compares.
    let mut wide = tiny();
    wide["head"]["channels"] = json!(8);
    let more = json!({"architecture": wide});
    assert_eq!(other("network", &list.replace("0.wav,low,train\n", ""), more), None);
}

#[test]
fn folders_without_a_finished_run_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    tones(folder.path(), Task::SingleLabel);
    run(&options(folder.path(), "run", hopeless())).unwrap();
    fs::remove_file(folder.path().join("run/report.json")).unwrap();
    for (name, code, words) in [
        ("none", Code::FileNotFound, "does not exist"),
        ("empty", Code::Dataset, "no config.json"),
        ("run", Code::Dataset, "not finished"),
    ] {
        let failure = ask(folder.path(), &[name]).unwrap_err();
        assert!(failure.code == code && failure.message.contains(words), "{failure}");
    }
}
