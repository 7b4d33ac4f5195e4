//! Parts of the record of a library: counts, contradictions, failures.

use error::Code;
use serde::Serialize;
use ts_rs::TS;

use crate::source::Source;

/// How much a source gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
pub struct SourceCount {
    /// The source.
    pub source: Source,
    /// Number of songs with a tag from this source.
    pub songs: usize,
    /// Number of different tags from this source.
    pub tags: usize,
}

/// A tag and the songs that have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(rename = "LibraryTag")]
pub struct TagCount {
    /// The tag, in its most common spelling or as an alias rule names it.
    pub tag: String,
    /// Number of songs with the tag.
    pub songs: usize,
    /// Number of different artists of these songs; songs of which no artist is known do not count.
    pub artists: usize,
    /// The spellings that were found, the most frequent first.
    pub spellings: Vec<Spelling>,
}

/// A spelling of a tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct Spelling {
    /// The text.
    pub text: String,
    /// Number of songs with this spelling.
    pub songs: usize,
}

/// A text that is no tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct IgnoredTag {
    /// The text.
    pub tag: String,
    /// Number of songs with the text.
    pub songs: usize,
}

/// The kind of a contradiction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum ConflictKind {
    /// Two sources give one file different tags, although each knows the tags of the other.
    Sources,
    /// Two metadata blocks of one file, such as ID3v2 and APE, have different values; the first is used.
    Blocks,
    /// The same song (by artist and title, or by path in a list) occurs twice with different tags.
    Twice,
    /// Different spellings of one tag were merged.
    Spellings,
}

/// A contradiction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(rename = "LibraryConflict")]
pub struct Conflict {
    /// The kind.
    #[ts(inline)]
    pub kind: ConflictKind,
    /// Message for people: the file, and who says what.
    pub message: String,
    /// The files; empty for spellings.
    pub files: Vec<String>,
    /// Who says what: each source, metadata block, file or spelling, and its tags.
    pub claims: Vec<Claim>,
}

/// One side of a contradiction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct Claim {
    /// The source, the metadata block, the file, or the spelling.
    pub by: String,
    /// The tags that it gives.
    pub tags: Vec<String>,
}

/// A file that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct LibraryFailure {
    /// The file.
    pub path: String,
    /// Stable error code.
    pub code: Code,
    /// Message for people.
    pub message: String,
}
