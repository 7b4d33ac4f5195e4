//! The downsampling experiment, on a few seconds of tones.

#![allow(clippy::unwrap_used)] // Test helpers: clippy knows only test functions.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use engine::{Options, Precision};
use error::Code;
use samplecnn_lab::synth::write_wav;
use samplecnn_lab::{experiment, ExperimentDone, ExperimentEvent, ExperimentOptions};
use serde_json::{json, Value};
use train::Event;

const RATE: u32 = 8000;

/// Twelve clips of three seconds, one segment each at every rate.
fn dataset(folder: &Path) {
    let mut rows = "path,tags,split\n".to_owned();
    for i in 0..12u32 {
        let hertz = [150.0, 600.0][i as usize % 2];
        let samples: Vec<f32> =
            (0..3 * RATE).map(|t| 0.5 * (std::f32::consts::TAU * hertz * t as f32 / RATE as f32).sin()).collect();
        write_wav(&folder.join(format!("{i}.wav")), &samples, RATE).unwrap();
        rows +=
            &format!("{i}.wav,{},{}\n", ["low", "high"][i as usize % 2], ["train", "valid", "test"][i as usize / 4]);
    }
    std::fs::write(folder.join("list.csv"), rows).unwrap();
}

fn options(folder: &Path, more: Value) -> ExperimentOptions {
    let mut value = json!({
        "name": "table5", "rates": [4000, 2000], "epochs": 1, "batchSize": 4, "out": folder.join("out"),
        "cache": folder.join("cache"), "dataset": {"kind": "manifest", "path": folder.join("list.csv")}
    });
    for (key, entry) in more.as_object().unwrap() {
        value[key] = entry.clone();
    }
    serde_json::from_value(value).unwrap()
}

fn run(options: &ExperimentOptions) -> (ExperimentDone, Vec<ExperimentEvent>) {
    let mut events = Vec::new();
    let done = experiment(options, &mut |event| events.push(event), &AtomicBool::new(false)).unwrap();
    (done, events)
}

fn steps(events: &[ExperimentEvent]) -> usize {
    events.iter().filter(|event| matches!(event, ExperimentEvent::Training(Event::Epoch(_)))).count()
}

#[test]
fn rows_and_table_stand_beside_the_paper_and_a_second_run_does_nothing() {
    let folder = tempfile::tempdir().unwrap();
    dataset(folder.path());
    let (done, events) = run(&options(folder.path(), json!({})));
    assert_eq!(done.table.iter().map(|row| row.rate).collect::<Vec<_>>(), [2000, 4000], "the table's order");
    let first = events.iter().find_map(|event| match event {
        ExperimentEvent::Row(row) => Some(row.clone()),
        _ => None,
    });
    assert_eq!(first.unwrap().rate, 4000, "the reference is trained first");
    let row = &done.table[0];
    assert_eq!(
        (row.digits.as_str(), row.published.roc_auc, row.published.time_ratio),
        ("3-3-3-3-2-2-2-2-2-2", Some(0.87), Some(0.23))
    );
    // The count of the paper's table is for 50 tags; here are two.
    assert_eq!(row.parameters, 1_805_106 - 48 * 513);
    assert!(row.time_ratio.step > 0.0 && row.roc_auc.is_some());
    let reference = &done.table[1].time_ratio;
    assert_eq!((reference.reference.as_str(), reference.step, reference.total), ("4000", 1.0, 1.0));
    assert_eq!(done.file, folder.path().join("out/table.md"));
    assert_eq!(std::fs::read_to_string(&done.file).unwrap(), done.markdown);
    assert!(done.markdown.contains("| 2000 | 3-3-3-3-2-2-2-2-2-2 | 1780482 (1.80 M) |"), "{}", done.markdown);
    assert_eq!(std::fs::read_to_string(folder.path().join("out/table.csv")).unwrap().lines().count(), 3);
    let last = serde_json::to_value(events.last().unwrap()).unwrap();
    assert_eq!(
        (&last["type"], &last["experiment"], last["table"][0]["type"].as_str()),
        (&json!("done"), &json!("downsampling"), Some("row"))
    );
    assert_eq!(events.iter().filter(|e| serde_json::to_value(e).unwrap()["type"] == "done").count(), 1);

    // Each training's log has the notice; who listens hears it once.
    let notices = |events: &[ExperimentEvent]| {
        let is_notice = |event: &&ExperimentEvent| matches!(event, ExperimentEvent::Training(Event::Warning(warning)) if warning.message.contains("on the CPU"));
        events.iter().filter(is_notice).count()
    };
    assert_eq!(notices(&events), usize::from(Options::notice("auto", Precision::F32).is_some()));

    let (again, events) = run(&options(folder.path(), json!({})));
    assert_eq!((again, steps(&events)), (done, 0));
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
    assert!(folder.path().join("out/table.md").exists(), "what is known is written");
    let (done, events) = run(&options(folder.path(), json!({})));
    assert_eq!((done.table.len(), steps(&events)), (2, 1));
    let other = options(folder.path(), json!({"seed": 1}));
    let failure = experiment(&other, &mut |_| {}, &AtomicBool::new(false)).unwrap_err();
    assert_eq!(failure.code, Code::CheckpointMismatch, "{failure}");
    let unknown = options(folder.path(), json!({"name": "table9"}));
    assert_eq!(experiment(&unknown, &mut |_| {}, &AtomicBool::new(false)).unwrap_err().code, Code::InvalidOption);
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
        let failure = experiment(&options(folder.path(), json!({})), &mut |_| {}, &AtomicBool::new(false)).unwrap_err();
        assert!(
            failure.code == Code::Output && failure.message.contains(path.file_name().unwrap().to_str().unwrap()),
            "{failure}"
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
    }
}
