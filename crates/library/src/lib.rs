//! The tags that people already have: metadata of audio files, folder names, lists, Rekordbox collections, playlists.
//!
//! Data flow: [`LibraryOptions`] -> files ([`tagger::Walk`], and those that lists name) -> the texts of every source
//! for every file -> one spelling per tag -> [`Library`]: songs, tags with counts, conflicts, files that failed. The
//! audio is not decoded. [`Library::summary`] is the record that `--dry-run` shows.

mod aliases;
mod conflicts;
mod draft;
mod file_tags;
mod files;
mod findings;
mod folders;
mod list;
mod manifest;
mod metadata;
mod options;
mod placeholders;
mod playlist;
mod progress;
mod read;
mod record;
mod rekordbox;
mod report;
mod song;
mod source;
mod spellings;
mod summary;
mod tag_texts;
mod vocabulary;

pub use options::{LibraryOptions, MetadataField};
pub use progress::LibraryProgress;
pub use read::read;
pub use record::{Claim, Conflict, ConflictKind, IgnoredTag, LibraryFailure, SourceCount, Spelling, TagCount};
pub use song::{Library, Song};
pub use source::Source;
pub use summary::{LibrarySummary, SCHEMA};
