//! Trainings with every optimiser and schedule: their rates, their end, and that they resume with the same bits.

use std::fs;
use std::path::Path;

use error::Code;
use net::{Model, Task};
use serde_json::{json, Value};
use train::{Phase, TrainDone};

use crate::run_contents::{assert_same, records};
use crate::small_training::{abort_at, options, run, tones};

/// Trains with `more` in one piece, and in pieces that are aborted after some batches of some epochs; returns the
/// result.
fn in_pieces(folder: &Path, name: &str, more: &Value, stops: &[(usize, usize)]) -> TrainDone {
    let done = run(&options(folder, name, more.clone())).unwrap();
    let pieces = format!("{name}-pieces");
    let mut resumed = more.clone();
    resumed["resume"] = json!(true);
    for &(epoch, batch) in stops {
        abort_at(&options(folder, &pieces, resumed.clone()), Phase::Train, epoch, batch);
    }
    run(&options(folder, &pieces, resumed)).unwrap();
    assert_same(&folder.join(name), &folder.join(&pieces));
    done
}

/// The learning rate of every epoch.
fn rates(done: &TrainDone) -> Vec<f64> {
    let epochs = records(&done.run).into_iter().filter(|record| record["type"] == "epoch");
    epochs.map(|record| record["learningRate"].as_f64().unwrap()).collect()
}

#[test]
fn every_schedule_and_optimiser_resumes_with_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let of = |name: &str, more: Value| in_pieces(folder.path(), name, &more, &[(1, 1), (2, 2), (3, 1)]);
    of("staged", json!({"optimiser": "adam", "learningRates": [0.02, 0.01, 0.005], "patience": 1, "epochs": 6}));
    let more = json!({
        "optimiser": "adamw", "schedule": "plateau", "learningRates": [0.05], "plateauFactor": 0.5, "patience": 1,
        "weightDecay": 0.01, "epochs": 6, "best": "last",
    });
    let plateau = rates(&of("plateau", more));
    assert!(plateau.windows(2).all(|pair| pair[1] == pair[0] || pair[1] == pair[0] / 2.0), "{plateau:?}");
    let more = json!({
        "schedule": "cosine", "learningRates": [0.05], "epochs": 4, "warmupEpochs": 1, "accumulate": 3,
        "maxGradientNorm": 0.5,
    });
    let cosine = rates(&of("cosine", more));
    assert!(cosine[0] == 0.05 && cosine[1] < 0.05 && cosine[3] < cosine[2], "{cosine:?}");
    let more = json!({
        "optimiser": "adam", "schedule": "constant", "learningRates": [0.01], "epochs": 3, "warmupUpdates": 5,
        "classWeights": "balanced", "labelSmoothing": 0.1,
    });
    assert_eq!(rates(&of("constant", more)), [0.01; 3]);
}

#[test]
fn phases_change_the_optimiser_and_begin_with_the_best_weights() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let phases = json!([
        {"epochs": 2, "optimiser": "adam", "schedule": "constant", "learningRates": [0.01], "weightDecay": 1e-4},
        {"epochs": 2, "schedule": "cosine", "learningRates": [0.02]},
        {"epochs": 1, "start": "last", "optimiser": "adamw", "schedule": "constant", "learningRates": [0.001]},
    ]);
    let more = json!({"epochs": null, "best": "all-stages", "phases": phases});
    let done = in_pieces(folder.path(), "phases", &more, &[(1, 2), (3, 1), (4, 2), (5, 1)]);
    let stages: Vec<u64> = records(&done.run).iter().filter_map(|record| record["stage"].as_u64()).collect();
    assert_eq!((done.epochs, stages), (5, vec![1, 1, 2, 2, 3]));
    let rates = rates(&done);
    assert_eq!((rates[0], rates[1], rates[4]), (0.01, 0.01, 0.001));
    assert!(rates[3] < rates[2] && rates[2] < 0.02, "{rates:?}");
    let config: Value = serde_json::from_slice(&fs::read(done.run.join("config.json")).unwrap()).unwrap();
    assert_eq!(config["options"]["phases"][1]["learningRates"], json!([0.02]));
    // The whole number of epochs may still be limited, and the limit raised.
    let capped = |epochs: usize, resume: bool| {
        let more = json!({"epochs": epochs, "best": "all-stages", "phases": phases, "resume": resume});
        run(&options(folder.path(), "capped", more)).unwrap().epochs
    };
    assert_eq!((capped(3, false), capped(9, true)), (3, 5));
    assert_same(&done.run, &folder.path().join("capped"));
}

#[test]
fn a_fixed_schedule_needs_no_validation_part() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let list = folder.path().join("list.csv");
    let text = fs::read_to_string(&list).unwrap();
    fs::write(&list, text.replace(",valid", ",train")).unwrap();
    let failure = run(&options(folder.path(), "staged", json!({}))).unwrap_err();
    assert!(failure.code == Code::Dataset && failure.message.contains("split valid"), "{failure}");
    let more = json!({"schedule": "cosine", "learningRates": [0.05], "epochs": 3});
    let done = in_pieces(folder.path(), "cosine", &more, &[(2, 2)]);
    assert_eq!((done.valid.accuracy, done.epochs), (None, 3));
    assert!(done.test.accuracy.unwrap() > 0.5, "{done:?}");
    let report = fs::read_to_string(done.run.join("report.md")).unwrap();
    assert!(report.contains("the weights of the last one (there is no validation part)"), "{report}");
    assert!(!report.contains("## Validation") && report.contains("## Test"), "{report}");
    let weights = |name: &str| Model::load(done.run.join(name)).unwrap().parameters;
    assert_eq!(weights("best.safetensors"), weights("last.safetensors"));
    let last = records(&done.run).into_iter().rfind(|record| record["type"] == "epoch").unwrap();
    assert_eq!((last["validLoss"].clone(), last["best"].clone()), (Value::Null, json!(false)));
    let table = fs::read_to_string(done.run.join("epochs.csv")).unwrap();
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|row| row.split(',').collect()).collect();
    assert!(rows.len() == 3 && rows.iter().all(|row| row[4].is_empty()), "{table}");
}

#[test]
fn the_last_weights_are_the_result_if_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let more = json!({"schedule": "constant", "learningRates": [0.2], "epochs": 4, "best": "last"});
    let done = run(&options(folder.path(), "run", more)).unwrap();
    let weights = |name: &str| Model::load(done.run.join(name)).unwrap().parameters;
    assert_eq!(weights("best.safetensors"), weights("last.safetensors"));
    assert!(fs::read_to_string(done.run.join("report.md")).unwrap().contains("the last one (asked for)"));
    assert!(done.valid.accuracy.is_some());
}

#[test]
fn only_a_schedule_that_does_not_depend_on_the_epochs_may_get_more_of_them() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let of = |name: &str, schedule: &str, epochs: usize, resume: bool| {
        let more = json!({
            "schedule": schedule, "learningRates": [0.05], "epochs": epochs, "warmupUpdates": 3, "resume": resume,
        });
        run(&options(folder.path(), name, more))
    };
    of("whole", "constant", 3, false).unwrap();
    of("longer", "constant", 1, false).unwrap();
    of("longer", "constant", 3, true).unwrap();
    assert_same(&folder.path().join("whole"), &folder.path().join("longer"));
    of("cosine", "cosine", 2, false).unwrap();
    let failure = of("cosine", "cosine", 3, true).unwrap_err();
    assert!(failure.code == Code::CheckpointMismatch && failure.message.starts_with("epochs"), "{failure}");
}

#[test]
fn weights_of_the_tags_are_recorded_and_change_the_training() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::MultiLabel);
    let of = |name: &str, more: Value| {
        let mut all = json!({"task": "multi-label", "epochs": 1});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let done = run(&options(folder.path(), name, all)).unwrap();
        let config: Value = serde_json::from_slice(&fs::read(done.run.join("config.json")).unwrap()).unwrap();
        let loss = records(&done.run).iter().find_map(|record| record["trainLoss"].as_f64()).unwrap();
        (config["tagWeights"].clone(), loss)
    };
    let (none, plain) = of("plain", json!({}));
    assert_eq!(none, Value::Null);
    // Every pitch has a third of the clips; "loud" is the third pitch.
    let (balanced, loss) = of("balanced", json!({"classWeights": "balanced"}));
    assert_eq!(balanced, json!([2.0, 2.0, 2.0, 2.0]));
    assert!(loss > plain, "{loss} {plain}");
    let (given, _) = of("given", json!({"classWeights": {"loud": 0.5}, "optimiser": "adamw"}));
    assert_eq!(given.as_array().unwrap().iter().filter(|weight| **weight == json!(0.5)).count(), 1);
}
