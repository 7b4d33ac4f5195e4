//! A training that cannot work is refused with an error code and changes no existing file.

use std::fs;
use std::path::PathBuf;

use error::Code;
use net::Task;
use serde_json::{json, Value};
use train::TrainOptions;

use crate::small_training::{options, run, tiny, tones};

#[test]
fn what_cannot_train_is_a_coded_error() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let fails = |more: Value| run(&options(folder.path(), "run", more)).unwrap_err();
    for (name, value) in [
        ("batchSize", json!(0)),
        ("learningRates", json!([])),
        ("learningRates", json!([-0.1])),
        ("momentum", json!(1.0)),
        ("patience", json!(0)),
        ("clipSeconds", json!(0.0)),
        ("architecture", json!("3^")),
        ("device", json!("gpu")),
        ("precision", json!("fixed14")),
        ("precision", json!("int8")),
        ("accumulate", json!(0)),
        ("plateauFactor", json!(1.0)),
        ("stageEpochs", json!(0)),
        ("minimumRate", json!(-1.0)),
        ("maxGradientNorm", json!(0.0)),
        ("labelSmoothing", json!(1.0)),
        ("classWeights", json!({"low": 0.0})),
        ("classWeights", json!({"unknown": 2.0})),
        ("warmupEpochs", json!(4)),
        ("warmupUpdates", json!(1000)),
        ("schedule", json!("cosine")),
        ("best", json!("last")),
    ] {
        let failure = fails(json!({name: value}));
        assert_eq!(failure.code, Code::InvalidOption, "{name}: {failure}");
        let names_another_subject = ["architecture", "schedule"].contains(&name);
        assert!(failure.message.contains(name) || names_another_subject, "{failure}");
    }
    for (more, message) in [
        (json!({"schedule": "cosine", "epochs": null, "learningRates": [0.1]}), "the schedule cosine needs epochs"),
        (json!({"schedule": "constant", "epochs": null, "learningRates": [0.1]}), "the schedule constant needs epochs"),
        (json!({"schedule": "cosine", "learningRates": [0.1, 0.2]}), "one number with the schedule cosine"),
        (json!({"schedule": "cosine", "learningRates": [0.1], "minimumRate": 0.2}), "below the learning rate 0.1"),
        (json!({"schedule": "plateau", "learningRates": [0.1], "minimumRate": 0.0, "epochs": null}), "never ends"),
        (json!({"warmupEpochs": 1, "warmupUpdates": 3}), "exclude each other"),
        (json!({"phases": [{"epochs": 0}]}), "phase 1 of the protocol kaist-2018: epochs must be"),
        (json!({"phases": [{"epochs": 2}, {"epochs": 2, "schedule": "constant"}]}), "phase 2 of the protocol"),
    ] {
        let failure = fails(more);
        assert!(failure.code == Code::InvalidOption && failure.message.contains(message), "{failure}");
    }
    assert!(serde_json::from_value::<TrainOptions>(
        json!({"dataset": {"kind": "mtat", "root": "x"}, "out": "y", "epoch": 3})
    )
    .unwrap_err()
    .to_string()
    .contains("epoch"));
    let failure = fails(json!({"dataset": {"kind": "mtat", "root": folder.path().join("nowhere")}}));
    assert_eq!(failure.code, Code::FileNotFound);
    let list = folder.path().join("bad.csv");
    fs::write(&list, "path,tags,split\n0.wav,x,train\n1.wav,y,test\n").unwrap();
    let failure = fails(json!({"dataset": {"kind": "manifest", "path": list}}));
    assert!(failure.code == Code::Dataset && failure.message.contains("split valid"), "{failure}");
    fs::write(&list, "path,tags,split\n0.wav,x,train\nno.wav,y,valid\n").unwrap();
    let failure = fails(json!({"dataset": {"kind": "manifest", "path": list}}));
    assert!(failure.code == Code::Dataset && failure.message.contains("no.wav"), "{failure}");
}

/// The error is the same whichever number overflows first: the loss, a weight, the running statistics, or the
/// validation loss.
#[test]
fn a_training_that_diverges_says_so_whatever_overflows_first() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    for (index, rate) in [50.0, 80.0, 120.0, 1e4, 1e8, 1e15, 1e22, 1e30].into_iter().enumerate() {
        for kind in ["batch", "none"] {
            let mut network = tiny();
            network["norm"] = json!({"kind": kind});
            let changes =
                json!({"learningRates": [rate], "decay": 0.0, "epochs": 40, "patience": 40, "architecture": network});
            let out = format!("diverging-{index}-{kind}");
            match run(&options(folder.path(), &out, changes)) {
                // A norm prevents the divergence of some of them.
                Ok(_) => assert!(rate < 1e4, "{rate} with norm {kind} ended"),
                Err(failure) => {
                    assert_eq!(failure.code, Code::Diverged, "{rate} with norm {kind}: {failure}");
                    assert!(failure.message.contains("learningRates"), "{failure}");
                }
            }
        }
    }
}

#[test]
fn what_is_refused_leaves_the_run_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    run(&options(folder.path(), "run", json!({"epochs": 1}))).unwrap();
    let files = || {
        let mut files: Vec<(PathBuf, Vec<u8>)> = fs::read_dir(folder.path().join("run"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.clone(), fs::read(path).unwrap()))
            .collect();
        files.sort();
        files
    };
    let before = files();
    let missing = json!({"kind": "manifest", "path": folder.path().join("missing.csv")});
    for (wrong, code) in [
        (json!({"force": true, "dataset": missing}), Code::FileNotFound),
        (json!({"resume": true, "dataset": missing}), Code::FileNotFound),
        (json!({"resume": true, "seed": 9}), Code::CheckpointMismatch),
        (json!({"resume": true, "device": "cpu", "precision": "tf32"}), Code::InvalidOption),
    ] {
        assert_eq!(run(&options(folder.path(), "run", wrong.clone())).unwrap_err().code, code, "{wrong}");
        assert!(files() == before, "{wrong}");
    }
}
