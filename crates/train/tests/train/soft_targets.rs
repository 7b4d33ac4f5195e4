//! Trainings on soft targets.

use std::fs;
use std::path::Path;

use error::Code;
use net::{Model, Task};
use serde_json::{json, Value};
use train::run::write_npy;

use crate::small_training::{options, run, tones};

/// The value of `tags` of a clip, and its targets if it has some, from its number and the names in the CSV.
type Soften<'a> = dyn Fn(usize, &str) -> (Value, Option<String>) + 'a;

/// The [`tones`] as a list of JSON lines; `tags` makes the tags of a clip from the names in the CSV and its number, and
/// perhaps its targets.
fn soften(folder: &Path, tags: &Soften) -> Value {
    let text = fs::read_to_string(folder.join("list.csv")).unwrap();
    let mut lines = String::new();
    for (number, row) in text.lines().skip(1).enumerate() {
        let [path, names, split] = row.split(',').collect::<Vec<_>>()[..] else { panic!() };
        let (tags, targets) = tags(number, names);
        let mut line = json!({"path": path, "tags": tags, "split": split});
        if let Some(targets) = targets {
            line["targets"] = json!(targets);
        }
        lines += &format!("{line}\n");
    }
    fs::write(folder.join("soft.jsonl"), lines).unwrap();
    json!({"kind": "manifest", "path": folder.join("soft.jsonl")})
}

fn weights(of: &str, at: f64) -> Value {
    let others = (1.0 - at) / 2.0;
    let weight = |name: &str| if name == of { at } else { others };
    json!({"low": weight("low"), "middle": weight("middle"), "high": weight("high")})
}

#[test]
fn weights_of_0_and_1_train_like_tags() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::MultiLabel);
    let soft = soften(folder.path(), &|_, names| {
        let has: Vec<&str> = names.split('|').collect();
        let weight = |name| f64::from(u8::from(has.contains(&name)));
        (
            json!({"low": weight("low"), "middle": weight("middle"), "high": weight("high"), "loud": weight("loud")}),
            None,
        )
    });
    let more = json!({"task": "multi-label", "epochs": 2});
    let hard = run(&options(folder.path(), "hard", more.clone())).unwrap();
    let mut of_soft = more;
    of_soft["dataset"] = soft;
    let soft = run(&options(folder.path(), "soft", of_soft)).unwrap();
    let read = |path| Model::load(path).unwrap().parameters;
    assert!(read(&hard.best) == read(&soft.best), "the same bits");
    assert_eq!((hard.test, hard.valid), (soft.test, soft.valid));
}

#[test]
fn a_tag_with_few_positives_has_the_limit_of_the_manifest_as_its_threshold() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::MultiLabel);
    let mut soft = soften(folder.path(), &|number, _| (json!({"low": 0.25, "high": 0.9 * (number % 2) as f64}), None));
    soft["positiveFrom"] = json!(0.625);
    let more = json!({"dataset": soft, "task": "multi-label", "epochs": 1});
    let done = run(&options(folder.path(), "run", more)).unwrap();
    let model = Model::load(&done.best).unwrap();
    assert_eq!(model.tags, ["high", "low"]);
    assert_eq!(model.thresholds.unwrap(), [Some(0.625), Some(0.625)]);
}

#[test]
fn distributions_teach_a_single_label_network() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let soft = soften(folder.path(), &|_, name| (weights(name, 0.8), None));
    let done = run(&options(folder.path(), "run", json!({"dataset": soft, "epochs": 12}))).unwrap();
    assert_eq!(done.test.accuracy, Some(1.0), "{done:?}");
    // Its scores approach the weights, not 0 and 1.
    let table = fs::read_to_string(done.run.join("predictions-test.csv")).unwrap();
    let largest: Vec<f64> = table
        .lines()
        .skip(1)
        .map(|row| {
            row.split(',')
                .filter_map(|cell| cell.parse().ok())
                .fold(0.0, |a: f64, b: f64| if b < 1.0 { a.max(b) } else { a })
        })
        .collect();
    let mean = largest.iter().sum::<f64>() / largest.len() as f64;
    assert!((mean - 0.8).abs() < 0.12, "{mean} of {largest:?}");
}

#[test]
fn targets_of_segments_are_those_of_their_clip_where_all_rows_are_equal() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let names = ["low", "middle", "high"];
    let rows = |of: &str, at: f32| -> Vec<f32> {
        (0..5).flat_map(|_| names.map(|name| if name == of { at } else { (1.0 - at) / 2.0 })).collect()
    };
    let more = |dataset: Value| json!({"dataset": dataset, "epochs": 2});
    let clips = soften(folder.path(), &|_, name| (weights(name, 0.75), None));
    let by_clip = run(&options(folder.path(), "clips", more(clips))).unwrap();
    let segments = soften(folder.path(), &|number, name| {
        write_npy(&folder.path().join(format!("{number}.npy")), 3, &rows(name, 0.75)).unwrap();
        (json!(names), Some(format!("{number}.npy")))
    });
    let by_segment = run(&options(folder.path(), "segments", more(segments.clone()))).unwrap();
    let read = |path| Model::load(path).unwrap().parameters;
    assert!(read(&by_clip.best) == read(&by_segment.best));

    // Another row makes another training.
    let mut other = rows("low", 0.75);
    other[3..6].copy_from_slice(&[0.1, 0.8, 0.1]);
    write_npy(&folder.path().join("0.npy"), 3, &other).unwrap();
    let changed = run(&options(folder.path(), "changed", more(segments.clone()))).unwrap();
    assert!(read(&by_segment.best) != read(&changed.best));
    // A run is not resumed with other targets.
    let mut resumed = options(folder.path(), "segments", more(segments.clone()));
    resumed.resume = true;
    assert_eq!(run(&resumed).unwrap_err().code, Code::CheckpointMismatch);

    // A row too few is refused with both numbers.
    write_npy(&folder.path().join("0.npy"), 3, &other[..12]).unwrap();
    let refused = run(&options(folder.path(), "refused", more(segments))).unwrap_err();
    assert_eq!(refused.code, Code::Dataset);
    for part in ["0.npy", "4 rows", "0.wav has 5 segments of 729 samples"] {
        assert!(refused.message.contains(part), "{refused}");
    }
    assert!(!folder.path().join("refused/config.json").exists());
}
