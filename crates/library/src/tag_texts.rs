//! From the text of a source to tags as they are written: separators, words, spaces, Unicode form.

use train::dataset::folded;
use unicode_normalization::UnicodeNormalization;

use crate::aliases::Aliases;
use crate::placeholders::is_usual;
use crate::source::Source;

/// The shortest word of a comment that is a tag, in characters.
const SHORTEST_WORD: usize = 3;
/// Largest number of tags in one text. A text with more is not a list of tags.
const MOST: usize = 64;

/// How the texts of the sources are read.
#[derive(Debug)]
pub(crate) struct TagTexts<'a> {
    /// The characters between several tags in one text.
    pub(crate) separators: &'a str,
    /// Whether every word of a comment is a tag.
    pub(crate) comment_words: bool,
    pub(crate) aliases: &'a Aliases,
}

impl TagTexts<'_> {
    /// The tags in `text`, a value of `source`, as they are written: in Unicode form NFC, with single spaces. A text
    /// that an alias rule names is one tag, whatever separators it contains. Placeholders are kept.
    pub(crate) fn tags(&self, source: Source, text: &str) -> Vec<String> {
        let whole = tidy(text);
        if whole.is_empty() {
            return Vec::new();
        }
        let key = folded(&whole);
        // "N/A" has a separator in it.
        if is_one(source) || self.aliases.of(&key).is_some() || is_usual(&key) {
            return vec![whole];
        }
        if self.comment_words && matches!(source, Source::Comment | Source::RekordboxComment) {
            return words(text).take(MOST).collect();
        }
        let is_separator = |c: char| self.separators.contains(c) || matches!(c, '\0' | '\n' | '\r');
        // "Folk, World, & Country", and the hash signs of "#summer; #party".
        let parts = text.split(is_separator).map(|part| tidy(part.trim().trim_start_matches(['&', '#'])));
        parts.filter(|part| !part.is_empty()).take(MOST).collect()
    }
}

/// Whether a text of the source is exactly one tag.
fn is_one(source: Source) -> bool {
    match source {
        Source::Genre | Source::Mood | Source::Grouping | Source::Comment => false,
        Source::RekordboxGenre | Source::RekordboxGrouping | Source::RekordboxComment => false,
        Source::Rating | Source::Folder | Source::Manifest | Source::Playlist => true,
        Source::RekordboxMyTag | Source::RekordboxRating | Source::RekordboxPlaylist => true,
    }
}

/// `text` in Unicode form NFC, without control characters and invisible characters, with single spaces.
pub(crate) fn tidy(text: &str) -> String {
    let spaced: String = text
        .nfc()
        .map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c })
        .filter(|c| !is_invisible(*c))
        .collect();
    spaced.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Whether a character only directs how others are shown: soft hyphens, joiners, directions of writing, byte order
/// marks.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The words of a comment.
fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    let is_inside = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '’' | '-' | '&');
    let words = text.split(move |c| !is_inside(c)).map(|word| tidy(word.trim_matches(|c: char| !c.is_alphanumeric())));
    words.filter(|word| word.chars().count() >= SHORTEST_WORD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::LibraryOptions;

    fn tags(source: Source, text: &str, comment_words: bool) -> Vec<String> {
        let rules = vec!["Folk = Folk, World, & Country".to_owned(), "R&B/Soul = RnB".to_owned()];
        let options = LibraryOptions { aliases: rules, ..LibraryOptions::default() };
        let aliases = Aliases::read(&options).unwrap();
        TagTexts { separators: &options.separators, comment_words, aliases: &aliases }.tags(source, text)
    }

    #[test]
    fn a_genre_is_split_at_separators() {
        for (text, expected) in [
            ("Rock", vec!["Rock"]),
            ("Rock / Pop;  Indie  Rock |, Jazz", vec!["Rock", "Pop", "Indie Rock", "Jazz"]),
            ("Drum & Bass", vec!["Drum & Bass"]),
            ("Jazz, & Country", vec!["Jazz", "Country"]),
            ("A\0B\nC", vec!["A", "B", "C"]),
            (" ; / ", vec![]),
            ("", vec![]),
            ("cafe\u{301}\u{a0}  del\tmar\u{200b}", vec!["café del mar"]),
        ] {
            assert_eq!(tags(Source::Genre, text, false), expected, "{text:?}");
        }
    }

    #[test]
    fn a_text_that_an_alias_names_is_not_split() {
        assert_eq!(tags(Source::Genre, "Folk, World,  & Country", false), ["Folk, World, & Country"]);
        assert_eq!(tags(Source::Genre, "r&b/soul", false), ["r&b/soul"]);
    }

    #[test]
    fn names_of_folders_and_playlists_and_listed_tags_stay_whole() {
        for source in [Source::Folder, Source::Playlist, Source::Manifest, Source::RekordboxMyTag] {
            assert_eq!(tags(source, "Rock, loud/fast", false), ["Rock, loud/fast"]);
        }
    }

    #[test]
    fn a_comment_gives_its_parts_or_its_words() {
        let comment = "#summer; late night. It's a so-so drum & bass";
        assert_eq!(tags(Source::Comment, comment, false), ["summer", "late night. It's a so-so drum & bass"]);
        assert_eq!(tags(Source::Comment, comment, true), ["summer", "late", "night", "It's", "so-so", "drum", "bass"]);
        assert_eq!(tags(Source::Mood, "very calm", true), ["very calm"]);
    }

    #[test]
    fn a_text_with_thousands_of_separators_gives_few_tags() {
        assert_eq!(tags(Source::Genre, &"a;".repeat(5_000), false).len(), MOST);
    }
}
