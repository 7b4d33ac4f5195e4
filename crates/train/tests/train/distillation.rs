//! Manifests from the scores of a teacher.

use std::fs;
use std::path::Path;

use error::Code;
use net::Task;
use serde_json::{json, Value};
use train::dataset::{Dataset, DatasetOptions, Part};
use train::run::read_npy;
use train::{distill, DistillOptions, Distilled};

use crate::small_training::{options as training, run, tones};

/// A record of a file as `tag` writes it.
fn record(file: &str, scores: &[(&str, f32)]) -> Value {
    let tags: Vec<Value> = scores.iter().map(|(tag, score)| json!({"tag": tag, "score": score})).collect();
    json!({"type": "result", "file": file, "status": "ok", "duration": 0.5, "segments": 2, "tags": tags})
}

fn timeline(mut record: Value, starts: &[f64], scores: &[&[f32]]) -> Value {
    record["timeline"] = json!({"segmentSeconds": 0.1, "starts": starts, "scores": scores});
    record
}

fn write(folder: &Path, lines: &[Value]) -> DistillOptions {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(folder.join("scores.jsonl"), text).unwrap();
    serde_json::from_value(json!({"scores": folder.join("scores.jsonl"), "out": folder.join("soft.jsonl")})).unwrap()
}

#[test]
fn scores_become_weights_and_splits_are_those_of_a_list() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let mut suspect = record(&path("s.wav"), &[("x", 0.5), ("y", 0.5)]);
    suspect["status"] = json!("suspect");
    let mut options = write(
        folder.path(),
        &[
            json!({"type": "start", "schema": 1}),
            record(&path("a.wav"), &[("x", 0.25), ("y", 1.0)]),
            json!({"type": "failed", "file": path("b.wav"), "error": {"code": "ERR_SILENCE", "message": "m"}}),
            suspect,
            record(&path("c.wav"), &[("x", 0.75), ("y", 0.0)]),
            json!({"type": "done", "files": 3}),
        ],
    );
    fs::write(folder.path().join("list.csv"), "path,tags,split\nc.wav,x,test\n").unwrap();
    let done = distill(&options).unwrap();
    let expected = Distilled {
        manifest: folder.path().join("soft.jsonl"),
        targets: None,
        clips: 2,
        tags: 2,
        segments: None,
        failed: 2,
    };
    assert_eq!(done, expected);
    let load = || Dataset::load(&DatasetOptions::manifest(folder.path().join("soft.jsonl")), None, 0).unwrap();
    let dataset = load();
    assert!(dataset.warnings.iter().all(|warning| warning.code.as_str() != "unused-columns"));
    let soft: Vec<&[f32]> = dataset.clips.iter().map(|clip| &clip.soft.as_ref().unwrap().values[..]).collect();
    assert_eq!((dataset.tags.clone(), soft), (vec!["x".into(), "y".into()], vec![&[0.25, 1.0][..], &[0.75, 0.0]]));
    options.splits = Some(folder.path().join("list.csv"));
    // A manifest of its own is replaced without force.
    distill(&options).unwrap();
    assert_eq!(load().clips.iter().map(|clip| clip.part).collect::<Vec<_>>(), [Part::Train, Part::Test]);
}

#[test]
fn a_timeline_becomes_an_array_for_each_clip() {
    let folder = tempfile::tempdir().unwrap();
    let of = |file: &str| record(file, &[("y", 0.5), ("x", 0.25)]);
    let scores: [&[f32]; 2] = [&[0.75, 0.5], &[0.25, 0.0]];
    let options = write(folder.path(), &[timeline(of("/a.wav"), &[0.0, 0.1], &scores)]);
    let done = distill(&options).unwrap();
    assert_eq!((done.segments, done.targets.clone()), (Some(2), Some(folder.path().join("soft.targets"))));
    let (rows, columns, values) = read_npy(&folder.path().join("soft.targets/000001.npy")).unwrap();
    assert_eq!((rows, columns, values), (2, 2, vec![0.75, 0.5, 0.25, 0.0]));
    let dataset = Dataset::load(&DatasetOptions::manifest(&done.manifest), None, 0).unwrap();
    assert_eq!(dataset.clips[0].soft.as_ref().unwrap().values, [0.5, 0.75, 0.0, 0.25], "in the order of the tags");
    let refused = distill(&options).unwrap_err();
    assert_eq!(refused.code, Code::Output, "{refused}");
    distill(&DistillOptions { force: true, ..options }).unwrap();
}

#[test]
fn scores_that_do_not_fit_are_refused_with_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let good = record("/a.wav", &[("x", 0.25), ("y", 1.0)]);
    let of = |file: &str| record(file, &[("x", 0.5), ("y", 0.5)]);
    let row: &[f32] = &[0.5, 0.5];
    let mut no_tags = of("/b.wav");
    no_tags["tags"] = json!([]);
    let alone = |line: Value| vec![line];
    let after = |line: Value| vec![good.clone(), line];
    for (lines, number, why) in [
        (after(json!("text")), 2, "not a record"),
        (after(json!({"type": "result", "file": "/b.wav"})), 2, "missing field"),
        (after(no_tags), 2, "no scores: tag with --all"),
        (after(record("/b.wav", &[("x", 0.5)])), 2, "/b.wav has 1 tags, but /a.wav has 2"),
        (after(record("/b.wav", &[("y", 0.5), ("x", 0.5)])), 2, "the tag \"y\" where /a.wav has \"x\""),
        (after(record("/b.wav", &[("x", 0.5), ("y", 1.5)])), 2, "the score 1.5"),
        (after(of("/a.wav")), 2, "has scores twice"),
        (after(timeline(of("/b.wav"), &[0.0, 0.1], &[row, row])), 2, "has a timeline, unlike /a.wav"),
        (alone(timeline(of("/b.wav"), &[0.0], &[row])), 1, "1 rows of scores and 1 starts for 2 segments"),
        (alone(timeline(of("/b.wav"), &[0.0, 0.1], &[row, &[0.5]])), 1, "row 1 of the timeline of /b.wav has 1 scores"),
        (alone(timeline(of("/b.wav"), &[0.0, 0.05], &[row, row])), 1, "begins at 0.05 s, expected 0.100 s"),
        (alone(timeline(of("/b.wav"), &[0.0, 0.1], &[row, &[0.5, -1.0]])), 1, "the score -1"),
    ] {
        let failure = distill(&write(folder.path(), &lines)).unwrap_err();
        assert_eq!(failure.code, Code::Dataset, "{failure}");
        let place = format!("scores.jsonl: line {number}: ");
        assert!(failure.message.contains(&place) && failure.message.contains(why), "{why}: {failure}");
        assert!(!folder.path().join("soft.jsonl").exists() && !folder.path().join("soft.targets").exists());
    }
    let empty = distill(&write(folder.path(), &[json!({"type": "done"})])).unwrap_err();
    assert!(empty.message.contains("no line has scores"), "{empty}");
    let mut options = write(folder.path(), &[good]);
    options.out = folder.path().join("soft.csv");
    assert_eq!(distill(&options).unwrap_err().code, Code::InvalidOption);
    options.out = folder.path().join("own.jsonl");
    fs::write(&options.out, "mine\n").unwrap();
    assert_eq!(distill(&options).unwrap_err().code, Code::Output, "a file of the user");
    options.out = options.scores.clone();
    assert_eq!(distill(&options).unwrap_err().code, Code::Output, "the scores themselves");
    options.scores = folder.path().join("none.jsonl");
    options.out = folder.path().join("soft.jsonl");
    assert_eq!(distill(&options).unwrap_err().code, Code::FileNotFound);
}

#[test]
fn a_student_learns_from_a_teacher() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    // A teacher that is right with 0.8 for every clip.
    let names = ["low", "middle", "high"];
    let lines: Vec<Value> = (0..42)
        .map(|i| {
            let scores = std::array::from_fn::<_, 3, _>(|tag| (names[tag], if tag == i % 3 { 0.8 } else { 0.1 }));
            record(&folder.path().join(format!("{i}.wav")).display().to_string(), &scores)
        })
        .collect();
    let mut options = write(folder.path(), &lines);
    options.splits = Some(folder.path().join("list.csv"));
    let made = distill(&options).unwrap();
    let more = json!({"dataset": {"kind": "manifest", "path": made.manifest}, "epochs": 12});
    let done = run(&training(folder.path(), "student", more)).unwrap();
    assert_eq!(done.test.accuracy, Some(1.0), "{done:?}");
}
