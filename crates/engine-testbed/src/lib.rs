//! What the tests of the engine's crates share. Only tests depend on this crate.
//!
//! - [`fixture`] has the reference values in float64, and the rules by which a tensor agrees.
//! - [`random`] draws architectures, and what a step on them takes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

pub mod fixture;
pub mod random;
