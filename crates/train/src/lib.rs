//! Datasets, prepared caches, schedules, metrics, checkpoints and run folders.
//!
//! - [`check_dataset()`] reports what is wrong with a dataset.
//! - [`prepare()`] decodes a dataset once; [`cache::list()`] and [`cache::prune()`] show and free the cache.
//! - [`train()`] trains a network into a run folder, and resumes an interrupted training.
//! - [`distill()`] makes a dataset of soft targets from the scores of a teacher.
//! - [`evaluate()`] computes the metrics of a model on a dataset.
//! - [`ClipsToScore`] scores the clips of a part several times, also after a change of their samples.
//! - [`compare()`] compares finished runs.
//! - [`ClipEmbedder`] computes the embeddings of its clips.

mod augmentation;
mod batch;
pub mod cache;
mod changed;
mod check;
mod clips_to_score;
mod compare;
mod crops;
pub mod dataset;
mod distill;
mod embedding;
mod evaluate;
mod event;
mod heard;
mod initial;
mod input_statistics;
mod known_clips;
mod left_out;
pub mod metrics;
mod options;
mod page;
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

pub use self::augmentation::{Biquad, Change, Effect};
pub use self::options::{
    Best, CheckOptions, ClassWeights, DistillOptions, EvaluateOptions, ListCacheOptions, PartChoice, PhaseOptions,
    PhaseStart, PrepareOptions, Protocol, PruneCacheOptions, ScheduleKind, TrainOptions,
};
pub use changed::ClipChange;
pub use check::{
    check_dataset, check_dataset_and, Audit, CheckDone, CheckEvent, DatasetFacts, DoubtfulLabel, Finding, Severity,
    TagCounts,
};
pub use clips_to_score::ClipsToScore;
pub use compare::{
    compare, CompareDone, CompareEvent, CompareMetric, CompareOptions, CompareVerdict, MetricEstimate, RunComparison,
    RunGroup,
};
pub use dataset::PartCounts;
pub use distill::{distill, Distilled};
pub use embedding::{overlapping_starts, ClipEmbedder, EmbedRequest, SegmentRule};
pub use evaluate::{evaluate, evaluate_model, Evaluation};
pub use event::{
    Checkpoint, Epoch, Event, Failure, Pace, Phase, Progress, Scores, SeedDone, SeedRun, SeedSummary, Start, Timing,
    TrainDone, Warning,
};
pub use heard::Origin;
pub use left_out::LeftOut;
pub use prepare::{prepare, Prepared, Standardisation};
pub use run::saved_options;
pub use train::{train, train_within};
