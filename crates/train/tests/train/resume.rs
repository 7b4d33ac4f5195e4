//! A run that was stopped for any reason continues as if it had not been stopped.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use error::Code;
use net::Task;
use serde_json::{json, Value};
use train::Phase;

use crate::run_contents::{assert_same, records};
use crate::small_training::{abort_at, options, run, tones};

#[test]
fn an_aborted_run_goes_on_bit_by_bit_from_the_middle_of_an_epoch() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    run(&options(folder.path(), "whole", json!({}))).unwrap();
    for (stop_epoch, stop_batch, phase) in [(1, 1, Phase::Train), (2, 10, Phase::Train), (3, 1, Phase::Validate)] {
        let name = format!("stopped-{stop_epoch}-{stop_batch}");
        abort_at(&options(folder.path(), &name, json!({})), phase, stop_epoch, stop_batch);
        let last = records(&folder.path().join(&name)).pop().unwrap();
        assert_eq!(last["type"], "checkpoint");
        run(&options(folder.path(), &name, json!({"resume": true}))).unwrap();
        assert_same(&folder.path().join("whole"), &folder.path().join(&name));
        assert!(
            records(&folder.path().join(&name)).contains(&last),
            "the log keeps the checkpoint from which the run resumed"
        );
    }
}

#[test]
fn a_raised_cap_goes_on_as_if_it_had_never_been_lower() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    // With a patience of 1 stages change often, so that both rates and the best weights are used.
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

/// The process of the next test that is killed.
#[test]
fn train_until_killed() {
    let Some(folder) = std::env::var_os("SAMPLECNN_KILL").map(PathBuf::from) else { return };
    let mut more: Value = serde_json::from_str(&std::env::var("SAMPLECNN_KILL_OPTIONS").unwrap()).unwrap();
    more["resume"] = json!(true);
    more["checkpointSeconds"] = json!(0.001);
    run(&options(&folder, "killed", more)).unwrap();
}

#[test]
fn a_killed_run_goes_on_bit_by_bit() {
    killed_run_goes_on(&json!({"epochs": 12}));
}

#[test]
fn a_killed_run_of_adam_with_several_batches_an_update_goes_on_bit_by_bit() {
    killed_run_goes_on(&json!({
        "epochs": 12, "optimiser": "adam", "schedule": "cosine", "learningRates": [0.01], "accumulate": 3,
        "maxGradientNorm": 1.0, "warmupUpdates": 7,
    }));
}

fn killed_run_goes_on(more: &Value) {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let whole = run(&options(folder.path(), "whole", more.clone())).unwrap();
    let killed = folder.path().join("killed");
    let mut kills = 0;
    for round in 0..6u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "resume::train_until_killed"])
            .env("SAMPLECNN_KILL", folder.path())
            .env("SAMPLECNN_KILL_OPTIONS", more.to_string())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // Kill it after the first checkpoint, at random moments in a step, an epoch or a write.
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
    let mut resumed = more.clone();
    resumed["resume"] = json!(true);
    let done = run(&options(folder.path(), "killed", resumed)).unwrap();
    assert_eq!((done.epochs, done.test), (whole.epochs, whole.test));
    assert_same(&whole.run, &killed);
    // Incomplete files of the killed processes are gone.
    let names = |folder| {
        let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&killed), names(&whole.run));
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

/// The process of the next test that runs on the small disk.
#[test]
fn train_on_a_small_disk() {
    let Some(folder) = std::env::var_os("SAMPLECNN_SMALL_DISK").map(PathBuf::from) else { return };
    let failure = run(&options(&folder, "disk/run", json!({}))).unwrap_err();
    assert_eq!(failure.code, Code::Output, "{failure}");
    // Repeating the same options is refused; following the advice in the message works.
    assert!(failure.message.contains("disk is full") && failure.message.contains("--resume"), "{failure}");
    assert_eq!(run(&options(&folder, "disk/run", json!({}))).unwrap_err().code, Code::RunExists);
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
    // There is room for the models and one checkpoint, but not for a second checkpoint.
    let model = fs::metadata(folder.path().join("whole/best.safetensors")).unwrap().len();
    let room = (2 * model + checkpoint + checkpoint / 2 + 40_000) / 1024;
    let script = format!(
        "mount -t tmpfs -o size=8m none \"$SAMPLECNN_SMALL_DISK/disk\" || exit 77; \
         head -c $(( (8192 - {room}) * 1024 )) /dev/zero > \"$SAMPLECNN_SMALL_DISK/disk/ballast\"; \
         exec \"$0\" --exact resume::train_on_a_small_disk --nocapture"
    );
    let child = Command::new("unshare")
        .args(["-rm", "sh", "-c", &script])
        .arg(std::env::current_exe().unwrap())
        .env("SAMPLECNN_SMALL_DISK", folder.path())
        .output();
    let Ok(output) = child else { return testbed::skip("unshare is not installed") };
    let errors = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(77) || errors.contains("unshare") {
        return testbed::skip("this user may not mount a file system");
    }
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("finished on the small disk"), "{text}\n{errors}");
}
