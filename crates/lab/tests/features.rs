//! Rows of an experiment that are classifiers on features: of its own trainings, and of a given model.

#![allow(clippy::unwrap_used)] // Test helpers: clippy exempts only test functions.

mod support;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use error::Code;
use lab::experiment::{RowKind, Spec};
use lab::{experiment, ExperimentDone, ExperimentEvent, ExperimentOptions};
use serde_json::{json, Value};
use train::Event;

use support::{changed, ids, refused, Tones};

/// The clips, and the experiments `tiny.json` and `transfer.json`.
fn prepare(folder: &Path) {
    dataset(folder, "list", ["train", "train", "valid", "test"]);
    let row = |id: &str, models: &[&str], level: i32| {
        json!({"id": id, "models": models, "levels": if level == 0 { vec![-2, -1] } else { vec![level] },
            "axes": {"models": models.len(), "level": if level == 0 { json!("all") } else { json!(level) }}})
    };
    let spec = json!({
        "format": 2, "name": "tiny", "title": "Tiny features", "source": "made up",
        "axes": [{"name": "m", "values": [2, 3]}],
        "trainings": {"architecture": "{m}^4@8000", "id": "net-{m}"},
        "features": {
            "axes": [{"name": "models", "values": [1, 2]}, {"name": "level", "values": [-2, -1, "all"]}],
            "classifier": {"hidden": [8], "epochs": 3, "learningRate": 0.01},
            "rows": [row("one", &["net-2"], 0), row("two", &["net-2", "net-3"], 0)]
        },
        "publishedRows": [{"id": "other", "axes": {"models": 2}, "published": {"mtat": {"rocAuc": 0.9}}}],
        "protocol": {"segments": 2, "batchSize": 6, "normMomentum": 0.1},
        "columns": [{"name": "m"}, {"name": "models"}, {"name": "level"}, {"name": "parameters"}, {"name": "rocAuc"}],
        "claims": [{"text": "More features are better.",
            "order": {"column": "rocAuc", "along": "models", "trend": "rising", "where": {"level": "all"}}}],
        "scales": {"small": {"widths": 0.1, "epochs": 1, "classifier": {"hidden": [4]}}}
    });
    std::fs::write(folder.join("tiny.json"), spec.to_string()).unwrap();
    let mut transfer = spec;
    transfer["name"] = json!("transfer");
    transfer["features"]["rows"] = json!([row("low", &["source"], -2), row("high", &["source"], -1)]);
    transfer["features"]["perTag"] = json!(["low", "high"]);
    transfer["claims"] = json!([{"text": "The last level is better.",
        "order": {"column": "rocAuc", "along": "level", "trend": "rising", "where": {"level": [-2, -1]}}}]);
    std::fs::write(folder.join("transfer.json"), transfer.to_string()).unwrap();
}

/// Twenty-four short clips of two kinds, listed in `NAME.csv` with these parts.
fn dataset(folder: &Path, name: &str, parts: [&str; 4]) {
    Tones::default().write(folder, &format!("{name}.csv"), &parts, 6);
}

fn options(folder: &Path, spec: &str, more: &Value) -> ExperimentOptions {
    let usual = json!({
        "name": folder.join(spec), "epochs": 1, "out": folder.join("out"), "cache": folder.join("cache"), "threads": 1,
        "dataset": {"kind": "manifest", "path": folder.join("list.csv")}
    });
    changed(usual, more)
}

/// The result, the number of epochs of trainings, and the warnings.
fn run(options: &ExperimentOptions) -> (ExperimentDone, usize, Vec<String>) {
    let (mut epochs, mut warnings) = (0, Vec::new());
    let mut count = |event| {
        if let ExperimentEvent::Training(training) = event {
            match training.event {
                Event::Epoch(_) => epochs += 1,
                Event::Warning(warning) => warnings.push(warning.message),
                _ => (),
            }
        }
    };
    let done = experiment(options, &mut count, &AtomicBool::new(false)).unwrap();
    (done, epochs, warnings)
}

/// When the files of features and classifiers were written.
fn times(out: &Path) -> Vec<(PathBuf, SystemTime)> {
    let mut found = Vec::new();
    let mut folders = vec![out.join("features"), out.join("one"), out.join("two")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => found.push((path.clone(), path.metadata().unwrap().modified().unwrap())),
            }
        }
    }
    found.sort();
    found.retain(|(path, _)| path.extension().is_some());
    found
}

#[test]
fn features_rows_train_their_models_first_and_are_computed_once() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    prepare(folder);
    // Only one features row: its training comes with it.
    let (one, epochs, _) = run(&options(folder, "tiny.json", &json!({"only": "models=1"})));
    assert_eq!((ids(&one), epochs), (vec!["other", "net-2", "one"], 1));
    assert!(one.claims[0].reason.as_ref().unwrap().contains("its classifier has not been trained"), "{:?}", one.claims);
    let before = times(&folder.join("out"));
    assert!(before.len() >= 7, "{before:?}");

    // The claim needs all rows, and their predictions; what was finished stays as it is.
    let (all, epochs, _) = run(&options(folder, "tiny.json", &json!({})));
    assert_eq!((ids(&all), epochs, all.missing.len()), (vec!["other", "net-2", "net-3", "one", "two"], 1, 0));
    let after = times(&folder.join("out"));
    assert!(before.iter().all(|file| after.contains(file)), "{before:?} {after:?}");
    let kinds: Vec<RowKind> = all.table.iter().map(|row| row.kind).collect();
    assert_eq!(kinds[..2], [RowKind::Published, RowKind::Training]);
    let [one, two] = &all.table[3..] else { panic!("{:?}", ids(&all)) };
    assert_eq!(
        (one.kind, one.architecture.as_str(), two.architecture.as_str()),
        (RowKind::Features, "net-2", "net-2, net-3")
    );
    assert!(one.cells["rocAuc"].value.is_some() && one.cells["rocAuc"].interval.is_some(), "{one:?}");
    // The joined features are wider by those of the second model.
    assert!(two.cells["parameters"].value > one.cells["parameters"].value);
    assert!(all.claims[0].verdict.is_some(), "{:?}", all.claims);
    assert!(all.markdown.contains("0.9000"), "{}", all.markdown);

    let (again, epochs, _) = run(&options(folder, "tiny.json", &json!({})));
    assert_eq!((again.table, epochs), (all.table, 0));
    assert_eq!(times(&folder.join("out")), after, "a second call computes nothing");
}

#[test]
fn an_experiment_that_was_stopped_between_rows_goes_on_with_the_next() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    prepare(folder);
    let cancel = AtomicBool::new(false);
    let mut stop = |event| {
        if matches!(event, ExperimentEvent::Row(row) if row.id == "one") {
            cancel.store(true, Ordering::Relaxed);
        }
    };
    let failure = experiment(&options(folder, "tiny.json", &json!({})), &mut stop, &cancel).unwrap_err();
    assert_eq!(failure.code, Code::Aborted);
    let table = std::fs::read_to_string(folder.join("out/table.json")).unwrap();
    assert!(table.contains("\"one\"") && table.contains("its classifier has not been trained"), "{table}");
    let before = times(&folder.join("out"));
    let (done, epochs, _) = run(&options(folder, "tiny.json", &json!({})));
    assert_eq!((done.missing.len(), epochs), (0, 0));
    let after = times(&folder.join("out"));
    assert!(before
        .iter()
        .filter(|(path, _)| path.starts_with(folder.join("out/one")))
        .all(|file| after.contains(file)));
}

#[test]
fn parts_train_networks_and_the_joined_folder_trains_the_classifiers() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    prepare(folder);
    for part in 1..=2 {
        let more = json!({"seeds": 2, "shard": format!("{part}/2"), "out": folder.join(format!("part-{part}"))});
        let (done, _, _) = run(&options(folder, "tiny.json", &more));
        assert!(done.table.iter().all(|row| row.kind != RowKind::Features));
    }
    let parts = [folder.join("part-1"), folder.join("part-2")];
    let merge = json!({"name": folder.join("tiny.json"), "out": folder.join("out"), "merge": parts});
    let (merged, _, _) = run(&serde_json::from_value(merge).unwrap());
    assert_eq!(merged.missing.len(), 2, "{:?}", merged.missing);
    let (done, epochs, _) = run(&options(folder, "tiny.json", &json!({"seeds": 2})));
    assert_eq!((done.missing.len(), epochs), (0, 0));
    let row = done.table.last().unwrap();
    assert!(row.seeds() == [0, 1] && row.cells["rocAuc"].deviation.is_some(), "{row:?}");
    assert!(folder.join("out/two/seed-1/test-clips.json").exists());
    // A folder that has its classifiers can be joined too, with their predictions.
    let merge = json!({"name": folder.join("tiny.json"), "out": folder.join("copy"), "merge": [folder.join("out")]});
    let (copy, _, _) = run(&serde_json::from_value(merge).unwrap());
    assert_eq!((copy.missing.len(), &copy.claims), (0, &done.claims));
    assert!(folder.join("copy/two/seed-1/predictions.npy").exists());
}

#[test]
fn features_of_a_given_model_are_transferred() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    prepare(folder);
    // The source was trained on clips that the target tests.
    dataset(folder, "swapped", ["test", "train", "valid", "train"]);
    let swapped = json!({"dataset": {"kind": "manifest", "path": folder.join("swapped.csv")}, "only": "m=2",
        "out": folder.join("source")});
    run(&options(folder, "tiny.json", &swapped));
    let source = folder.join("source/net-2/best.safetensors");
    let given = json!({"source": source, "seeds": 2});
    let (done, epochs, warnings) = run(&options(folder, "transfer.json", &given));
    assert_eq!((ids(&done), epochs), (vec!["other", "net-2", "net-3", "low", "high"], 4));
    assert!(done.claims[0].verdict.is_some(), "{:?}", done.claims);
    let gains = std::fs::read_to_string(folder.join("out/gain-per-tag.csv")).unwrap();
    assert!(gains.starts_with("tag,group,rocAuc low,rocAuc high,gain high\n") && gains.lines().count() == 3, "{gains}");
    assert!(folder.join("out/figures/gain-per-tag.svg").exists());
    let known: Vec<&String> = warnings.iter().filter(|warning| warning.contains('6')).collect();
    assert_eq!(known.len(), 1, "the six test clips that the source was trained on: {warnings:?}");
    // The dataset has its own split: both seeds share the features of the source.
    assert_eq!(std::fs::read_dir(folder.join("out/features/source")).unwrap().count(), 1);

    let other = run(&options(folder, "tiny.json", &json!({"only": "m=3", "out": folder.join("other")})));
    assert_eq!(other.1, 1);
    let more = json!({"source": folder.join("other/net-3/best.safetensors"), "seeds": 2});
    let failure = refused(&options(folder, "transfer.json", &more));
    assert!(failure.code == Code::CheckpointMismatch && failure.message.contains("source"), "{failure}");
}

#[test]
fn a_source_that_is_not_given_is_trained() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    prepare(folder);
    let mut spec: Value = serde_json::from_slice(&std::fs::read(folder.join("transfer.json")).unwrap()).unwrap();
    spec["sourceTraining"] = json!({"training": "net-3", "axes": {"level": "all"}});
    spec["claims"][0]["transfer"] = json!(true);
    std::fs::write(folder.join("own.json"), spec.to_string()).unwrap();
    // The rows of features bring their training, which is one of the table; two seeds have two sources.
    let (done, epochs, _) = run(&options(folder, "own.json", &json!({"only": "level=-2,-1", "seeds": 2})));
    assert_eq!((ids(&done), epochs), (vec!["other", "net-3", "low", "high"], 2));
    assert!(done.markdown.contains("The source is the training net-3 of this table, on the same dataset"));
    let reason = done.claims[0].reason.as_ref().unwrap();
    assert!(reason.contains("no transfer"), "{reason}");
    assert_eq!(std::fs::read_dir(folder.join("out/features/source")).unwrap().count(), 2);

    // On another dataset it is a training of its own, and the claim can be asked.
    let other = folder.join("elsewhere");
    std::fs::create_dir(&other).unwrap();
    Tones { hertz: [400.0, 900.0], ..Tones::default() }.write(&other, "list.csv", &["train", "valid", "test"], 6);
    let data = json!({"kind": "manifest", "path": other.join("list.csv")});
    let more = json!({"sourceDataset": data, "out": folder.join("transferred")});
    let (done, epochs, warnings) = run(&options(folder, "own.json", &more));
    assert_eq!((ids(&done), epochs), (vec!["other", "net-2", "net-3", "source", "low", "high"], 3));
    assert!(done.claims[0].verdict.is_some(), "{:?}", done.claims);
    assert!(!warnings.iter().any(|warning| warning.contains("was trained on")), "{warnings:?}");

    // A row cannot join the source and the training that it may be.
    spec["features"]["rows"][0]["models"] = json!(["source", "net-3"]);
    std::fs::write(folder.join("twice.json"), spec.to_string()).unwrap();
    let failure = refused(&options(folder, "twice.json", &json!({})));
    assert!(failure.code == Code::InvalidOption && failure.message.contains("can be the same"), "{failure}");
}

#[test]
fn what_cannot_be_computed_is_refused_before_anything_is_trained() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    prepare(folder);
    let refused = |spec: &str, more: Value| {
        let failure = refused(&options(folder, spec, &more));
        assert!(!folder.join("out/net-2").exists(), "nothing is trained: {failure}");
        failure
    };
    let failure = refused("transfer.json", json!({}));
    assert!(failure.code == Code::InvalidOption && failure.message.contains("--source"), "{failure}");
    std::fs::write(folder.join("no.safetensors"), "no model").unwrap();
    let failure = refused("transfer.json", json!({"source": folder.join("no.safetensors")}));
    assert!(failure.message.contains("no.safetensors"), "{failure}");
    let failure = refused("transfer.json", json!({"source": folder.join("missing.safetensors")}));
    assert_eq!(failure.code, Code::FileNotFound, "{failure}");
    let failure = refused("tiny.json", json!({"source": folder.join("no.safetensors")}));
    assert!(failure.code == Code::InvalidOption && failure.message.contains("tiny"), "{failure}");
    dataset(folder, "bare", ["train", "train", "test", "test"]);
    let failure = refused("tiny.json", json!({"dataset": {"kind": "manifest", "path": folder.join("bare.csv")}}));
    assert!(failure.code == Code::Dataset && failure.message.contains("valid"), "{failure}");

    let mut deep: Value = serde_json::from_slice(&std::fs::read(folder.join("tiny.json")).unwrap()).unwrap();
    deep["features"]["rows"][0]["levels"] = json!([-9]);
    std::fs::write(folder.join("deep.json"), deep.to_string()).unwrap();
    let failure = refused("deep.json", json!({}));
    assert!(failure.code == Code::InvalidOption && failure.message.contains("net-2"), "{failure}");
}

#[test]
fn mistakes_in_features_rows_are_named() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    prepare(folder);
    let good: Value = serde_json::from_slice(&std::fs::read(folder.join("tiny.json")).unwrap()).unwrap();
    type Mistake<'a> = (&'a dyn Fn(&mut Value), &'a [&'a str]);
    let checks: [Mistake; 8] = [
        (&|s| s["features"]["rows"][0]["models"] = json!(["net-9"]), &["one", "net-9", "net-2, net-3", "source"]),
        (&|s| s["features"]["rows"][0]["levels"] = json!([]), &["one", "levels is empty"]),
        (&|s| s["features"]["rows"][0]["levels"] = json!([-1, 2]), &["one", "received 2"]),
        (&|s| s["features"]["rows"][0]["axes"]["models"] = json!(3), &["one", "no value 3"]),
        (&|s| s["features"]["rows"][1]["id"] = json!("net-2"), &["two rows", "net-2"]),
        (&|s| s["features"]["rows"][1]["id"] = json!("a/b"), &["a/b", "a-b"]),
        (&|s| s["features"]["classifier"]["hiden"] = json!([4]), &["classifier", "did you mean \"hidden\"?"]),
        (&|s| s["features"]["classifier"]["dropout"] = json!(2), &["classifier", "dropout", "2"]),
    ];
    for (change, parts) in checks {
        let mut spec = good.clone();
        change(&mut spec);
        std::fs::write(folder.join("bad.json"), spec.to_string()).unwrap();
        let failure = Spec::named(folder.join("bad.json").to_str().unwrap()).and_then(|spec| spec.rows()).unwrap_err();
        assert_eq!(failure.code, Code::InvalidOption, "{failure}");
        assert!(parts.iter().all(|part| failure.message.contains(part)), "{failure} lacks one of {parts:?}");
    }
}
