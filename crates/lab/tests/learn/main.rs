//! `learn` on libraries of synthetic music.

#![allow(clippy::unwrap_used)] // Test helpers: clippy exempts only test functions.

mod fine_tuning;
mod library;
mod music;
mod single_label;
