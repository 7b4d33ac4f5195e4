//! Trained models, evaluated on other data.

use std::fs;
use std::sync::atomic::AtomicBool;

use error::Code;
use net::Task;
use serde_json::json;
use train::dataset::DatasetOptions;
use train::{evaluate, EvaluateOptions, Event};

use crate::small_training::{options, run, tones};

#[test]
fn a_model_is_measured_on_other_data_by_the_names_of_its_tags() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = tones(folder.path(), Task::MultiLabel);
    let done = run(&options(folder.path(), "run", json!({"task": "multi-label", "epochs": 6}))).unwrap();
    let ask = |rows: &str| {
        let path = folder.path().join("other.csv");
        fs::write(&path, format!("path,tags,split\n{rows}")).unwrap();
        let mut options = EvaluateOptions::new(&done.best, DatasetOptions::manifest(path));
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
