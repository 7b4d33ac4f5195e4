//! Trainings that start from a model.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use error::{Code, WarningCode};
use net::{Layout, Model, Task};
use serde_json::{json, Value};
use sha2::{Digest, Sha256};
use train::run::{Config, SourceHead};
use train::{train, Event, Phase, TrainOptions};

use crate::small_training::{options, run, tiny, tones};

/// Trains a model on the [`tones`] in `folder`, and returns its path.
fn source(folder: &Path, task: Task) -> std::path::PathBuf {
    tones(folder, task);
    let task = serde_json::to_value(task).unwrap();
    run(&options(folder, "source", json!({"epochs": 2, "task": task}))).unwrap().best
}

/// Options without an architecture, as a user gives them who starts from a model.
fn from(folder: &Path, name: &str, model: &Path, more: Value) -> TrainOptions {
    let mut options = options(folder, name, more);
    options.architecture = None;
    options.from = Some(model.to_owned());
    options
}

fn parameters(path: &Path) -> net::Parameters {
    Model::load(path).unwrap().parameters
}

/// Whether the tensors whose names begin with `prefix` are equal in two model files.
fn same(one: &Path, other: &Path, prefix: &str) -> bool {
    let (one, other) = (Model::load(one).unwrap(), Model::load(other).unwrap());
    let layout = Layout::new(&one.architecture, one.tags.len());
    let mut specs = layout.tensors.iter().filter(|spec| spec.name.starts_with(prefix)).peekable();
    assert!(specs.peek().is_some(), "{prefix}");
    specs.all(|spec| one.parameters.tensor(spec) == other.parameters.tensor(spec))
}

fn told(options: &TrainOptions) -> (train::TrainDone, Vec<Event>) {
    let mut events = Vec::new();
    let done = train(options, &mut |event| events.push(event), &AtomicBool::new(false)).unwrap();
    (done, events)
}

#[test]
fn a_model_with_the_same_tags_keeps_its_head() {
    let folder = tempfile::tempdir().unwrap();
    let model = source(folder.path(), Task::SingleLabel);
    // A rate of almost 0 leaves the weights of the source as they are; the statistics of the head's norm move.
    let more = || json!({"epochs": 1, "learningRates": [1e-30], "freeze": "all-but-head"});
    let unchanged = |best: &Path| {
        ["stem.", "blocks.", "head.conv.", "head.norm.weight", "head.out."].iter().all(|part| same(&model, best, part))
    };
    let (done, events) = told(&from(folder.path(), "run", &model, more()));
    assert!(unchanged(&done.best));
    assert!(!events
        .iter()
        .any(|event| matches!(event, Event::Warning(warning) if warning.code == WarningCode::NewHead)));
    let config = Config::load(&done.run.join("config.json")).unwrap();
    let source = config.source.unwrap();
    assert_eq!(source.head, SourceHead::Kept);
    let digest = hex::encode(Sha256::digest(fs::read(&model).unwrap()));
    assert_eq!(source.sha256, digest);
    assert_eq!(Model::load(&done.best).unwrap().training["from"]["sha256"], json!(digest));
    assert_eq!(config.architecture, Model::load(&model).unwrap().architecture);

    // The same tags in another order: the outputs follow the order of the dataset.
    let mut other = Model::load(&model).unwrap();
    let layout = Layout::new(&other.architecture, 3);
    for name in ["head.out.weight", "head.out.bias"] {
        let values = other.parameters.tensor_mut(layout.find(name).unwrap());
        let width = values.len() / 3;
        values.rotate_left(width);
    }
    other.tags.rotate_left(1);
    let turned = folder.path().join("turned.safetensors");
    other.save(&turned).unwrap();
    let (done, _) = told(&from(folder.path(), "turned", &turned, more()));
    assert!(unchanged(&done.best));
}

#[test]
fn a_model_with_other_tags_gets_a_new_head_and_this_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let model = source(folder.path(), Task::SingleLabel);
    let list = folder.path().join("list.csv");
    let text = fs::read_to_string(&list).unwrap();
    fs::write(&list, text.replace(",high,", ",treble,")).unwrap();
    let more = json!({"epochs": 1, "freeze": "all-but-head"});
    let (done, events) = told(&from(folder.path(), "run", &model, more));
    let warning = events.iter().find_map(|event| match event {
        Event::Warning(warning) if warning.code == WarningCode::NewHead => Some(warning.message.clone()),
        _ => None,
    });
    let warning = warning.unwrap();
    assert!(warning.contains("treble") && warning.contains("replaced by a new one"), "{warning}");
    assert_eq!(Config::load(&done.run.join("config.json")).unwrap().source.unwrap().head, SourceHead::New);
    assert!(same(&model, &done.best, "blocks.") && same(&model, &done.best, "stem."));
    assert!(!same(&model, &done.best, "head."));
}

#[test]
fn frozen_blocks_keep_their_weights_and_the_head_alone_gives_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let model = source(folder.path(), Task::MultiLabel);
    let more = |freeze: Value, more: &[(&str, Value)]| {
        let mut all = json!({"epochs": 2, "task": "multi-label", "freeze": freeze});
        more.iter().for_each(|(name, value)| all[*name] = value.clone());
        all
    };
    let (two, events) = told(&from(folder.path(), "two", &model, more(json!(2), &[])));
    assert!(
        same(&model, &two.best, "stem.")
            && same(&model, &two.best, "blocks.0.")
            && same(&model, &two.best, "blocks.1.")
    );
    assert!(!same(&model, &two.best, "blocks.2.") && !same(&model, &two.best, "head."));
    let computes =
        |events: &[Event]| events.iter().any(|e| matches!(e, Event::Progress(p) if p.phase == Phase::Features));
    assert!(!computes(&events), "nothing is kept while blocks are trained");

    let (head, events) = told(&from(folder.path(), "head", &model, more(json!("all-but-head"), &[])));
    assert!(computes(&events), "the features are computed once");
    assert!(same(&model, &head.best, "blocks.") && !same(&model, &head.best, "head."));
    // All five blocks are everything but the head. With norms that are updated by a momentum of 0 the statistics stay,
    // but the norms use those of the batch, so nothing can be kept.
    let (blocks, _) = told(&from(folder.path(), "blocks", &model, more(json!(5), &[])));
    assert!(parameters(&head.best) == parameters(&blocks.best));
    let updated = more(json!(5), &[("frozenNorms", json!("updated"))]);
    let (updated, events) = told(&from(folder.path(), "updated", &model, updated));
    assert!(!computes(&events));
    assert!(!same(&model, &updated.best, "blocks.0.norm.running") && same(&model, &updated.best, "blocks.0.conv"));
}

#[test]
fn fixed_norms_keep_all_running_statistics_and_a_training_goes_on_where_inference_stands() {
    let folder = tempfile::tempdir().unwrap();
    let model = source(folder.path(), Task::SingleLabel);
    let more = |rate: f64| json!({"epochs": 1, "learningRates": [rate], "fixedNorms": true});
    let (done, _) = told(&from(folder.path(), "run", &model, more(0.01)));
    let layout = Layout::new(&Model::load(&model).unwrap().architecture, 3);
    let (before, after) = (parameters(&model), parameters(&done.best));
    assert_eq!(before.statistics, after.statistics);
    for spec in layout.tensors.iter().filter(|spec| spec.name.starts_with("blocks.0.") && !spec.role.is_statistic()) {
        let stays = before.tensor(spec) == after.tensor(spec);
        assert!(!stays || spec.name.ends_with("conv.bias"), "{} is trained", spec.name);
    }
    assert_eq!(Model::load(&done.best).unwrap().training["fixedNorms"], json!(true));

    // Without a change of the weights, the model of the run is its source; zeros become as small as the rate.
    let (done, _) = told(&from(folder.path(), "still", &model, more(1e-30)));
    let still = parameters(&done.best);
    assert_eq!(before.statistics, still.statistics);
    let changed = std::iter::zip(&before.trainable, &still.trainable).filter(|(old, new)| (*old - *new).abs() > 1e-20);
    assert_eq!(changed.count(), 0);
}

#[test]
fn a_run_from_a_model_is_resumed_to_the_bit_without_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let model = source(folder.path(), Task::SingleLabel);
    for (name, freeze) in [("head", json!("all-but-head")), ("two", json!(2)), ("all", Value::Null)] {
        let more = json!({"epochs": 3, "freeze": freeze, "layerDecay": 0.5, "checkpointSeconds": 0});
        let whole = run(&from(folder.path(), &format!("{name}-whole"), &model, more.clone())).unwrap();
        let mut parts = from(folder.path(), &format!("{name}-parts"), &model, more);
        let cancel = AtomicBool::new(false);
        let mut steps = 0;
        let mut stop = |event: Event| {
            steps += usize::from(matches!(event, Event::Checkpoint(_)));
            cancel.store(steps == 14, Ordering::Relaxed);
        };
        assert_eq!(train(&parts, &mut stop, &cancel).unwrap_err().code, Code::Aborted, "{name}");
        parts.resume = true;
        // The checkpoint has all weights: the model may be gone.
        let away = folder.path().join("away.safetensors");
        fs::rename(&model, &away).unwrap();
        let resumed = run(&parts).unwrap();
        fs::rename(&away, &model).unwrap();
        assert!(parameters(&whole.best) == parameters(&resumed.best), "{name}");
        assert_eq!((whole.test, whole.epochs), (resumed.test, resumed.epochs), "{name}");
        // Another model is another run.
        let changed = fs::read(&model).unwrap();
        Model { tags: vec!["a".into(), "b".into(), "c".into()], ..Model::load(&model).unwrap() }.save(&model).unwrap();
        let refused = run(&parts).unwrap_err();
        assert_eq!(refused.code, Code::CheckpointMismatch, "{refused}");
        assert!(refused.message.starts_with("from"), "{refused}");
        fs::write(&model, changed).unwrap();
    }
}

#[test]
fn all_factors_of_1_and_nothing_frozen_is_a_usual_training() {
    let folder = tempfile::tempdir().unwrap();
    tones(folder.path(), Task::SingleLabel);
    let usual = run(&options(folder.path(), "usual", json!({"epochs": 2}))).unwrap();
    let one = run(&options(folder.path(), "one", json!({"epochs": 2, "layerDecay": 1, "freeze": null}))).unwrap();
    let slower = run(&options(folder.path(), "slower", json!({"epochs": 2, "layerDecay": 0.5}))).unwrap();
    assert!(parameters(&usual.best) == parameters(&one.best));
    assert!(parameters(&usual.best) != parameters(&slower.best));
    let config = fs::read_to_string(usual.run.join("config.json")).unwrap();
    assert!(!config.contains("\"source\""), "nothing is recorded about a model");
}

#[test]
fn what_cannot_be_trained_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let model = source(folder.path(), Task::SingleLabel);
    let refused = |options: &TrainOptions| {
        let failure = run(options).unwrap_err();
        assert!(!options.out.join("config.json").exists(), "{failure}");
        (failure.code, failure.message)
    };
    let (code, message) = refused(&from(folder.path(), "run", &model, json!({"freeze": 6})));
    assert_eq!(code, Code::InvalidOption);
    assert!(message.contains("1 to 5") && message.contains("received 6"), "{message}");
    let mut without = from(folder.path(), "run", &model, json!({"freeze": 1}));
    without.from = None;
    assert_eq!(refused(&without), (Code::InvalidOption, "freeze needs from: give from too".to_owned()));
    let norms = from(folder.path(), "run", &model, json!({"frozenNorms": "updated"}));
    assert_eq!(refused(&norms).1, "frozenNorms needs freeze: give freeze too");
    assert!(refused(&from(folder.path(), "run", &model, json!({"layerDecay": 1.5}))).1.contains("layerDecay must be"));
    // Another network, another rate.
    let mut other = tiny();
    other["blocks"][1]["channels"] = json!(8);
    let (code, message) = refused(&TrainOptions {
        from: Some(model.clone()),
        ..options(folder.path(), "run", json!({"architecture": other}))
    });
    assert_eq!(code, Code::InvalidOption);
    for part in ["architecture.blocks.1.channels is 16, received 8", "leave out architecture", "best.safetensors"] {
        assert!(message.contains(part), "{message}");
    }
    let mut other = tiny();
    other["samplingRate"] = json!(16000);
    let (_, message) = refused(&TrainOptions {
        from: Some(model.clone()),
        ..options(folder.path(), "run", json!({"architecture": other}))
    });
    assert!(message.contains("architecture.samplingRate is 8000, received 16000"), "{message}");
    // The same network may be named as well.
    let named = TrainOptions { from: Some(model), ..options(folder.path(), "named", json!({"epochs": 1})) };
    run(&named).unwrap();
    let missing = from(folder.path(), "run", &folder.path().join("none.safetensors"), json!({}));
    assert_eq!(refused(&missing).0, Code::FileNotFound);
    let wrong = from(folder.path(), "run", &folder.path().join("list.csv"), json!({}));
    assert_eq!(refused(&wrong).0, Code::ModelFormat);
}
