//! Datasets, prepared caches, schedules, metrics, checkpoints and run folders.
//!
//! - [`prepare`] decodes a dataset once.

pub mod cache;
pub mod dataset;
mod event;
pub mod metrics;
mod options;
pub mod permutation;
mod prepare;
pub mod sampler;
pub mod schedule;

pub use event::{
    Checkpoint, Epoch, Event, Failure, PartCounts, Phase, Progress, Scores, Start, Timing, TrainDone, Warning,
};
pub use options::{ArchitectureOption, Best, EvaluateOptions, PrepareOptions, TrainOptions};
pub use prepare::{prepare, Prepared};
