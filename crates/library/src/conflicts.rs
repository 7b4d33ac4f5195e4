//! Contradictions: between sources, between metadata blocks, between copies of a song, and merged spellings.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use error::{shown, shown_path};
use train::dataset::folded;

use crate::draft::{Draft, ListedTwice};
use crate::record::{Claim, Conflict, ConflictKind, TagCount};
use crate::song::{artist_key, Song};
use crate::source::Source;
use crate::vocabulary::Vocabulary;

/// Every contradiction: of sources, of blocks, of songs that occur twice, of spellings, each kind in the order of the
/// songs. `songs` are the finished `drafts`.
pub(crate) fn conflicts(
    drafts: &[Draft],
    songs: &[Song],
    twice: &[ListedTwice],
    vocabulary: &Vocabulary,
) -> Vec<Conflict> {
    let mut conflicts = of_sources(drafts, vocabulary);
    conflicts.extend(drafts.iter().flat_map(of_blocks));
    conflicts.extend(twice.iter().filter_map(|twice| of_lines(twice, songs)));
    conflicts.extend(of_copies(songs, vocabulary));
    conflicts.extend(vocabulary.tags.iter().filter_map(of_spellings));
    conflicts
}

/// The places that can contradict each other; the fields of one file describe different properties.
#[derive(PartialEq)]
enum Origin {
    File,
    Folder,
    Manifest,
    Rekordbox,
    Playlist,
}

fn origin(source: Source) -> Origin {
    match source {
        Source::Genre | Source::Mood | Source::Grouping | Source::Comment | Source::Rating => Origin::File,
        Source::Folder => Origin::Folder,
        Source::Manifest => Origin::Manifest,
        Source::RekordboxGenre | Source::RekordboxGrouping | Source::RekordboxComment => Origin::Rekordbox,
        Source::RekordboxMyTag | Source::RekordboxRating | Source::RekordboxPlaylist => Origin::Rekordbox,
        Source::Playlist => Origin::Playlist,
    }
}

/// Two sources contradict each other on a file if they have no tag in common there, although each of them gives a tag
/// of the other to other files: a genre and a playlist called "Party" are no contradiction. Two ratings always are.
fn of_sources(drafts: &[Draft], vocabulary: &Vocabulary) -> Vec<Conflict> {
    let tags_of = |draft: &Draft| {
        let mut tags: BTreeMap<Source, BTreeSet<u32>> = BTreeMap::new();
        for (source, text) in &draft.tags {
            tags.entry(*source).or_default().extend(vocabulary.position(*text));
        }
        tags.retain(|_, tags| !tags.is_empty());
        tags
    };
    let mut known: HashMap<Source, HashSet<u32>> = HashMap::new();
    for (source, tags) in drafts.iter().flat_map(tags_of) {
        known.entry(source).or_default().extend(tags);
    }
    let knows = |source: &Source, tags: &BTreeSet<u32>| {
        known.get(source).is_some_and(|known| tags.iter().any(|tag| known.contains(tag)))
    };
    let is_rating = |source: &Source| matches!(source, Source::Rating | Source::RekordboxRating);
    let mut conflicts = Vec::new();
    for draft in drafts {
        let tags: Vec<(Source, BTreeSet<u32>)> = tags_of(draft).into_iter().collect();
        for (number, (first, firsts)) in tags.iter().enumerate() {
            for (second, seconds) in &tags[number + 1..] {
                let compared = origin(*first) != origin(*second)
                    && (is_rating(first) && is_rating(second) || knows(first, seconds) && knows(second, firsts));
                if !compared || !firsts.is_disjoint(seconds) {
                    continue;
                }
                let claim = |source: &Source, tags: &BTreeSet<u32>| Claim {
                    by: source.as_str().to_owned(),
                    tags: tags.iter().map(|tag| vocabulary.name(*tag).to_owned()).collect(),
                };
                let claims = vec![claim(first, firsts), claim(second, seconds)];
                conflicts.push(of_files(ConflictKind::Sources, vec![shown_path(&draft.path)], claims));
            }
        }
    }
    conflicts
}

fn of_blocks(draft: &Draft) -> Vec<Conflict> {
    let of_field = |disagreement: &crate::file_tags::Disagreement| {
        let source = disagreement.source.as_str();
        let claims = disagreement.claims.iter();
        let claims = claims.map(|(format, tags)| Claim { by: format!("{source} in {format}"), tags: tags.clone() });
        of_files(ConflictKind::Blocks, vec![shown_path(&draft.path)], claims.collect())
    };
    draft.disagreements.iter().map(of_field).collect()
}

/// Two lines of a list with one file.
fn of_lines(twice: &ListedTwice, songs: &[Song]) -> Option<Conflict> {
    let song = songs.get(twice.song)?;
    let list = twice.list.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let claims =
        twice.claims.iter().map(|(line, tags)| Claim { by: format!("{list}: line {line}"), tags: tags.clone() });
    Some(of_files(ConflictKind::Twice, vec![shown_path(&song.path)], claims.collect()))
}

/// Songs with the same artist and title but different tags, among those with tags.
fn of_copies(songs: &[Song], vocabulary: &Vocabulary) -> Vec<Conflict> {
    let mut copies: BTreeMap<(String, String), Vec<&Song>> = BTreeMap::new();
    for song in songs.iter().filter(|song| !song.tags.is_empty()) {
        let title = song.title.as_deref().map(folded).filter(|title| !title.is_empty());
        // The artist of the song, because two artists of one compilation may have songs of the same title.
        if let (Some(artist), Some(title)) = (artist_key(&song.artist, &None).or_else(|| song.artist_key()), title) {
            copies.entry((artist, title)).or_default().push(song);
        }
    }
    let mut conflicts: Vec<Conflict> = Vec::new();
    for songs in copies.into_values().filter(|songs| songs.iter().any(|song| song.tags != songs[0].tags)) {
        let claims = songs.iter().map(|song| Claim {
            by: shown_path(&song.path),
            tags: song.tags.iter().map(|tag| vocabulary.name(*tag).to_owned()).collect(),
        });
        let files = songs.iter().map(|song| shown_path(&song.path)).collect();
        conflicts.push(of_files(ConflictKind::Twice, files, claims.collect()));
    }
    conflicts
}

/// A tag with several spellings.
fn of_spellings(tag: &TagCount) -> Option<Conflict> {
    if tag.spellings.len() < 2 {
        return None;
    }
    let others = tag.spellings.iter().filter(|spelling| spelling.text != tag.tag);
    let others: Vec<String> = others.map(|one| format!("\"{}\" ({})", one.text, songs(one.songs))).collect();
    let message = shown(&format!("{}: also written {}", tag.tag, others.join(", ")));
    let claims = tag.spellings.iter().map(|one| Claim { by: one.text.clone(), tags: vec![tag.tag.clone()] }).collect();
    Some(Conflict { kind: ConflictKind::Spellings, message, files: Vec::new(), claims })
}

/// A contradiction about files.
fn of_files(kind: ConflictKind, files: Vec<String>, claims: Vec<Claim>) -> Conflict {
    let said: Vec<String> = claims.iter().map(|claim| format!("{}: {}", claim.by, claim.tags.join(", "))).collect();
    let said = said.join("; ");
    // Copies of a song name their files themselves.
    let message = if files.len() == 1 { format!("{}: {said}", files[0]) } else { said };
    Conflict { kind, message: shown(&message), files, claims }
}

fn songs(count: usize) -> String {
    if count == 1 {
        "1 song".to_owned()
    } else {
        format!("{count} songs")
    }
}
