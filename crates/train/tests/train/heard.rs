//! The audio that an evaluation uses, the clips that it recognises, and the tags that it counts.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use audio::SegmentPolicy;
use engine::Reduction;
use error::{Code, WarningCode};
use net::{Model, Task};
use serde_json::{json, Value};
use train::dataset::DatasetOptions;
use train::run::read_npy;
use train::{evaluate, EvaluateOptions, Evaluation, Event, Origin, PartChoice, Warning};

use crate::small_training::{options, run, tones};

/// Evaluates and collects the warnings.
fn measure(options: &EvaluateOptions) -> (Evaluation, Vec<Warning>) {
    let mut warnings = Vec::new();
    let mut hear = |event| {
        if let Event::Warning(warning) = event {
            warnings.push(warning);
        }
    };
    let evaluation = evaluate(options, &mut hear, &AtomicBool::new(false)).unwrap();
    (evaluation, warnings)
}

/// Options for the evaluation of `model` on all parts of a list of `rows` in `folder`.
fn ask(folder: &Path, model: &Path, rows: &str) -> EvaluateOptions {
    let path = folder.join("asked.csv");
    fs::write(&path, format!("path,tags,split\n{rows}")).unwrap();
    let mut options = EvaluateOptions::new(model, DatasetOptions::manifest(path));
    options.cache = Some(folder.join("cache"));
    options.part = PartChoice::All;
    options
}

#[test]
fn clips_of_the_training_are_known_under_any_name_and_in_any_list() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let done = run(&options(folder.path(), "run", json!({"epochs": 1}))).unwrap();
    // Takes 4 and 5 of each pitch are in the valid and test parts: clips 12 to 17; the first twelve were trained on.
    fs::copy(folder.path().join("0.wav"), folder.path().join("copy.wav")).unwrap();
    let tests = "15.wav,low,test\n16.wav,middle,test\n";
    let (clean, warnings) = measure(&ask(folder.path(), &done.best, tests));
    assert_eq!((clean.training_clips, clean.validation_clips), (Some(0), Some(0)));
    assert!(warnings.iter().all(|warning| !warning.code.as_str().starts_with("evaluated-on")), "{warnings:?}");

    let (mixed, warnings) = measure(&ask(
        folder.path(),
        &done.best,
        &format!("{tests}copy.wav,low,test\n1.wav,middle,test\n13.wav,middle,test\n"),
    ));
    assert_eq!((mixed.training_clips, mixed.validation_clips), (Some(2), Some(1)));
    let told: Vec<_> =
        warnings.iter().filter(|w| w.code.as_str().starts_with("evaluated-on")).map(|w| (w.code, w.count)).collect();
    assert_eq!(
        told,
        [(WarningCode::EvaluatedOnTrainingClips, Some(2)), (WarningCode::EvaluatedOnValidationClips, Some(1))]
    );
    assert!(warnings.iter().any(|warning| warning.message.contains("trained on 2 of these 5 clips")), "{warnings:?}");

    // Cut in another way, their audio differs: then the names are compared.
    let mut cut = ask(folder.path(), &done.best, &format!("{tests}copy.wav,low,test\n1.wav,middle,test\n"));
    cut.clip_seconds = Some(0.3);
    assert_eq!(measure(&cut).0.training_clips, Some(1));
}

#[test]
fn a_list_without_parts_tests_on_clips_that_were_not_trained_on_whatever_comes_or_goes() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let text = fs::read_to_string(folder.path().join("list.csv")).unwrap();
    let rows: Vec<&str> = text.lines().skip(1).map(|line| line.rsplit_once(',').unwrap().0).collect();
    let write =
        |rows: &[&str]| fs::write(folder.path().join("list.csv"), format!("path,tags\n{}\n", rows.join("\n"))).unwrap();
    write(&rows);
    let options = options(folder.path(), "run", json!({"epochs": 1, "seed": 0}));
    let done = run(&options).unwrap();
    for fewer in [&rows[1..], &rows[..30], &rows[5..]] {
        write(fewer);
        let mut ask = EvaluateOptions::new(&done.best, options.dataset.clone());
        ask.cache = options.cache.clone();
        let (evaluation, _) = measure(&ask);
        assert!(evaluation.clips > 0);
        assert_eq!(evaluation.training_clips, Some(0), "{} rows", fewer.len());
    }
    // If the test part of a list is empty, the error says so and says what to do.
    write(&rows[..5]);
    let mut ask = EvaluateOptions::new(&done.best, options.dataset.clone());
    ask.cache = options.cache.clone();
    let failure = evaluate(&ask, &mut |_| {}, &AtomicBool::new(false)).unwrap_err();
    assert!(failure.message.contains("no clips in the test part") && failure.message.contains("--part"), "{failure}");
    // Another seed draws other parts, which causes a warning.
    write(&rows);
    let mut other = EvaluateOptions::new(&done.best, options.dataset.clone());
    other.cache = options.cache.clone();
    other.seed = Some(1);
    let (evaluation, warnings) = measure(&other);
    assert!(evaluation.training_clips > Some(0));
    assert!(warnings
        .iter()
        .any(|w| w.code == WarningCode::EvaluatedOnTrainingClips && w.count == evaluation.training_clips));
}

#[test]
fn clips_are_heard_as_in_the_training_unless_told_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = tones(folder.path(), Task::SingleLabel);
    let done = run(&options(folder.path(), "run", json!({"epochs": 2, "segments": 2, "clipSeconds": 0.3}))).unwrap();
    let mut ask = EvaluateOptions::new(&done.best, dataset);
    ask.cache = Some(folder.path().join("cache"));
    let (own, _) = measure(&ask);
    assert_eq!((own.roc_auc, own.pr_auc, own.accuracy), (done.test.roc_auc, done.test.pr_auc, done.test.accuracy));
    assert_eq!((own.segments, own.clip_seconds), (2 * own.clips, Some(0.3)));
    assert_eq!((own.segments_from, own.clip_seconds_from), (Origin::Training, Origin::Training));
    assert!(own.segment_rule.starts_with("2 segments of"), "{}", own.segment_rule);

    ask.segments = Some(SegmentPolicy::All);
    ask.clip_seconds = Some(0.5);
    let (all, _) = measure(&ask);
    assert_eq!((all.segments, all.clip_seconds), (5 * all.clips, Some(0.5)));
    assert_eq!((all.segments_from, all.clip_seconds_from), (Origin::Option, Origin::Option));
}

#[test]
fn segments_are_reduced_as_in_the_training_unless_told_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = tones(folder.path(), Task::MultiLabel);
    let more = json!({"task": "multi-label", "epochs": 4, "acrossSegments": "max"});
    let done = run(&options(folder.path(), "run", more)).unwrap();
    let mut ask = EvaluateOptions::new(&done.best, dataset);
    ask.cache = Some(folder.path().join("cache"));
    ask.out = Some(folder.path().join("out"));
    let (own, _) = measure(&ask);
    assert_eq!((own.roc_auc, own.pr_auc), (done.test.roc_auc, done.test.pr_auc));
    assert_eq!((own.across_segments, own.across_segments_from), (Reduction::Max, Origin::Training));
    assert_eq!(own.f1, None, "the thresholds belong to the mean");
    let (_, _, largest) = read_npy(&folder.path().join("out/predictions.npy")).unwrap();
    ask.calibrated = true;
    let failure = evaluate(&ask, &mut |_| {}, &AtomicBool::new(false)).unwrap_err();
    assert!(failure.code == Code::InvalidOption, "{failure}");
    ask.calibrated = false;
    ask.across_segments = Some(Reduction::Mean);
    let (means, _) = measure(&ask);
    assert_eq!((means.across_segments, means.across_segments_from), (Reduction::Mean, Origin::Option));
    assert!(means.f1.is_some());
    let (_, _, mean) = read_npy(&folder.path().join("out/predictions.npy")).unwrap();
    assert!(largest.iter().zip(&mean).all(|(largest, mean)| largest >= mean) && largest != mean);
}

#[test]
fn an_evaluation_selects_the_tags_of_the_training() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::MultiLabel);
    let path = folder.path().join("list.csv");
    let selected = json!({"kind": "manifest", "path": path, "topTags": 2, "mergeTags": ["low = middle"]});
    let more = json!({"task": "multi-label", "epochs": 2, "dataset": selected});
    let done = run(&options(folder.path(), "run", more)).unwrap();
    let mut ask = EvaluateOptions::new(&done.best, DatasetOptions::manifest(&path));
    ask.cache = Some(folder.path().join("cache"));
    let (own, warnings) = measure(&ask);
    assert_eq!((own.roc_auc, own.pr_auc), (done.test.roc_auc, done.test.pr_auc));
    assert!(own.absent.is_empty() && own.per_tag.len() == 2, "{:?}", own.absent);
    assert!(!warnings.iter().any(|w| w.code == WarningCode::TagsUnknownToModel), "{warnings:?}");
    // A selection in the options wins.
    let value = json!({"kind": "manifest", "path": path, "topTags": 4});
    ask.dataset = serde_json::from_value(value).unwrap();
    let (other, warnings) = measure(&ask);
    assert!(warnings.iter().any(|w| w.code == WarningCode::TagsUnknownToModel), "{warnings:?}");
    assert_ne!(own.checksum, other.checksum);
}

#[test]
fn tags_that_the_data_does_not_have_count_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::MultiLabel);
    let done = run(&options(folder.path(), "run", json!({"task": "multi-label", "epochs": 6}))).unwrap();
    let rows = "15.wav,low,test\n16.wav,middle,test\n18.wav,low,test\n19.wav,middle,test\n20.wav,,test\n";
    let mut ask = ask(folder.path(), &done.best, rows);
    ask.out = Some(folder.path().join("out"));
    let (evaluation, warnings) = measure(&ask);
    assert_eq!(evaluation.absent, ["high", "loud"]);
    assert_eq!(evaluation.skipped, ["high", "loud"]);
    assert!(
        warnings.iter().any(|w| w.code == WarningCode::TagsNotInData && w.tags == ["high", "loud"]),
        "{warnings:?}"
    );
    assert!(!warnings.iter().any(|w| w.code == WarningCode::TagsWithoutPositives), "one warning each");

    // The same scores, with metrics computed separately for the two tags.
    let table = fs::read_to_string(folder.path().join("out/predictions.csv")).unwrap();
    let mut cells = Vec::new();
    for line in table.lines().skip(1) {
        let row: Vec<&str> = line.split(',').collect();
        for (column, tag) in [(4, "low"), (5, "middle")] {
            cells.push((row[column].parse::<f32>().unwrap(), row[1] == tag));
        }
    }
    let (scores, labels): (Vec<f32>, Vec<bool>) = cells.into_iter().unzip();
    assert_eq!(evaluation.micro.roc_auc, train::metrics::roc_auc(&scores, &labels));
    assert_eq!(evaluation.micro.pr_auc, train::metrics::average_precision(&scores, &labels));
    let low_and_middle: Vec<f64> = evaluation.per_tag.iter().filter_map(|tag| tag.roc_auc).collect();
    assert_eq!(low_and_middle.len(), 2);
    assert_eq!(evaluation.roc_auc, Some(low_and_middle.iter().sum::<f64>() / 2.0));
}

#[test]
fn tags_that_are_spelt_in_another_way_are_told_with_the_models() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::MultiLabel);
    let done = run(&options(folder.path(), "run", json!({"task": "multi-label", "epochs": 1}))).unwrap();
    let (evaluation, warnings) = measure(&ask(folder.path(), &done.best, "15.wav,Low,test\n16.wav,middle,test\n"));
    assert_eq!(evaluation.absent, ["high", "loud", "low"]);
    let told = warnings.iter().find(|warning| warning.code == WarningCode::TagsUnknownToModel).unwrap();
    assert!(told.message.contains("\"Low\" like the model's \"low\""), "{}", told.message);
}

#[test]
fn models_of_the_first_version_are_evaluated_by_its_rules() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let done = run(&options(folder.path(), "run", json!({"epochs": 1, "segments": 3}))).unwrap();
    let mut model = Model::load(&done.best).unwrap();
    model.training.as_object_mut().unwrap().remove("clipHashes").unwrap();
    let facts = model.training["dataset"].as_object_mut().unwrap();
    for added in ["segmentsPerClip", "splitRules"] {
        assert_ne!(facts.remove(added), None::<Value>, "{added}");
    }
    let old = folder.path().join("old.safetensors");
    model.save(&old).unwrap();
    let rows: String = (0..42).map(|i| format!("{i}.wav,{},\n", ["low", "middle", "high"][i % 3])).collect();
    let mut ask = ask(folder.path(), &old, &rows);
    ask.part = PartChoice::Test;
    let (evaluation, _) = measure(&ask);
    assert!(evaluation.dataset.ends_with("80/10/10 drawn with seed 3"), "{}", evaluation.dataset);
    assert_eq!(evaluation.clips, 3, "one of 14 clips of each class");
    assert_eq!((evaluation.segments, evaluation.segments_from), (9, Origin::Training));
    assert_eq!((evaluation.training_clips, evaluation.validation_clips), (None, None));
    ask.model = done.best;
    assert!(measure(&ask).0.dataset.ends_with("by hash of seed 3 and name"));
}
