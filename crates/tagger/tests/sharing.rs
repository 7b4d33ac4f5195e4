//! Jobs that use one model share its plan; all its resources are released with the last of them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::sync::{Arc, Mutex};

use audio::Input;
use engine::{ClipScore, Initialisation, Precision};
use error::Error;
use net::{Architecture, Model, Task};
use tagger::{Listener, Loaded, Ready, Record, TagOptions, Tagger, Way};

mod wav;

fn model(seed: u64) -> Model {
    let architecture = Architecture::parse("3^4@8000").unwrap();
    let tags = vec!["a".to_string(), "b".to_string()];
    engine::untrained(architecture, tags, Task::MultiLabel, Initialisation::He, seed).unwrap()
}

fn way(batch: usize) -> Way {
    Way { device: "cpu".into(), threads: 1, precision: Precision::F32, batch, embedding: None, calibrated: false }
}

#[test]
fn one_model_in_one_way_is_ready_once_wherever_it_comes_from() {
    let folder = tempfile::tempdir().unwrap();
    let (file, copy) = (folder.path().join("a.safetensors"), folder.path().join("b.safetensors"));
    model(1).save(&file).unwrap();
    model(1).save(&copy).unwrap();
    let first = Ready::of_file(&file, &way(4)).unwrap();
    assert!(Arc::ptr_eq(&first, &Ready::of_file(&copy, &way(4)).unwrap()), "the same content");
    let loaded = Arc::new(Loaded::made(model(1)).unwrap());
    assert!(Arc::ptr_eq(&first, &Ready::of(&loaded, &way(4)).unwrap()), "the same model in memory");
    assert!(!Arc::ptr_eq(&first, &Ready::of_file(&file, &way(5)).unwrap()), "another batch is another plan");
    model(2).save(&file).unwrap();
    assert!(!Arc::ptr_eq(&first, &Ready::of_file(&file, &way(4)).unwrap()), "the file was replaced");
    let gone = Arc::downgrade(&first);
    drop(first);
    assert!(gone.upgrade().is_none(), "it is no longer in use");
}

#[derive(Default)]
struct Scores(Mutex<Vec<Result<ClipScore, Error>>>);

impl Listener for Scores {
    fn scored(&self, score: ClipScore) {
        self.0.lock().unwrap().push(Ok(score));
    }

    fn failed(&self, _clip: u64, error: Error) {
        self.0.lock().unwrap().push(Err(error));
    }
}

#[test]
fn clips_of_several_callers_do_not_change_each_other_and_a_dropped_one_is_forgotten() {
    let loaded = Arc::new(Loaded::made(model(3)).unwrap());
    let ready = Ready::of(&loaded, &way(4)).unwrap();
    let segment = |value: f32| vec![value; loaded.model.architecture.input_length];
    let score = |values: &[f32]| {
        let listener = Arc::new(Scores::default());
        let mut clip = ready.scoring.begin(listener.clone()).unwrap();
        values.iter().for_each(|&value| clip.push(&segment(value)).unwrap());
        clip.end(true).unwrap();
        loop {
            if let Some(score) = listener.0.lock().unwrap().pop() {
                return score.unwrap().scores;
            }
            std::thread::yield_now();
        }
    };
    let alone = score(&[0.1, 0.2, 0.3]);
    let forgotten = Arc::new(Scores::default());
    let mut other = ready.scoring.begin(forgotten.clone()).unwrap();
    other.push(&segment(0.9)).unwrap();
    std::thread::scope(|scope| {
        let calls: Vec<_> = (0..6).map(|_| scope.spawn(|| score(&[0.1, 0.2, 0.3]))).collect();
        calls.into_iter().for_each(|call| assert_eq!(call.join().unwrap(), alone));
    });
    drop(other);
    drop(ready);
    assert!(forgotten.0.lock().unwrap().is_empty());
}

#[test]
fn many_jobs_at_once_have_the_records_of_one_alone_and_start_few_threads() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("m.safetensors");
    model(1).save(&file).unwrap();
    let clip = folder.path().join("a.wav");
    wav::sine(&clip, 8000, 3.0, 300.0, 0.4);
    let options = || TagOptions {
        paths: vec![clip.clone(); 3],
        model: file.clone(),
        all: true,
        device: "cpu".into(),
        threads: 1,
        ..TagOptions::default()
    };
    let records = |tagger: &Tagger| -> Vec<Record> { std::iter::from_fn(|| tagger.next().unwrap()).collect() };
    let alone = records(&Tagger::start(options(), Arc::new(|_| {})).unwrap());
    let before = threads();
    let jobs: Vec<Tagger> = (0..20).map(|_| Tagger::start(options(), Arc::new(|_| {})).unwrap()).collect();
    let most = threads();
    for job in &jobs {
        assert_eq!(records(job), alone);
    }
    let cores = std::thread::available_parallelism().unwrap().get();
    // Other tests of this file run at the same time.
    assert!(most <= before + cores + 12, "{before} threads before, {most} with 20 jobs");
}

/// Number of threads of this process; 0 if it is unknown.
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

#[test]
fn the_content_of_a_file_has_its_scores() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    wav::sine(&path, 8000, 1.5, 300.0, 0.4);
    let mut bytes = audio::Bytes::default();
    bytes.push(&std::fs::read(&path).unwrap());
    let memory = Input::Memory("upload.wav".into(), Arc::new(bytes));
    let of_file = audio::read_clip(Path::new(&path), 8000).unwrap();
    assert!(of_file == audio::read_clip(&memory, 8000).unwrap());
}
