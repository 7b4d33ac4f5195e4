//! A training that takes seconds: tones of three pitches, a small network, options.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use error::{Code, Result};
use net::Task;
use serde_json::{json, Value};
use train::dataset::DatasetOptions;
use train::{prepare, train, Event, Phase, PrepareOptions, Prepared, TrainDone, TrainOptions};

use crate::shared::{tone, write_wav};

const RATE: u32 = 8000;

/// 729 samples, 16 channels.
pub fn tiny() -> Value {
    let block = json!({"kind": "basic", "kernel": 3, "pool": 3, "channels": 16});
    json!({
        "samplingRate": RATE, "inputLength": 729, "stem": {"kernel": 3, "stride": 3, "channels": 16},
        "blocks": [block, block, block, block, block], "head": {"kind": "conv", "channels": 16}
    })
}

/// Tones of three pitches, 5 segments each, with a split for every clip; returns the manifest. The third pitch is loud
/// as well.
pub fn tones(folder: &Path, task: Task) -> DatasetOptions {
    let mut rows = String::new();
    for i in 0..42usize {
        let (class, take) = (i % 3, i / 3);
        let hertz = [200.0, 700.0, 2100.0][class] * (1.0 + take as f32 / 100.0);
        let gain = if class == 2 { 1.5 } else { 0.5 };
        let samples: Vec<f32> = tone(RATE, hertz, 0.5).iter().map(|s| s * gain).collect();
        write_wav(folder.join(format!("{i}.wav")), RATE, &samples);
        let tags = match task {
            Task::SingleLabel => ["low", "middle", "high"][class],
            Task::MultiLabel => ["low", "middle", "high|loud"][class],
        };
        let part = ["train", "train", "train", "train", "valid", "test"][take % 6];
        rows += &format!("{i}.wav,{tags},{part}\n");
    }
    let path = folder.join("list.csv");
    fs::write(&path, format!("path,tags,split\n{rows}")).unwrap();
    DatasetOptions::manifest(path)
}

/// Prepares the [`tones`] in `folder`.
pub fn prepare_tones(folder: &Path, strict: bool, on_event: &mut dyn FnMut(Event)) -> Result<Prepared> {
    let options: PrepareOptions = serde_json::from_value(json!({
        "dataset": {"kind": "manifest", "path": folder.join("list.csv")}, "samplingRate": RATE,
        "cache": folder.join("cache"), "strict": strict
    }))
    .unwrap();
    prepare(&options, on_event, &AtomicBool::new(false))
}

/// Options for the [`tones`] in `folder` and the run folder `run` in it; `more` adds options or replaces them.
pub fn options(folder: &Path, run: &str, more: Value) -> TrainOptions {
    let mut value = json!({
        "dataset": {"kind": "manifest", "path": folder.join("list.csv")}, "architecture": tiny(),
        "task": "single-label", "out": folder.join(run), "cache": folder.join("cache"), "batchSize": 16,
        "seed": 3, "threads": 2, "epochs": 4, "learningRates": [0.05, 0.01], "initialisation": "he"
    });
    for (key, entry) in more.as_object().unwrap() {
        value[key] = entry.clone();
    }
    serde_json::from_value(value).unwrap()
}

/// Trains to the end and ignores all events.
pub fn run(options: &TrainOptions) -> Result<TrainDone> {
    train(options, &mut |_| {}, &AtomicBool::new(false))
}

/// Trains with `options`, and aborts as soon as `phase` has finished `done` units in the epoch `epoch` or a later one.
pub fn abort_at(options: &TrainOptions, phase: Phase, epoch: usize, done: usize) {
    let cancel = AtomicBool::new(false);
    let mut stop = |event| {
        if let Event::Progress(p) = event {
            let there = p.phase == phase && p.epoch >= Some(epoch) && p.done >= done;
            cancel.fetch_or(there, Ordering::Relaxed);
        }
    };
    let failure = train(options, &mut stop, &cancel).unwrap_err();
    assert_eq!(failure.code, Code::Aborted, "{}: {failure}", options.out.display());
}
