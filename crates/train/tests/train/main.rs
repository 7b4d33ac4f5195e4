//! Training for real: small networks on small sets, interrupted in every way.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // Test helpers: clippy knows only test functions.

mod device;
mod evaluation;
mod learning;
mod refusals;
mod resume;
mod resume_options;
mod run_contents;
mod run_identity;
#[path = "../shared/mod.rs"]
mod shared;
mod small_training;
