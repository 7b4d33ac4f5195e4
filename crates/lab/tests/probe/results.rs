//! What a probe writes, and that finished work is never done again.

use std::sync::atomic::{AtomicBool, Ordering};

use error::{Code, WarningCode};
use lab::probe::{probe, Classifier, ProbeEvent};
use serde_json::{json, Value};
use train::dataset::Part;

use crate::support::{epochs, Data};

#[test]
fn a_probe_writes_result_classifier_and_predictions() {
    let data = Data::new();
    let (done, events) = data.run(json!({}));
    let done = done.unwrap();
    assert_eq!(epochs(&events), 3);
    assert!(matches!(&events[0], ProbeEvent::Start(start) if start.parameters == 21 * 12 + 13 * 6
        && start.model_hash.as_deref() == Some("abc") && start.levels == Some(vec![-1]) && start.clips.train == 400
        && start.updates_per_epoch == 4));
    assert!(matches!(events.last(), Some(ProbeEvent::Done(last)) if *last == done));
    let record = serde_json::to_value(events.last().unwrap()).unwrap();
    assert_eq!((&record["type"], &record["perTag"][0]["tag"]), (&json!("done"), &json!("0")));
    assert_eq!(record["trials"][0]["type"], "trial");
    assert!(record["test"]["accuracy"].is_number() && record["deviation"]["accuracy"].is_null());

    let trial = &done.trials[0];
    assert_eq!((trial.epochs, trial.seed, done.clips), (3, 0, 500));
    let result: Value = serde_json::from_slice(&std::fs::read(&done.result).unwrap()).unwrap();
    assert_eq!((&result["format"], &result["done"]["test"]), (&json!(1), &record["test"]));
    assert_eq!(result["probe"]["probe"]["hidden"], json!([12]));

    let classifier = Classifier::load(&trial.classifier).unwrap();
    assert_eq!(classifier.header.model_hash.as_deref(), Some("abc"));
    assert_eq!(classifier.header.tags.len(), 6);
    let features = std::fs::read(data.path("features.npy")).unwrap();
    let word = |bytes: &[u8]| f32::from_le_bytes(bytes.try_into().unwrap());
    let features: Vec<f32> = features[128..].chunks_exact(4).map(word).collect();
    let predictions = std::fs::read(trial.predictions.as_ref().unwrap()).unwrap();
    let predictions: Vec<f32> = predictions[128..].chunks_exact(4).map(word).collect();
    assert_eq!(classifier.scores(&features[500 * 20..]).unwrap(), predictions);
    assert!(predictions.chunks_exact(6).all(|row| (row.iter().sum::<f32>() - 1.0).abs() < 1e-5));
    let csv = std::fs::read_to_string(data.path("out/predictions.csv")).unwrap();
    assert!(csv.starts_with("path,tags,0,1,2,3,4,5\n500.wav,"), "{csv}");
    assert_eq!(classifier.scores(&[0.0; 7]).unwrap_err().code, Code::Dataset);
}

#[test]
fn a_finished_probe_is_not_computed_again_and_another_one_needs_force() {
    let data = Data::new();
    let first = data.run(json!({})).0.unwrap();
    let (again, events) = data.run(json!({}));
    assert_eq!((again.unwrap(), epochs(&events)), (first.clone(), 0));

    let refused = data.run(json!({"batchSize": 64})).0.unwrap_err();
    assert!(refused.code == Code::RunExists && refused.message.contains("batchSize was 128"), "{refused}");
    let (replaced, events) = data.run(json!({"batchSize": 64, "force": true}));
    assert_eq!((replaced.unwrap().trials.len(), epochs(&events)), (1, 3));

    // The folder may move.
    std::fs::rename(data.path("out"), data.path("moved")).unwrap();
    let (moved, events) = data.run(json!({"batchSize": 64, "out": data.path("moved")}));
    assert_eq!(epochs(&events), 0);
    assert_eq!(moved.unwrap().trials[0].classifier, data.path("moved/classifier.safetensors"));
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_does_not() {
    let data = Data::new();
    let weights = |name: &str, seed: u64| {
        let options =
            json!({"out": data.path(name), "seed": seed, "dropout": 0.5, "norm": "batch", "hidden": [96, 64]});
        let done = data.run(options).0.unwrap();
        std::fs::read(&done.trials[0].classifier).unwrap()
    };
    let first = weights("a", 1);
    assert!(first == weights("b", 1), "the same bytes");
    assert!(first != weights("c", 2));
}

#[test]
fn each_seed_is_kept_when_a_probe_is_stopped() {
    let data = Data::new();
    let options = data.options(json!({"seeds": 3, "seed": 5}));
    let cancel = AtomicBool::new(false);
    let stop_after_one = &mut |event| {
        if matches!(event, ProbeEvent::Trial(_)) {
            cancel.store(true, Ordering::Relaxed);
        }
    };
    assert_eq!(probe(&options, stop_after_one, &cancel).unwrap_err().code, Code::Aborted);
    assert!(data.path("out/seed-5/result.json").is_file() && !data.path("out/result.json").exists());
    let (done, events) = data.run(json!({"seeds": 3, "seed": 5}));
    let done = done.unwrap();
    assert_eq!((done.trials.len(), epochs(&events)), (3, 6));
    assert_eq!(done.trials.iter().map(|trial| trial.seed).collect::<Vec<_>>(), [5, 6, 7]);
    let accuracies: Vec<f64> = done.trials.iter().map(|trial| trial.test.accuracy.unwrap()).collect();
    assert!((done.test.accuracy.unwrap() - accuracies.iter().sum::<f64>() / 3.0).abs() < 1e-12);
    assert!(done.deviation.accuracy.unwrap() > 0.0);
    let (again, events) = data.run(json!({"seeds": 3, "seed": 5}));
    assert_eq!((again.unwrap(), epochs(&events)), (done, 0));

    // A replaced probe takes its trainings with it.
    data.run(json!({"seeds": 2, "seed": 5, "batchSize": 32, "force": true})).0.unwrap();
    assert!(!data.path("out/seed-7/result.json").exists());
}

#[test]
fn files_without_features_are_left_out_with_a_warning() {
    let data = Data::new();
    let list = std::fs::read_to_string(data.path("features.jsonl")).unwrap();
    let failed =
        json!({"type": "failed", "file": "1000.wav", "error": {"code": "ERR_DECODE", "message": "it is noise"}});
    std::fs::write(data.path("features.jsonl"), format!("{failed}\n{list}")).unwrap();
    let manifest = std::fs::read_to_string(data.path("classes.csv")).unwrap();
    std::fs::write(data.path("classes.csv"), manifest + "1000.wav,3,test\n").unwrap();
    let (done, events) = data.run(json!({}));
    assert_eq!(done.unwrap().clips, 500);
    let warning = events.iter().find_map(|event| match event {
        ProbeEvent::Warning(warning) => Some(warning),
        _ => None,
    });
    let warning = warning.unwrap();
    assert_eq!((warning.code, warning.count), (WarningCode::ClipsLeftOut, Some(1)));
    assert!(warning.message.contains("1000.wav: it is noise"), "{}", warning.message);
}

#[test]
fn a_dataset_without_a_test_part_gives_no_test_metrics() {
    let data = Data::new();
    let manifest = std::fs::read_to_string(data.path("classes.csv")).unwrap();
    let kept: String = manifest
        .lines()
        .filter(|line| !line.ends_with(Part::Test.as_str()))
        .fold(String::new(), |text, line| text + line + "\n");
    std::fs::write(data.path("classes.csv"), kept).unwrap();
    let done = data.run(json!({})).0.unwrap();
    assert_eq!((done.test.accuracy, done.clips, &done.trials[0].predictions), (None, 0, &None));
    assert!(done.valid.accuracy.is_some() && !data.path("out/predictions.npy").exists());
}

#[test]
fn lines_may_say_the_rows_of_their_values_in_any_order() {
    let data = Data::new();
    let first = data.run(json!({})).0.unwrap();
    // As after an interrupted `embed`: an array with a row more than the list, and a line that a later one replaces.
    let array = std::fs::read(data.path("features.npy")).unwrap();
    let features: Vec<f32> =
        array[128..].chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect();
    let features: Vec<f32> = std::iter::repeat_n(9.0, 20).chain(features).collect();
    train::run::write_npy(&data.path("features.npy"), 20, &features).unwrap();
    let line = |clip: usize, row: usize| {
        json!({"type": "embedding", "file": data.path(&format!("{clip}.wav")), "row": row}).to_string() + "\n"
    };
    let failed = json!({"type": "failed", "file": "3.wav", "error": {"message": "it was away"}}).to_string() + "\n";
    let lines: String = (0..1000).rev().map(|clip| line(clip, clip + 1)).collect();
    let start = "{\"type\":\"start\",\"modelHash\":\"abc\",\"embedding\":{\"levels\":[-1]}}\n";
    std::fs::write(data.path("features.jsonl"), start.to_owned() + &line(7, 0) + &failed + &lines).unwrap();
    let (again, events) = data.run(json!({}));
    assert_eq!((again.unwrap(), epochs(&events)), (first, 0), "the same features, model and levels");
    let beyond = start.to_owned() + &lines.replace("\"row\":1000", "\"row\":1001");
    std::fs::write(data.path("features.jsonl"), beyond).unwrap();
    let refused = data.run(json!({})).0.unwrap_err();
    assert!(refused.code == Code::Dataset && refused.message.contains("row 1001"), "{refused}");
}
