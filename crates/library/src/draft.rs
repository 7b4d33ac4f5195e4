//! Songs while sources are joined: a file has one song, whatever sources name it.

use std::collections::HashMap;
use std::path::PathBuf;

use error::Error;

use crate::file_tags::Disagreement;
use crate::list::{Facts, List};
use crate::source::Source;
use crate::spellings::Spellings;
use crate::tag_texts::TagTexts;

/// A song whose tags are still texts.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) path: PathBuf,
    pub(crate) facts: Facts,
    /// Its tags as they are written, by their number.
    pub(crate) tags: Vec<(Source, u32)>,
    pub(crate) disagreements: Vec<Disagreement>,
    /// Why its metadata could not be read.
    pub(crate) unread: Option<Error>,
}

/// Two lines of one list that name the same file with different tags.
#[derive(Debug)]
pub(crate) struct ListedTwice {
    pub(crate) list: PathBuf,
    pub(crate) song: usize,
    /// The lines and their tags.
    pub(crate) claims: [(u64, Vec<String>); 2],
}

/// The songs found so far.
#[derive(Debug, Default)]
pub(crate) struct Drafts {
    pub(crate) songs: Vec<Draft>,
    pub(crate) spellings: Spellings,
    pub(crate) twice: Vec<ListedTwice>,
    /// The positions of the songs by their paths without links.
    places: HashMap<PathBuf, usize>,
}

impl Drafts {
    /// Adds a song; returns its position, which is that of an earlier song for another name of the same file.
    pub(crate) fn song(&mut self, path: PathBuf, real: PathBuf) -> usize {
        let Self { songs, places, .. } = self;
        *places.entry(real).or_insert_with(|| {
            songs.push(Draft {
                path,
                facts: Facts::default(),
                tags: Vec::new(),
                disagreements: Vec::new(),
                unread: None,
            });
            songs.len() - 1
        })
    }

    /// Adds tags to a song; a tag that it has from the same source counts once.
    pub(crate) fn add(&mut self, song: usize, tags: impl IntoIterator<Item = (Source, String)>) {
        let Self { songs, spellings, .. } = self;
        let Some(draft) = songs.get_mut(song) else { return };
        for (source, text) in tags {
            let tag = (source, spellings.number(text));
            if !draft.tags.contains(&tag) {
                draft.tags.push(tag);
            }
        }
    }

    /// Whether the file is a song already.
    pub(crate) fn has(&self, real: &PathBuf) -> bool {
        self.places.contains_key(real)
    }

    /// Adds what `list` says about its files, which are all songs already; `real` are their paths without links.
    pub(crate) fn join(&mut self, list: List, real: &[PathBuf], texts: &TagTexts) {
        let mut listed: HashMap<usize, (u64, Vec<String>)> = HashMap::new();
        for (entry, real) in list.entries.into_iter().zip(real) {
            let Some(&song) = self.places.get(real) else { continue };
            let tags: Vec<(Source, String)> = entry
                .texts
                .iter()
                .flat_map(|(source, text)| texts.tags(*source, text).into_iter().map(move |tag| (*source, tag)))
                .collect();
            if entry.texts.iter().any(|(source, _)| *source == Source::Manifest) {
                let mut claim: Vec<String> = tags.iter().map(|(_, tag)| tag.clone()).collect();
                claim.sort_unstable();
                match listed.get(&song) {
                    Some((_, before)) if *before == claim => {}
                    Some(first) => {
                        let claims = [first.clone(), (entry.line, claim)];
                        self.twice.push(ListedTwice { list: list.file.clone(), song, claims });
                    }
                    None => drop(listed.insert(song, (entry.line, claim))),
                }
            }
            self.add(song, tags);
            if let Some(draft) = self.songs.get_mut(song) {
                draft.facts.complete(entry.facts);
            }
        }
    }
}
