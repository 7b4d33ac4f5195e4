//! The metadata formats, each as a [`Block`].

use lofty::ape::ApeTag;
use lofty::id3::v1::Id3v1Tag;
use lofty::id3::v2::{Frame, Id3v2Tag};
use lofty::iff::aiff::AiffTextChunks;
use lofty::iff::wav::RiffInfoList;
use lofty::mp4::{AtomData, AtomIdent, Ilst};
use lofty::ogg::tag::VorbisComments;
use lofty::tag::Accessor;

use super::block::{Block, Field};
use super::genre_number::genres;
use super::rating::{stars_of_byte, stars_of_text};

/// ID3v2, of any version.
pub(super) fn id3v2(tag: &Id3v2Tag) -> Block {
    let mut block = Block::new("ID3v2");
    for frame in tag {
        match frame {
            Frame::Text(text) => match frame.id_str() {
                "TCON" => add_genres(&mut block, &text.value),
                "TMOO" => block.add(Field::Mood, &text.value),
                "TIT1" | "GRP1" => block.add(Field::Grouping, &text.value),
                "TPE1" => block.add(Field::Artist, &text.value),
                "TPE2" => block.add(Field::AlbumArtist, &text.value),
                "TALB" => block.add(Field::Album, &text.value),
                "TIT2" => block.add(Field::Title, &text.value),
                _ => {}
            },
            Frame::UserText(text) => block.add_named(&text.description, &text.content),
            // Comments with a description are notes of programs, such as iTunNORM.
            Frame::Comment(comment) if comment.description.is_empty() => block.add(Field::Comment, &comment.content),
            Frame::Popularimeter(popularity) => block.add_stars(stars_of_byte(popularity.rating)),
            _ => {}
        }
    }
    block
}

/// ID3v1: one genre of a list, and texts of at most 30 characters.
pub(super) fn id3v1(tag: &Id3v1Tag) -> Block {
    let mut block = Block::new("ID3v1");
    block.is_short = true;
    for (field, text) in [
        (Field::Artist, tag.artist()),
        (Field::Album, tag.album()),
        (Field::Title, tag.title()),
        (Field::Genre, tag.genre()),
    ] {
        block.add(field, &text.unwrap_or_default());
    }
    block.add(Field::Comment, &tag.comment().unwrap_or_default());
    block
}

/// Vorbis comments, of Ogg and FLAC.
pub(super) fn vorbis_comments(tag: &VorbisComments) -> Block {
    let mut block = Block::new("Vorbis comments");
    for (name, text) in tag.items() {
        if name.eq_ignore_ascii_case("GENRE") {
            add_genres(&mut block, text);
        } else {
            block.add_named(name, text);
        }
    }
    block
}

/// APE, of any version.
pub(super) fn ape(tag: &ApeTag) -> Block {
    let mut block = Block::new("APE");
    for item in tag {
        for text in item.text_values().into_iter().flatten() {
            if item.key().eq_ignore_ascii_case("Genre") {
                add_genres(&mut block, text);
            } else {
                block.add_named(item.key(), text);
            }
        }
    }
    block
}

/// The `ilst` atoms of MP4.
pub(super) fn ilst(tag: &Ilst) -> Block {
    let mut block = Block::new("MP4 atoms");
    for atom in tag {
        for data in atom.data() {
            let text = match data {
                AtomData::UTF8(text) | AtomData::UTF16(text) => text.clone(),
                AtomData::SignedInteger(number) => number.to_string(),
                AtomData::UnsignedInteger(number) => number.to_string(),
                _ => continue,
            };
            match atom.ident() {
                AtomIdent::Fourcc(name) => match name {
                    b"\xa9gen" => add_genres(&mut block, &text),
                    b"\xa9grp" => block.add(Field::Grouping, &text),
                    b"\xa9cmt" => block.add(Field::Comment, &text),
                    b"\xa9ART" => block.add(Field::Artist, &text),
                    b"aART" => block.add(Field::AlbumArtist, &text),
                    b"\xa9alb" => block.add(Field::Album, &text),
                    b"\xa9nam" => block.add(Field::Title, &text),
                    b"rate" => block.add_stars(stars_of_text(&text, false)),
                    _ => {}
                },
                AtomIdent::Freeform { name, .. } => block.add_named(name, &text),
            }
        }
    }
    block
}

/// The INFO list of WAV.
pub(super) fn riff_info(tag: &RiffInfoList) -> Block {
    let mut block = Block::new("RIFF INFO");
    for (field, name) in
        [(Field::Artist, "IART"), (Field::Album, "IPRD"), (Field::Title, "INAM"), (Field::Comment, "ICMT")]
    {
        block.add(field, tag.get(name).unwrap_or_default());
    }
    add_genres(&mut block, tag.get("IGNR").unwrap_or_default());
    block.add_stars(stars_of_text(tag.get("IRTD").unwrap_or_default(), false));
    block
}

/// The text chunks of AIFF.
pub(super) fn aiff_text(tag: &AiffTextChunks) -> Block {
    let mut block = Block::new("AIFF text");
    block.add(Field::Artist, tag.author.as_deref().unwrap_or_default());
    block.add(Field::Title, tag.name.as_deref().unwrap_or_default());
    tag.annotations.iter().flatten().for_each(|text| block.add(Field::Comment, text));
    block
}

/// Adds genres, with names in place of numbers.
fn add_genres(block: &mut Block, text: &str) {
    for genre in text.split('\0').flat_map(genres) {
        block.add(Field::Genre, &genre);
    }
}
