//! Trained models, evaluated on other data.

use std::fs;
use std::sync::atomic::AtomicBool;
use std::sync::Mutex;

use error::Code;
use net::{Model, Task};
use serde_json::json;
use train::dataset::DatasetOptions;
use train::{evaluate, ClipChange, ClipsToScore, EvaluateOptions, Event};

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

#[test]
fn changed_clips_are_scored_by_the_same_rules() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = tones(folder.path(), Task::SingleLabel);
    let done = run(&options(folder.path(), "run", json!({"epochs": 3}))).unwrap();
    let model = Model::load(&done.best).unwrap();
    let mut ask = EvaluateOptions::new(&done.best, dataset);
    ask.cache = Some(folder.path().join("cache"));
    let evaluation = evaluate(&ask, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    let clips = ClipsToScore::new(&model, &ask, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    let score = |change: ClipChange| clips.changed(change, &mut |_| {}, &AtomicBool::new(false));

    // Without a change it is the evaluation.
    let same = score(&|_, samples| Ok(samples)).unwrap();
    let metrics = clips.metrics(&same);
    assert_eq!((metrics.roc_auc, metrics.accuracy), (evaluation.roc_auc, evaluation.accuracy));
    assert_eq!((same.clips.len(), same.tags, clips.checksum()), (evaluation.clips, 3, evaluation.checksum));

    // Each clip is changed once, by its name; one that is shorter than a segment is padded with zeros.
    let names = Mutex::new(Vec::new());
    let short = score(&|name, samples| {
        names.lock().unwrap().push(name.to_owned());
        Ok(samples[..300].to_vec())
    });
    let mut names = names.into_inner().unwrap();
    names.sort();
    let mut expected = same.clips.clone();
    expected.sort();
    assert_eq!(names, expected);
    let padded = score(&|_, samples| {
        let mut padded = samples[..300].to_vec();
        padded.resize(729, 0.0);
        Ok(padded)
    });
    let short = short.unwrap();
    assert_eq!(short.scores, padded.unwrap().scores);
    assert_ne!(short.scores, same.scores);
    // A clip of twice the length has twice the segments: repeated, they have the same mean.
    let twice = score(&|_, samples| {
        let whole = &samples[..samples.len() / 729 * 729];
        Ok([whole, whole].concat())
    });
    let twice = twice.unwrap();
    assert!(twice.scores.iter().zip(&same.scores).all(|(a, b)| (a - b).abs() < 1e-5));

    let failure = score(&|_, _| Err(error::Error::new(Code::Io, "the change failed"))).unwrap_err();
    assert_eq!((failure.code, failure.message.as_str()), (Code::Io, "the change failed"));
    let cancelled = clips.changed(&|_, samples| Ok(samples), &mut |_| {}, &AtomicBool::new(true));
    assert_eq!(cancelled.unwrap_err().code, Code::Aborted);
}
