//! Small sounds, and the locations of external audio.

#[allow(unused_imports)] // Not every test needs all of them.
pub use testbed::{shared, tone, write_wav};
