//! Small sounds, and where other people's audio lies.

#[allow(unused_imports)] // Not every test needs all of them.
pub use testbed::{shared, tone, write_wav};
