//! Datasets, prepared caches, schedules, metrics, checkpoints and run folders.

pub mod dataset;
pub mod metrics;
pub mod permutation;
pub mod sampler;
pub mod schedule;
