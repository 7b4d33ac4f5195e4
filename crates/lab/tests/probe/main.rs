//! `probe` on features in files: results, repetition, and bad input.

#![allow(clippy::unwrap_used)] // Test helpers: clippy exempts only test functions.

mod bad_input;
mod in_memory;
mod model;
mod reference;
mod results;
mod support;
