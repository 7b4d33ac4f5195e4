//! A run keeps its split rules; MagnaTagATune uses the split of the papers by default.

use std::fs;
use std::sync::atomic::AtomicBool;

use error::WarningCode;
use net::{Task, MTAT_TAGS};
use serde_json::{json, Value};
use train::dataset::{DatasetOptions, MtatSplit};
use train::run::Config;
use train::{evaluate, prepare, train, EvaluateOptions, Event, PrepareOptions, Warning};

use crate::shared::{tone, write_wav};
use crate::small_training::{options, run, tones};

#[test]
fn a_run_that_was_begun_by_the_first_rules_goes_on_by_them() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let list = folder.path().join("list.csv");
    let text = fs::read_to_string(&list).unwrap();
    let without_parts: Vec<String> = text.lines().map(|line| line.rsplit_once(',').unwrap().0.to_owned()).collect();
    fs::write(&list, without_parts.join("\n")).unwrap();
    let config_file = folder.path().join("run/config.json");
    let edit = |change: &dyn Fn(&mut Value)| {
        let mut config: Value = serde_json::from_slice(&fs::read(&config_file).unwrap()).unwrap();
        change(&mut config["dataset"]);
        fs::write(&config_file, serde_json::to_vec(&config).unwrap()).unwrap();
    };
    // A current run whose configuration lacks the rules is read as a run of 0.1.0, whose clips were different.
    run(&options(folder.path(), "run", json!({"epochs": 1, "seed": 11}))).unwrap();
    assert_eq!(Config::load(&config_file).unwrap().dataset.split_rules, Default::default());
    edit(&|facts| drop(facts.as_object_mut().unwrap().remove("splitRules")));
    let resumed = options(folder.path(), "run", json!({"epochs": 2, "seed": 11, "resume": true}));
    let failure = run(&resumed).unwrap_err();
    assert!(failure.message.contains("dataset"), "{failure}");
    // With the rules it can be resumed.
    edit(&|facts| facts["splitRules"] = json!(2));
    assert_eq!(run(&resumed).unwrap().epochs, 2);
    // Rules of a later version are refused.
    edit(&|facts| facts["splitRules"] = json!(3));
    assert!(run(&resumed).unwrap_err().message.contains("split rules 3"));
}

#[test]
fn clips_of_magnatagatune_below_29_1_seconds_are_left_out_by_the_papers_split_alone() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("mtat");
    let mut rows = format!("clip_id\t{}\tmp3_path\n", MTAT_TAGS.join("\t"));
    // The second clip of each part: a little too short, much too short, and just long enough.
    for (index, (part, seconds)) in
        [("0", 30.0), ("1", 29.07), ("c", 30.0), ("c", 10.0), ("d", 30.0), ("e", 29.1)].into_iter().enumerate()
    {
        let name = format!("{part}/clip-{index}-0-29.wav");
        write_wav(root.join(&name), 8000, &tone(8000, 200.0 + 100.0 * index as f32, seconds));
        let tags: Vec<&str> = (0..50).map(|tag| if tag == index % 2 { "1" } else { "0" }).collect();
        rows += &format!("{index}\t{}\t{name}\n", tags.join("\t"));
    }
    fs::write(root.join("annotations_final.csv"), rows).unwrap();
    let of = |split| DatasetOptions::Mtat { root: root.clone(), split, lists: None };
    let cache = Some(folder.path().join("cache"));
    let mut warnings: Vec<Warning> = Vec::new();
    let mut training = options(folder.path(), "run", json!({"epochs": 1, "batchSize": 8, "task": "multi-label"}));
    for (split, clips, segments) in [(None, (1, 1, 2), 318), (Some(MtatSplit::Tagged), (2, 2, 2), 636)] {
        training.dataset = of(split);
        training.out = folder.path().join(format!("run-{}", clips.0));
        warnings.clear();
        let mut hear = |event| {
            if let Event::Warning(warning) = event {
                warnings.push(warning);
            }
        };
        let done = train(&training, &mut hear, &AtomicBool::new(false)).unwrap();
        let facts = Config::load(&done.run.join("config.json")).unwrap().dataset;
        assert_eq!((facts.clips.train, facts.clips.valid, facts.clips.test), clips);
        // 29.05 seconds of each clip are used: 232,386 samples are 318 segments of 729.
        assert_eq!(facts.segments.train, segments);
        let short: Vec<_> =
            warnings.iter().filter(|w| w.code == WarningCode::ShortClipsLeftOut).map(|w| w.count).collect();
        assert_eq!(short, if split.is_none() { vec![Some(2)] } else { vec![] });

        let mut ask = EvaluateOptions::new(&done.best, of(split));
        ask.cache = cache.clone();
        let evaluation = evaluate(&ask, &mut |_| {}, &AtomicBool::new(false)).unwrap();
        assert_eq!((evaluation.clips, evaluation.failed, evaluation.training_clips), (2, 0, Some(0)));
        assert_eq!(evaluation.roc_auc, done.test.roc_auc);
    }
    let asked = json!({"dataset": of(None), "architecture": "3^5@8000", "cache": cache});
    let asked: PrepareOptions = serde_json::from_value(asked).unwrap();
    let prepared = prepare(&asked, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    assert_eq!((prepared.clips, prepared.usable, prepared.failed), (4, 4, 0));
}
