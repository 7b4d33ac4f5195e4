//! A folder with features, their list and a manifest; and the reference values of scikit-learn.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use error::Result;
use lab::probe::{probe, ProbeDone, ProbeEvent, ProbeOptions};
use serde_json::{json, Value};
use tempfile::TempDir;

/// The files that `bench/reference/probe.py` made.
pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/probe").join(name)
}

/// The scores of scikit-learn, and the labels.
pub fn reference() -> Value {
    serde_json::from_slice(&std::fs::read(data("sklearn.json")).unwrap()).unwrap()
}

/// A folder with `features.npy`, `features.jsonl`, `classes.csv` and `tags.csv`.
pub struct Data {
    pub folder: TempDir,
}

impl Data {
    /// The clips of the reference.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(data("features.npy"), folder.path().join("features.npy")).unwrap();
        let reference = reference();
        let [train, valid, _] = [0, 1, 2].map(|part| reference["parts"][part].as_u64().unwrap() as usize);
        let mut list = json!({"type": "start", "modelHash": "abc", "levels": [-1]}).to_string() + "\n";
        let (mut classes, mut tags) = ("path,tags,split\n".to_owned(), "path,tags,split\n".to_owned());
        for (number, digit) in reference["classes"].as_str().unwrap().chars().enumerate() {
            let part = match number {
                number if number < train => "train",
                number if number < train + valid => "valid",
                _ => "test",
            };
            list += &json!({"type": "embedding", "file": format!("{number}.wav"), "width": 20}).to_string();
            list += "\n";
            classes += &format!("{number}.wav,{digit},{part}\n");
            let groups = reference["groups"].as_array().unwrap().iter().enumerate();
            let class = digit.to_digit(10).map(u64::from);
            let of_clip = groups.filter(|(_, group)| group.as_array().unwrap().iter().any(|c| c.as_u64() == class));
            let of_clip: Vec<String> = of_clip.map(|(group, _)| format!("group {group}")).collect();
            tags += &format!("{number}.wav,{},{part}\n", of_clip.join("|"));
        }
        list += &json!({"type": "done", "files": 1000}).to_string();
        for (name, text) in [("features.jsonl", list), ("classes.csv", classes), ("tags.csv", tags)] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The options for a small classifier on `classes.csv`, single-label, changed by `more`.
    pub fn options(&self, more: Value) -> ProbeOptions {
        let mut value = json!({
            "source": self.path("features.npy"), "out": self.path("out"), "task": "single-label", "hidden": [12],
            "epochs": 3, "threads": 2, "dataset": {"kind": "manifest", "path": self.path("classes.csv")}
        });
        for (key, entry) in more.as_object().unwrap() {
            value[key] = entry.clone();
        }
        serde_json::from_value(value).unwrap()
    }

    /// Runs a probe; the result and the events.
    pub fn run(&self, more: Value) -> (Result<ProbeDone>, Vec<ProbeEvent>) {
        let mut events = Vec::new();
        let options = self.options(more);
        let done = probe(&options, &mut |event| events.push(event), &AtomicBool::new(false));
        (done, events)
    }
}

/// The number of epochs among `events`.
pub fn epochs(events: &[ProbeEvent]) -> usize {
    events.iter().filter(|event| matches!(event, ProbeEvent::Epoch(_))).count()
}
