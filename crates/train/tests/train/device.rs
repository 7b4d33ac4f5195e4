//! The device that computes, and who is informed about it.

use std::sync::atomic::AtomicBool;

use net::Task;
use serde_json::json;
use train::{evaluate, train, EvaluateOptions, Event};

use crate::run_contents::records;
use crate::small_training::{options, tones};

#[test]
fn who_asked_for_auto_hears_once_why_the_cpu_computes() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = tones(folder.path(), Task::SingleLabel);
    // Only with the feature cuda, on a machine without a GPU; a build without CUDA does not warn.
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
