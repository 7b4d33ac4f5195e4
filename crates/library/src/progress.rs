//! How far the reading of a library is.

use serde::Serialize;
use ts_rs::TS;

/// How far the reading of a library is; told a few times per second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
pub struct LibraryProgress {
    /// Number of audio files found so far; it grows until the walk has ended.
    pub found: usize,
    /// Number of files that were read.
    pub read: usize,
    /// Number of files whose metadata is damaged, and of names that lead to no file.
    pub failed: usize,
}
