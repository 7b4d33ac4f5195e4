//! Cross-validation over the folds of a list.

#![allow(clippy::unwrap_used)] // Test helpers: clippy exempts only test functions.

mod support;

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use error::Code;
use lab::{cross_validate, CrossValidationDone, CrossValidationEvent};
use serde_json::{json, Value};
use support::{Tones, RATE};
use train::TrainOptions;

/// Three folds of six tones each, two of every fold high and two low.
fn options(folder: &Path, more: &Value) -> TrainOptions {
    Tones::default().write(folder, "parts.csv", &["1", "2", "3"], 6);
    let list = fs::read_to_string(folder.join("parts.csv")).unwrap();
    fs::write(folder.join("list.csv"), list.replacen("split", "fold", 1)).unwrap();
    let mut options = json!({
        "dataset": {"kind": "manifest", "path": folder.join("list.csv")},
        "out": folder.join("out"),
        "architecture": format!("3^5@{RATE}"),
        "task": "single-label",
        "epochs": 1,
        "batchSize": 4,
        "learningRates": [0.01],
        "device": "cpu",
        "threads": 1,
        "cache": folder.join("cache"),
    });
    options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(options).unwrap()
}

fn run(options: &TrainOptions) -> error::Result<(CrossValidationDone, Vec<CrossValidationEvent>)> {
    let mut events = Vec::new();
    let done = cross_validate(options, &mut |event| events.push(event), &AtomicBool::new(false))?;
    Ok((done, events))
}

#[test]
fn every_fold_is_the_test_part_once_and_the_table_has_their_mean() {
    let folder = tempfile::tempdir().unwrap();
    let options = options(folder.path(), &json!({}));
    let (done, events) = run(&options).unwrap();
    assert_eq!(done.folds.iter().map(|fold| fold.fold).collect::<Vec<_>>(), [1, 2, 3]);
    let accuracies: Vec<f64> = done.folds.iter().map(|fold| fold.test.accuracy.unwrap()).collect();
    let mean = accuracies.iter().sum::<f64>() / 3.0;
    assert!((done.mean.accuracy.unwrap() - mean).abs() < 1e-12);
    let squares: f64 = accuracies.iter().map(|accuracy| (accuracy - mean).powi(2)).sum();
    assert!((done.deviation.accuracy.unwrap() - (squares / 2.0).sqrt()).abs() < 1e-12);
    let table = fs::read_to_string(&done.table).unwrap();
    assert!(table.contains("| mean | ") && table.contains(&format!("{mean:.4} |")), "{table}");
    assert_eq!(table.lines().count(), 2 + 3 + 2);
    let starts = |fold: &str| {
        let of_fold = |event: &&CrossValidationEvent| {
            matches!(event, CrossValidationEvent::Training(training)
                if training.training == fold && matches!(training.event, train::Event::Start(_)))
        };
        events.iter().filter(of_fold).count()
    };
    assert_eq!(["fold-1", "fold-2", "fold-3"].map(starts), [1, 1, 1]);
    let summary: Value = serde_json::from_slice(&fs::read(folder.path().join("out/folds.json")).unwrap()).unwrap();
    assert_eq!((&summary["format"], &summary["result"]["folds"][2]["fold"]), (&json!(1), &json!(3)));
    // Again: refused, unless it is continued; then every fold is kept.
    assert_eq!(run(&options).unwrap_err().code, Code::RunExists);
    let (again, _) = run(&TrainOptions { resume: true, ..options }).unwrap();
    assert_eq!(again.folds, done.folds);
}

#[test]
fn a_chosen_fold_and_data_without_folds_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.csv");
    let chosen = options(folder.path(), &json!({"dataset": {"kind": "manifest", "path": path, "fold": 2}}));
    assert_eq!(run(&chosen).unwrap_err().code, Code::InvalidOption);
    let path = folder.path().join("plain.csv");
    fs::write(&path, "path,tags,split\n0.wav,low,train\n6.wav,low,valid\n12.wav,low,test\n").unwrap();
    let without = options(folder.path(), &json!({"dataset": {"kind": "manifest", "path": path}}));
    let refused = run(&without).unwrap_err();
    assert!(refused.code == Code::Dataset && refused.message.contains("it has no folds"), "{refused}");
}
