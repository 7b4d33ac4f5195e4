//! Parts of an experiment: shards and their merge, seeds, several trainings side by side, a process that is killed.

#![allow(clippy::unwrap_used)] // Test helpers: clippy exempts only test functions.

mod support;

use std::path::Path;

use error::Code;
use lab::experiment::AxisValue;
use serde_json::{json, Value};

use support::{changed, refused, run, Tones};

/// Twenty-four short clips of two kinds, and an experiment with four tiny trainings.
fn prepare(folder: &Path) {
    Tones::default().write(folder, "list.csv", &["train", "train", "valid", "test"], 6);
    let spec = json!({
        "format": 2, "name": "tiny", "title": "Tiny networks", "source": "made up",
        "axes": [
            {"name": "m", "values": [2, 3]},
            {"name": "initialisation", "values": ["he", "keras-1.1"], "sets": "options.initialisation"}
        ],
        "trainings": {"architecture": "{m}^4@8000"},
        "protocol": {"segments": 2, "batchSize": 6, "normMomentum": 0.1},
        "columns": [
            {"name": "m"}, {"name": "initialisation"}, {"name": "parameters"}, {"name": "rocAuc"}, {"name": "prAuc"}
        ],
        "claims": [{"text": "he is better.", "difference": {"column": "rocAuc", "of": {"initialisation": "he"},
            "minus": {"initialisation": "keras-1.1"}, "per": ["m"], "within": {"atLeast": 0}}}],
        "scales": {"small": {"clips": 6, "widths": 0.1, "epochs": 1}}
    });
    std::fs::write(folder.join("tiny.json"), spec.to_string()).unwrap();
}

fn options(folder: &Path, out: &str, more: &Value) -> lab::ExperimentOptions {
    let usual = json!({
        "name": folder.join("tiny.json"), "epochs": 2, "out": folder.join(out), "cache": folder.join("cache"),
        "threads": 1, "dataset": {"kind": "manifest", "path": folder.join("list.csv")}
    });
    changed(usual, more)
}

fn join(folder: &Path, out: &str, parts: &[&str]) -> lab::ExperimentOptions {
    let parts: Vec<_> = parts.iter().map(|part| folder.join(part)).collect();
    serde_json::from_value(json!({"name": folder.join("tiny.json"), "out": folder.join(out), "merge": parts})).unwrap()
}

/// The `table.json` in `out` without times and folders.
fn table(folder: &Path, out: &str) -> Value {
    let text = std::fs::read(folder.join(out).join("table.json")).unwrap();
    let mut table: Value = serde_json::from_slice(&text).unwrap();
    for row in table["rows"].as_array_mut().unwrap() {
        for run in row["runs"].as_array_mut().unwrap() {
            run["folder"] = Value::Null;
            run["result"]["seconds"] = Value::Null;
        }
    }
    table
}

#[test]
fn three_shards_merged_are_one_process_and_side_by_side_is_the_same() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    prepare(folder);
    let seeds = json!({"seeds": 2});
    let (whole, epochs) = run(&options(folder, "whole", &seeds));
    assert_eq!((whole.table.len(), epochs, whole.missing.len()), (4, 16, 0));
    assert!(whole.table.iter().all(|row| row.seeds() == [0, 1] && row.cells["rocAuc"].deviation.is_some()));
    assert!(folder.join("whole/2-he/seed-1/report.json").exists());
    assert!(whole.claims[0].verdict.is_some(), "{:?}", whole.claims);
    let mut trained = 0;
    for part in 1..=3 {
        let shard = json!({"seeds": 2, "shard": format!("{part}/3")});
        trained += run(&options(folder, &format!("part-{part}"), &shard)).1;
    }
    assert_eq!(trained, 16, "every training is in one shard");
    let (merged, epochs) = run(&join(folder, "merged", &["part-1", "part-2", "part-3"]));
    assert_eq!((merged.table.len(), epochs), (4, 0));
    assert_eq!(table(folder, "merged"), table(folder, "whole"));

    let (_, epochs) = run(&options(folder, "parallel", &json!({"seeds": 2, "parallel": 3})));
    assert_eq!(epochs, 16);
    assert_eq!(table(folder, "parallel"), table(folder, "whole"));

    // The joined folder goes on like any other; nothing is trained again.
    let (again, epochs) = run(&options(folder, "merged", &seeds));
    assert_eq!((again.table.len(), epochs), (4, 0));
    // A part that was trained in another way does not fit.
    run(&options(folder, "other", &json!({"seeds": 2, "batchSize": 5, "only": "m=2"})));
    let failure = refused(&join(folder, "joined", &["part-1", "other"]));
    assert!(failure.code == Code::CheckpointMismatch && failure.message.contains("batchSize"), "{failure}");
    assert_eq!(refused(&join(folder, "joined", &["nothing"])).code, Code::FileNotFound);
}

#[test]
fn more_seeds_add_to_what_is_there_and_one_seed_has_the_plain_folder() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    prepare(folder);
    let only = |seeds: usize| json!({"only": "m=2;initialisation=he", "seeds": seeds});
    let (one, epochs) = run(&options(folder, "out", &only(1)));
    assert_eq!((one.table[0].seeds(), epochs), (vec![0], 2));
    assert!(folder.join("out/2-he/report.json").exists());
    assert_eq!(one.missing.len(), 3);
    assert!(one.claims[0].verdict.is_none() && one.claims[0].reason.is_some(), "{:?}", one.claims);
    let (two, epochs) = run(&options(folder, "out", &only(2)));
    assert_eq!((two.table[0].seeds(), epochs), (vec![0, 1], 2), "the run of seed 0 is kept");
    let (fewer, epochs) = run(&options(folder, "out", &only(1)));
    assert_eq!((fewer.table[0].seeds(), epochs), (vec![0, 1], 0), "a table never shrinks");
    let failure = refused(&options(folder, "out", &json!({"seed": 7})));
    assert!(failure.code == Code::CheckpointMismatch && failure.message.contains("seed"), "{failure}");
    let failure = refused(&options(folder, "out", &json!({"initialisation": "torch"})));
    assert!(failure.code == Code::InvalidOption && failure.message.contains("varies"), "{failure}");
}

#[test]
fn a_scale_is_said_in_the_heading_and_is_another_table() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    prepare(folder);
    let (small, epochs) = run(&options(folder, "out", &json!({"scale": "small"})));
    assert_eq!(epochs, 4);
    assert!(small.markdown.starts_with("# Tiny networks (scale small: at most 6 training clips"), "{}", small.markdown);
    let manifests = std::fs::read_dir(folder.join("cache")).unwrap().map(|file| file.unwrap().path());
    let manifest = manifests.into_iter().find(|path| path.extension().is_some_and(|suffix| suffix == "jsonl"));
    assert_eq!(std::fs::read_to_string(manifest.unwrap()).unwrap().lines().count(), 6 + 3 + 3);
    let value = small.table[0].cells["parameters"].value.unwrap();
    assert!(value < 20_000.0, "{value}");
    let failure = refused(&options(folder, "out", &json!({})));
    assert!(failure.code == Code::CheckpointMismatch && failure.message.contains("scale"), "{failure}");
    let failure = refused(&options(folder, "out", &json!({"scale": "tiny"})));
    assert!(failure.code == Code::InvalidOption && failure.message.contains("small"), "{failure}");
}

#[test]
fn the_table_of_another_experiment_is_kept() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    prepare(folder);
    let only = json!({"only": "m=2;initialisation=he"});
    run(&options(folder, "out", &only));
    let before = table(folder, "out");
    let text = std::fs::read_to_string(folder.join("tiny.json")).unwrap();
    std::fs::write(folder.join("tiny.json"), text.replace("\"tiny\"", "\"other\"")).unwrap();
    let failure = refused(&options(folder, "out", &only));
    assert!(failure.code == Code::Output && failure.message.contains("experiment tiny, not of other"), "{failure}");
    assert_eq!(table(folder, "out"), before);
}

/// The table of version 0.1.0 goes on: its rows are kept, with the columns of this version.
#[test]
fn a_folder_of_version_0_1_0_goes_on() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    prepare(folder);
    let only = json!({"only": "m=2"});
    let (new, _) = run(&options(folder, "out", &only));
    let row = &new.table[0];
    let result = row.runs[0].result.unwrap();
    let old = json!({"format": 1, "experiment": "tiny", "source": "x", "notes": [], "rows": [{
        "type": "row", "experiment": "tiny", "id": "2-he", "architecture": "2^4", "rate": 8000, "digits": "2-2-2-2-2",
        "inputLength": 32, "parameters": result.parameters, "rocAuc": result.test.roc_auc, "prAuc": result.test.pr_auc,
        "accuracy": null, "epochs": 2, "seconds": {"step": 1.0, "epoch": 2.0, "total": 3.0}, "timeRatio": null,
        "published": {"parameters": null, "timeRatio": null, "rocAuc": null}, "publishedOn": "mtat",
        "dataset": "manifest", "run": "/gone/2-he"}]});
    std::fs::write(folder.join("out/table.json"), old.to_string()).unwrap();
    let (again, epochs) = run(&options(folder, "out", &json!({"only": "m=2;initialisation=keras-1.1"})));
    assert_eq!(epochs, 0);
    assert_eq!(again.table.len(), 2);
    assert_eq!(again.table[0].cells["rocAuc"], row.cells["rocAuc"], "with its interval");
    assert_eq!(again.table[0].axes["initialisation"], AxisValue::Word("he".into()));
}

#[test]
fn a_training_that_diverges_has_a_row_without_values_and_the_others_go_on() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    prepare(folder);
    let text = std::fs::read_to_string(folder.join("tiny.json")).unwrap();
    let mut spec: Value = serde_json::from_str(&text).unwrap();
    spec["axes"][1] = json!({"name": "decay", "values": [1e30, 0], "sets": "options.weightDecay"});
    spec["claims"] = json!([{"text": "x.", "difference": {"column": "rocAuc", "of": {"decay": 0},
        "minus": {"decay": 1e30}, "per": ["m"], "within": {"atLeast": 0}}}]);
    spec["columns"][1] = json!({"name": "decay"});
    std::fs::write(folder.join("tiny.json"), spec.to_string()).unwrap();
    let (done, _) = run(&options(folder, "out", &json!({"only": "m=2"})));
    assert_eq!(done.table.len(), 2);
    let failed = &done.table[0];
    assert_eq!(failed.runs[0].failure.as_ref().unwrap().code, "ERR_DIVERGED");
    assert_eq!(failed.cells["rocAuc"].value, None);
    assert!(done.table[1].cells["rocAuc"].value.is_some() && done.markdown.contains("failed"), "{}", done.markdown);
    assert!(done.missing.iter().any(|row| row.reason.contains("ERR_DIVERGED")), "{:?}", done.missing);
    assert!(done.claims[0].reason.is_some());
}

/// Not a test: the process that [`a_killed_process_goes_on_to_the_same_table`] kills.
#[test]
#[ignore = "the test a_killed_process_goes_on_to_the_same_table runs it in a process of its own"]
fn child() {
    let Some(folder) = std::env::var_os("SAMPLECNN_TEST_FOLDER") else { return };
    run(&options(Path::new(&folder), "killed", &json!({"checkpointSeconds": 0})));
}

#[test]
fn a_killed_process_goes_on_to_the_same_table() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    prepare(folder);
    let (_, epochs) = run(&options(folder, "whole", &json!({})));
    assert_eq!(epochs, 8);
    let program = std::env::current_exe().unwrap();
    let mut finished = false;
    for (attempt, milliseconds) in [15, 40, 70, 30, 110, 55, 90, 160].into_iter().enumerate() {
        let mut child = std::process::Command::new(&program)
            .args(["--exact", "child", "--ignored", "--quiet"])
            .env("SAMPLECNN_TEST_FOLDER", folder)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(milliseconds + 10 * attempt as u64));
        child.kill().unwrap();
        finished |= child.wait().unwrap().success();
    }
    let (done, _) = run(&options(folder, "killed", &json!({"checkpointSeconds": 0})));
    assert_eq!(done.table.len(), 4);
    assert_eq!(table(folder, "killed"), table(folder, "whole"), "finished before: {finished}");
}
