//! The files of a finished run that other programs and people read.

use std::fs;
use std::sync::atomic::AtomicBool;

use error::Code;
use net::{Calibration, Model, PlattLine, Task};
use serde_json::{json, Value};
use train::run::{read_npy, Config};
use train::{evaluate, EvaluateOptions};

use crate::run_contents::epochs;
use crate::small_training::{options, run, tones};

#[test]
fn epochs_targets_and_the_report_page_are_beside_the_model() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::MultiLabel);
    let done = run(&options(folder.path(), "run", json!({"task": "multi-label", "bootstrap": 200}))).unwrap();
    let table = fs::read_to_string(done.run.join("epochs.csv")).unwrap();
    assert_eq!(table.lines().count(), 1 + epochs(&done.run).len());
    let events = fs::read(done.run.join("events.out.tfevents.samplecnn")).unwrap();
    for tag in ["brain.Event:2", "loss/train", "loss/valid", "learning_rate", "roc_auc/test"] {
        assert!(events.windows(tag.len()).any(|window| window == tag.as_bytes()), "{tag}");
    }
    let (rows, columns, targets) = read_npy(&done.run.join("targets-test.npy")).unwrap();
    assert_eq!((rows, columns, targets.iter().sum::<f32>()), (6, 4, 6.0 + 2.0));
    let text = fs::read_to_string(done.run.join("targets-valid.csv")).unwrap();
    assert!(text.starts_with("path,high,loud,low,middle\n12.wav,0,0,1,0\n"), "{text}");

    let page = fs::read_to_string(done.run.join("report.html")).unwrap();
    for heading in
        ["Results", "Learning curves", "Tags", "ROC and precision-recall curves", "Tags that are assigned together"]
    {
        assert!(page.contains(&format!(">{heading}</h2>")), "{heading}");
    }
    assert!(page.contains("<option>loud</option>") && page.matches("<div class=\"chosen\">").count() == 4);
    assert!(page.contains("Clips with the highest loss</h2>") && page.contains("<audio controls"));
    let (addresses, names) = (page.matches("http").count(), page.matches("xmlns=\"http://www.w3.org/").count());
    assert_eq!(addresses, names + page.matches("http-equiv").count(), "no address of another site");
    let report: Value = serde_json::from_slice(&fs::read(done.run.join("report.json")).unwrap()).unwrap();
    let interval = &report["test"]["intervals"]["rocAuc"];
    assert!(interval[0].as_f64() <= report["test"]["macro"]["rocAuc"].as_f64(), "{interval}");
    assert_eq!(report["test"]["few"].as_array().unwrap().len(), 4);
}

#[test]
fn a_run_without_test_clips_shows_its_validation_clips() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let list = fs::read_to_string(folder.path().join("list.csv")).unwrap();
    fs::write(folder.path().join("list.csv"), list.replace(",test\n", ",train\n")).unwrap();
    let done = run(&options(folder.path(), "run", json!({"epochs": 1, "bootstrap": 0}))).unwrap();
    let page = fs::read_to_string(done.run.join("report.html")).unwrap();
    assert!(page.contains("Validation clips (") && page.contains(">Confusion matrix</h2>"));
    assert!(!done.run.join("targets-test.npy").exists());
}

#[test]
fn scores_are_calibrated_only_where_this_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = tones(folder.path(), Task::MultiLabel);
    let done = run(&options(folder.path(), "run", json!({"task": "multi-label", "epochs": 2}))).unwrap();
    let model = Model::load(&done.best).unwrap();
    assert_eq!(model.calibration, None, "six validation clips are too few");
    let path = folder.path().join("calibrated.safetensors");
    let line = PlattLine { scale: 0.5, offset: -2.0 };
    Model { calibration: Some(Calibration::Platt { tags: vec![Some(line); 4] }), ..model }.save(&path).unwrap();
    let ask = |model: &std::path::Path, calibrated: bool| {
        let out = Some(folder.path().join(format!("evaluation-{calibrated}")));
        let mut options = EvaluateOptions { calibrated, out, ..EvaluateOptions::new(model, dataset.clone()) };
        options.cache = Some(folder.path().join("cache"));
        evaluate(&options, &mut |_| {}, &AtomicBool::new(false))
    };
    let (plain, mapped) = (ask(&path, false).unwrap(), ask(&path, true).unwrap());
    assert_eq!((plain.calibrated, mapped.calibrated), (false, true));
    assert_eq!((plain.roc_auc, plain.f1), (mapped.roc_auc, mapped.f1), "the order and the decisions stay");
    assert!(plain.log_loss != mapped.log_loss);
    let scores = |name: &str| read_npy(&folder.path().join(name).join("predictions.npy")).unwrap().2;
    let expected: Vec<f32> = scores("evaluation-false").iter().map(|&score| line.apply(score)).collect();
    assert_eq!(scores("evaluation-true"), expected);
    let failure = ask(&done.best, true).unwrap_err();
    assert_eq!((failure.code, failure.message.contains("no calibration")), (Code::InvalidOption, true), "{failure}");
}

#[test]
fn other_data_than_those_of_the_checksum_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let done = run(&options(folder.path(), "run", json!({"epochs": 1}))).unwrap();
    let checksum = Config::load(&done.run.join("config.json")).unwrap().dataset.checksum;
    run(&options(folder.path(), "again", json!({"epochs": 1, "checksum": checksum}))).unwrap();
    let list = fs::read_to_string(folder.path().join("list.csv")).unwrap();
    fs::write(folder.path().join("list.csv"), list.replace("0.wav,low,train\n", "")).unwrap();
    let failure = run(&options(folder.path(), "other", json!({"epochs": 1, "checksum": checksum}))).unwrap_err();
    assert_eq!((failure.code, failure.message.contains(&checksum)), (Code::Dataset, true), "{failure}");
    assert!(!folder.path().join("other/config.json").exists());
}
