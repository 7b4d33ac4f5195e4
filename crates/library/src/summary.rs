//! The record of what was found in a library: `library`, which `--dry-run` shows.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use train::Warning;
use ts_rs::TS;

use crate::record::{Conflict, ConflictKind, IgnoredTag, LibraryFailure, SourceCount, TagCount};
use crate::song::{Library, Song};

/// Version of the record.
pub const SCHEMA: u32 = 1;

/// What was found in a library.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LibrarySummary {
    /// Version of the format of this record.
    #[ts(type = "1")]
    pub schema: u32,
    /// Number of songs: audio files that were found and not failed.
    pub songs: usize,
    /// Of the songs: those with at least one tag.
    pub tagged: usize,
    /// Of the songs: those with exactly one tag. If that is every song with a tag, the tags may exclude each other.
    pub one_tag: usize,
    /// Number of different artists.
    pub artists: usize,
    /// Number of different albums.
    pub albums: usize,
    /// Of the songs: those of which no artist is known.
    pub without_artist: usize,
    /// Number of files that failed.
    pub failed_files: usize,
    /// Number of files and folders that the walk left out: system files and folders, and folders with `.notmusic`.
    pub left_out: u64,
    /// The sources in which tags were found.
    pub sources: Vec<SourceCount>,
    /// Every tag, the most frequent first.
    pub tags: Vec<TagCount>,
    /// Texts that are no tags, such as `Other`; at most the 100 most frequent.
    pub ignored: Vec<IgnoredTag>,
    /// Number of contradictions.
    pub conflict_count: usize,
    /// Contradictions between sources, merged spellings, songs that occur twice; at most the first 100 of each kind.
    pub conflicts: Vec<Conflict>,
    /// The files that could not be read; at most the first 100.
    pub failed: Vec<LibraryFailure>,
    /// Problems that do not prevent the use of the library.
    pub warnings: Vec<Warning>,
}

/// Largest number of ignored texts, of failures, and of conflicts of each kind in the record.
const LISTED: usize = 100;

impl Library {
    /// The record of what was found.
    pub fn summary(&self) -> LibrarySummary {
        let distinct = |keys: &mut dyn Iterator<Item = String>| keys.collect::<HashSet<_>>().len();
        let mut listed: HashMap<ConflictKind, usize> = HashMap::new();
        let is_listed = |conflict: &&Conflict| {
            let count = listed.entry(conflict.kind).or_default();
            *count += 1;
            *count <= LISTED
        };
        LibrarySummary {
            schema: SCHEMA,
            songs: self.songs.len(),
            tagged: self.songs.iter().filter(|song| !song.tags.is_empty()).count(),
            one_tag: self.songs.iter().filter(|song| song.tags.len() == 1).count(),
            artists: distinct(&mut self.songs.iter().filter_map(Song::artist_key)),
            albums: distinct(&mut self.songs.iter().filter_map(Song::album_key)),
            without_artist: self.songs.iter().filter(|song| song.artist_key().is_none()).count(),
            failed_files: self.failed.len(),
            left_out: self.left_out,
            sources: self.sources.clone(),
            tags: self.tags.clone(),
            ignored: self.ignored.iter().take(LISTED).cloned().collect(),
            conflict_count: self.conflicts.len(),
            conflicts: self.conflicts.iter().filter(is_listed).cloned().collect(),
            failed: self.failed.iter().take(LISTED).cloned().collect(),
            warnings: self.warnings.clone(),
        }
    }
}
