//! Warnings and their codes: about the cache, about resumed runs, about the clips.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use error::WarningCode;
use files::Lock;
use net::Task;
use serde_json::{json, Value};
use train::{train, Event};

use crate::shared::{content, copy_of};
use crate::small_training::{options, prepare_tones, tones};

/// The codes of the warnings of a training.
fn told_by_training(folder: &Path, run: &str, more: Value) -> Vec<WarningCode> {
    let mut codes = Vec::new();
    train(&options(folder, run, more), &mut |event| codes.extend(code(&event)), &AtomicBool::new(false)).unwrap();
    codes
}

/// The code of a warning. The tones of these tests have one tag each, which is not what the tests are about.
fn code(event: &Event) -> Option<WarningCode> {
    match event {
        Event::Warning(warning) => Some(warning.code).filter(|&code| code != WarningCode::OneTagEach),
        _ => None,
    }
}

#[test]
fn a_run_tells_where_it_begins_again() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let first = told_by_training(folder.path(), "run", json!({"resume": true, "epochs": 2}));
    assert_eq!(first, [WarningCode::NothingToResume]);
    fs::write(folder.path().join("run/checkpoint.safetensors"), "cut").unwrap();
    let second = told_by_training(folder.path(), "run", json!({"resume": true, "epochs": 3}));
    assert_eq!(second, [WarningCode::OlderCheckpoint]);
}

#[test]
fn clips_that_are_left_out_and_tags_of_every_clip_are_told() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::MultiLabel);
    let list = folder.path().join("list.csv");
    let text = fs::read_to_string(&list).unwrap().replace(".wav,", ".wav,tone|");
    fs::write(&list, format!("{text}absent.wav,tone|low,train\n")).unwrap();
    let codes = told_by_training(folder.path(), "run", json!({"task": "multi-label", "epochs": 1}));
    assert_eq!(codes[0], WarningCode::ClipsLeftOut);
    let negatives = codes.iter().filter(|&&code| code == WarningCode::TagsWithoutNegatives).count();
    assert_eq!((negatives, codes.len()), (3, 4), "one for each part: {codes:?}");
}

#[test]
fn who_waits_for_another_process_says_so() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let cache = prepare_tones(folder.path(), false, &mut |_| {}).unwrap().cache;
    let clip = folder.path().join("9.wav");
    fs::remove_file(copy_of(&cache, &clip)).unwrap();
    let claim = cache.join(format!("claims/{}-8000.lock", content(&clip)));
    let mut lock = Some(Lock::take(claim).unwrap().unwrap());
    let mut codes = Vec::new();
    let prepared = prepare_tones(folder.path(), false, &mut |event| {
        if let Some(code) = code(&event) {
            codes.push(code);
            lock.take();
        }
    })
    .unwrap();
    assert_eq!((codes, prepared.decoded), (vec![WarningCode::WaitingForCache], 1));
}

#[test]
fn what_cannot_be_kept_beside_a_whole_cache_is_told() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let prepared = prepare_tones(folder.path(), false, &mut |_| {}).unwrap();
    // A folder in the place of a file: it prevents writing, also for root.
    fs::remove_file(&prepared.report).unwrap();
    fs::create_dir_all(prepared.report.join("x")).unwrap();
    let mut codes = Vec::new();
    let again = prepare_tones(folder.path(), false, &mut |event| codes.extend(code(&event))).unwrap();
    assert_eq!((codes, again.decoded), (vec![WarningCode::ReportNotWritten], 0));
}

#[test]
fn caches_of_an_earlier_version_are_told_and_not_read() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let older = folder.path().join("cache/prepared-1/manifest-0123456789ab-8000hz");
    fs::create_dir_all(&older).unwrap();
    fs::write(older.join("pcm.i16"), [7; 1000]).unwrap();
    let mut warnings = Vec::new();
    let prepared = prepare_tones(folder.path(), false, &mut |event| {
        if let Event::Warning(warning) = event {
            warnings.push(warning);
        }
    })
    .unwrap();
    let warning = warnings.iter().find(|warning| warning.code == WarningCode::OldCache).unwrap();
    assert!(warning.message.contains("cache prune") && warning.count == Some(1), "{}", warning.message);
    assert_eq!((prepared.decoded, fs::read(older.join("pcm.i16")).unwrap().len()), (42, 1000));
}
