//! Clips that cannot be used are counted; a temporary error ends a training before it begins.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use error::{Code, WarningCode};
use net::Task;
use serde_json::{json, Value};
use train::{train, Event, PartCounts, Prepared};

use crate::shared::{change_facts, copy_of};
use crate::small_training::{options, prepare_tones, run, tones};

fn prepared(folder: &Path, strict: bool) -> error::Result<Prepared> {
    prepare_tones(folder, strict, &mut |_| {})
}

/// Records in the cache that the clip at `path` has damaged packets, as its decoder would.
fn damage(cache: &Path, path: &Path, packets: u32) {
    change_facts(&copy_of(cache, path), true, |facts| facts["damagedPackets"] = json!(packets));
}

#[test]
fn what_is_left_out_is_counted_in_record_and_reports() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let whole = run(&options(folder.path(), "whole", json!({"epochs": 1}))).unwrap();
    assert_eq!(whole.left_out, train::LeftOut::default());
    assert!(!fs::read_to_string(whole.run.join("report.md")).unwrap().contains("left out,"));
    let list = folder.path().join("list.csv");
    let mut text = fs::read_to_string(&list).unwrap();
    for missing in 0..30 {
        text += &format!("missing{missing}.wav,low,{}\n", if missing < 29 { "train" } else { "test" });
    }
    fs::write(folder.path().join("broken.mp3"), "no music").unwrap();
    fs::write(&list, text + "broken.mp3,low,valid\n").unwrap();
    damage(&prepared(folder.path(), false).unwrap().cache, &folder.path().join("4.wav"), 398);

    let done = run(&options(folder.path(), "run", json!({"epochs": 1}))).unwrap();
    assert_eq!(done.left_out.clips, PartCounts { train: 29, valid: 1, test: 1 });
    assert_eq!(done.left_out.damaged_clips, PartCounts { train: 1, valid: 0, test: 0 });
    assert_eq!(done.left_out.damaged_packets, 398);
    let report: Value = serde_json::from_slice(&fs::read(done.run.join("report.json")).unwrap()).unwrap();
    let expected = json!({
        "clips": {"train": 29, "valid": 1, "test": 1},
        "damagedClips": {"train": 1, "valid": 0, "test": 0},
        "damagedPackets": 398
    });
    assert_eq!((&report["dataset"]["leftOut"], &report["done"]["leftOut"]), (&expected, &expected));
    let report = fs::read_to_string(done.run.join("report.md")).unwrap();
    assert!(report.contains("missing or broken: 29 train, 1 validation, 1 test"), "{report}");
    assert!(report.contains("398 packets in all: 1 train"), "{report}");
}

#[test]
fn strict_lets_nothing_be_left_out() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let strict = |name: &str| run(&options(folder.path(), name, json!({"epochs": 1, "strict": true})));
    strict("whole").unwrap();
    let cache = prepared(folder.path(), true).unwrap().cache;
    damage(&cache, &folder.path().join("4.wav"), 2);
    for failure in [strict("run").unwrap_err(), prepared(folder.path(), true).unwrap_err()] {
        assert!(failure.code == Code::Dataset && failure.message.contains("4.wav has 2 damaged packets"), "{failure}");
    }
    fs::remove_file(folder.path().join("9.wav")).unwrap();
    for failure in [strict("run").unwrap_err(), prepared(folder.path(), true).unwrap_err()] {
        assert!(
            failure.code == Code::Dataset && failure.message.contains("of 42 clips 1 cannot be used and 1 are damaged"),
            "{failure}"
        );
        assert!(failure.message.contains("list.csv: line "), "the place in the list: {failure}");
    }
    assert!(!folder.path().join("run/config.json").exists());
    run(&options(folder.path(), "run", json!({"epochs": 1}))).unwrap();
    // The option `strict` may change when a run is resumed.
    assert_eq!(strict("run").unwrap_err().code, Code::RunExists);
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_that_cannot_be_read_just_now_ends_the_training_before_it_begins() {
    // A file of the kernel; reading it is an I/O error, also for root.
    let broken = "/sys/devices/system/cpu/cpu0/power/autosuspend_delay_ms";
    if fs::read(broken).map_or_else(|reason| reason.raw_os_error() != Some(5), |_| true) {
        return testbed::skip("this kernel has no file that cannot be read");
    }
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let path = folder.path().join("7.wav");
    let away = folder.path().join("away");
    fs::rename(&path, &away).unwrap();
    std::os::unix::fs::symlink(broken, &path).unwrap();
    let failure = run(&options(folder.path(), "run", json!({"epochs": 1}))).unwrap_err();
    assert!(failure.code == Code::Io && failure.message.contains("1 of 42 files"), "{failure}");
    assert!(!folder.path().join("run/config.json").exists());
    let mut codes = Vec::new();
    let mut hear = |event| {
        if let Event::Warning(warning) = event {
            codes.push(warning.code);
        }
    };
    let first = prepare_tones(folder.path(), false, &mut hear).unwrap();
    assert_eq!((first.unread, first.failed, first.usable), (1, 0, 41));
    assert!(codes.contains(&WarningCode::FilesUnread), "{codes:?}");
    assert!(!fs::read_to_string(first.cache.join("sources.jsonl")).unwrap().contains("/7.wav\""));
    fs::remove_file(&path).unwrap();
    fs::rename(&away, &path).unwrap();
    let second = prepared(folder.path(), true).unwrap();
    assert_eq!((second.unread, second.decoded, second.usable), (0, 1, 42));
    run(&options(folder.path(), "run", json!({"epochs": 1}))).unwrap();
}

#[test]
fn parts_without_clips_are_refused_and_small_ones_told() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let list = folder.path().join("list.csv");
    let text = fs::read_to_string(&list).unwrap();
    let fails = |rows: &str| {
        fs::write(&list, rows).unwrap();
        let failure = run(&options(folder.path(), "run", json!({"epochs": 1}))).unwrap_err();
        assert_eq!(failure.code, Code::Dataset, "{failure}");
        failure.message
    };
    assert!(fails(&text.replace(",valid", ",train")).contains("no clips in the valid part"));
    assert!(fails(&text.replace(",train", ",test")).contains("no clips in the train part"));
    let lost = text.replace(",test", ",train") + "gone.wav,low,test\n";
    assert!(fails(&lost).contains("no clip of the test part can be used"), "a test part was asked for");

    // Move all but two of the seven valid clips to the training part.
    fs::write(&list, text.replacen(",valid", ",train", 5)).unwrap();
    let mut codes = Vec::new();
    let mut hear = |event| {
        if let Event::Warning(warning) = event {
            codes.push((warning.code, warning.part.map(|part| part.to_string())));
        }
    };
    train(&options(folder.path(), "small", json!({"epochs": 1, "batchSize": 1})), &mut hear, &AtomicBool::new(false))
        .unwrap();
    for expected in [(WarningCode::BatchOfOne, None), (WarningCode::FewClips, Some("valid"))] {
        assert!(codes.contains(&(expected.0, expected.1.map(str::to_owned))), "{expected:?}: {codes:?}");
    }
    assert!(!codes.contains(&(WarningCode::FewClips, Some("test".to_owned()))), "{codes:?}");
}

#[test]
fn a_clip_that_is_shorter_than_its_file_promises_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let path = folder.path().join("4.wav");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() * 3 / 4]).unwrap();
    let done = run(&options(folder.path(), "run", json!({"epochs": 1}))).unwrap();
    assert_eq!(done.left_out.damaged_clips, PartCounts { train: 1, valid: 0, test: 0 });
    let failure = prepared(folder.path(), true).unwrap_err();
    assert!(
        failure.code == Code::Dataset && failure.message.contains("of the 0.5 s that the file announces"),
        "{failure}"
    );
    let report = fs::read_to_string(prepared(folder.path(), false).unwrap().report).unwrap();
    assert!(report.contains("\"damage\": \"only 0.4 s of"), "{report}");
}
