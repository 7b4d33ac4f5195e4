//! Evaluations of a model on distorted test clips, and sources that an experiment trains itself.

#![allow(clippy::unwrap_used)] // Test helpers: clippy exempts only test functions.

mod support;

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use error::Code;
use lab::experiment::{RowKind, Spec};
use lab::{ExperimentDone, ExperimentOptions, Row};
use serde_json::{json, Value};

use support::{changed, ids, refused, run, Tones};

/// Twenty-four short clips of two kinds, and the experiment `tiny.json`.
fn prepare(folder: &Path) {
    Tones::default().write(folder, "list.csv", &["train", "train", "valid", "test"], 6);
    let spec = json!({
        "format": 2, "name": "tiny", "title": "Tiny robustness", "source": "made up",
        "axes": [{"name": "network", "values": ["net", "the source"]}],
        "trainings": {"architecture": "2^4@8000", "id": "{network}",
            "list": [{"axes": {"network": "net"}, "optional": true}]},
        "distortions": [
            {"distortion": "noise", "strengths": [20, -20]}, {"distortion": "gain", "strengths": [24]},
            {"distortion": "stretch", "strengths": [0.5, 1.5]}, {"distortion": "pitch", "strengths": [-12]},
            {"distortion": "low-pass", "strengths": [500]}
        ],
        "sourceTraining": {"training": "net", "axes": {"network": "the source"}},
        "protocol": {"segments": 2, "batchSize": 6, "normMomentum": 0.1},
        "columns": [{"name": "network"}, {"name": "distortion"}, {"name": "strength"}, {"name": "rocAuc"},
            {"name": "change", "label": "change of ROC-AUC", "value": "rocAuc", "differenceTo": "clean"},
            {"name": "clipped"}],
        "claims": [{"text": "Noise does not help.",
            "order": {"column": "rocAuc", "along": "noise", "trend": "rising", "where": {"distortion": "noise"}}}],
        "figures": [
            {"name": "noise", "title": "Noise", "kind": "lines", "x": "noise", "y": "rocAuc", "reference": "clean"},
            {"name": "gain", "title": "Gain", "kind": "lines", "x": "gain", "y": "change"}
        ]
    });
    std::fs::write(folder.join("tiny.json"), spec.to_string()).unwrap();
}

fn options(folder: &Path, more: &Value) -> ExperimentOptions {
    let usual = json!({
        "name": folder.join("tiny.json"), "epochs": 2, "out": folder.join("out"), "cache": folder.join("cache"),
        "threads": 1, "dataset": {"kind": "manifest", "path": folder.join("list.csv")}
    });
    changed(usual, more)
}

fn row<'a>(done: &'a ExperimentDone, id: &str) -> &'a Row {
    done.table.iter().find(|row| row.id == id).unwrap()
}

fn area(row: &Row) -> f64 {
    row.cells["rocAuc"].value.unwrap()
}

/// When the results of the rows were written.
fn times(out: &Path) -> Vec<(PathBuf, SystemTime)> {
    let results = std::fs::read_dir(out).unwrap().map(|entry| entry.unwrap().path().join("seed-0/result.json"));
    let mut found: Vec<_> = results
        .filter(|path| path.exists())
        .map(|path| {
            let time = path.metadata().unwrap().modified().unwrap();
            (path, time)
        })
        .collect();
    found.sort();
    found
}

const ROWS: [&str; 8] =
    ["clean", "noise_20", "noise_-20", "gain_24", "stretch_0.5", "stretch_1.5", "pitch_-12", "low-pass_500"];

#[test]
fn the_source_is_trained_once_and_evaluated_under_each_distortion() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    prepare(folder);
    let (done, epochs) = run(&options(folder, &json!({})));
    assert_eq!((ids(&done)[1..].to_vec(), epochs, done.missing.len()), (ROWS.to_vec(), 2, 0));
    let (training, clean) = (row(&done, "net"), row(&done, "clean"));
    assert_eq!(
        (training.kind, clean.kind, clean.architecture.as_str()),
        (RowKind::Training, RowKind::Distorted, "source")
    );
    assert_eq!(area(training), area(clean), "without distortion it is the test of the training");
    assert_eq!((clean.cells["change"].value, clean.cells["change"].interval), (Some(0.0), None));
    // The tones have 300 and 1,200 Hz: an octave down and much noise change what the network hears.
    for id in &ROWS[1..] {
        let row = row(&done, id);
        let change = row.cells["change"];
        assert!((change.value.unwrap() - (area(row) - area(clean))).abs() < 1e-12, "{row:?}");
        if let Some([low, high]) = change.interval {
            assert!(low <= change.value.unwrap() && change.value.unwrap() <= high, "{row:?}");
        }
    }
    let clipped = |id: &str| row(&done, id).cells["clipped"].value;
    // 24 dB are a factor of 15.8: a sine with an amplitude of 0.5 is above 1 for all but 8 % of the time.
    assert!(
        (clipped("gain_24").unwrap() - 0.92).abs() < 0.02 && clipped("noise_20").is_none(),
        "{:?}",
        clipped("gain_24")
    );
    assert!(done.claims[0].verdict.is_some(), "{:?}", done.claims);
    assert!(done.markdown.contains("| change of ROC-AUC | 95 % interval |"), "{}", done.markdown);
    assert!(done.markdown.contains("The source is the training net of this table, on the same dataset."));
    let figures = folder.join("out/figures");
    assert!(figures.join("noise.png").exists() && figures.join("gain.svg").exists());

    // A row that is gone is computed again, with the same result; the others stay.
    let before = times(&folder.join("out"));
    assert_eq!(before.len(), ROWS.len());
    let before_row = row(&done, "noise_-20").cells.clone();
    std::fs::remove_dir_all(folder.join("out/noise_-20")).unwrap();
    let (again, epochs) = run(&options(folder, &json!({})));
    assert_eq!((epochs, &row(&again, "noise_-20").cells), (0, &before_row));
    let after = times(&folder.join("out"));
    assert_eq!(before.iter().filter(|file| !after.contains(file)).count(), 1);
}

#[test]
fn one_distortion_is_selected_with_the_row_without() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    prepare(folder);
    let (done, epochs) = run(&options(folder, &json!({"only": "noise=20"})));
    assert_eq!((ids(&done), epochs, done.missing.len()), (vec!["net", "clean", "noise_20"], 2, 6));
    assert!(!folder.join("out/figures/gain.png").exists(), "a figure without points");
    let (more, epochs) = run(&options(folder, &json!({"only": "distortion=gain"})));
    assert_eq!((ids(&more), epochs), (vec!["net", "clean", "noise_20", "gain_24"], 0));
    let failure = refused(&options(folder, &json!({"only": "noise=30"})));
    assert!(failure.code == Code::InvalidOption && failure.message.contains("20, -20"), "{failure}");
}

#[test]
fn a_given_model_is_evaluated_in_parts_without_any_training() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    prepare(folder);
    let (trained, _) = run(&options(folder, &json!({"only": "id=net,clean", "out": folder.join("trained")})));
    let source = folder.join("trained/net/best.safetensors");
    let (whole, epochs) = run(&options(folder, &json!({"source": source})));
    assert_eq!((ids(&whole), epochs, whole.missing.len()), (ROWS.to_vec(), 0, 0));
    assert_eq!(area(row(&whole, "clean")), area(row(&trained, "net")));
    for part in 1..=2 {
        let more = json!({"source": source, "shard": format!("{part}/2"), "out": folder.join(format!("part-{part}"))});
        assert_eq!(run(&options(folder, &more)).0.table.len(), ROWS.len() / 2);
    }
    let parts = [folder.join("part-1"), folder.join("part-2")];
    let merge = json!({"name": folder.join("tiny.json"), "out": folder.join("merged"), "merge": parts});
    let (merged, _) = run(&serde_json::from_value(merge).unwrap());
    let cells = |done: &ExperimentDone| done.table.iter().map(|row| row.cells.clone()).collect::<Vec<_>>();
    assert_eq!((cells(&merged), &merged.claims), (cells(&whole), &whole.claims));

    // Another model, or the training of the experiment itself, is refused in the same folder.
    let failure = refused(&options(folder, &json!({})));
    assert!(failure.code == Code::CheckpointMismatch && failure.message.contains("the training net"), "{failure}");
    let result = folder.join("out/clean/seed-0/result.json");
    let newer = std::fs::read_to_string(&result).unwrap().replace("\"format\": 1", "\"format\": 2");
    std::fs::write(&result, newer).unwrap();
    assert_eq!(refused(&options(folder, &json!({"source": source}))).code, Code::ModelVersion);
}

#[test]
fn a_source_is_trained_on_another_dataset() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    prepare(folder);
    let other = folder.join("other");
    std::fs::create_dir(&other).unwrap();
    Tones { hertz: [400.0, 900.0], ..Tones::default() }.write(&other, "list.csv", &["train", "valid", "test"], 6);
    let data = json!({"kind": "manifest", "path": other.join("list.csv")});
    let more = json!({"sourceDataset": data, "only": "distortion=low-pass"});
    let (done, epochs) = run(&options(folder, &more));
    assert_eq!((ids(&done), epochs), (vec!["source", "clean", "low-pass_500"], 2));
    assert!(folder.join("out/source/best.safetensors").exists() && !folder.join("out/net").exists());
    assert!(done.markdown.contains("trained and tested on a dataset of its own (manifest)"), "{}", done.markdown);
    let (again, epochs) = run(&options(folder, &more));
    assert_eq!((again.table, epochs), (done.table, 0));

    // Parts: the training belongs to one of them, the evaluations wait.
    let part = |index: usize| {
        let out = folder.join(format!("part-{index}"));
        json!({"sourceDataset": data, "shard": format!("{index}/2"), "out": out})
    };
    let tables: Vec<usize> = (1..=2).map(|index| run(&options(folder, &part(index))).0.table.len()).collect();
    assert_eq!(tables, [1, 0]);

    let both = json!({"sourceDataset": data, "source": folder.join("out/source/best.safetensors")});
    let failure = refused(&options(folder, &both));
    assert!(failure.code == Code::InvalidOption && failure.message.contains("exclude"), "{failure}");
    let missing =
        json!({"sourceDataset": {"kind": "manifest", "path": other.join("no.csv")}, "out": folder.join("new")});
    assert_eq!(refused(&options(folder, &missing)).code, Code::FileNotFound);
    let failure = refused(&options(folder, &json!({"only": "id=source", "out": folder.join("new")})));
    assert!(failure.code == Code::InvalidOption && failure.message.contains("sourceDataset"), "{failure}");
}

#[test]
fn mistakes_in_distortions_are_named() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    prepare(folder);
    let good: Value = serde_json::from_slice(&std::fs::read(folder.join("tiny.json")).unwrap()).unwrap();
    type Mistake<'a> = (&'a dyn Fn(&mut Value), &'a [&'a str]);
    let checks: [Mistake; 9] = [
        (&|s| s["distortions"][0]["distortion"] = json!("nois"), &["nois", "noise"]),
        (&|s| s["distortions"][0]["strengths"] = json!([500]), &["noise", "received 500"]),
        (&|s| s["distortions"][0]["strengths"] = json!([]), &["noise", "no strengths"]),
        (&|s| s["distortions"][0]["strengths"] = json!([5, 5]), &["noise", "5 twice"]),
        (&|s| s["distortions"][1]["distortion"] = json!("noise"), &["noise is named twice"]),
        (&|s| s["distortions"] = json!([]), &["distortions is empty"]),
        (&|s| s["sourceTraining"]["training"] = json!("net-9"), &["net-9", "the ids are net"]),
        (&|s| s["columns"][4]["differenceTo"] = json!("noise_5"), &["noise_5", "clean"]),
        (&|s| s["figures"][0]["reference"] = json!("cleen"), &["cleen"]),
    ];
    for (change, parts) in checks {
        let mut spec = good.clone();
        change(&mut spec);
        std::fs::write(folder.join("bad.json"), spec.to_string()).unwrap();
        let failure = refused(&options(folder, &json!({"name": folder.join("bad.json")})));
        assert_eq!(failure.code, Code::InvalidOption, "{failure}");
        assert!(parts.iter().all(|part| failure.message.contains(part)), "{failure} lacks one of {parts:?}");
    }
    // A spec survives writing and reading.
    let spec = Spec::named(folder.join("tiny.json").to_str().unwrap()).unwrap();
    let text = serde_json::to_string(&spec).unwrap();
    assert_eq!(Spec::parse(&text, Path::new("again.json")).unwrap(), spec);
}
