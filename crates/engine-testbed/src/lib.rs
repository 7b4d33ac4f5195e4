//! Shared parts of the tests of the engine's crates. Only tests depend on this crate.
//!
//! - [`fixture`] has the reference values in float64 and the rules for comparing tensors.
//! - [`random`] draws architectures, and the inputs of a step on them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

pub mod fixture;
pub mod random;
