//! The options of evaluation.

use std::path::PathBuf;

use audio::SegmentPolicy;
use engine::{Precision, Reduction};
use error::Result;
use options::evaluate;
use serde::{Deserialize, Serialize};

use crate::dataset::{DatasetOptions, Part};

/// The clips to evaluate on: those of one part, or all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PartChoice {
    /// The clips of the training part.
    Train,
    /// The clips of the validation part.
    Valid,
    /// The clips of the test part.
    #[default]
    Test,
    /// The clips of all parts.
    All,
}

impl PartChoice {
    /// The part; `None` for all parts.
    pub fn part(self) -> Option<Part> {
        match self {
            PartChoice::Train => Some(Part::Train),
            PartChoice::Valid => Some(Part::Valid),
            PartChoice::Test => Some(Part::Test),
            PartChoice::All => None,
        }
    }
}

/// Options of `evaluate`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EvaluateOptions {
    /// The model file.
    pub model: PathBuf,
    /// The dataset to evaluate on. Tags are matched by name.
    pub dataset: DatasetOptions,
    /// The part whose clips are used. Default: test.
    #[serde(default)]
    pub part: PartChoice,
    /// Seed of a drawn split. Default: the seed with which the model was trained, else 0.
    #[serde(default)]
    pub seed: Option<u64>,
    /// Segments of each clip: all, or a number of evenly spread segments. Default: as in the training of the model,
    /// else all.
    #[serde(default)]
    pub segments: Option<SegmentPolicy>,
    /// Seconds of each clip that are used, from its start. Default: as in the training of the model, else all; 29.05
    /// for mtat.
    #[serde(default)]
    pub clip_seconds: Option<f64>,
    /// The reduction of the scores over the segments of a clip. Default: as in the training of the model, else mean.
    #[serde(default)]
    pub across_segments: Option<Reduction>,
    /// Maps the scores to probabilities by the calibration of the model. Default: false.
    #[serde(default)]
    pub calibrated: bool,
    /// Draws of the bootstrap over clips that gives the intervals; 0: no intervals. Default: 1000.
    #[serde(default = "default_bootstrap")]
    pub bootstrap: usize,
    /// Number of segments that are computed at once. Default: 23.
    #[serde(default = "default_batch_size")]
    pub batch_size: usize,
    /// `auto`, `cpu`, `cuda` or `cuda:N`. Default: `auto`.
    #[serde(default = "default_device")]
    pub device: String,
    /// Arithmetic precision: `f32`; on the CPU also `fixed14` and `int8`, on a GPU `tf32` and `bf16`. Default: f32.
    #[serde(default)]
    pub precision: Precision,
    /// Threads of the engine; 0: one per physical core. Default: 0.
    #[serde(default)]
    pub threads: usize,
    /// Folder for prepared audio. Default: the user's cache folder.
    #[serde(default)]
    pub cache: Option<PathBuf>,
    /// Folder for the report and the predictions. Default: they are not written.
    #[serde(default)]
    pub out: Option<PathBuf>,
    /// Replaces files in `out` that no evaluation wrote. Default: false.
    #[serde(default)]
    pub force: bool,
}

fn default_batch_size() -> usize {
    evaluate::BATCH_SIZE.default
}

fn default_bootstrap() -> usize {
    evaluate::BOOTSTRAP.default
}

fn default_device() -> String {
    evaluate::DEVICE.to_owned()
}

impl EvaluateOptions {
    /// The default options for `model` on the test clips of `dataset`.
    pub fn new(model: impl Into<PathBuf>, dataset: DatasetOptions) -> Self {
        Self {
            model: model.into(),
            dataset,
            part: PartChoice::default(),
            seed: None,
            segments: None,
            clip_seconds: None,
            across_segments: None,
            calibrated: false,
            bootstrap: default_bootstrap(),
            batch_size: default_batch_size(),
            device: default_device(),
            precision: Precision::default(),
            threads: 0,
            cache: None,
            out: None,
            force: false,
        }
    }

    /// Refuses invalid options; [`crate::evaluate`] calls it first.
    ///
    /// # Errors
    /// [`error::Code::InvalidOption`], naming the option and the value received.
    pub fn validate(&self) -> Result<()> {
        options::check_relations(evaluate::ALL, |name| match name {
            "force" => self.force,
            "out" => self.out.is_some(),
            _ => false,
        })?;
        evaluate::SEGMENTS.check(self.segments.and_then(SegmentPolicy::count))?;
        evaluate::CLIP_SECONDS.check(self.clip_seconds)?;
        evaluate::BOOTSTRAP.check(self.bootstrap)?;
        evaluate::BATCH_SIZE.check(self.batch_size)?;
        evaluate::THREADS.check_or_zero(self.threads)
    }
}
