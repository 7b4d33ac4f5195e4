//! `config.json`: all options of a run, and the values derived from them.

use std::path::{Path, PathBuf};

use error::{Code, Error, Result};
use net::{Architecture, Task};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::versioned::read_versioned;
use crate::dataset::{PartCounts, SplitRules};
use crate::left_out::LeftOut;
use crate::options::{TrainOptions, WITHOUT_EFFECT};

/// The format that this version writes, and the newest one it reads.
const FORMAT: u32 = 1;

/// The option that is free only if the schedule does not depend on it.
const EPOCHS: &str = "epochs";

/// Options that may change when a run is resumed, besides [`WITHOUT_EFFECT`]: the values derived from them are compared
/// instead (`architecture` to `threads`).
const FREE: [&str; 6] = ["architecture", "from", "task", "device", "threads", EPOCHS];

/// The configuration of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Config {
    /// Format of this file.
    pub format: u32,
    /// Version of samplecnn that started the run.
    pub version: String,
    /// The random identity of the run; its checkpoints and its report carry it as well. Empty in runs of older
    /// versions.
    #[serde(default)]
    pub id: String,
    /// The options, with absolute paths.
    pub options: TrainOptions,
    /// The network, with the norm momentum that is used.
    pub architecture: Architecture,
    /// Whether the tags exclude each other.
    pub task: Task,
    /// Tag names, in the order of the outputs.
    pub tags: Vec<String>,
    /// The model that the training started from, if it started from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceModel>,
    /// The dataset as it was used.
    pub dataset: DatasetFacts,
    /// The weights of the tags in the training loss, in the order of `tags`; `None` if all are 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag_weights: Option<Vec<f32>>,
    /// Updates per epoch.
    pub updates_per_epoch: usize,
    /// Number of trainable parameters.
    pub parameters: usize,
    /// `cpu` or `cuda:N`.
    pub device: String,
    /// Number of threads of the engine.
    pub threads: usize,
}

/// A model that a training started from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceModel {
    /// SHA-256 of the model file.
    pub sha256: String,
    /// Whether its head was kept or replaced by a new one.
    pub head: SourceHead,
}

/// What became of the head of a model that a training started from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceHead {
    /// The model has the same tags, so its head is trained further.
    Kept,
    /// The model has other tags, so the weights of the head were drawn.
    New,
}

/// Properties of the dataset as it was used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DatasetFacts {
    /// The kind of the dataset.
    pub kind: String,
    /// How the clips were assigned to parts.
    pub split: String,
    /// The rules of the split; runs of version 0.1.0 do not record them.
    #[serde(default = "SplitRules::unnamed")]
    pub split_rules: SplitRules,
    /// SHA-256 over name, part, tags and audio of every usable clip.
    pub checksum: String,
    /// Number of usable clips.
    pub clips: PartCounts,
    /// The clips that could not be used or are damaged.
    #[serde(default)]
    pub left_out: LeftOut,
    /// Number of segments of the usable clips.
    pub segments: PartCounts,
    /// How a clip is cut into segments.
    pub segment_rule: String,
    /// Seconds of each clip that are used; null: all.
    pub clip_seconds: Option<f64>,
    /// Sampling rate in Hz.
    pub sampling_rate: u32,
    /// The resampler that converted the clips to that rate.
    pub resampler: String,
    /// The folder of the prepared audio.
    pub cache: PathBuf,
}

impl Config {
    /// The format that this version writes.
    pub(crate) const FORMAT: u32 = FORMAT;

    /// Reads `config.json`.
    ///
    /// # Errors
    /// [`Code::FileNotFound`]; [`Code::CheckpointMismatch`] if it cannot be understood; [`Code::ModelVersion`] for a
    /// configuration of a newer version.
    pub fn load(path: &Path) -> Result<Self> {
        read_versioned(path, FORMAT, "the configuration of a run", "start over with force (--force)")
    }

    /// An identity for a new run: 128 random bits in hexadecimal.
    pub(crate) fn new_id() -> String {
        // The hash keys of the standard library come from the random numbers of the system.
        let random = || std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), std::time::SystemTime::now());
        format!("{:016x}{:016x}", random(), random())
    }

    /// Refuses to resume a run with other options. Its clips are compared separately.
    ///
    /// # Errors
    /// [`Code::CheckpointMismatch`], which names the option, its value in the run and the value received.
    pub(crate) fn must_equal(&self, now: &Config) -> Result<()> {
        let is_free = |name: &&str| *name != EPOCHS || !self.options.rates_need_epochs();
        let free: Vec<&str> = FREE.into_iter().filter(is_free).collect();
        same_options(&self.options, &now.options, &free)?;
        same("from", &json(&self.source)?, &json(&now.source)?)?;
        same("architecture", &json(&self.architecture)?, &json(&now.architecture)?)?;
        same("task", &json(&self.task)?, &json(&now.task)?)?;
        same("device", &json(&self.device)?, &json(&now.device)?)?;
        same("threads", &json(&self.threads)?, &json(&now.threads)?)?;
        same("tags", &json(&self.tags)?, &json(&now.tags)?)
    }
}

/// Refuses options `now` that give other runs than `before`, for runs of several seeds: the number of seeds may change.
///
/// # Errors
/// As [`Config::must_equal`].
pub(crate) fn same_training(before: &TrainOptions, now: &TrainOptions) -> Result<()> {
    let free: Vec<&str> = FREE.into_iter().chain(["seeds"]).collect();
    same_options(before, now, &free)
}

/// Compares all options except `free` and those without effect.
fn same_options(before: &TrainOptions, now: &TrainOptions, free: &[&str]) -> Result<()> {
    let (before, now) = (json(before)?, json(now)?);
    let is_fixed = |name: &&String| !free.contains(&name.as_str()) && !WITHOUT_EFFECT.contains(&name.as_str());
    for options in [&before, &now].into_iter().filter_map(Value::as_object) {
        options.keys().filter(is_fixed).try_for_each(|name| same(name, &before[name], &now[name]))?;
    }
    Ok(())
}

/// The options with which the run in `folder` was started, so that only the folder is needed to resume it. `resume` is
/// set.
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

/// Compares two values; objects are compared key by key.
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
        "{name}: the run was started with {before}, received {now}; resume a run with the options \
         with which it was started, or choose another folder"
    );
    Err(Error::new(Code::CheckpointMismatch, message))
}
