//! Reads a library: lists, walk, metadata, and what they say together.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use error::{Code, Error, Result, WarningCode};
use train::Warning;

use crate::aliases::Aliases;
use crate::conflicts::conflicts;
use crate::draft::{Draft, Drafts};
use crate::files::{Outcome, Progress, Reading};
use crate::findings::{findings, without_tags};
use crate::folders;
use crate::list::List;
use crate::options::{LibraryOptions, MetadataField};
use crate::placeholders::Placeholders;
use crate::progress::LibraryProgress;
use crate::record::{LibraryFailure, SourceCount};
use crate::rekordbox;
use crate::song::{Library, Song};
use crate::source::Source;
use crate::tag_texts::{tidy, TagTexts};
use crate::vocabulary::Vocabulary;
use crate::{manifest, playlist};

/// Reads the tags of a library by `options`. Files are read in parallel; `on_progress` is called on this thread. Memory
/// grows with the number of songs and of different tags, not with the size of the files. `cancel` is checked between
/// files.
///
/// # Errors
/// [`Code::InvalidOption`] as [`LibraryOptions::validate`], and for alias rules that contradict each other;
/// [`Code::FileNotFound`] for a path or list that does not exist; [`Code::Dataset`] for a list that cannot be
/// understood (with its line), for a library without songs, and for one without any tag; [`Code::Io`];
/// [`Code::Aborted`].
pub fn read(
    options: &LibraryOptions,
    on_progress: &mut dyn FnMut(LibraryProgress),
    cancel: &AtomicBool,
) -> Result<Library> {
    options.validate()?;
    let aliases = Aliases::read(options)?;
    for path in &options.paths {
        std::fs::metadata(path).map_err(|reason| Error::input(path, Code::Dataset, &reason))?;
    }
    let texts = TagTexts { separators: &options.separators, comment_words: options.comment_words, aliases: &aliases };
    let lists = lists(options, cancel)?;
    let jobs =
        if options.jobs > 0 { options.jobs } else { std::thread::available_parallelism().map_or(1, usize::from) };
    let reading = Reading { fields: &options.metadata, texts: &texts, jobs, cancel };
    let mut progress = Progress::new(on_progress);
    let mut found = Joined::default();
    let (outcomes, left_out) = reading.walk(&options.paths, &mut progress)?;
    found.add(outcomes, options);
    let real: Vec<Vec<PathBuf>> = lists.iter().map(real_paths).collect();
    let mut further = HashSet::new();
    let listed = lists.iter().zip(&real).flat_map(|(list, real)| list.entries.iter().zip(real));
    let listed: Vec<PathBuf> = listed
        .filter(|(_, real)| !found.drafts.has(real) && further.insert((*real).clone()))
        .map(|(entry, _)| entry.path.clone())
        .collect();
    found.add(reading.listed(listed, &mut progress)?, options);
    progress.finish();
    for (list, real) in lists.into_iter().zip(&real) {
        found.warnings.extend(list.warnings.iter().cloned());
        found.drafts.join(list, real, &texts);
    }
    found.library(options, &aliases, left_out)
}

/// Reads every list of the options.
fn lists(options: &LibraryOptions, cancel: &AtomicBool) -> Result<Vec<List>> {
    let choice = rekordbox::Choice {
        comments: options.metadata.contains(&MetadataField::Comment),
        playlists: options.rekordbox_playlists,
    };
    let playlists = playlist::files(&options.playlists)?;
    let mut lists = Vec::new();
    let mut add = |list: Result<List>| {
        if cancel.load(Ordering::Relaxed) {
            return Err(Error::aborted());
        }
        lists.push(list?);
        Ok(())
    };
    options.manifests.iter().try_for_each(|file| add(manifest::read(file)))?;
    options.rekordbox.iter().try_for_each(|file| add(rekordbox::read(file, &choice)))?;
    playlists.iter().try_for_each(|file| add(playlist::read(file)))?;
    Ok(lists)
}

fn real_paths(list: &List) -> Vec<PathBuf> {
    let real = |path: &PathBuf| std::fs::canonicalize(path).unwrap_or_else(|_| path.clone());
    list.entries.iter().map(|entry| real(&entry.path)).collect()
}

/// What was found so far.
#[derive(Default)]
struct Joined {
    drafts: Drafts,
    failed: Vec<LibraryFailure>,
    warnings: Vec<Warning>,
    /// Files of formats whose metadata is not read.
    foreign: Vec<PathBuf>,
}

impl Joined {
    /// Adds files that were read.
    fn add(&mut self, outcomes: Vec<Outcome>, options: &LibraryOptions) {
        for outcome in outcomes {
            match outcome {
                Outcome::Warned(warning) => self.warnings.push(warning),
                Outcome::Failed(error) => self.fail(&error),
                Outcome::File { path, real, tags } => {
                    let names = folders::names(&path, &options.paths, &options.folder_levels);
                    let names: Vec<(Source, String)> = names
                        .into_iter()
                        .map(tidy)
                        .filter(|name| !name.is_empty())
                        .map(|name| (Source::Folder, name))
                        .collect();
                    if matches!(tags, Ok(None)) {
                        self.foreign.push(path.clone());
                    }
                    let song = self.drafts.song(path, real);
                    self.drafts.add(song, names);
                    match tags {
                        Ok(found) => {
                            let found = found.unwrap_or_default();
                            self.drafts.add(song, found.tags);
                            if let Some(draft) = self.drafts.songs.get_mut(song) {
                                draft.facts = found.facts;
                                draft.disagreements = found.disagreements;
                            }
                        }
                        Err(error) => {
                            if let Some(draft) = self.drafts.songs.get_mut(song) {
                                draft.unread = Some(error);
                            }
                        }
                    }
                }
            }
        }
    }

    fn fail(&mut self, error: &Error) {
        let path = error.file.as_deref().map(error::shown_path).unwrap_or_default();
        self.failed.push(LibraryFailure { path, code: error.code, message: error.message.clone() });
    }

    /// The library, with one name for each tag.
    fn library(mut self, options: &LibraryOptions, aliases: &Aliases, left_out: u64) -> Result<Library> {
        self.drop_unreadable();
        if self.drafts.songs.is_empty() {
            return Err(self.nothing(options));
        }
        let Drafts { songs: drafts, spellings, twice, .. } = self.drafts;
        let placeholders = Placeholders::new(&options.ignore);
        let vocabulary = Vocabulary::new(&drafts, spellings.texts(), aliases, &placeholders);
        let songs: Vec<Song> = drafts.iter().map(|draft| song(draft, &vocabulary)).collect();
        if vocabulary.tags.is_empty() {
            return Err(without_tags(&songs, &vocabulary));
        }
        let sources = sources(&drafts, &vocabulary);
        let conflicts = conflicts(&drafts, &songs, &twice, &vocabulary);
        let mut warnings = self.warnings;
        warnings.extend(findings(&songs, &vocabulary));
        self.failed.sort_by(|a, b| a.path.cmp(&b.path));
        let Vocabulary { tags, ignored, .. } = vocabulary;
        Ok(Library { songs, tags, sources, ignored, conflicts, failed: self.failed, warnings, left_out })
    }

    /// Moves the files that cannot be used to the failures: those that cannot be opened, and those with damaged
    /// metadata that no other source gives a tag. Tells of the others.
    fn drop_unreadable(&mut self) {
        let mut damaged: Vec<String> = Vec::new();
        let mut failed = Vec::new();
        // Positions in `twice` are those of all songs.
        let twice = std::mem::take(&mut self.drafts.twice);
        let mut position = vec![None; self.drafts.songs.len()];
        let mut kept = Vec::with_capacity(self.drafts.songs.len());
        for (before, mut draft) in std::mem::take(&mut self.drafts.songs).into_iter().enumerate() {
            match draft.unread.take() {
                Some(error) if error.code != Code::Decode || draft.tags.is_empty() => {
                    failed.push(error);
                    continue;
                }
                Some(error) => damaged.push(error.message),
                None => {}
            }
            position[before] = Some(kept.len());
            kept.push(draft);
        }
        self.drafts.songs = kept;
        let moved = |mut one: crate::draft::ListedTwice| {
            one.song = position.get(one.song).copied().flatten()?;
            Some(one)
        };
        self.drafts.twice = twice.into_iter().filter_map(moved).collect();
        failed.iter().for_each(|error| self.fail(error));
        if let Some(first) = damaged.first() {
            let message = format!(
                "files with damaged metadata, which keep the tags of their other sources: {}; the first: {first}",
                damaged.len()
            );
            self.warnings.push(Warning::new(WarningCode::MetadataUnread, message).of_count(damaged.len()));
        }
        if let Some(first) = self.foreign.first() {
            let message = format!(
                "files of a format whose metadata is not read: {}; the first: {}; give their tags by folders, a \
                 manifest or a playlist",
                self.foreign.len(),
                first.display()
            );
            let mut warning = Warning::new(WarningCode::MetadataUnread, message).of_count(self.foreign.len());
            warning.clips = self.foreign.iter().take(Warning::CLIPS).map(error::shown_path).collect();
            self.warnings.push(warning);
        }
    }

    /// The error for a library without songs.
    fn nothing(&self, options: &LibraryOptions) -> Error {
        let places = [&options.paths, &options.manifests, &options.rekordbox, &options.playlists];
        let places: Vec<String> = places.into_iter().flatten().take(3).map(|path| path.display().to_string()).collect();
        let reason = match (self.failed.as_slice(), self.warnings.as_slice()) {
            ([first, ..], _) => format!("; {} files failed, the first: {}", self.failed.len(), first.message),
            ([], [first, ..]) => format!("; {}", first.message),
            ([], []) => String::new(),
        };
        Error::new(Code::Dataset, format!("no songs in {}{reason}", places.join(", "))).shown()
    }
}

/// The finished song of a draft.
fn song(draft: &Draft, vocabulary: &Vocabulary) -> Song {
    let known = draft.tags.iter().filter_map(|(source, text)| Some((*source, vocabulary.position(*text)?)));
    let (sources, tags): (BTreeSet<Source>, BTreeSet<u32>) = known.unzip();
    let facts = draft.facts.clone();
    Song {
        path: draft.path.clone(),
        tags: tags.into_iter().collect(),
        sources: sources.into_iter().collect(),
        artist: facts.artist,
        album_artist: facts.album_artist,
        album: facts.album,
        title: facts.title,
    }
}

/// How much each source gave.
fn sources(drafts: &[Draft], vocabulary: &Vocabulary) -> Vec<SourceCount> {
    let mut counts: BTreeMap<Source, (usize, HashSet<u32>)> = BTreeMap::new();
    for draft in drafts {
        let mut seen = BTreeSet::new();
        for (source, text) in &draft.tags {
            let Some(tag) = vocabulary.position(*text) else { continue };
            let (songs, tags) = counts.entry(*source).or_default();
            *songs += usize::from(seen.insert(*source));
            tags.insert(tag);
        }
    }
    counts.into_iter().map(|(source, (songs, tags))| SourceCount { source, songs, tags: tags.len() }).collect()
}
