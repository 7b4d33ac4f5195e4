//! Where a tag was found.

use serde::Serialize;
use ts_rs::TS;

/// Where a tag was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, TS)]
#[ts(rename = "LibrarySource")]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The genre in the metadata of the file.
    Genre,
    /// The mood in the metadata of the file.
    Mood,
    /// The grouping in the metadata of the file.
    Grouping,
    /// The comment in the metadata of the file.
    Comment,
    /// The rating in the metadata of the file.
    Rating,
    /// The name of a folder that contains the file.
    Folder,
    /// A CSV or JSONL manifest.
    Manifest,
    /// The genre in a Rekordbox collection.
    RekordboxGenre,
    /// The grouping in a Rekordbox collection.
    RekordboxGrouping,
    /// The comment in a Rekordbox collection.
    RekordboxComment,
    /// The My Tags that Rekordbox wrote into the comment.
    RekordboxMyTag,
    /// The rating in a Rekordbox collection.
    RekordboxRating,
    /// A playlist of a Rekordbox collection.
    RekordboxPlaylist,
    /// An M3U playlist.
    Playlist,
}

impl Source {
    /// Every source, in the order of reports.
    pub const ALL: [Source; 14] = [
        Source::Genre,
        Source::Mood,
        Source::Grouping,
        Source::Comment,
        Source::Rating,
        Source::Folder,
        Source::Manifest,
        Source::RekordboxGenre,
        Source::RekordboxGrouping,
        Source::RekordboxComment,
        Source::RekordboxMyTag,
        Source::RekordboxRating,
        Source::RekordboxPlaylist,
        Source::Playlist,
    ];

    /// The name in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Source::Genre => "genre",
            Source::Mood => "mood",
            Source::Grouping => "grouping",
            Source::Comment => "comment",
            Source::Rating => "rating",
            Source::Folder => "folder",
            Source::Manifest => "manifest",
            Source::RekordboxGenre => "rekordbox-genre",
            Source::RekordboxGrouping => "rekordbox-grouping",
            Source::RekordboxComment => "rekordbox-comment",
            Source::RekordboxMyTag => "rekordbox-my-tag",
            Source::RekordboxRating => "rekordbox-rating",
            Source::RekordboxPlaylist => "rekordbox-playlist",
            Source::Playlist => "playlist",
        }
    }
}
