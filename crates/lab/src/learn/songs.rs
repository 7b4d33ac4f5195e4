//! The songs from which is learnt.

use std::collections::HashMap;
use std::path::PathBuf;

use library::Library;

/// A song with tags.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LearnSong {
    /// The file.
    pub(super) path: PathBuf,
    /// Its tags: positions in [`Library::tags`], ascending.
    pub(super) tags: Vec<u32>,
    /// The artists by which songs are grouped, sorted.
    pub(super) artists: Vec<String>,
    /// The album by which songs are grouped.
    pub(super) album: Option<String>,
    /// The hash of its audio.
    pub(super) content: String,
}

/// The songs of `library` that have a tag, without the hashes of their audio.
pub(super) fn tagged(library: &Library) -> Vec<LearnSong> {
    let tagged = library.songs.iter().filter(|song| !song.tags.is_empty());
    tagged
        .map(|song| LearnSong {
            path: song.path.clone(),
            tags: song.tags.clone(),
            artists: song.artist_keys(),
            album: song.album_key(),
            content: String::new(),
        })
        .collect()
}

/// A song that is left out, because another one is used in its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Duplicate {
    /// The song that is left out.
    pub(super) path: PathBuf,
    /// The song that is used.
    pub(super) kept: PathBuf,
    /// Whether the audio is the same to the last bit.
    pub(super) same: bool,
}

impl Duplicate {
    /// Why it is left out, for people.
    pub(super) fn reason(&self) -> String {
        let how = if self.same { "the same audio as" } else { "nearly the same audio as" };
        format!("{how} {}", self.kept.display())
    }
}

/// A song that a single-label task cannot use.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Unused {
    /// The song.
    pub(super) path: PathBuf,
    /// Its tags, joined by `|`.
    pub(super) tags: String,
    /// Why it is not used, for people.
    pub(super) reason: String,
}

/// Joins the songs of each set in `same` (positions in `songs`, ascending) into its first song. If they are
/// `bit_identical`, it gets all their tags and artists, and an album if it has none; songs that are only nearly the
/// same keep their tags apart, because they may still be different songs. Returns the songs that remain, and their old
/// positions.
pub(super) fn join(
    songs: Vec<LearnSong>,
    same: &[Vec<usize>],
    bit_identical: bool,
    duplicates: &mut Vec<Duplicate>,
) -> (Vec<LearnSong>, Vec<usize>) {
    let mut into: HashMap<usize, usize> = HashMap::new();
    for set in same {
        into.extend(set.iter().skip(1).map(|&song| (song, set[0])));
    }
    let mut kept: Vec<Option<LearnSong>> = songs.into_iter().map(Some).collect();
    let mut left_out: Vec<usize> = into.keys().copied().collect();
    left_out.sort_unstable();
    for song in left_out {
        let Some(copy) = kept[song].take() else { continue };
        let Some(first) = kept[into[&song]].as_mut() else { continue };
        if bit_identical {
            first.tags.extend(copy.tags);
            first.tags.sort_unstable();
            first.tags.dedup();
            first.artists.extend(copy.artists);
            first.artists.sort_unstable();
            first.artists.dedup();
            first.album = first.album.take().or(copy.album);
        }
        duplicates.push(Duplicate { path: copy.path, kept: first.path.clone(), same: bit_identical });
    }
    kept.into_iter().enumerate().filter_map(|(place, song)| Some((song?, place))).unzip()
}

/// The sets of songs with equal audio that have more than one song, each ascending.
pub(super) fn equal_audio(songs: &[LearnSong]) -> Vec<Vec<usize>> {
    let mut sets: Vec<Vec<usize>> = Vec::new();
    let mut of_content: HashMap<&str, usize> = HashMap::new();
    for (number, song) in songs.iter().enumerate() {
        let set = *of_content.entry(&song.content).or_insert_with(|| {
            sets.push(Vec::new());
            sets.len() - 1
        });
        sets[set].push(number);
    }
    sets.retain(|set| set.len() > 1);
    sets
}

/// `[songs, tags]` for the tags `order`, positions in the tags of the library.
pub(super) fn targets(songs: &[LearnSong], order: &[usize]) -> Vec<bool> {
    let has = |song: &LearnSong, tag: usize| song.tags.binary_search(&(tag as u32)).is_ok();
    songs.iter().flat_map(|song| order.iter().map(move |&tag| has(song, tag))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_become_one_song_with_the_tags_of_all() {
        let song = |path: &str, content: &str, tags: &[u32], artist: Option<&str>| LearnSong {
            path: path.into(),
            tags: tags.to_vec(),
            artists: artist.into_iter().map(str::to_owned).collect(),
            album: None,
            content: content.into(),
        };
        let songs = vec![
            song("a", "x", &[1], None),
            song("b", "y", &[0], None),
            song("c", "x", &[0, 1], Some("artist")),
            song("d", "x", &[4], Some("another")),
        ];
        let same = equal_audio(&songs);
        assert_eq!(same, [vec![0, 2, 3]]);
        let mut duplicates = Vec::new();
        let (near, _) = join(songs.clone(), &same, false, &mut duplicates);
        assert_eq!(near, [songs[0].clone(), songs[1].clone()], "only nearly the same");
        duplicates.clear();
        let (songs, places) = join(songs, &same, true, &mut duplicates);
        assert_eq!(
            (songs[0].tags.clone(), songs[0].artists.clone()),
            (vec![0, 1, 4], vec!["another".into(), "artist".into()])
        );
        assert_eq!(songs[1], song("b", "y", &[0], None));
        assert_eq!(places, [0, 1]);
        assert_eq!(duplicates.len(), 2);
        assert_eq!(duplicates[0], Duplicate { path: "c".into(), kept: "a".into(), same: true });
    }
}
