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

/// The scores of scikit-learn.
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
        for name in ["features.npy", "features.jsonl", "classes.csv", "tags.csv"] {
            std::fs::copy(data(name), folder.path().join(name)).unwrap();
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
