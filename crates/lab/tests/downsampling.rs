//! The downsampling experiment, on a few seconds of tones.

#![allow(clippy::unwrap_used)] // Test helpers: clippy exempts only test functions.

mod support;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use engine::{Options, Precision};
use error::Code;
use lab::experiment::{AxisValue, Row};
use lab::{experiment, ExperimentDone, ExperimentEvent, ExperimentOptions};
use serde_json::{json, Value};
use train::Event;

use support::{changed, refused, Tones, RATE};

/// Twelve clips of three seconds; one segment per clip at every rate.
fn dataset(folder: &Path) {
    let tones = Tones { hertz: [150.0, 600.0], step: 0.0, samples: 3 * RATE };
    tones.write(folder, "list.csv", &["train", "valid", "test"], 4);
}

fn options(folder: &Path, more: Value) -> ExperimentOptions {
    let usual = json!({
        "name": "table5", "rates": [4000, 2000], "epochs": 1, "batchSize": 4, "out": folder.join("out"),
        "cache": folder.join("cache"), "dataset": {"kind": "manifest", "path": folder.join("list.csv")}
    });
    changed(usual, &more)
}

fn run(options: &ExperimentOptions) -> (ExperimentDone, Vec<ExperimentEvent>) {
    let mut events = Vec::new();
    let done = experiment(options, &mut |event| events.push(event), &AtomicBool::new(false)).unwrap();
    (done, events)
}

fn rates_of(rows: &[Row]) -> Vec<i64> {
    let rate = |row: &Row| match row.axes["rate"] {
        AxisValue::Whole(rate) => rate,
        _ => panic!("{row:?}"),
    };
    rows.iter().map(rate).collect()
}

fn value(row: &Row, column: &str) -> Option<f64> {
    row.cells[column].value
}

fn steps(events: &[ExperimentEvent]) -> usize {
    events
        .iter()
        .filter(
            |event| matches!(event, ExperimentEvent::Training(training) if matches!(training.event, Event::Epoch(_))),
        )
        .count()
}

#[test]
fn rows_and_table_stand_beside_the_paper_and_a_second_run_does_nothing() {
    let folder = tempfile::tempdir().unwrap();
    dataset(folder.path());
    let rates = json!({"rates": [22050, 2000]});
    let (done, events) = run(&options(folder.path(), rates.clone()));
    assert_eq!(rates_of(&done.table), [2000, 22050], "the table's order");
    let first = events.iter().find_map(|event| match event {
        ExperimentEvent::Row(row) => Some(row.clone()),
        _ => None,
    });
    assert_eq!(rates_of(&[first.unwrap()]), [22050], "the reference is trained first");
    let row = &done.table[0];
    assert_eq!(row.axes["digits"], "3-3-3-3-2-2-2-2-2-2".into());
    assert_eq!((row.published["rocAuc"].value, row.published["timeRatio"].value), (0.87, 0.23));
    assert_eq!((row.published["rocAuc"].comparable, row.published["timeRatio"].comparable), (false, true));
    // The table of the paper counts the parameters for 50 tags; this dataset has two.
    assert_eq!(value(row, "parameters"), Some(f64::from(1_805_106 - 48 * 513)));
    assert!(value(row, "stepRatio").unwrap() > 0.0 && value(row, "rocAuc").is_some());
    assert!(row.cells["rocAuc"].interval.is_some(), "over the test clips");
    let reference = &done.table[1];
    assert_eq!((value(reference, "stepRatio"), value(reference, "totalRatio")), (Some(1.0), Some(1.0)));
    assert_eq!(done.file, folder.path().join("out/table.md"));
    assert_eq!(std::fs::read_to_string(&done.file).unwrap(), done.markdown);
    assert_eq!(done.report, folder.path().join("out/report.html"));
    assert!(done.report.exists() && folder.path().join("out/figures/auc-against-rate.svg").exists());
    assert!(done.markdown.contains("| 2000 | 3-3-3-3-2-2-2-2-2-2 | 1780482 (1.80 M) |"), "{}", done.markdown);
    assert_eq!(std::fs::read_to_string(folder.path().join("out/table.csv")).unwrap().lines().count(), 3);
    let last = serde_json::to_value(events.last().unwrap()).unwrap();
    assert_eq!(
        (&last["type"], &last["experiment"], last["table"][0]["type"].as_str()),
        (&json!("done"), &json!("downsampling"), Some("row"))
    );
    assert_eq!(events.iter().filter(|e| serde_json::to_value(e).unwrap()["type"] == "done").count(), 1);

    // The log of each training contains the notice; the callback receives it only once.
    let notices = |events: &[ExperimentEvent]| {
        let is_notice = |event: &&ExperimentEvent| match event {
            ExperimentEvent::Training(training) => {
                matches!(&training.event, Event::Warning(warning) if warning.message.contains("on the CPU"))
            }
            _ => false,
        };
        events.iter().filter(is_notice).count()
    };
    assert_eq!(notices(&events), usize::from(Options::notice("auto", Precision::F32).is_some()));

    let (again, events) = run(&options(folder.path(), rates));
    assert_eq!((again, steps(&events)), (done, 0));
}

#[test]
fn a_run_with_fewer_rows_never_shrinks_a_table_with_more() {
    let folder = tempfile::tempdir().unwrap();
    dataset(folder.path());
    // Without the training to which the published ratios refer there are no ratios.
    let (alone, _) = run(&options(folder.path(), json!({"rates": [2000]})));
    assert_eq!(value(&alone.table[0], "stepRatio"), None);
    assert!(
        !alone.markdown.contains("published time ratio") && alone.markdown.contains("22050 Hz"),
        "{}",
        alone.markdown
    );
    // Results of the paper on other data are shown separately from the measured results.
    assert!(alone.markdown.contains("| published ROC-AUC (mtat) |"), "{}", alone.markdown);
    assert!(!alone.markdown.contains("(0.8700)") && alone.markdown.contains("| 0.8700 |"), "{}", alone.markdown);

    let (whole, _) = run(&options(folder.path(), json!({"rates": [22050]})));
    assert_eq!(rates_of(&whole.table), [2000, 22050]);
    assert!(whole.table.iter().all(|row| value(row, "stepRatio").is_some()));
    let (again, events) = run(&options(folder.path(), json!({"rates": [2000]})));
    assert_eq!((again.table, steps(&events)), (whole.table, 0));
    assert_eq!(std::fs::read_to_string(folder.path().join("out/table.csv")).unwrap().lines().count(), 3);

    // Trainings with another protocol are refused, and existing files are not changed.
    let before = std::fs::read(folder.path().join("out/table.json")).unwrap();
    for other in [json!({"rates": [4000], "seed": 1}), json!({"rates": [4000], "normMomentum": 0.3})] {
        let failure = refused(&options(folder.path(), other));
        assert!(failure.code == Code::CheckpointMismatch && failure.message.contains("the row 2000"), "{failure}");
    }
    assert_eq!(std::fs::read(folder.path().join("out/table.json")).unwrap(), before);
}

#[test]
fn all_trainings_of_an_experiment_have_one_norm_momentum() {
    let folder = tempfile::tempdir().unwrap();
    dataset(folder.path());
    let momentum = |id: &str| {
        let text = std::fs::read(folder.path().join("out").join(id).join("config.json")).unwrap();
        let config: Value = serde_json::from_slice(&text).unwrap();
        config["architecture"]["norm"]["momentum"].as_f64().unwrap()
    };
    run(&options(folder.path(), json!({"rates": [2000], "normMomentum": 0.03})));
    // The momentum is not given here; the number of epochs alone would select another one.
    run(&options(folder.path(), json!({"rates": [4000]})));
    assert_eq!((momentum("2000"), momentum("4000")), (0.03, 0.03));
    let (_, events) = run(&options(folder.path(), json!({"rates": [4000]})));
    assert_eq!(steps(&events), 0, "the same command continues");
}

#[test]
fn an_interrupted_experiment_goes_on_and_other_options_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    dataset(folder.path());
    let cancel = AtomicBool::new(false);
    let mut stop_after_a_row = |event| {
        if matches!(event, ExperimentEvent::Row(_)) {
            cancel.store(true, Ordering::Relaxed);
        }
    };
    let failure = experiment(&options(folder.path(), json!({})), &mut stop_after_a_row, &cancel).unwrap_err();
    assert_eq!(failure.code, Code::Aborted);
    assert!(folder.path().join("out/table.md").exists(), "the finished rows are written");
    let (done, events) = run(&options(folder.path(), json!({})));
    assert_eq!((done.table.len(), steps(&events)), (2, 1));
    let other = options(folder.path(), json!({"seed": 1}));
    let failure = refused(&other);
    assert_eq!(failure.code, Code::CheckpointMismatch, "{failure}");
    let unknown = options(folder.path(), json!({"name": "table9"}));
    assert_eq!(refused(&unknown).code, Code::InvalidOption);
}

#[test]
fn a_table_that_no_experiment_wrote_and_runs_of_others_stay() {
    for (name, content) in [
        ("table.md", "# Mine"),
        ("table.csv", "a,b"),
        ("table.json", "{\"rows\": [1]}"),
        ("4000/best.safetensors", "x"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        dataset(folder.path());
        let path = folder.path().join("out").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        let failure = refused(&options(folder.path(), json!({})));
        assert!(
            failure.code == Code::Output && failure.message.contains(path.file_name().unwrap().to_str().unwrap()),
            "{failure}"
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
    }
}

#[test]
fn one_experiment_at_a_time_works_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    dataset(folder.path());
    std::fs::create_dir(folder.path().join("out")).unwrap();
    let _held = files::Lock::take(folder.path().join("out/.lock")).unwrap().unwrap();
    let failure = refused(&options(folder.path(), json!({})));
    assert!(failure.code == Code::RunExists && failure.message.contains("another experiment"), "{failure}");
}
