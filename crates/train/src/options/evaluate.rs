//! The options of evaluating.

use std::path::PathBuf;

use engine::Precision;
use serde::{Deserialize, Serialize};

use super::defaults::{default_batch_size, default_device, default_part};
use super::segments::SegmentChoice;
use crate::dataset::{DatasetOptions, Part};

/// Options of `evaluate`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EvaluateOptions {
    /// The model file.
    pub model: PathBuf,
    /// What to evaluate on. Tags are matched by name.
    pub dataset: DatasetOptions,
    /// Which clips. Default: test; null in JSON, `None` here: all of them.
    #[serde(default = "default_part")]
    pub part: Option<Part>,
    /// Of a drawn split. Default: the seed that the model was trained with, else 0.
    #[serde(default)]
    pub seed: Option<u64>,
    /// Segments of each clip, all or evenly spread. Default: as in the model's training, else all.
    #[serde(default)]
    pub segments: Option<SegmentChoice>,
    /// Seconds of each clip that are used, from its start. Default: as in the model's training, else all; of mtat 29.05.
    #[serde(default)]
    pub clip_seconds: Option<f64>,
    /// Segments that are computed at once. Default: 23.
    #[serde(default = "default_batch_size")]
    pub batch_size: usize,
    /// `auto`, `cpu`, `cuda` or `cuda:N`. Default: `auto`.
    #[serde(default = "default_device")]
    pub device: String,
    /// In which numbers the network multiplies: `f32`; on the CPU also `fixed14` and `int8`, on a GPU `tf32` and `bf16`. Default: f32.
    #[serde(default)]
    pub precision: Precision,
    /// Threads of the engine; 0: all physical cores. Default: 0.
    #[serde(default)]
    pub threads: usize,
    /// Folder for prepared audio. Default: the user's cache folder.
    #[serde(default)]
    pub cache: Option<PathBuf>,
    /// Folder for the report and the predictions. Default: none are written.
    #[serde(default)]
    pub out: Option<PathBuf>,
    /// Replaces files in `out` that no evaluation wrote. Default: false.
    #[serde(default)]
    pub force: bool,
}

impl EvaluateOptions {
    /// The defaults, for `model` on the test clips of `dataset`.
    pub fn new(model: impl Into<PathBuf>, dataset: DatasetOptions) -> Self {
        Self {
            model: model.into(),
            dataset,
            part: default_part(),
            seed: None,
            segments: None,
            clip_seconds: None,
            batch_size: default_batch_size(),
            device: default_device(),
            precision: Precision::F32,
            threads: 0,
            cache: None,
            out: None,
            force: false,
        }
    }
}
