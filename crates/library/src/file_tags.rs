//! From the metadata blocks of a file to its tags and facts.

use crate::list::Facts;
use crate::metadata::{Block, Field};
use crate::options::MetadataField;
use crate::source::Source;
use crate::tag_texts::{tidy, TagTexts};

/// What the metadata of a file says.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct FileTags {
    /// Its tags as they are written.
    pub(crate) tags: Vec<(Source, String)>,
    pub(crate) facts: Facts,
    /// Fields with different values in two blocks.
    pub(crate) disagreements: Vec<Disagreement>,
}

/// Two blocks of one file that give a field different tags. The first one is used.
#[derive(Debug, PartialEq)]
pub(crate) struct Disagreement {
    pub(crate) source: Source,
    /// The formats of the blocks and their tags.
    pub(crate) claims: [(&'static str, Vec<String>); 2],
}

/// What `blocks` say, with tags from `fields`. A field is taken from the first block that has it, and from a block with
/// short texts (ID3v1) only if no other has it.
pub(crate) fn file_tags(blocks: &[Block], fields: &[MetadataField], texts: &TagTexts) -> FileTags {
    let mut found = FileTags::default();
    for &chosen in fields {
        let (field, source) = match chosen {
            MetadataField::Genre => (Field::Genre, Source::Genre),
            MetadataField::Mood => (Field::Mood, Source::Mood),
            MetadataField::Grouping => (Field::Grouping, Source::Grouping),
            MetadataField::Comment => (Field::Comment, Source::Comment),
            MetadataField::Rating => (Field::Rating, Source::Rating),
        };
        if found.tags.iter().any(|(other, _)| *other == source) {
            continue;
        }
        let tags_of = |block: &Block| -> Vec<String> {
            let mut tags: Vec<String> = Vec::new();
            for tag in block.of(field).flat_map(|text| texts.tags(source, text)) {
                if !tags.contains(&tag) {
                    tags.push(tag);
                }
            }
            tags
        };
        let mut having = in_order(blocks).filter(|block| block.has(field));
        let Some(first) = having.next() else { continue };
        let tags = tags_of(first);
        let other = having.filter(|block| !block.is_short).map(|block| (block.format, tags_of(block)));
        let differs =
            |(_, others): &(_, Vec<String>)| !others.is_empty() && !others.iter().any(|tag| tags.contains(tag));
        if let Some(other) = other.into_iter().find(|claim| !tags.is_empty() && differs(claim)) {
            found.disagreements.push(Disagreement { source, claims: [(first.format, tags.clone()), other] });
        }
        found.tags.extend(tags.into_iter().map(|tag| (source, tag)));
    }
    let fact = |field: Field| {
        let first = in_order(blocks).find(|block| block.has(field))?;
        let texts: Vec<String> = first.of(field).map(tidy).filter(|text| !text.is_empty()).collect();
        (!texts.is_empty()).then(|| texts.join("; "))
    };
    found.facts = Facts {
        artist: fact(Field::Artist),
        album_artist: fact(Field::AlbumArtist),
        album: fact(Field::Album),
        title: fact(Field::Title),
    };
    found
}

/// The blocks with short texts last.
fn in_order(blocks: &[Block]) -> impl Iterator<Item = &Block> {
    blocks.iter().filter(|block| !block.is_short).chain(blocks.iter().filter(|block| block.is_short))
}
