//! The options with which a run can be resumed.

use std::fs;

use error::{Code, Error};
use net::Task;
use serde_json::{json, Value};
use train::saved_options;

use crate::run_contents::records;
use crate::small_training::{options, run, tones};

#[test]
fn a_run_goes_on_only_with_its_own_options() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    run(&options(folder.path(), "run", json!({"epochs": 1}))).unwrap();
    let fails = |more: Value| -> Error { run(&options(folder.path(), "run", more)).unwrap_err() };
    assert_eq!(fails(json!({})).code, Code::RunExists);
    for (name, value) in [
        ("seed", json!(4)),
        ("batchSize", json!(8)),
        ("learningRates", json!([0.05])),
        ("threads", json!(1)),
        ("architecture", json!("3^5@8000")),
        ("segments", json!(2)),
    ] {
        let failure = fails(json!({"resume": true, name: value}));
        assert_eq!(failure.code, Code::CheckpointMismatch, "{failure}");
        assert!(failure.message.starts_with(name), "{failure}");
    }
    let list = folder.path().join("list.csv");
    let text = fs::read_to_string(&list).unwrap();
    fs::write(&list, text.replacen(",train", ",valid", 1)).unwrap();
    let failure = fails(json!({"resume": true}));
    assert!(failure.code == Code::CheckpointMismatch && failure.message.starts_with("dataset"), "{failure}");
    fs::write(&list, text).unwrap();

    // The folder of the run is the only option that is needed.
    let mut saved = saved_options(&folder.path().join("run")).unwrap();
    saved.epochs = Some(2);
    assert_eq!(run(&saved).unwrap().epochs, 2);
    assert_eq!(run(&options(folder.path(), "run", json!({"force": true, "seed": 4, "epochs": 1}))).unwrap().epochs, 1);
}

#[test]
fn a_run_that_recorded_all_segments_as_null_is_resumed() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    run(&options(folder.path(), "run", json!({"epochs": 1}))).unwrap();
    let path = folder.path().join("run/config.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(config["options"]["segments"], "all");
    let more = |epochs: usize| options(folder.path(), "run", json!({"resume": true, "epochs": epochs}));
    // The versions before "all" wrote null, and those before this option wrote nothing.
    config["options"]["segments"] = Value::Null;
    fs::write(&path, config.to_string()).unwrap();
    assert_eq!(run(&more(2)).unwrap().epochs, 2);
    config["options"].as_object_mut().unwrap().remove("segments");
    fs::write(&path, config.to_string()).unwrap();
    assert_eq!(run(&more(3)).unwrap().epochs, 3);
    config["options"]["segments"] = json!(2);
    fs::write(&path, config.to_string()).unwrap();
    let failure = run(&more(4)).unwrap_err();
    assert!(failure.code == Code::CheckpointMismatch && failure.message.contains("2, received \"all\""), "{failure}");
}

#[test]
fn a_run_of_a_version_without_protocols_is_resumed() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    run(&options(folder.path(), "run", json!({"epochs": 1}))).unwrap();
    let path = folder.path().join("run/config.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(config["options"]["protocol"], "kaist-2018");
    for name in [
        "protocol",
        "optimiser",
        "schedule",
        "plateauFactor",
        "minimumRate",
        "warmupEpochs",
        "warmupUpdates",
        "maxGradientNorm",
        "accumulate",
        "classWeights",
        "labelSmoothing",
        "phases",
    ] {
        assert!(config["options"].as_object_mut().unwrap().remove(name).is_some(), "{name}");
    }
    fs::write(&path, config.to_string()).unwrap();
    let more = |more: Value| options(folder.path(), "run", more);
    assert_eq!(run(&more(json!({"resume": true, "epochs": 2}))).unwrap().epochs, 2);
    for (name, value) in [("optimiser", json!("adam")), ("protocol", json!("mine")), ("labelSmoothing", json!(0.1))] {
        let failure = run(&more(json!({"resume": true, "epochs": 2, name: value}))).unwrap_err();
        assert!(failure.code == Code::CheckpointMismatch && failure.message.starts_with(name), "{failure}");
    }
}

#[test]
fn a_run_goes_on_in_the_precision_it_was_begun_in() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    run(&options(folder.path(), "run", json!({"epochs": 1}))).unwrap();
    let path = folder.path().join("run/config.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(config["options"]["precision"], "f32");
    let mut resume_after = |precision: Option<&str>| {
        let options_of_run = config["options"].as_object_mut().unwrap();
        match precision {
            Some(name) => options_of_run.insert("precision".to_owned(), json!(name)),
            None => options_of_run.remove("precision"),
        };
        fs::write(&path, config.to_string()).unwrap();
        run(&options(folder.path(), "run", json!({"resume": true, "epochs": 2})))
    };
    let failure = resume_after(Some("bf16")).unwrap_err();
    assert!(failure.code == Code::CheckpointMismatch && failure.message.contains("precision"), "{failure}");
    // Runs from before this option used f32.
    assert_eq!(resume_after(None).unwrap().epochs, 2);
    let started: Vec<Value> =
        records(&folder.path().join("run")).into_iter().filter(|record| record["type"] == "start").collect();
    assert!(started.len() == 2 && started.iter().all(|record| record["precision"] == "f32"), "{started:?}");
}
