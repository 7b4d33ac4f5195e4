//! One name for all spellings of a tag: which texts are the same tag, which are none, and how often each occurs.

use std::collections::{BTreeMap, HashMap, HashSet};

use train::dataset::folded;

use crate::aliases::Aliases;
use crate::draft::Draft;
use crate::placeholders::{Placeholders, LONGEST};
use crate::record::{IgnoredTag, Spelling, TagCount};
use crate::song::artist_key;

/// The tags of a library.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    /// The tags, the most frequent first, equal ones by name.
    pub(crate) tags: Vec<TagCount>,
    /// The texts that are no tags, the most frequent first.
    pub(crate) ignored: Vec<IgnoredTag>,
    /// The position of the tag of each spelling, by its number; `None` for a text that is no tag.
    positions: Vec<Option<u32>>,
}

/// A tag while it is counted.
#[derive(Default)]
struct Counted<'a> {
    /// The name by an alias rule.
    alias: Option<&'a str>,
    songs: usize,
    artists: HashSet<u32>,
    /// Number of songs by the number of each spelling.
    spellings: BTreeMap<u32, usize>,
}

impl Vocabulary {
    /// The tags of `songs`, whose texts are `texts` by their numbers.
    pub(crate) fn new(songs: &[Draft], texts: &[String], aliases: &Aliases, placeholders: &Placeholders) -> Self {
        let mut groups: Vec<Counted> = Vec::new();
        let mut by_key: HashMap<String, usize> = HashMap::new();
        let group_of_text: Vec<Option<usize>> = texts
            .iter()
            .map(|text| {
                let key = folded(text);
                let alias = aliases.of(&key);
                if alias.is_none() && placeholders.has(text, &key) {
                    return None;
                }
                Some(*by_key.entry(alias.map_or(key, folded)).or_insert_with(|| {
                    groups.push(Counted { alias, ..Counted::default() });
                    groups.len() - 1
                }))
            })
            .collect();
        let group_of = |text: u32| group_of_text.get(text as usize).copied().flatten();
        let mut ignored: BTreeMap<u32, usize> = BTreeMap::new();
        let mut artists: HashMap<String, u32> = HashMap::new();
        for song in songs {
            let next = artists.len() as u32;
            let artist = artist_key(&song.facts.artist, &song.facts.album_artist);
            let artist = artist.map(|key| *artists.entry(key).or_insert(next));
            let texts: HashSet<u32> = song.tags.iter().map(|(_, text)| *text).collect();
            let mut of_song: HashSet<usize> = HashSet::new();
            for text in texts {
                let Some(group) = group_of(text) else {
                    *ignored.entry(text).or_default() += 1;
                    continue;
                };
                *groups[group].spellings.entry(text).or_default() += 1;
                if of_song.insert(group) {
                    groups[group].songs += 1;
                    groups[group].artists.extend(artist);
                }
            }
        }
        let text_of = |number: u32| texts.get(number as usize).map(String::as_str).unwrap_or_default();
        let mut tags: Vec<(usize, TagCount)> = Vec::new();
        // A group of texts that no song has is that of a song that failed.
        for (group, counted) in groups.into_iter().enumerate().filter(|(_, counted)| counted.songs > 0) {
            let Counted { alias, songs, artists, spellings } = counted;
            let mut spellings: Vec<Spelling> =
                spellings.into_iter().map(|(text, songs)| Spelling { text: text_of(text).to_owned(), songs }).collect();
            spellings.sort_by(|a, b| b.songs.cmp(&a.songs).then_with(|| a.text.cmp(&b.text)));
            let most_common = spellings.first().map(|spelling| spelling.text.as_str());
            let tag = alias.or(most_common).unwrap_or_default().to_owned();
            tags.push((group, TagCount { tag, songs, artists: artists.len(), spellings }));
        }
        tags.sort_by(|(_, a), (_, b)| b.songs.cmp(&a.songs).then_with(|| a.tag.cmp(&b.tag)));
        let position_of_group: HashMap<usize, u32> = (0..).zip(&tags).map(|(at, (group, _))| (*group, at)).collect();
        let positions = group_of_text.iter().map(|group| position_of_group.get(group.as_ref()?).copied()).collect();
        let mut ignored: Vec<IgnoredTag> =
            ignored.into_iter().map(|(text, songs)| IgnoredTag { tag: shortened(text_of(text)), songs }).collect();
        ignored.sort_by(|a, b| b.songs.cmp(&a.songs).then_with(|| a.tag.cmp(&b.tag)));
        Self { tags: tags.into_iter().map(|(_, tag)| tag).collect(), ignored, positions }
    }

    /// The position of the tag with the spelling of this number; `None` for a text that is no tag.
    pub(crate) fn position(&self, spelling: u32) -> Option<u32> {
        self.positions.get(spelling as usize).copied().flatten()
    }

    /// The name of the tag at this position.
    pub(crate) fn name(&self, position: u32) -> &str {
        self.tags.get(position as usize).map(|tag| tag.tag.as_str()).unwrap_or_default()
    }
}

/// The beginning of a text that is too long for a tag.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::draft::Drafts;
    use crate::list::Facts;
    use crate::options::LibraryOptions;
    use crate::source::Source;

    /// Songs by artist and tags.
    fn vocabulary(songs: &[(&str, &[&str])], rules: &[&str]) -> Vocabulary {
        let mut drafts = Drafts::default();
        for (number, (artist, tags)) in songs.iter().enumerate() {
            let path = PathBuf::from(number.to_string());
            let song = drafts.song(path.clone(), path);
            drafts.songs[song].facts = Facts { artist: Some((*artist).to_owned()), ..Facts::default() };
            drafts.add(song, tags.iter().map(|&tag| (Source::Genre, tag.to_owned())));
        }
        let aliases = rules.iter().map(|&rule| rule.to_owned()).collect();
        let aliases = Aliases::read(&LibraryOptions { aliases, ..LibraryOptions::default() }).unwrap();
        Vocabulary::new(&drafts.songs, drafts.spellings.texts(), &aliases, &Placeholders::new(&[]))
    }

    #[test]
    fn the_most_common_spelling_names_the_tag() {
        let found = vocabulary(
            &[("A", &["Hip-Hop", "Rock"]), ("a", &["hip hop"]), ("B", &["hip hop", "HipHop"]), ("C", &["Rock"])],
            &[],
        );
        let tags: Vec<(&str, usize, usize)> =
            found.tags.iter().map(|tag| (tag.tag.as_str(), tag.songs, tag.artists)).collect();
        assert_eq!(tags, [("hip hop", 3, 2), ("Rock", 2, 2)]);
        let spellings: Vec<(&str, usize)> =
            found.tags[0].spellings.iter().map(|one| (one.text.as_str(), one.songs)).collect();
        assert_eq!(spellings, [("hip hop", 2), ("Hip-Hop", 1), ("HipHop", 1)]);
    }

    #[test]
    fn an_alias_names_the_tag_whatever_is_common() {
        let found =
            vocabulary(&[("A", &["rap"]), ("B", &["rap"]), ("C", &["Misc"])], &["Hip Hop = rap", "Rest = misc"]);
        let tags: Vec<&str> = found.tags.iter().map(|tag| tag.tag.as_str()).collect();
        assert_eq!(tags, ["Hip Hop", "Rest"], "a text that a rule names is a tag");
        assert_eq!((found.position(0), found.position(1), found.position(9)), (Some(0), Some(1), None));
    }

    #[test]
    fn placeholders_and_sentences_are_counted_apart() {
        let long = "x".repeat(100);
        let found = vocabulary(&[("A", &["Other", "Rock"]), ("B", &["Other", &long])], &[]);
        assert_eq!(found.tags.len(), 1);
        let ignored: Vec<(usize, usize)> =
            found.ignored.iter().map(|one| (one.tag.chars().count(), one.songs)).collect();
        assert_eq!(ignored, [(5, 2), (LONGEST + 1, 1)]);
    }
}
