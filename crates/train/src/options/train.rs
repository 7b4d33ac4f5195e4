//! The options of training.

use std::path::PathBuf;

use engine::{Initialisation, Precision};
use error::{Code, Error, Result};
use net::{ArchitectureOption, Task};
use serde::{Deserialize, Serialize};

use super::defaults::{
    default_architecture, default_batch_size, default_checkpoint_seconds, default_decay, default_device,
    default_learning_rates, default_momentum, default_patience,
};
use super::invalid;
use crate::dataset::DatasetOptions;

/// Which weights are the result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Best {
    /// Those of the lowest validation loss of the last stage: the papers' code.
    #[default]
    LastStage,
    /// Those of the lowest validation loss of all stages.
    AllStages,
}

/// Options of `train`. The defaults are the paper's (protocols.md 2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrainOptions {
    /// What to train on.
    pub dataset: DatasetOptions,
    /// The run folder. It is made where it is missing.
    pub out: PathBuf,
    /// The network. Default: `3^9`.
    #[serde(default = "default_architecture")]
    pub architecture: ArchitectureOption,
    /// Whether tags exclude each other. Default: the dataset's kind decides.
    #[serde(default)]
    pub task: Option<Task>,
    /// Of parameters, order, dropout and drawn splits. Default: 0.
    #[serde(default)]
    pub seed: u64,
    /// Segments of one step. Default: 23.
    #[serde(default = "default_batch_size")]
    pub batch_size: usize,
    /// Learning rate of each stage. Default: 0.01, 0.002, 0.0004, 0.00008, 0.000016.
    #[serde(default = "default_learning_rates")]
    pub learning_rates: Vec<f64>,
    /// Divides the learning rate by `1 + decay * updates of the stage`. Default: 1e-6.
    #[serde(default = "default_decay")]
    pub decay: f64,
    /// Nesterov momentum. Default: 0.9.
    #[serde(default = "default_momentum")]
    pub momentum: f64,
    /// L2 term. Default: 0.
    #[serde(default)]
    pub weight_decay: f64,
    /// A stage ends after this many epochs in a row without a new minimum of the validation loss. Default: 4.
    #[serde(default = "default_patience")]
    pub patience: usize,
    /// Largest number of epochs of all stages. Default: none. A resumed run may raise it.
    #[serde(default)]
    pub epochs: Option<usize>,
    /// Which weights are the result. Default: `last-stage`.
    #[serde(default)]
    pub best: Best,
    /// How the first parameters are drawn. Default: `keras-1.1`.
    #[serde(default)]
    pub initialisation: Initialisation,
    /// Weight of the new batch in the running statistics. Default: the architecture's (0.01 in presets), but 0.1 where that
    /// is 0.01 and an epoch has under 500 updates.
    #[serde(default)]
    pub norm_momentum: Option<f64>,
    /// Segments of each clip, evenly spread. Default: all.
    #[serde(default)]
    pub segments: Option<usize>,
    /// Seconds of each clip that are used, from its start. Default: all; of mtat 29.05.
    #[serde(default)]
    pub clip_seconds: Option<f64>,
    /// `auto`, `cpu`, `cuda` or `cuda:N`. Default: `auto`.
    #[serde(default = "default_device")]
    pub device: String,
    /// In which numbers the network multiplies: `f32`; on a GPU also `tf32` and `bf16`. Default: f32.
    #[serde(default)]
    pub precision: Precision,
    /// Threads of the engine; 0: all physical cores. Default: 0.
    #[serde(default)]
    pub threads: usize,
    /// Folder for prepared audio. Default: the user's cache folder.
    #[serde(default)]
    pub cache: Option<PathBuf>,
    /// Goes on with the run in `out`; its options must be the same. Default: false.
    #[serde(default)]
    pub resume: bool,
    /// Replaces the run in `out`. Default: false.
    #[serde(default)]
    pub force: bool,
    /// Refuses to train where a clip is left out or damaged. Default: false.
    #[serde(default)]
    pub strict: bool,
    /// Longest time between two checkpoints, in seconds. Default: 120.
    #[serde(default = "default_checkpoint_seconds")]
    pub checkpoint_seconds: f64,
}

impl TrainOptions {
    /// The defaults, for `dataset` into `out`.
    pub fn new(dataset: DatasetOptions, out: impl Into<PathBuf>) -> Self {
        Self {
            dataset,
            out: out.into(),
            architecture: default_architecture(),
            task: None,
            seed: 0,
            batch_size: default_batch_size(),
            learning_rates: default_learning_rates(),
            decay: default_decay(),
            momentum: default_momentum(),
            weight_decay: 0.0,
            patience: default_patience(),
            epochs: None,
            best: Best::LastStage,
            initialisation: Initialisation::default(),
            norm_momentum: None,
            segments: None,
            clip_seconds: None,
            device: default_device(),
            precision: Precision::F32,
            threads: 0,
            cache: None,
            resume: false,
            force: false,
            strict: false,
            checkpoint_seconds: default_checkpoint_seconds(),
        }
    }

    /// Refuses what cannot work; `train` calls it first.
    ///
    /// # Errors
    /// [`Code::InvalidOption`], naming the option and the value received.
    pub fn validate(&self) -> Result<()> {
        let positive = |name: &str, value: f64| match value.is_finite() && value > 0.0 {
            true => Ok(()),
            false => Err(invalid(name, value, "above 0")),
        };
        let share = |name: &str, value: f64, below: bool| match (0.0..=1.0).contains(&value) && (!below || value < 1.0)
        {
            true => Ok(()),
            false => Err(invalid(name, value, if below { "from 0 to below 1" } else { "from 0 to 1" })),
        };
        let count =
            |name: &str, value: usize| if value == 0 { Err(invalid(name, value, "at least 1")) } else { Ok(()) };
        if self.resume && self.force {
            return Err(Error::new(Code::InvalidOption, "resume and force exclude each other: choose one"));
        }
        self.precision.check_training()?;
        count("batchSize", self.batch_size)?;
        count("patience", self.patience)?;
        count("epochs", self.epochs.unwrap_or(1))?;
        count("segments", self.segments.unwrap_or(1))?;
        if self.learning_rates.is_empty() {
            return Err(invalid("learningRates", "none", "one for each stage"));
        }
        self.learning_rates.iter().try_for_each(|&rate| positive("learningRates", rate))?;
        let others =
            [("decay", self.decay), ("weightDecay", self.weight_decay), ("checkpointSeconds", self.checkpoint_seconds)];
        for (name, value) in others {
            if !(value.is_finite() && value >= 0.0) {
                return Err(invalid(name, value, "0 or more"));
            }
        }
        share("momentum", self.momentum, true)?;
        if let Some(momentum) = self.norm_momentum {
            share("normMomentum", momentum, false)?;
        }
        if let Some(seconds) = self.clip_seconds {
            positive("clipSeconds", seconds)?;
        }
        Ok(())
    }
}
