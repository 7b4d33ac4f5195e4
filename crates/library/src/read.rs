//! Reads a library.

use std::sync::atomic::AtomicBool;

use error::Result;
use serde::Serialize;
use ts_rs::TS;

use crate::options::LibraryOptions;
use crate::song::Library;

/// How far the reading is; a few times per second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
pub struct LibraryProgress {
    /// Number of audio files found so far; it grows until the walk has ended.
    pub found: usize,
    /// Number of files whose metadata was read.
    pub read: usize,
    /// Of these: number of files that failed.
    pub failed: usize,
}

/// Reads the tags of a library by `options`. Files are read in parallel; `on_progress` is called on this thread. Memory
/// grows with the number of songs and different tags, not with the size of the files. `cancel` is checked between
/// files.
///
/// # Errors
/// [`error::Code::InvalidOption`] as [`LibraryOptions::validate`]; [`error::Code::FileNotFound`] for a path or list
/// that does not exist; [`error::Code::Dataset`] for a list that cannot be understood (with its line), for a library
/// without audio files, and for one without any tag; [`error::Code::Aborted`].
pub fn read(
    options: &LibraryOptions,
    on_progress: &mut dyn FnMut(LibraryProgress),
    cancel: &AtomicBool,
) -> Result<Library> {
    options.validate()?;
    let _ = (on_progress, cancel);
    Err(error::Error::new(error::Code::Internal, "reading libraries is being written on this branch"))
}
