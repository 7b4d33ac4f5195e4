//! Networks learn from one tag per clip and from several, and the run folder records how.

use std::fs;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use net::{Model, Task};
use serde_json::{json, Value};
use train::run::Config;
use train::{evaluate, train, EvaluateOptions, Event, Phase, TrainOptions};

use crate::run_contents::{epochs, records};
use crate::shared::shared;
use crate::small_training::{options, run, tones};

#[test]
fn a_network_learns_and_its_run_folder_tells_everything() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let options = options(folder.path(), "run", json!({"epochs": 12}));
    let mut told = Vec::new();
    let done = train(&options, &mut |event| told.push(event), &AtomicBool::new(false)).unwrap();
    let run = folder.path().join("run");
    let losses = epochs(&run);
    assert_eq!(losses.len(), done.epochs);
    assert!(losses.last().unwrap().1 < 0.5 * losses[0].1, "{losses:?}");
    assert!(losses.iter().all(|l| l.2.is_some_and(f64::is_finite)));
    assert_eq!(done.test.accuracy, Some(1.0), "{done:?}");
    assert_eq!((done.run.clone(), done.best.clone()), (run.clone(), run.join("best.safetensors")));
    assert!(
        done.seconds.step > 0.0 && done.seconds.epoch >= done.seconds.step && done.seconds.total > done.seconds.epoch
    );

    let kinds: Vec<String> = records(&run).iter().map(|r| r["type"].as_str().unwrap().to_owned()).collect();
    assert_eq!((kinds.first().unwrap().as_str(), kinds.last().unwrap().as_str()), ("start", "done"));
    assert!(!kinds.iter().any(|kind| kind == "progress"));
    for phase in [Phase::Prepare, Phase::Train, Phase::Validate, Phase::Score] {
        assert!(told.iter().any(|e| matches!(e, Event::Progress(p) if p.phase == phase)), "{phase:?}");
    }
    let config = Config::load(&run.join("config.json")).unwrap();
    assert_eq!(config.architecture.norm.momentum, 0.1, "under 500 updates an epoch");
    assert_eq!((config.updates_per_epoch, config.dataset.segments.train), (10, 150));
    assert_eq!(config.tags, ["high", "low", "middle"]);

    let model = Model::load(&done.best).unwrap();
    assert_eq!((model.task, model.tags.clone()), (Task::SingleLabel, config.tags.clone()));
    assert_eq!(model.training["test"]["accuracy"], 1.0);
    assert_eq!(model.thresholds.as_ref().unwrap().len(), 3);
    let report: Value = serde_json::from_slice(&fs::read(run.join("report.json")).unwrap()).unwrap();
    assert_eq!(report["test"]["clips"], 6);
    assert!(fs::read_to_string(run.join("report.md")).unwrap().contains("| low | 2 |"));
    let table = fs::read_to_string(run.join("predictions-test.csv")).unwrap();
    assert_eq!(table.lines().count(), 7);
    assert_eq!(fs::metadata(run.join("predictions-test.npy")).unwrap().len(), 128 + 6 * 3 * 4);

    // The model file gives the same metrics; and resuming a finished run does nothing.
    let mut ask = EvaluateOptions::new(&done.best, options.dataset.clone());
    ask.cache = options.cache.clone();
    ask.out = Some(folder.path().join("evaluation"));
    let evaluation = evaluate(&ask, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    assert_eq!((evaluation.accuracy, evaluation.roc_auc), (done.test.accuracy, done.test.roc_auc));
    assert_eq!(serde_json::to_value(&evaluation).unwrap()["type"], "evaluation");
    assert!(folder.path().join("evaluation/evaluation.json").exists());
    let again = train(&TrainOptions { resume: true, ..options }, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    assert_eq!((again.epochs, again.test), (done.epochs, done.test));
}

#[test]
fn several_tags_and_none_at_once() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::MultiLabel);
    let list = folder.path().join("list.csv");
    let text = fs::read_to_string(&list).unwrap();
    // A tag that occurs only in the training part.
    fs::write(&list, text.replacen("0.wav,low,", "0.wav,low|rare,", 1)).unwrap();
    let mut warnings = Vec::new();
    let mut hear = |event| {
        if let Event::Warning(warning) = event {
            warnings.push(warning);
        }
    };
    let options = options(folder.path(), "run", json!({"task": "multi-label", "epochs": 12}));
    let done = train(&options, &mut hear, &AtomicBool::new(false)).unwrap();
    assert!(done.test.roc_auc.unwrap() > 0.95, "{done:?}");
    assert_eq!(done.test.accuracy, None);
    let parts: Vec<&str> = warnings.iter().filter(|w| w.tags == ["rare"]).map(|w| w.part.unwrap().as_str()).collect();
    assert_eq!(parts, ["valid", "test"]);
    let report: Value = serde_json::from_slice(&fs::read(done.run.join("report.json")).unwrap()).unwrap();
    assert_eq!(report["test"]["skipped"], json!(["rare"]));
    assert_eq!(report["test"]["perTag"][4]["rocAuc"], Value::Null);
}

#[test]
fn spoken_digits_are_learnt() {
    let Some(root) = shared("data/fsdd/recordings") else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut rows = String::new();
    // Two speakers, four digits: takes 0-4 are test, 5-9 valid, 10-39 train.
    for digit in ["0", "1", "2", "6"] {
        for speaker in ["jackson", "nicolas"] {
            for take in 0..40 {
                let part = if take < 5 {
                    "test"
                } else if take < 10 {
                    "valid"
                } else {
                    "train"
                };
                let file = root.join(format!("{digit}_{speaker}_{take}.wav"));
                rows += &format!("{},{digit},{part}\n", file.display());
            }
        }
    }
    fs::write(folder.path().join("list.csv"), format!("path,tags,split\n{rows}")).unwrap();
    let started = Instant::now();
    let done = run(&options(folder.path(), "run", json!({"epochs": 8, "initialisation": "keras-1.1"}))).unwrap();
    let losses = epochs(&done.run);
    println!("{:?} in {:?}, losses {losses:?}", done.test, started.elapsed());
    assert!(losses.last().unwrap().1 < losses[0].1);
    assert!(done.test.accuracy.unwrap() > 0.6, "chance is 0.25: {:?}", done.test);
}

#[cfg(unix)] // The test creates symbolic links.
#[test]
fn magnatagatunes_layout_trains_with_its_fifty_tags() {
    let Some(root) = shared("data/gm-mtat") else { return };
    let folder = tempfile::tempdir().unwrap();
    let slice = folder.path().join("mtat");
    fs::create_dir(&slice).unwrap();
    // Two clips of each folder instead of the complete dataset.
    let text = fs::read_to_string(root.join("annotations_final.csv")).unwrap();
    let mut taken = std::collections::HashMap::<String, usize>::new();
    let keeps = |line: &&str| {
        let path = line.rsplit('\t').next().unwrap().trim_matches('"');
        let Some((part, _)) = path.split_once('/') else { return true };
        let count = taken.entry(part.to_owned()).or_default();
        *count += 1;
        *count <= 2
    };
    let rows: Vec<&str> = text.lines().filter(keeps).collect();
    fs::write(slice.join("annotations_final.csv"), rows.join("\n")).unwrap();
    for part in "0123456789abcdef".chars() {
        std::os::unix::fs::symlink(root.join(part.to_string()), slice.join(part.to_string())).unwrap();
    }
    let data = json!({"kind": "mtat", "root": slice});
    let more = json!({"dataset": data, "task": null, "epochs": 1, "learningRates": [0.01]});
    let done = run(&options(folder.path(), "run", more)).unwrap();
    let config = Config::load(&done.run.join("config.json")).unwrap();
    assert_eq!((config.task, config.tags.len()), (Task::MultiLabel, 50));
    let clips = &config.dataset.clips;
    assert_eq!((clips.train, clips.valid, clips.test), (24, 2, 6));
    // 29.05 seconds of each clip at 8 kHz: 318 segments of 729 samples.
    assert_eq!(config.dataset.segments.train, 24 * 318);
    assert!(done.test.roc_auc.is_some());
    let warned: Vec<Value> = records(&done.run).into_iter().filter(|r| r["type"] == "warning").collect();
    assert!(warned.iter().any(|w| w["part"] == "test" && w["tags"].as_array().unwrap().contains(&json!("opera"))));
}
