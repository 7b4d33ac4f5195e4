//! The options of training.

mod phases;
mod relations;

use std::path::PathBuf;

use audio::SegmentPolicy;
use engine::{FineTuning, Freeze, FrozenNorms, Initialisation, Optimiser, Precision, Reduction};
use error::Result;
use net::{ArchitectureOption, Task};
use options::train;
use serde::{Deserialize, Deserializer, Serialize};

use super::class_weights::ClassWeights;
use super::phase::{PhaseOptions, ScheduleKind};
use crate::augmentation::Change;
use crate::dataset::DatasetOptions;

/// The weights that are the result of a training.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Best {
    /// The weights with the lowest validation loss of the last stage, as in the code of the papers.
    #[default]
    LastStage,
    /// The weights with the lowest validation loss of all stages.
    AllStages,
    /// The weights of the last epoch.
    Last,
}

/// Options of `train`. The defaults are the paper's (protocols.md 2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrainOptions {
    /// The dataset to train on.
    pub dataset: DatasetOptions,
    /// The run folder. It is created if it is missing.
    pub out: PathBuf,
    /// The network. Default: that of the model in `from`, or else `3^9`.
    #[serde(default)]
    pub architecture: Option<ArchitectureOption>,
    /// Whether tags exclude each other. Default: the kind of the dataset decides.
    #[serde(default)]
    pub task: Option<Task>,
    /// Seed of the initial parameters, the order of segments, dropout and drawn splits. Default: 0.
    #[serde(default)]
    pub seed: u64,
    /// Seed of a drawn split. Default: `seed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split_seed: Option<u64>,
    /// Number of runs with the seeds `seed`, `seed + 1` and so on, in the folders `seed-N` of `out`. Default: one run,
    /// in `out`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seeds: Option<usize>,
    /// Segments per step. Default: 23.
    #[serde(default = "default_batch_size")]
    pub batch_size: usize,
    /// The name of the protocol from which the options that were not given come. Default: `kaist-2018`, the paper's.
    #[serde(default = "default_protocol")]
    pub protocol: String,
    /// How gradients change the weights. Default: `sgd-nesterov`.
    #[serde(default)]
    pub optimiser: Optimiser,
    /// How the learning rate changes. Default: `staged`.
    #[serde(default)]
    pub schedule: ScheduleKind,
    /// Learning rate of each stage; one rate for the schedules without stages. Default: 0.01, 0.002, 0.0004, 0.00008,
    /// 0.000016.
    #[serde(default = "default_learning_rates")]
    pub learning_rates: Vec<f64>,
    /// Decay: the learning rate is divided by `1 + decay * updates since the stage began`. Default: 1e-6.
    #[serde(default = "default_decay")]
    pub decay: f64,
    /// Nesterov momentum. Default: 0.9.
    #[serde(default = "default_momentum")]
    pub momentum: f64,
    /// Coefficient of the L2 penalty. Default: 0.
    #[serde(default = "default_weight_decay")]
    pub weight_decay: f64,
    /// A stage ends, or with the schedule `plateau` the learning rate is reduced, after this many consecutive epochs
    /// without a new minimum of the validation loss. Default: 4.
    #[serde(default = "default_patience")]
    pub patience: usize,
    /// Largest number of epochs of each stage of the schedule `staged`. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage_epochs: Option<usize>,
    /// The factor of a reduction of the learning rate by the schedule `plateau`. Default: 0.2.
    #[serde(default = "default_plateau_factor")]
    pub plateau_factor: f64,
    /// The learning rate below which the schedule `plateau` ends, or with which the schedule `cosine` ends. Default:
    /// 1e-7 for `plateau`, 0 for `cosine`.
    #[serde(default)]
    pub minimum_rate: Option<f64>,
    /// Number of epochs during which the learning rate rises to its first value. Default: 0.
    #[serde(default)]
    pub warmup_epochs: usize,
    /// The same as a number of updates. Default: 0.
    #[serde(default)]
    pub warmup_updates: usize,
    /// The largest norm of the gradient; a longer gradient is scaled down to it. Default: no limit.
    #[serde(default)]
    pub max_gradient_norm: Option<f64>,
    /// Number of batches whose gradients make one update. Default: 1.
    #[serde(default = "default_accumulate")]
    pub accumulate: usize,
    /// Weights of the tags or classes in the training loss. Default: 1 for all.
    #[serde(default)]
    pub class_weights: Option<ClassWeights>,
    /// Label smoothing of the training loss, 0 to below 1. Default: 0.
    #[serde(default)]
    pub label_smoothing: f64,
    /// The phases of the training, each with options of its own; only a protocol sets them. Default: none, the whole
    /// training is one phase.
    #[serde(default)]
    pub phases: Vec<PhaseOptions>,
    /// Largest total number of epochs of all stages. Default: no limit. A resumed run may raise it, unless the schedule
    /// depends on it (`cosine`).
    #[serde(default)]
    pub epochs: Option<usize>,
    /// The weights that are the result. Default: `last-stage`.
    #[serde(default)]
    pub best: Best,
    /// Weight initialisation scheme. Default: `keras-1.1`.
    #[serde(default)]
    pub initialisation: Initialisation,
    /// A model file whose weights the training starts from. Default: none, the weights are drawn.
    #[serde(default)]
    pub from: Option<PathBuf>,
    /// The part that keeps the weights of `from`: the first blocks with the stem, or everything but the head. Default:
    /// nothing.
    #[serde(default)]
    pub freeze: Freeze,
    /// The statistics of the norms of frozen blocks. Default: `running`.
    #[serde(default)]
    pub frozen_norms: FrozenNorms,
    /// Whether the norms of trained blocks compute with the running statistics of `from` too, which stay as they are.
    /// Default: false, with the statistics of the batch.
    #[serde(default)]
    pub fixed_norms: bool,
    /// The factor of the learning rate per block away from the head. Default: 1.
    #[serde(default = "default_layer_decay")]
    pub layer_decay: f64,
    /// Weight of the current batch in the running statistics. Default: that of the architecture (0.01 in presets), but
    /// 0.1 if that is 0.01 and an epoch has fewer than 500 updates.
    #[serde(default)]
    pub norm_momentum: Option<f64>,
    /// Segments of each clip that are used. Default: all. Runs of older versions recorded null for all.
    #[serde(default, deserialize_with = "all_where_null")]
    pub segments: SegmentPolicy,
    /// The reduction of the scores over the segments of a clip, in the evaluation of the run. Default: mean.
    #[serde(default = "default_across_segments")]
    pub across_segments: Reduction,
    /// Trains on this number of segments at random places of each clip, drawn anew in each epoch, instead of
    /// `segments`, which are then those of the validation and test part only. Default: none.
    #[serde(default)]
    pub random_crops: Option<usize>,
    /// Random changes of the training segments, drawn anew in each epoch, in this order. Default: none.
    #[serde(default)]
    pub augment: Vec<Change>,
    /// Seconds of each clip that are used, from its start. Default: all; 29.05 for mtat.
    #[serde(default)]
    pub clip_seconds: Option<f64>,
    /// `auto`, `cpu`, `cuda` or `cuda:N`. Default: `auto`.
    #[serde(default = "default_device")]
    pub device: String,
    /// Arithmetic precision: `f32`; `bf16` on a GPU or on a CPU with AVX-512 BF16; `tf32` on a GPU. Default: f32.
    #[serde(default)]
    pub precision: Precision,
    /// Threads of the engine; 0: one per physical core. Default: 0.
    #[serde(default)]
    pub threads: usize,
    /// Folder for prepared audio. Default: the user's cache folder.
    #[serde(default)]
    pub cache: Option<PathBuf>,
    /// Resumes the run in `out`; its options must be the same. Default: false.
    #[serde(default)]
    pub resume: bool,
    /// Replaces the run in `out`. Default: false.
    #[serde(default)]
    pub force: bool,
    /// Refuses to train if a clip is left out or damaged. Default: false.
    #[serde(default)]
    pub strict: bool,
    /// The checksum that the dataset must have, as in `config.json`. Default: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
    /// Draws of the bootstrap over clips that gives the intervals of the report; 0: no intervals. Default: 1000.
    #[serde(default = "default_bootstrap")]
    pub bootstrap: usize,
    /// Longest time between two checkpoints, in seconds. Default: 120.
    #[serde(default = "default_checkpoint_seconds")]
    pub checkpoint_seconds: f64,
}

fn default_layer_decay() -> f64 {
    train::LAYER_DECAY.default
}

fn default_protocol() -> String {
    train::PROTOCOL.default.to_owned()
}

fn default_batch_size() -> usize {
    train::BATCH_SIZE.default
}

fn default_learning_rates() -> Vec<f64> {
    train::LEARNING_RATES.default.to_vec()
}

fn default_decay() -> f64 {
    train::DECAY.default
}

fn default_plateau_factor() -> f64 {
    train::PLATEAU_FACTOR.default
}

fn default_accumulate() -> usize {
    train::ACCUMULATE.default
}

fn default_momentum() -> f64 {
    train::MOMENTUM.default
}

fn default_weight_decay() -> f64 {
    train::WEIGHT_DECAY.default
}

fn default_patience() -> usize {
    train::PATIENCE.default
}

fn default_across_segments() -> Reduction {
    Reduction::Mean
}

fn default_device() -> String {
    train::DEVICE.to_owned()
}

fn default_bootstrap() -> usize {
    train::BOOTSTRAP.default
}

fn default_checkpoint_seconds() -> f64 {
    train::CHECKPOINT_SECONDS.default
}

/// Reads the segments as recorded by any version.
fn all_where_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SegmentPolicy, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl TrainOptions {
    /// The default options for `dataset` and the run folder `out`.
    pub fn new(dataset: DatasetOptions, out: impl Into<PathBuf>) -> Self {
        Self {
            dataset,
            out: out.into(),
            architecture: None,
            task: None,
            seed: 0,
            split_seed: None,
            seeds: None,
            batch_size: default_batch_size(),
            protocol: default_protocol(),
            optimiser: Optimiser::default(),
            schedule: ScheduleKind::default(),
            learning_rates: default_learning_rates(),
            decay: default_decay(),
            momentum: default_momentum(),
            weight_decay: default_weight_decay(),
            patience: default_patience(),
            stage_epochs: None,
            plateau_factor: default_plateau_factor(),
            minimum_rate: None,
            warmup_epochs: 0,
            warmup_updates: 0,
            max_gradient_norm: None,
            accumulate: default_accumulate(),
            class_weights: None,
            label_smoothing: 0.0,
            phases: Vec::new(),
            epochs: None,
            best: Best::default(),
            initialisation: Initialisation::default(),
            from: None,
            freeze: Freeze::default(),
            frozen_norms: FrozenNorms::default(),
            fixed_norms: false,
            layer_decay: default_layer_decay(),
            norm_momentum: None,
            segments: SegmentPolicy::All,
            across_segments: default_across_segments(),
            random_crops: None,
            augment: Vec::new(),
            clip_seconds: None,
            device: default_device(),
            precision: Precision::default(),
            threads: 0,
            cache: None,
            resume: false,
            force: false,
            strict: false,
            checksum: None,
            bootstrap: default_bootstrap(),
            checkpoint_seconds: default_checkpoint_seconds(),
        }
    }

    /// Which part is trained, and how fast.
    pub fn fine_tuning(&self) -> FineTuning {
        FineTuning {
            freeze: self.freeze,
            norms: self.frozen_norms,
            fixed_norms: self.fixed_norms,
            layer_decay: self.layer_decay,
        }
    }

    /// Refuses invalid options; `train` calls it first.
    ///
    /// # Errors
    /// [`error::Code::InvalidOption`], naming the option and the value received.
    pub fn validate(&self) -> Result<()> {
        options::check_relations(train::ALL, |name| match name {
            "resume" => self.resume,
            "force" => self.force,
            "from" => self.from.is_some(),
            "freeze" => self.freeze != Freeze::Nothing,
            "frozenNorms" => self.frozen_norms != FrozenNorms::default(),
            "fixedNorms" => self.fixed_norms,
            "warmupEpochs" => self.warmup_epochs > 0,
            "warmupUpdates" => self.warmup_updates > 0,
            _ => false,
        })?;
        self.precision.check_training()?;
        train::SEEDS.check(self.seeds)?;
        train::BATCH_SIZE.check(self.batch_size)?;
        train::LEARNING_RATES.check_list(&self.learning_rates)?;
        train::DECAY.check(self.decay)?;
        train::MOMENTUM.check(self.momentum)?;
        train::WEIGHT_DECAY.check(self.weight_decay)?;
        train::PATIENCE.check(self.patience)?;
        train::STAGE_EPOCHS.check(self.stage_epochs)?;
        train::PLATEAU_FACTOR.check(self.plateau_factor)?;
        train::MINIMUM_RATE.check(self.minimum_rate)?;
        train::WARMUP_EPOCHS.check_or_zero(self.warmup_epochs)?;
        train::WARMUP_UPDATES.check_or_zero(self.warmup_updates)?;
        train::MAX_GRADIENT_NORM.check(self.max_gradient_norm)?;
        train::ACCUMULATE.check(self.accumulate)?;
        train::LABEL_SMOOTHING.check(self.label_smoothing)?;
        self.class_weights.as_ref().map_or(Ok(()), ClassWeights::check)?;
        train::EPOCHS.check(self.epochs)?;
        train::FREEZE.check(match self.freeze {
            Freeze::Blocks(count) => Some(count),
            Freeze::Nothing | Freeze::AllButHead => None,
        })?;
        train::LAYER_DECAY.check(self.layer_decay)?;
        train::NORM_MOMENTUM.check(self.norm_momentum)?;
        train::SEGMENTS.check(self.segments.count())?;
        train::RANDOM_CROPS.check(self.random_crops)?;
        train::CLIP_SECONDS.check(self.clip_seconds)?;
        train::THREADS.check_or_zero(self.threads)?;
        train::BOOTSTRAP.check(self.bootstrap)?;
        train::CHECKPOINT_SECONDS.check(self.checkpoint_seconds)?;
        self.check_schedule()
    }
}
