//! Training for real: small networks on small sets, interrupted in every way.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // Test helpers: clippy knows only test functions.

mod shared;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use error::{Code, Error, Result};
use net::{Model, Task};
use samplecnn_train::dataset::DatasetOptions;
use samplecnn_train::run::Config;
use samplecnn_train::{evaluate, saved_options, train, EvaluateOptions, Event, Phase, TrainDone, TrainOptions};
use serde_json::{json, Value};
use shared::{shared, tone, write_wav};

const RATE: u32 = 8000;

/// 729 samples, 16 channels.
fn tiny() -> Value {
    let block = json!({"kind": "basic", "kernel": 3, "pool": 3, "channels": 16});
    json!({
        "samplingRate": RATE, "inputLength": 729, "stem": {"kernel": 3, "stride": 3, "channels": 16},
        "blocks": [block, block, block, block, block], "head": {"kind": "conv", "channels": 16}
    })
}

/// Tones of three pitches, 5 segments each, all split; the manifest. The third pitch is loud as well.
fn tones(folder: &Path, task: Task) -> DatasetOptions {
    let mut rows = String::new();
    for i in 0..42usize {
        let (class, take) = (i % 3, i / 3);
        let hertz = [200.0, 700.0, 2100.0][class] * (1.0 + take as f32 / 100.0);
        let gain = if class == 2 { 1.5 } else { 0.5 };
        let samples: Vec<f32> = tone(RATE, hertz, 0.5).iter().map(|s| s * gain).collect();
        write_wav(&folder.join(format!("{i}.wav")), RATE, &samples);
        let tags = match task {
            Task::SingleLabel => ["low", "middle", "high"][class],
            Task::MultiLabel => ["low", "middle", "high|loud"][class],
        };
        let part = ["train", "train", "train", "train", "valid", "test"][take % 6];
        rows += &format!("{i}.wav,{tags},{part}\n");
    }
    let path = folder.join("list.csv");
    fs::write(&path, format!("path,tags,split\n{rows}")).unwrap();
    DatasetOptions::Manifest { path }
}

fn options(folder: &Path, run: &str, more: Value) -> TrainOptions {
    let mut value = json!({
        "dataset": {"kind": "manifest", "path": folder.join("list.csv")}, "architecture": tiny(), "task": "single-label",
        "out": folder.join(run), "cache": folder.join("cache"), "batchSize": 16, "seed": 3, "threads": 2, "epochs": 4,
        "learningRates": [0.05, 0.01], "initialisation": "he"
    });
    for (key, entry) in more.as_object().unwrap() {
        value[key] = entry.clone();
    }
    serde_json::from_value(value).unwrap()
}

fn run(options: &TrainOptions) -> Result<TrainDone> {
    train(options, &mut |_| {}, &AtomicBool::new(false))
}

/// Parameters and statistics, bit by bit.
fn bits(file: &Path) -> Vec<u32> {
    let model = Model::load(file).unwrap();
    model.parameters.trainable.iter().chain(&model.parameters.statistics).map(|value| value.to_bits()).collect()
}

fn records(run: &Path) -> Vec<Value> {
    fs::read_to_string(run.join("events.jsonl")).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

fn epochs(run: &Path) -> Vec<(u64, f64, f64)> {
    let of =
        |r: &Value| (r["epoch"].as_u64().unwrap(), r["trainLoss"].as_f64().unwrap(), r["validLoss"].as_f64().unwrap());
    records(run).iter().filter(|r| r["type"] == "epoch").map(of).collect()
}

/// The trained bits and the losses of two runs are the same.
fn assert_same(a: &Path, b: &Path) {
    assert_eq!(epochs(a), epochs(b));
    for name in ["last.safetensors", "best.safetensors"] {
        assert!(bits(&a.join(name)) == bits(&b.join(name)), "{name} differs");
    }
}

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
    assert!(losses.iter().all(|l| l.2.is_finite()));
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
    assert_eq!(model.training["thresholds"].as_array().unwrap().len(), 3);
    let report: Value = serde_json::from_slice(&fs::read(run.join("report.json")).unwrap()).unwrap();
    assert_eq!(report["test"]["clips"], 6);
    assert!(fs::read_to_string(run.join("report.md")).unwrap().contains("| low | 2 |"));
    let table = fs::read_to_string(run.join("predictions-test.csv")).unwrap();
    assert_eq!(table.lines().count(), 7);
    assert_eq!(fs::metadata(run.join("predictions-test.npy")).unwrap().len(), 128 + 6 * 3 * 4);

    // The same numbers from the model file; and a finished run has nothing left to do.
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
    // A tag that only the training part knows.
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
fn an_aborted_run_goes_on_bit_by_bit_from_the_middle_of_an_epoch() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    run(&options(folder.path(), "whole", json!({}))).unwrap();
    for (stop_epoch, stop_batch, phase) in [(1, 1, Phase::Train), (2, 10, Phase::Train), (3, 1, Phase::Validate)] {
        let name = format!("stopped-{stop_epoch}-{stop_batch}");
        let cancel = AtomicBool::new(false);
        let mut stop = |event| {
            if let Event::Progress(p) = event {
                let there = p.phase == phase && p.epoch >= Some(stop_epoch) && p.done >= stop_batch;
                cancel.fetch_or(there, Ordering::Relaxed);
            }
        };
        let failure = train(&options(folder.path(), &name, json!({})), &mut stop, &cancel).unwrap_err();
        assert_eq!(failure.code, Code::Aborted);
        let last = records(&folder.path().join(&name)).pop().unwrap();
        assert_eq!(last["type"], "checkpoint");
        run(&options(folder.path(), &name, json!({"resume": true}))).unwrap();
        assert_same(&folder.path().join("whole"), &folder.path().join(&name));
        assert!(
            records(&folder.path().join(&name)).contains(&last),
            "the log keeps the checkpoint that it went on from"
        );
    }
}

#[test]
fn a_raised_cap_goes_on_as_if_it_had_never_been_lower() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    // With a patience of 1 stages change often; both rates and the best weights come into play.
    let more = |epochs: usize| json!({"patience": 1, "learningRates": [0.1, 0.2, 0.1, 0.05, 0.02], "epochs": epochs});
    let whole = run(&options(folder.path(), "whole", more(9))).unwrap();
    for cap in 1..=whole.epochs {
        let mut piece = more(cap);
        piece["resume"] = json!(true);
        run(&options(folder.path(), "pieces", piece)).unwrap();
    }
    assert_same(&folder.path().join("whole"), &folder.path().join("pieces"));
    let stages: Vec<u64> = records(&whole.run).iter().filter_map(|r| r["stage"].as_u64()).collect();
    assert!(stages.last().unwrap() > &1, "{stages:?}");
}

/// The part of the next test that is killed.
#[test]
fn train_until_killed() {
    let Some(folder) = std::env::var_os("SAMPLECNN_KILL").map(PathBuf::from) else { return };
    run(&options(&folder, "killed", json!({"resume": true, "epochs": 12, "checkpointSeconds": 0.001}))).unwrap();
}

#[test]
fn a_killed_run_goes_on_bit_by_bit() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let whole = run(&options(folder.path(), "whole", json!({"epochs": 12}))).unwrap();
    let killed = folder.path().join("killed");
    let mut kills = 0;
    for round in 0..6u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "train_until_killed"])
            .env("SAMPLECNN_KILL", folder.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // From the first checkpoint on, at moments that fall anywhere in a step, an epoch or a write.
        let started = Instant::now();
        while !killed.join("checkpoint.safetensors").exists() && started.elapsed() < Duration::from_secs(30) {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(20 + 37 * round));
        if child.try_wait().unwrap().is_none() {
            kills += 1;
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(kills > 0, "every child was faster than its kill");
    let done = run(&options(folder.path(), "killed", json!({"resume": true, "epochs": 12}))).unwrap();
    assert_eq!((done.epochs, done.test), (whole.epochs, whole.test));
    assert_same(&whole.run, &killed);
}

#[test]
fn a_run_goes_on_only_with_its_own_options() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    run(&options(folder.path(), "run", json!({"epochs": 1}))).unwrap();
    let fails = |more: Value| -> Error { run(&options(folder.path(), "run", more)).unwrap_err() };
    assert_eq!(fails(json!({})).code, Code::RunExists);
    for (name, value) in [
        ("seed", json!(4)),
        ("batchSize", json!(8)),
        ("learningRates", json!([0.05])),
        ("threads", json!(1)),
        ("architecture", json!("3^5@8000")),
        ("segments", json!(2)),
    ] {
        let failure = fails(json!({"resume": true, name: value}));
        assert_eq!(failure.code, Code::CheckpointMismatch, "{failure}");
        assert!(failure.message.starts_with(name), "{failure}");
    }
    let list = folder.path().join("list.csv");
    let text = fs::read_to_string(&list).unwrap();
    fs::write(&list, text.replacen(",train", ",valid", 1)).unwrap();
    let failure = fails(json!({"resume": true}));
    assert!(failure.code == Code::CheckpointMismatch && failure.message.starts_with("dataset"), "{failure}");
    fs::write(&list, text).unwrap();

    // Its folder alone is enough.
    let mut saved = saved_options(&folder.path().join("run")).unwrap();
    saved.epochs = Some(2);
    assert_eq!(run(&saved).unwrap().epochs, 2);
    assert_eq!(run(&options(folder.path(), "run", json!({"force": true, "seed": 4, "epochs": 1}))).unwrap().epochs, 1);
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
        (json!({"resume": true, "device": "cpu", "precision": "bf16"}), Code::InvalidOption),
    ] {
        assert_eq!(run(&options(folder.path(), "run", wrong.clone())).unwrap_err().code, code, "{wrong}");
        assert!(files() == before, "{wrong}");
    }
}

#[test]
fn a_run_goes_on_in_the_precision_it_was_begun_in() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    run(&options(folder.path(), "run", json!({"epochs": 1}))).unwrap();
    let path = folder.path().join("run/config.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(config["options"]["precision"], "f32");
    let mut resume_after = |precision: Option<&str>| {
        let options_of_run = config["options"].as_object_mut().unwrap();
        match precision {
            Some(name) => options_of_run.insert("precision".to_owned(), json!(name)),
            None => options_of_run.remove("precision"),
        };
        fs::write(&path, config.to_string()).unwrap();
        run(&options(folder.path(), "run", json!({"resume": true, "epochs": 2})))
    };
    let failure = resume_after(Some("bf16")).unwrap_err();
    assert!(failure.code == Code::CheckpointMismatch && failure.message.contains("precision"), "{failure}");
    // Runs of before there was a choice are of f32.
    assert_eq!(resume_after(None).unwrap().epochs, 2);
    let started: Vec<Value> =
        records(&folder.path().join("run")).into_iter().filter(|record| record["type"] == "start").collect();
    assert!(started.len() == 2 && started.iter().all(|record| record["precision"] == "f32"), "{started:?}");
}

#[test]
fn who_asked_for_auto_hears_once_why_the_cpu_computes() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = tones(folder.path(), Task::SingleLabel);
    // With the feature cuda, on a machine without a GPU; a build without CUDA says nothing.
    let expected = usize::from(engine::Device::has_cuda() && engine::Device::reason_for_cpu().is_some());
    let notice = |event: &Event| matches!(event, Event::Warning(warning) if warning.message.contains("on the CPU"));
    for (device, expected) in [("auto", expected), ("cpu", 0)] {
        let mut heard = 0;
        let training = options(folder.path(), device, json!({"device": device, "epochs": 1}));
        let done =
            train(&training, &mut |event| heard += usize::from(notice(&event)), &AtomicBool::new(false)).unwrap();
        let logged = records(&folder.path().join(device))
            .into_iter()
            .filter(|record| record["type"] == "warning" && record["message"].as_str().unwrap().contains("on the CPU"));
        assert_eq!((heard, logged.count()), (expected, expected), "{device}");
        let mut heard = 0;
        let evaluation = EvaluateOptions {
            device: device.to_owned(),
            cache: Some(folder.path().join("cache")),
            ..EvaluateOptions::new(done.best, dataset.clone())
        };
        evaluate(&evaluation, &mut |event| heard += usize::from(notice(&event)), &AtomicBool::new(false)).unwrap();
        assert_eq!(heard, expected, "{device}");
    }
}

#[test]
fn damaged_checkpoints_end_in_the_one_before_or_in_a_coded_error() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    run(&options(folder.path(), "whole", json!({}))).unwrap();
    run(&options(folder.path(), "run", json!({"epochs": 3}))).unwrap();
    let path = folder.path().join("run/checkpoint.safetensors");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    run(&options(folder.path(), "run", json!({"resume": true}))).unwrap();
    assert_same(&folder.path().join("whole"), &folder.path().join("run"));
    for name in ["checkpoint.safetensors", "checkpoint-before.safetensors"] {
        fs::write(folder.path().join("run").join(name), "cut").unwrap();
    }
    let failure = run(&options(folder.path(), "run", json!({"resume": true}))).unwrap_err();
    assert_eq!(failure.code, Code::ModelFormat, "{failure}");
}

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
    ] {
        let failure = fails(json!({name: value}));
        assert_eq!(failure.code, Code::InvalidOption, "{name}: {failure}");
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
    let failure = fails(json!({"learningRates": [1e30]}));
    assert!(failure.code == Code::Diverged && failure.message.contains("learningRates"), "{failure}");
}

/// The part of the next test that runs on the small disk.
#[test]
fn train_on_a_small_disk() {
    let Some(folder) = std::env::var_os("SAMPLECNN_SMALL_DISK").map(PathBuf::from) else { return };
    let failure = run(&options(&folder, "disk/run", json!({}))).unwrap_err();
    assert_eq!(failure.code, Code::Output, "{failure}");
    fs::remove_file(folder.join("disk/ballast")).unwrap();
    run(&options(&folder, "disk/run", json!({"resume": true}))).unwrap();
    assert_same(&folder.join("whole"), &folder.join("disk/run"));
    println!("finished on the small disk");
}

#[test]
fn a_disk_that_fills_up_while_checkpointing_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    run(&options(folder.path(), "whole", json!({}))).unwrap();
    fs::create_dir(folder.path().join("disk")).unwrap();
    let checkpoint = fs::metadata(folder.path().join("whole/checkpoint.safetensors")).unwrap().len();
    // Room for the models and one checkpoint, not for a second one.
    let model = fs::metadata(folder.path().join("whole/best.safetensors")).unwrap().len();
    let room = (2 * model + checkpoint + checkpoint / 2 + 40_000) / 1024;
    let script = format!(
        "mount -t tmpfs -o size=8m none \"$SAMPLECNN_SMALL_DISK/disk\" || exit 77; \
         head -c $(( (8192 - {room}) * 1024 )) /dev/zero > \"$SAMPLECNN_SMALL_DISK/disk/ballast\"; \
         exec \"$0\" --exact train_on_a_small_disk --nocapture"
    );
    let child = Command::new("unshare")
        .args(["-rm", "sh", "-c", &script])
        .arg(std::env::current_exe().unwrap())
        .env("SAMPLECNN_SMALL_DISK", folder.path())
        .output();
    let Ok(output) = child else { return println!("skipped: unshare is missing") };
    let errors = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(77) || errors.contains("unshare") {
        return println!("skipped: this user may not mount");
    }
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("finished on the small disk"), "{text}\n{errors}");
}

#[test]
fn spoken_digits_are_learnt() {
    let Some(root) = shared("data/fsdd/recordings") else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut rows = String::new();
    // Two speakers, four digits: takes 0-4 test, 5-9 validate, 10-39 train.
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

#[cfg(unix)] // It makes symbolic links.
#[test]
fn magnatagatunes_layout_trains_with_its_fifty_tags() {
    let Some(root) = shared("data/gm-mtat") else { return };
    let folder = tempfile::tempdir().unwrap();
    let slice = folder.path().join("mtat");
    fs::create_dir(&slice).unwrap();
    // Two clips of each folder, in place of the whole set.
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

#[test]
fn a_model_is_measured_on_other_data_by_the_names_of_its_tags() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = tones(folder.path(), Task::MultiLabel);
    let done = run(&options(folder.path(), "run", json!({"task": "multi-label", "epochs": 6}))).unwrap();
    let ask = |rows: &str| {
        let path = folder.path().join("other.csv");
        fs::write(&path, format!("path,tags,split\n{rows}")).unwrap();
        let mut options = EvaluateOptions::new(&done.best, DatasetOptions::Manifest { path });
        options.cache = Some(folder.path().join("cache"));
        let mut warnings = Vec::new();
        let mut hear = |event| {
            if let Event::Warning(warning) = event {
                warnings.push(warning.message);
            }
        };
        let evaluation = evaluate(&options, &mut hear, &AtomicBool::new(false));
        (evaluation, warnings)
    };
    let (evaluation, warnings) = ask("0.wav,low|purple,test\n1.wav,middle,test\n2.wav,high,test\nno.wav,low,test\n");
    let evaluation = evaluation.unwrap();
    assert_eq!((evaluation.clips, evaluation.failed), (3, 1));
    assert_eq!(
        evaluation.per_tag.iter().map(|t| t.positives).collect::<Vec<_>>(),
        [1, 0, 1, 1],
        "high loud low middle"
    );
    assert_eq!(evaluation.skipped, ["loud"]);
    assert!(warnings.iter().any(|w| w.contains("purple")) && warnings.iter().any(|w| w.contains("no.wav")));
    assert!(ask("0.wav,purple,test\n").0.unwrap_err().message.contains("no tag in common"));
    assert_eq!(ask("0.wav,low,train\n").0.unwrap_err().code, Code::Dataset);
    let mut missing = EvaluateOptions::new(folder.path().join("no.safetensors"), dataset);
    missing.cache = Some(folder.path().join("cache"));
    let failure = evaluate(&missing, &mut |_| {}, &AtomicBool::new(false)).unwrap_err();
    assert_eq!(failure.code, Code::FileNotFound);
}
