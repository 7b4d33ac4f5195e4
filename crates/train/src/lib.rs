//! Datasets, prepared caches, schedules, metrics, checkpoints and run folders.
//!
//! - [`prepare()`] decodes a dataset once.
//! - [`train()`] trains a network into a run folder, and resumes an interrupted training.
//! - [`evaluate()`] computes the metrics of a model on a dataset.
//! - [`ClipEmbedder`] computes the embeddings of its clips.

mod batch;
pub mod cache;
pub mod dataset;
mod embedding;
mod evaluate;
mod event;
mod heard;
mod initial;
mod known_clips;
mod left_out;
mod mel_statistics;
pub mod metrics;
mod options;
mod part;
pub mod permutation;
mod prepare;
pub mod run;
mod same_audio;
pub mod sampler;
pub mod schedule;
mod scoring;
mod some;
mod train;
mod unusable;
mod validation;

pub use self::options::{
    Best, ClassWeights, EvaluateOptions, PartChoice, PhaseOptions, PhaseStart, PrepareOptions, Protocol, ScheduleKind,
    TrainOptions,
};
pub use dataset::PartCounts;
pub use embedding::{overlapping_starts, ClipEmbedder, EmbedRequest, SegmentRule};
pub use evaluate::{evaluate, evaluate_model, Evaluation};
pub use event::{Checkpoint, Epoch, Event, Failure, Pace, Phase, Progress, Scores, Start, Timing, TrainDone, Warning};
pub use heard::Origin;
pub use left_out::LeftOut;
pub use part::segment_starts;
pub use prepare::{prepare, Prepared, Standardisation};
pub use run::saved_options;
pub use train::{train, train_within};
