//! What is known about the songs of a library.

use std::path::PathBuf;

use train::dataset::folded;
use train::Warning;

use crate::record::{Conflict, IgnoredTag, LibraryFailure, SourceCount, TagCount};
use crate::source::Source;

/// Texts that stand for several artists; in folded form.
const VARIOUS: [&str; 5] = ["variousartists", "various", "va", "v.a.", "unknownartist"];

/// The songs of a library with their tags.
#[derive(Clone, Debug, PartialEq)]
pub struct Library {
    /// The songs: those behind the paths in the order of the walk, then those that only lists name.
    pub songs: Vec<Song>,
    /// The tags that any song has; the most frequent first, equal ones by name. [`Song::tags`] are positions in it.
    pub tags: Vec<TagCount>,
    /// The sources in which tags were found, and how much each gave.
    pub sources: Vec<SourceCount>,
    /// Texts that are no tags, such as `Other`, most frequent first.
    pub ignored: Vec<IgnoredTag>,
    /// Contradictions between sources, spellings that were merged, and songs that occur twice with different tags.
    pub conflicts: Vec<Conflict>,
    /// The files that could not be read, by path. They are not in `songs`.
    pub failed: Vec<LibraryFailure>,
    /// Problems that do not prevent the use of the library.
    pub warnings: Vec<Warning>,
    /// Number of files and folders that the walk left out: system files and folders, and folders with `.notmusic`.
    pub left_out: u64,
}

/// A song: one audio file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Song {
    /// The path of the file, as it was found.
    pub path: PathBuf,
    /// Its tags: positions in [`Library::tags`], ascending. Empty for a song without tags.
    pub tags: Vec<u32>,
    /// Where its tags were found, ascending.
    pub sources: Vec<Source>,
    /// The artist of the song.
    pub artist: Option<String>,
    /// The artist of the album.
    pub album_artist: Option<String>,
    /// The album.
    pub album: Option<String>,
    /// The title.
    pub title: Option<String>,
}

impl Song {
    /// The artist by which songs are grouped, in a form that ignores case, spaces and hyphens: the artist of the album,
    /// or of the song if the album has none or is by "Various Artists". `None` if neither is known.
    pub fn artist_key(&self) -> Option<String> {
        artist_key(&self.artist, &self.album_artist)
    }

    /// Every artist of the song in the same form, sorted: the artist of the album, and each artist of the song, which
    /// its metadata may name as "A feat. B" or "A; B". Songs that share one of them may sound alike.
    pub fn artist_keys(&self) -> Vec<String> {
        let names = self.album_artist.iter().chain(&self.artist).flat_map(|names| separate(names));
        let mut keys: Vec<String> = names.filter_map(known).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// The album by which songs are grouped, in the same form: the title of the album with its artist, so that two
    /// albums called "Greatest Hits" stay two. For an album by "Various Artists" the title alone.
    pub fn album_key(&self) -> Option<String> {
        let album = self.album.as_deref().map(folded).filter(|key| !key.is_empty())?;
        let of_various = self.album_artist.as_deref().is_some_and(|name| VARIOUS.contains(&folded(name).as_str()));
        let artist = if of_various { None } else { self.artist_key() };
        Some(format!("{album}\n{}", artist.unwrap_or_default()))
    }
}

/// What stands between a main artist and a guest, in lower case.
const GUESTS: [&str; 8] = [" feat. ", " feat ", " featuring ", " ft. ", " ft ", "(feat. ", "(ft. ", "(featuring "];

/// The names in a text that may name several artists.
fn separate(names: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = names.split([';', '\0']).collect();
    for guest in GUESTS {
        parts = parts.into_iter().flat_map(|part| cut(part, guest)).collect();
    }
    parts
}

/// `text` before and after the first `between`, which is compared without regard to the case of ASCII letters.
fn cut<'t>(text: &'t str, between: &str) -> Vec<&'t str> {
    let lower = text.to_ascii_lowercase();
    match lower.find(between) {
        Some(at) => {
            vec![text[..at].trim_matches(['(', '[', ' ']), text[at + between.len()..].trim_matches([')', ']', ' '])]
        }
        None => vec![text],
    }
}

/// The artist by which songs are grouped, as [`Song::artist_key`].
pub(crate) fn artist_key(artist: &Option<String>, album_artist: &Option<String>) -> Option<String> {
    let key = |name: &Option<String>| name.as_deref().and_then(known);
    key(album_artist).or_else(|| key(artist))
}

/// The key of the artist `name`; `None` if it names nobody.
fn known(name: &str) -> Option<String> {
    Some(folded(name)).filter(|key| !key.is_empty() && !VARIOUS.contains(&key.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_artist_of_a_song_is_a_key() {
        let keys = |artist: &str, album_artist: &str| song(artist, album_artist, "x").artist_keys();
        assert_eq!(keys("Anna", "Bernd"), ["anna", "bernd"]);
        assert_eq!(keys("Anna FEAT. Carla", ""), ["anna", "carla"]);
        assert_eq!(keys("Anna; Bernd", "Various Artists"), ["anna", "bernd"]);
        assert_eq!(keys("Anna (feat. Carla)", "Anna"), ["anna", "carla"]);
        assert!(keys("", "Various Artists").is_empty());
    }

    fn song(artist: &str, album_artist: &str, album: &str) -> Song {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Song {
            path: PathBuf::new(),
            tags: Vec::new(),
            sources: Vec::new(),
            artist: some(artist),
            album_artist: some(album_artist),
            album: some(album),
            title: None,
        }
    }

    #[test]
    fn songs_are_grouped_by_the_artist_of_the_album() {
        let key = |artist, album_artist| song(artist, album_artist, "").artist_key();
        assert_eq!(key("A feat. B", "The A"), key("the a", ""));
        assert_eq!(key("B", "Various Artists").as_deref(), Some("b"));
        assert_eq!(key("Unknown Artist", ""), None);
        assert_eq!(key("", ""), None);
    }

    #[test]
    fn albums_of_the_same_title_are_two_unless_they_are_by_various_artists() {
        let key = |artist, album_artist| song(artist, album_artist, "Greatest Hits").album_key();
        assert_ne!(key("A", ""), key("B", ""));
        assert_eq!(key("A", "Various Artists"), key("B", "various artists"));
        assert_eq!(song("A", "", "").album_key(), None);
    }
}
