//! Runs with products in bf16 on the CPU.

use std::fs;
use std::sync::atomic::AtomicBool;

use engine::{Options, Precision};
use error::Code;
use net::Task;
use serde_json::{json, Value};
use train::{evaluate, EvaluateOptions, Phase};

use crate::run_contents::{assert_same, epochs, records};
use crate::small_training::{abort_at, options, run, tones};

#[test]
fn a_run_in_bf16_learns_like_one_in_f32_and_resumes_bit_by_bit() {
    if let Err(refused) = Options::for_training("cpu", 1, Precision::Bf16) {
        testbed::skip(&refused.message);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let of = |name: &str, precision: &str, more: Value| {
        let mut all = json!({"device": "cpu", "precision": precision, "epochs": 8});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        options(folder.path(), name, all)
    };
    let exact = run(&of("exact", "f32", json!({}))).unwrap();
    let whole = run(&of("whole", "bf16", json!({}))).unwrap();
    let losses = |run: &str| -> Vec<f64> { epochs(&folder.path().join(run)).iter().map(|epoch| epoch.1).collect() };
    let (rounded, truth) = (losses("whole"), losses("exact"));
    assert!(rounded != truth && rounded.last().unwrap() < &(0.6 * rounded[0]), "{rounded:?} {truth:?}");
    assert!((rounded[0] - truth[0]).abs() < 0.1 * truth[0], "{rounded:?} {truth:?}");
    assert!(whole.test.accuracy.unwrap() >= exact.test.accuracy.unwrap() - 0.2, "{whole:?} {exact:?}");

    abort_at(&of("stopped", "bf16", json!({})), Phase::Train, 2, 3);
    run(&of("stopped", "bf16", json!({"resume": true}))).unwrap();
    assert_same(&folder.path().join("whole"), &folder.path().join("stopped"));
    let failure = run(&of("stopped", "f32", json!({"resume": true}))).unwrap_err();
    assert!(failure.code == Code::CheckpointMismatch && failure.message.contains("precision"), "{failure}");
    let config: Value = serde_json::from_slice(&fs::read(whole.run.join("config.json")).unwrap()).unwrap();
    assert_eq!(config["options"]["precision"], "bf16");
    assert_eq!(records(&whole.run)[0]["precision"], "bf16");

    // The network is tested in f32, in which `evaluate` gives the same result; in bf16 it refuses the CPU.
    let ask = EvaluateOptions {
        device: "cpu".into(),
        cache: Some(folder.path().join("cache")),
        ..EvaluateOptions::new(&whole.best, of("whole", "f32", json!({})).dataset)
    };
    let evaluation = evaluate(&ask, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    assert_eq!(evaluation.accuracy, whole.test.accuracy);
    let ask = EvaluateOptions { precision: Precision::Bf16, ..ask };
    let refused = evaluate(&ask, &mut |_| {}, &AtomicBool::new(false)).unwrap_err();
    assert!(refused.code == Code::InvalidOption && refused.message.contains("training only"), "{refused}");
}
