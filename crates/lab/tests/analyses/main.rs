//! The analyses, on networks and features with known answers.

#![allow(clippy::unwrap_used)] // Test helpers: clippy exempts only test functions.

mod excitations;
mod filters;
mod gradient;
mod planted;
mod tsne;
mod visualize;
