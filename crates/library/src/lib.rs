//! The tags that people already have: metadata of audio files, folder names, lists, Rekordbox collections, playlists.
//!
//! Data flow: [`LibraryOptions`] -> files ([`tagger::Walk`], and those that lists name) -> the texts of every source for
//! every file -> one spelling per tag -> [`Library`]: songs, tags with counts, conflicts, files that failed. The audio
//! is not decoded. [`Library::summary`] is the record that `--dry-run` shows.

mod options;
mod read;
mod record;
mod song;
mod source;
mod summary;

pub use options::{LibraryOptions, MetadataField};
pub use read::{read, LibraryProgress};
pub use record::{Claim, Conflict, ConflictKind, IgnoredTag, LibraryFailure, SourceCount, Spelling, TagCount};
pub use song::{Library, Song};
pub use source::Source;
pub use summary::{LibrarySummary, SCHEMA};
