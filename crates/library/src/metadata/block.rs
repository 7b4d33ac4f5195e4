//! The texts of one metadata block of a file: ID3v2, Vorbis comments, MP4 atoms, APE.

use super::rating::{stars_of_text, tag_of_stars};

/// The longest text that is kept, in bytes, and the largest number of texts in a block. Damaged blocks hold more.
const LONGEST: usize = 4_096;
const MOST: usize = 512;

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Genre,
    Mood,
    Grouping,
    Comment,
    /// As the tag of a rating.
    Rating,
    Artist,
    AlbumArtist,
    Album,
    Title,
}

/// The texts of one metadata block.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Block {
    /// The name of the format, for messages.
    pub(crate) format: &'static str,
    /// Whether the format shortens texts and has few genres, so that its texts are used only where no other block has
    /// the field, and never contradict another block.
    pub(crate) is_short: bool,
    texts: Vec<(Field, String)>,
}

impl Block {
    pub(super) fn new(format: &'static str) -> Self {
        Self { format, is_short: false, texts: Vec::new() }
    }

    /// Adds a text; several values are separated by NUL.
    pub(super) fn add(&mut self, field: Field, text: &str) {
        for value in text.split('\0').map(str::trim) {
            if !value.is_empty() && value.len() <= LONGEST && self.texts.len() < MOST {
                self.texts.push((field, value.to_owned()));
            }
        }
    }

    /// Adds a rating as its tag.
    pub(super) fn add_stars(&mut self, stars: u8) {
        if let Some(tag) = tag_of_stars(stars) {
            self.add(Field::Rating, &tag);
        }
    }

    /// Adds the text of a named field: Vorbis comments, APE items, TXXX frames, freeform atoms of MP4.
    pub(super) fn add_named(&mut self, name: &str, text: &str) {
        let name = name.to_ascii_uppercase();
        // `RATING:user@host` is a share, as Quod Libet writes it.
        if name.starts_with("RATING:") || name == "FMPS_RATING" {
            return self.add_stars(stars_of_text(text, true));
        }
        let field = match name.as_str() {
            "GENRE" | "STYLE" => Field::Genre,
            "MOOD" => Field::Mood,
            "GROUPING" | "CONTENTGROUP" => Field::Grouping,
            "COMMENT" | "DESCRIPTION" => Field::Comment,
            "RATING" | "RATING WMP" => return self.add_stars(stars_of_text(text, false)),
            "ARTIST" => Field::Artist,
            "ALBUMARTIST" | "ALBUM ARTIST" | "ALBUM_ARTIST" => Field::AlbumArtist,
            "ALBUM" => Field::Album,
            "TITLE" => Field::Title,
            _ => return,
        };
        self.add(field, text);
    }

    /// The texts of a field.
    pub(crate) fn of(&self, field: Field) -> impl Iterator<Item = &str> {
        self.texts.iter().filter(move |(one, _)| *one == field).map(|(_, text)| text.as_str())
    }

    /// Whether the block has a text of the field.
    pub(crate) fn has(&self, field: Field) -> bool {
        self.of(field).next().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_fields_are_known_in_any_case_and_others_are_left_out() {
        let mut block = Block::new("Vorbis comments");
        for (name, text) in [
            ("Genre", "Rock\0Pop"),
            ("style", "Indie"),
            ("album artist", "A"),
            ("DATE", "1999"),
            ("rating:me@example.org", "0.6"),
            ("Mood", " "),
        ] {
            block.add_named(name, text);
        }
        assert_eq!(block.of(Field::Genre).collect::<Vec<_>>(), ["Rock", "Pop", "Indie"]);
        assert_eq!(block.of(Field::Rating).collect::<Vec<_>>(), ["rating 3"]);
        assert_eq!(block.of(Field::AlbumArtist).collect::<Vec<_>>(), ["A"]);
        assert!(!block.has(Field::Mood) && !block.has(Field::Title));
    }

    #[test]
    fn a_damaged_block_stays_small() {
        let mut block = Block::new("ID3v2");
        block.add(Field::Comment, &"x".repeat(1 << 20));
        (0..10_000).for_each(|_| block.add(Field::Genre, "Rock"));
        assert_eq!((block.of(Field::Comment).count(), block.of(Field::Genre).count()), (0, MOST));
    }
}
