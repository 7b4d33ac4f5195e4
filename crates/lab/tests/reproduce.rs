//! Several experiments with one report.

#![allow(clippy::unwrap_used)] // Test helpers: clippy exempts only test functions.

mod support;

use std::path::Path;
use std::sync::atomic::AtomicBool;

use error::Code;
use lab::reproduce::{parts, reproduce};
use lab::{ExperimentEvent, ExperimentOptions};
use serde_json::{json, Value};
use train::Event;

use support::{changed, Tones};

/// Twelve short clips of two kinds, and two experiments with two tiny trainings each.
fn prepare(folder: &Path) -> Vec<String> {
    Tones::default().write(folder, "list.csv", &["train", "valid", "test"], 4);
    let of = |name: &str, m: u32| {
        let spec = json!({
            "format": 2, "name": name, "title": format!("Tiny networks {name}"), "source": "made up",
            "axes": [{"name": "n", "values": [3, 4]}], "trainings": {"architecture": format!("{m}^{{n}}@8000")},
            "protocol": {"segments": 2, "batchSize": 4, "normMomentum": 0.1},
            "columns": [{"name": "n"}, {"name": "rocAuc"}],
            "claims": [{"text": "Deeper is better.", "difference": {
                "column": "rocAuc", "of": {"n": 4}, "minus": {"n": 3}, "within": {"atLeast": 0}
            }}],
        });
        let file = folder.join(format!("{name}.json"));
        std::fs::write(&file, spec.to_string()).unwrap();
        file.to_str().unwrap().to_owned()
    };
    vec![of("twos", 2), of("threes", 3)]
}

fn options(folder: &Path, more: Value) -> ExperimentOptions {
    let usual = json!({
        "name": "reproduce", "epochs": 1, "out": folder.join("all"), "cache": folder.join("cache"), "threads": 1,
        "dataset": {"kind": "manifest", "path": folder.join("list.csv")}
    });
    changed(usual, &more)
}

#[test]
fn every_experiment_has_its_folder_and_its_part_of_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let files = prepare(folder.path());
    let options = options(folder.path(), json!({}));
    let mut events = Vec::new();
    let done = reproduce(&files, &options, &mut |event| events.push(event), &AtomicBool::new(false)).unwrap();
    assert_eq!((done.table.len(), done.claims.len(), done.missing.len()), (4, 2, 0));
    assert!(matches!(events.last(), Some(ExperimentEvent::Done(last)) if *last == done));
    let names = |event: &ExperimentEvent| match event {
        ExperimentEvent::Training(training) => Some(training.training.split('/').next().unwrap().to_owned()),
        _ => None,
    };
    let mut parts: Vec<String> = events.iter().filter_map(names).collect();
    parts.dedup();
    assert_eq!(parts, ["twos", "threes"]);
    let report = std::fs::read_to_string(&done.report).unwrap();
    for name in ["twos", "threes"] {
        assert!(folder.path().join("all").join(name).join("table.json").exists());
        assert!(report.contains(&format!("Tiny networks {name}")), "{name}");
        assert!(report.contains(&format!("{name}/table.csv")), "links lead to the folder of {name}");
        assert!(std::fs::read_to_string(&done.file).unwrap().contains(&format!("Tiny networks {name}")));
    }
    // A second call trains nothing and gives the same tables.
    let mut epochs = 0;
    let mut count = |event: ExperimentEvent| {
        let ExperimentEvent::Training(training) = event else { return };
        epochs += usize::from(matches!(training.event, Event::Epoch(_)));
    };
    let again = reproduce(&files, &options, &mut count, &AtomicBool::new(false)).unwrap();
    assert_eq!((again.table, epochs), (done.table, 0));
}

#[test]
fn options_of_one_experiment_and_files_of_others_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = |options: &ExperimentOptions| {
        reproduce(&[], options, &mut |_| {}, &AtomicBool::new(false)).map(drop).unwrap_err()
    };
    for (more, word) in [(json!({"only": "rate=2000"}), "only"), (json!({"merge": ["a"]}), "merge")] {
        let failure = match more.get("merge") {
            Some(_) => {
                let merged = json!({"name": "reproduce", "merge": ["a"], "out": folder.path().join("all")});
                refusal(&serde_json::from_value(merged).unwrap())
            }
            None => refusal(&options(folder.path(), more)),
        };
        assert!(failure.code == Code::InvalidOption && failure.message.contains(word), "{failure}");
    }
    std::fs::create_dir(folder.path().join("all")).unwrap();
    std::fs::write(folder.path().join("all/report.html"), "my own page").unwrap();
    let failure = refusal(&options(folder.path(), json!({})));
    assert!(failure.code == Code::Output && failure.message.contains("report.html"), "{failure}");
}

#[test]
fn the_whole_begins_with_the_first_paper() {
    let parts = parts().unwrap();
    assert_eq!(parts[..3], ["sweep", "table2", "downsampling"]);
    assert!(parts.len() >= 5, "{parts:?}");
}
