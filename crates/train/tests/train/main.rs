//! Real trainings: small networks on small datasets, interrupted in every way.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // Test helpers: clippy exempts only test functions.

mod augmentation;
mod compare;
mod data_identity;
mod device;
mod distillation;
mod evaluation;
mod fine_tuning;
mod gtzan_audio;
mod heard;
mod learning;
mod left_out;
mod precision;
mod refusals;
mod resume;
mod resume_options;
mod run_contents;
mod run_files;
mod run_identity;
mod schedules;
mod seeds;
#[path = "../shared/mod.rs"]
mod shared;
mod small_training;
mod soft_targets;
mod split_rules;
mod warnings;
