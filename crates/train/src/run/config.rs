//! `config.json`: all options, and what they came to.

use std::path::{Path, PathBuf};

use error::{Code, Error, Result};
use net::{Architecture, Task};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::dataset::{PartCounts, SplitRules};
use crate::left_out::LeftOut;
use crate::options::TrainOptions;

/// The format this version writes, and the newest it reads.
const FORMAT: u32 = 1;

/// Options that may change when a run goes on: none of them changes a number that was computed. The first line is compared by what
/// it comes to.
const FREE: [&str; 11] = [
    "architecture",
    "task",
    "device",
    "threads",
    "out",
    "resume",
    "force",
    "cache",
    "epochs",
    "checkpointSeconds",
    "strict",
];

/// Everything that decides a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Config {
    /// Format of this file.
    pub format: u32,
    /// Version of samplecnn that began the run.
    pub version: String,
    /// The run's identity, drawn when it began; its checkpoints and its report carry it. Empty in runs of older versions.
    #[serde(default)]
    pub id: String,
    /// The options, paths absolute.
    pub options: TrainOptions,
    /// The network, the norm's momentum as it is used.
    pub architecture: Architecture,
    /// How the tags relate to each other.
    pub task: Task,
    /// Tag names, in the order of the outputs.
    pub tags: Vec<String>,
    /// What was trained on.
    pub dataset: DatasetFacts,
    /// Updates in an epoch.
    pub updates_per_epoch: usize,
    /// Trainable parameters.
    pub parameters: usize,
    /// `cpu` or `cuda:N`.
    pub device: String,
    /// Threads of the engine.
    pub threads: usize,
}

/// What was trained on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DatasetFacts {
    /// The dataset's kind.
    pub kind: String,
    /// How the parts came about.
    pub split: String,
    /// By which rules; runs of version 0.1.0 do not say.
    #[serde(default = "SplitRules::unnamed")]
    pub split_rules: SplitRules,
    /// SHA-256 over name, part, tags and audio of every usable clip.
    pub checksum: String,
    /// Usable clips.
    pub clips: PartCounts,
    /// What could not be used.
    #[serde(default)]
    pub left_out: LeftOut,
    /// Segments of these clips.
    pub segments: PartCounts,
    /// How a clip is cut into segments.
    pub segment_rule: String,
    /// Seconds of each clip that are used; null: all.
    pub clip_seconds: Option<f64>,
    /// Hz.
    pub sampling_rate: u32,
    /// What brought the clips to that rate.
    pub resampler: String,
    /// The prepared audio.
    pub cache: PathBuf,
}

impl Config {
    /// The format that is written.
    pub(crate) const FORMAT: u32 = FORMAT;

    /// Reads `config.json`.
    ///
    /// # Errors
    /// [`Code::FileNotFound`]; [`Code::CheckpointMismatch`] where it cannot be understood; [`Code::ModelVersion`] for one of a newer
    /// version.
    pub fn load(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|reason| Error::input(path, Code::CheckpointMismatch, &reason))?;
        let broken = |reason: serde_json::Error| {
            let message = format!(
                "{}: not the configuration of a run: {reason}; begin anew with force (--force)",
                path.display()
            );
            Error::new(Code::CheckpointMismatch, message).with_file(path)
        };
        let value: Value = serde_json::from_slice(&bytes).map_err(broken)?;
        let format = value.get("format").and_then(Value::as_u64).unwrap_or(0);
        if format > u64::from(FORMAT) {
            let message =
                format!("{}: format {format}, this version reads up to {FORMAT}: update samplecnn", path.display());
            return Err(Error::new(Code::ModelVersion, message).with_file(path));
        }
        serde_json::from_value(value).map_err(broken)
    }

    /// An identity for a new run: 128 random bits in hexadecimal.
    pub(crate) fn new_id() -> String {
        // The keys of the standard library's hash maps come from the system's random numbers.
        let random = || std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), std::time::SystemTime::now());
        format!("{:016x}{:016x}", random(), random())
    }

    /// Refuses a run that would go on with other options. Its clips are compared beside this.
    ///
    /// # Errors
    /// [`Code::CheckpointMismatch`], naming the option, its value in the run and the one received.
    pub(crate) fn must_equal(&self, now: &Config) -> Result<()> {
        let (before, after) = (json(&self.options)?, json(&now.options)?);
        if let (Value::Object(before), Value::Object(after)) = (&before, &after) {
            for (name, value) in before {
                if !FREE.contains(&name.as_str()) {
                    same(name, value, after.get(name).unwrap_or(&Value::Null))?;
                }
            }
        }
        same("architecture", &json(&self.architecture)?, &json(&now.architecture)?)?;
        same("task", &json(&self.task)?, &json(&now.task)?)?;
        same("device", &json(&self.device)?, &json(&now.device)?)?;
        same("threads", &json(&self.threads)?, &json(&now.threads)?)?;
        same("tags", &json(&self.tags)?, &json(&now.tags)?)
    }
}

/// The options that the run in `folder` was begun with, so that it can go on with no option but its folder. `resume` is set.
///
/// # Errors
/// Those of [`Config::load`].
pub fn saved_options(folder: &Path) -> Result<TrainOptions> {
    let mut options = Config::load(&folder.join("config.json"))?.options;
    options.out = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
    options.resume = true;
    options.force = false;
    Ok(options)
}

fn json(value: &impl Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(|reason| Error::new(Code::Internal, reason.to_string()))
}

/// Compares two values, inside objects key by key.
fn same(name: &str, before: &Value, now: &Value) -> Result<()> {
    if before == now {
        return Ok(());
    }
    if let (Value::Object(a), Value::Object(b)) = (before, now) {
        for key in a.keys().chain(b.keys()) {
            let value = |of: &serde_json::Map<String, Value>| of.get(key).cloned().unwrap_or(Value::Null);
            same(&format!("{name}.{key}"), &value(a), &value(b))?;
        }
    }
    let message = format!(
        "{name}: the run was begun with {before}, received {now}; a run is resumed with the options \
         that it was begun with: give them again, or choose another folder"
    );
    Err(Error::new(Code::CheckpointMismatch, message))
}
