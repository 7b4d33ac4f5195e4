//! What is needed to learn from a library.

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use library::Library;
use tagger::Loaded;

use super::folder::LearnFolder;
use super::options::LearnOptions;

/// A library that is learnt.
pub(super) struct Job<'a> {
    pub(super) options: &'a LearnOptions,
    /// The base model.
    pub(super) base: Loaded,
    /// The folder of the result.
    pub(super) folder: LearnFolder,
    pub(super) library: Library,
    pub(super) started: Instant,
    pub(super) cancel: &'a AtomicBool,
}
