//! The songs from which is learnt, with the means of their features: files that cannot be used and copies are left out.

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use error::{Code, Error, Result, WarningCode};
use library::Library;
use tagger::{Failed, FileFacts, Loaded};
use train::Warning;

use super::event::{LearnEvent, LearnPhase};
use super::feature_store::{FeatureStore, SongFeatures};
use super::features::{compute, Wanted};
use super::head::{FeatureLayout, FeatureSet};
use super::options::LearnOptions;
use super::songs::{equal_audio, join, tagged, Duplicate, LearnSong, Unused};
use super::suspects::nearly_the_same;
use super::tag_list::TagList;
use super::teller::Teller;

/// The songs from which is learnt.
pub(super) struct Gathered {
    pub(super) songs: Vec<LearnSong>,
    pub(super) duplicates: Vec<Duplicate>,
    /// The songs that a single-label task cannot use.
    pub(super) unused: Vec<Unused>,
    pub(super) failed: Vec<Failed>,
    /// `[songs, width]`: the means of their features over the segments.
    pub(super) means: Vec<f32>,
    /// Songs whose features were stored before.
    pub(super) cached: usize,
    store: FeatureStore,
}

/// Hashes the songs of `library`, computes their features by `base` and leaves out copies.
///
/// # Errors
/// [`Code::Io`] if a file could not be read for a passing reason: without it an earlier model would be replaced by one
/// that knows less. Those of [`FeatureStore::open`] and [`compute`]; [`Code::Aborted`] after `cancel`.
pub(super) fn gather(
    options: &LearnOptions,
    base: &Loaded,
    library: &Library,
    layout: &FeatureLayout,
    teller: &mut Teller<'_>,
    cancel: &AtomicBool,
) -> Result<Gathered> {
    let unread = library.failed.iter().filter(|failed| failed.code == Code::Io);
    refuse_passing(unread.map(|failed| (Path::new(&failed.path), failed.message.as_str())))?;
    let cache = options.cache.clone().map_or_else(train::cache::default_folder, Ok)?;
    let settings = format!("{}\n{:?}\n{}\n{}", base.hash, layout.levels, options.segments, options.precision);
    let mut store = FeatureStore::open(&cache, &settings)?;
    let mut failed: Vec<Failed> = Vec::new();
    let mut duplicates = Vec::new();
    let songs = recognise(tagged(library), &mut store, &mut failed, teller, cancel)?;
    let same = equal_audio(&songs);
    let (songs, _) = join(songs, &same, true, &mut duplicates);
    let (songs, means, cached) = listen(songs, base, layout, options, &store, &mut failed, teller, cancel)?;
    let (songs, means) = without_copies(songs, means, layout, &mut duplicates, cancel)?;
    Ok(Gathered { songs, duplicates, unused: Vec::new(), failed, means, cached, store })
}

/// Gives `songs` the hashes of their audio; those that cannot be read are left out.
fn recognise(
    songs: Vec<LearnSong>,
    store: &mut FeatureStore,
    failed: &mut Vec<Failed>,
    teller: &mut Teller<'_>,
    cancel: &AtomicBool,
) -> Result<Vec<LearnSong>> {
    teller.begin(LearnPhase::Content);
    let total = songs.len();
    let mut readable = Vec::with_capacity(total);
    for (number, mut song) in songs.into_iter().enumerate() {
        if cancel.load(Ordering::Relaxed) {
            store.keep_contents()?;
            return Err(Error::aborted());
        }
        match store.content(&song.path) {
            Ok(content) => {
                song.content = content;
                readable.push(song);
            }
            Err(reason) => {
                let failure = Failed { file: FileFacts::of(&song.path), error: (&reason).into() };
                teller.tell(LearnEvent::Failed(failure.clone()));
                failed.push(failure);
            }
        }
        teller.progress(number + 1, Some(total), failed.len());
    }
    store.keep_contents()?;
    refuse_passing(passing(failed))?;
    Ok(readable)
}

/// Computes the features that are not stored yet. Returns the songs that can be used, `[songs, width]` with the means
/// of their features over the segments, and the number of songs whose features were stored before.
fn listen(
    songs: Vec<LearnSong>,
    base: &Loaded,
    layout: &FeatureLayout,
    options: &LearnOptions,
    store: &FeatureStore,
    failed: &mut Vec<Failed>,
    teller: &mut Teller<'_>,
    cancel: &AtomicBool,
) -> Result<(Vec<LearnSong>, Vec<f32>, usize)> {
    let width = layout.width();
    let known: Vec<Option<Vec<f32>>> =
        songs.iter().map(|song| Some(store.read(&song.content, width)?.mean())).collect();
    let unknown = songs.iter().zip(&known).filter(|(_, mean)| mean.is_none());
    let wanted: Vec<Wanted> =
        unknown.map(|(song, _)| Wanted { path: song.path.clone(), content: song.content.clone() }).collect();
    let cached = songs.len() - wanted.len();
    teller.begin(LearnPhase::Features);
    let mut unusable = HashSet::new();
    let mut finished = 0;
    let mut on_song = |place: usize, failure: Option<Failed>| {
        finished += 1;
        if let Some(failure) = failure {
            teller.tell(LearnEvent::Failed(failure.clone()));
            failed.push(failure);
            unusable.insert(wanted[place].path.clone());
        }
        teller.progress(finished, Some(wanted.len()), failed.len());
    };
    compute(&wanted, base, layout, options, store, &mut on_song, cancel)?;
    refuse_passing(passing(failed))?;
    if let Some(first) = failed.first() {
        let message = format!(
            "{} songs are left out, because their files cannot be used; the first is {}: {}",
            failed.len(),
            first.file.file,
            first.error.message
        );
        let names = failed.iter().take(Warning::CLIPS).map(|failed| failed.file.file.clone()).collect();
        let warning = Warning::new(WarningCode::ClipsLeftOut, message).of_count(failed.len());
        teller.tell(LearnEvent::Warning(Warning { clips: names, ..warning }));
    }
    let mut means = Vec::with_capacity(songs.len() * width);
    let mut usable = Vec::with_capacity(songs.len());
    for (song, known) in songs.into_iter().zip(known).filter(|(song, _)| !unusable.contains(&song.path)) {
        means.extend(known.map_or_else(|| stored(store, &song, width).map(|features| features.mean()), Ok)?);
        usable.push(song);
    }
    Ok((usable, means, cached))
}

/// Leaves out the songs that are nearly the same as another one, with their `means`.
fn without_copies(
    songs: Vec<LearnSong>,
    mut means: Vec<f32>,
    layout: &FeatureLayout,
    duplicates: &mut Vec<Duplicate>,
    cancel: &AtomicBool,
) -> Result<(Vec<LearnSong>, Vec<f32>)> {
    // The hidden layer, as in `dataset check`, for which the threshold was measured.
    let hidden = layout.range(FeatureSet::Hidden);
    let of_hidden: Vec<f32> =
        means.chunks_exact(layout.width()).flat_map(|row| &row[hidden.clone()]).copied().collect();
    let near = nearly_the_same(&of_hidden, hidden.len(), cancel)?;
    drop(of_hidden);
    let (songs, places) = join(songs, &near, false, duplicates);
    keep_rows(&mut means, layout.width(), &places);
    Ok((songs, means))
}

/// Keeps the rows `places`, which are ascending, of `values` `[rows, width]`.
fn keep_rows(values: &mut Vec<f32>, width: usize, places: &[usize]) {
    for (to, &place) in places.iter().enumerate() {
        values.copy_within(place * width..(place + 1) * width, to * width);
    }
    values.truncate(places.len() * width);
}

impl Gathered {
    /// Leaves out the songs that a single-label task cannot use; returns their number.
    pub(super) fn leave_out_unusable(&mut self, list: &TagList, layout: &FeatureLayout) -> usize {
        let mut places = Vec::with_capacity(self.songs.len());
        let mut kept = Vec::with_capacity(self.songs.len());
        let before = self.songs.len();
        for (place, song) in std::mem::take(&mut self.songs).into_iter().enumerate() {
            match list.unusable(&song) {
                Some(reason) => self.unused.push(Unused { tags: list.names_of(&song), path: song.path, reason }),
                None => {
                    places.push(place);
                    kept.push(song);
                }
            }
        }
        self.songs = kept;
        keep_rows(&mut self.means, layout.width(), &places);
        before - self.songs.len()
    }

    /// The features of the segments of a song, `[segments, width]`.
    ///
    /// # Errors
    /// [`Code::Io`] if they are no longer stored.
    pub(super) fn segments(&self, song: usize, layout: &FeatureLayout) -> Result<Vec<f32>> {
        Ok(stored(&self.store, &self.songs[song], layout.width())?.values)
    }
}

/// The stored features of a song.
fn stored(store: &FeatureStore, song: &LearnSong, width: usize) -> Result<SongFeatures> {
    store.read(&song.content, width).ok_or_else(|| {
        let message = format!(
            "the features of {} disappeared from the cache while they were used: run the same command again",
            error::shown_path(&song.path)
        );
        Error::new(Code::Io, message).with_file(&song.path)
    })
}

/// The files and messages of those that failed for a passing reason.
fn passing(failed: &[Failed]) -> impl Iterator<Item = (&Path, &str)> {
    let passing = failed.iter().filter(|failed| failed.error.code == Code::Io.as_str());
    passing.map(|failed| (failed.file.path.as_path(), failed.error.message.as_str()))
}

/// Refuses files, each with its message, that could not be read for a passing reason.
fn refuse_passing<'a>(mut unread: impl Iterator<Item = (&'a Path, &'a str)>) -> Result<()> {
    let Some((file, first)) = unread.next() else { return Ok(()) };
    let count = 1 + unread.count();
    let files = if count == 1 { "file" } else { "files" };
    let message = format!(
        "{count} {files} could not be read this time; the first: {first}; nothing was replaced; run the same command \
         again"
    );
    Err(Error::new(Code::Io, message).with_file(file).shown())
}
