//! Learning, from the options to the files.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use error::{Code, Error, Result, WarningCode};
use library::Library;
use net::{Calibration, Model};
use serde_json::json;
use tagger::{Failed, Loaded};
use train::{Event, Warning};

use super::calibration::{calibrate, Calibrated};
use super::cross_validation::{cross_validate, CrossValidated};
use super::event::{LearnDone, LearnEvent, LearnFineTuning, LearnFold, LearnPhase, LearnStart, LearnTag};
use super::feature_store::FeatureStore;
use super::features::{compute, Wanted};
use super::fine_tuning::{fine_tune, TuningSongs, TEST, VALID};
use super::folder::LearnFolder;
use super::head::{FeatureLayout, FeatureSet, LearntHead};
use super::head_search::{Fitting, LearnSet, MOST_SONGS};
use super::model_card::{card, CardFacts};
use super::options::{Depth, LearnOptions};
use super::page;
use super::parts::{folds, groups, GroupCounts};
use super::result::{identity, Learnt};
use super::songs::{equal_audio, join, tagged, Duplicate, LearnSong};
use super::suspects::{nearly_the_same, suspects, write as write_suspects, Suspect};
use super::teller::Teller;
use super::verdict::{metrics, objection, TagSongs};
use crate::probe::Compute;

/// The fewest parts of a cross-validation: one to test on, one to choose on, one to learn from.
const FEWEST_PARTS: usize = 3;

/// Learns the tags of a library and writes the result into the folder `out`: `model.safetensors`, `report.html`,
/// `songs.csv`, `wrong-labels.csv` and `learn.json`. The features of the songs stay in the cache: learning again after a
/// change of the tags, or after an interruption, computes only what is new. The last event is [`LearnEvent::Done`].
///
/// # Errors
/// [`Code::InvalidOption`]; [`Code::FileNotFound`]; those of [`library::read`]; those of [`Loaded::read`] for the base
/// model; [`Code::Dataset`] if no tag can be learnt, with the reasons; [`Code::RunExists`] if another process works in
/// `out`; [`Code::Output`]; [`Code::CudaUnavailable`]; [`Code::Aborted`] after `cancel`.
pub fn learn(options: &LearnOptions, on_event: &mut dyn FnMut(LearnEvent), cancel: &AtomicBool) -> Result<LearnDone> {
    let started = Instant::now();
    options.validate()?;
    let mut teller = Teller::new(on_event);
    let needed = |value: &Option<PathBuf>, name: &str, what: &str| match value {
        Some(path) => Ok(path.clone()),
        None => Err(Error::new(Code::InvalidOption, format!("{name} is missing: {what}"))),
    };
    let job = if options.dry_run {
        None
    } else {
        let from = needed(&options.from, "from", "name the base model, such as from: 'best.safetensors' (--from)")?;
        let out = needed(&options.out, "out", "name a folder for the model (--out), or only look (--dry-run)")?;
        let base = Loaded::read(&from)?;
        Some((base, LearnFolder::claim(&out, options.force)?))
    };
    let mut progress = |at: library::LibraryProgress| teller.progress(at.read, None, at.failed);
    let library = library::read(&options.of_library()?, &mut progress, cancel)?;
    teller.tell(LearnEvent::Library(library.summary()));
    library.warnings.iter().for_each(|warning| teller.tell(LearnEvent::Warning(warning.clone())));
    let done = match job {
        None => dry(&library, started),
        Some((base, folder)) => Job { options, base, folder, library, cancel }.run(&mut teller, started)?,
    };
    teller.tell(LearnEvent::Done(done.clone()));
    Ok(done)
}

/// The result of a dry run.
fn dry(library: &Library, started: Instant) -> LearnDone {
    LearnDone {
        out: None,
        model: None,
        report: None,
        wrong_labels: None,
        songs: library.songs.iter().filter(|song| !song.tags.is_empty()).count(),
        tags: library.tags.iter().map(|tag| tag.tag.clone()).collect(),
        withheld: 0,
        roc_auc: None,
        interval: None,
        pr_auc: None,
        calibration_error: None,
        suspects: None,
        head: None,
        seconds: started.elapsed().as_secs_f64(),
    }
}

/// A library that is learnt.
struct Job<'a> {
    options: &'a LearnOptions,
    base: Loaded,
    folder: LearnFolder,
    library: Library,
    cancel: &'a AtomicBool,
}

/// The songs from which is learnt.
struct Gathered {
    songs: Vec<LearnSong>,
    duplicates: Vec<Duplicate>,
    failed: Vec<Failed>,
    /// `[songs, width]`: the means of their features over the segments.
    means: Vec<f32>,
    cached: usize,
    store: FeatureStore,
}

/// The verdict about every tag of the library.
struct Tested {
    tags: Vec<LearnTag>,
    /// The tags that are kept: positions among the learnt tags, in the order of the model.
    kept: Vec<usize>,
    calibrated: Calibrated,
    suspects: Vec<Suspect>,
    roc_auc: Option<f64>,
    interval: Option<[f64; 2]>,
    pr_auc: Option<f64>,
}

impl Job<'_> {
    fn run(&self, teller: &mut Teller<'_>, started: Instant) -> Result<LearnDone> {
        let names: Vec<String> = self.library.tags.iter().map(|tag| tag.tag.clone()).collect();
        let layout = FeatureLayout::of(&self.base.model.architecture, self.base.model.tags.len())?;
        let gathered = self.gather(&layout, teller)?;
        let (songs, options) = (&gathered.songs, self.options);
        let (groups, counts) = groups(songs, &[], !options.folder_levels.is_empty());
        self.warn_of_groups(counts, songs.len(), teller);
        // The tags of the model are in the order of their code points, as in every training.
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by(|&one, &other| names[one].cmp(&names[other]));
        let all = targets(songs, &order);
        let of_tag: Vec<TagSongs> = (0..order.len()).map(|tag| TagSongs::of(tag, &all, order.len(), &groups)).collect();
        let learnt: Vec<usize> = (0..order.len()).filter(|&tag| of_tag[tag].objection().is_none()).collect();
        let parts = options.folds.min(counts.groups);
        if learnt.is_empty() || parts < FEWEST_PARTS {
            return Err(self.nothing_to_learn(&names, &order, &of_tag, counts, songs.len()));
        }
        let set = LearnSet {
            layout: layout.clone(),
            means: gathered.means.clone(),
            tags: learnt.len(),
            targets: columns(&all, order.len(), &learnt),
        };
        let tags: Vec<String> = learnt.iter().map(|&tag| names[order[tag]].clone()).collect();
        let part_of = folds(&groups, &set.targets, set.tags, parts, options.seed);
        let start = LearnStart {
            schema: 1,
            out: self.folder.path().to_path_buf(),
            from: self.base.file.clone().unwrap_or_default(),
            from_hash: self.base.hash.clone(),
            songs: songs.len(),
            untagged: self.library.songs.iter().filter(|song| song.tags.is_empty()).count(),
            failed: gathered.failed.len(),
            duplicates: gathered.duplicates.len(),
            cached: gathered.cached,
            tags: set.tags,
            width: layout.width(),
            groups: counts,
            folds: parts,
        };
        teller.tell(LearnEvent::Start(start.clone()));
        if songs.len() > MOST_SONGS {
            let message = format!(
                "each head learns from at most {MOST_SONGS} of the {} songs, drawn by the seed; all songs are scored",
                songs.len()
            );
            teller.tell(LearnEvent::Warning(Warning::new(WarningCode::SongsNotUsed, message)));
        }

        let (compute, warning) = Compute::beside_model(&options.device, options.threads)?;
        warning.into_iter().for_each(|warning| teller.tell(LearnEvent::Warning(warning)));
        let fitting = Fitting { set: &set, seed: options.seed, compute: &compute, cancel: self.cancel };
        teller.begin(LearnPhase::Head);
        teller.progress(0, Some(parts + 1), 0);
        let segments_of = |song: usize| self.segments(&gathered, song, &layout);
        let mut fold_records: Vec<LearnFold> = Vec::new();
        let validated = cross_validate(&fitting, &part_of, parts, &segments_of, &mut |fold| {
            teller.tell(LearnEvent::Fold(fold.clone()));
            teller.progress(fold.fold, Some(parts + 1), 0);
            fold_records.push(fold);
        })?;
        let tested = self.test(&validated, &set, &tags, &groups, &part_of, parts, &names, &order, &of_tag)?;
        tested.tags.iter().for_each(|tag| teller.tell(LearnEvent::Tag(tag.clone())));
        if tested.kept.is_empty() {
            return Err(nothing_kept(&tested.tags));
        }

        let kept_tags: Vec<String> = tested.kept.iter().map(|&tag| tags[tag].clone()).collect();
        let kept_set = set.with_tags(&tested.kept);
        let fitting = Fitting { set: &kept_set, ..fitting };
        let rows = |wanted: &dyn Fn(usize) -> bool| -> Vec<usize> {
            (0..songs.len()).filter(|&song| wanted(part_of[song])).collect()
        };
        let head = fitting.fit(validated.chosen, &rows(&|part| part != TEST), &rows(&|part| part == TEST))?;
        teller.progress(parts + 1, Some(parts + 1), 0);
        let mut model = head.model(&self.base.model, &layout, &kept_tags)?;
        let of_kept = |values: &[f32]| columns(values, set.tags, &tested.kept);
        let lines: Vec<_> = tested.kept.iter().map(|&tag| tested.calibrated.lines[tag]).collect();
        model.calibration = lines.iter().any(Option::is_some).then_some(Calibration::Platt { tags: lines });
        model.thresholds = Some(tested.kept.iter().map(|&tag| tested.calibrated.thresholds[tag]).collect());

        let mut fine_tuning = None;
        if options.depth != Depth::Head {
            let inner = fitting.fit(
                validated.chosen,
                &rows(&|part| part != TEST && part != VALID),
                &rows(&|part| part == VALID),
            )?;
            let (tuned, comparison) = self.tune(&inner, &gathered, &kept_set, &kept_tags, &groups, &part_of, teller)?;
            if comparison.kept {
                model = tuned;
            }
            teller.tell(LearnEvent::FineTuning(comparison.clone()));
            fine_tuning = Some(comparison);
        }

        let withheld = tested.tags.iter().filter(|tag| !tag.kept).count();
        model.licence = self.base.model.licence.clone();
        model.card = Some(card(&CardFacts {
            songs: songs.len(),
            tags: &tested.tags,
            roc_auc: tested.roc_auc,
            roc_auc_interval: tested.interval,
            pr_auc: tested.pr_auc,
            tuned: fine_tuning.as_ref().filter(|tuning| tuning.kept),
            thresholds: model.thresholds.is_some(),
        }));
        model.training = self.facts(&gathered, &names, &validated, &tested, fine_tuning.as_ref());
        let done = LearnDone {
            out: Some(self.folder.path().to_path_buf()),
            model: Some(self.folder.model()),
            report: Some(self.folder.report()),
            wrong_labels: Some(self.folder.wrong_labels()),
            songs: songs.len(),
            tags: kept_tags,
            withheld,
            roc_auc: tested.roc_auc,
            interval: tested.interval,
            pr_auc: tested.pr_auc,
            calibration_error: tested.calibrated_error(&set),
            suspects: Some(tested.suspects.len()),
            head: Some(validated.chosen.describe()),
            seconds: started.elapsed().as_secs_f64(),
        };
        let learnt = Learnt {
            library: &self.library.summary(),
            start: &start,
            folds: &fold_records,
            tags: &tested.tags,
            songs,
            names: &names,
            parts: &part_of,
            groups: &groups,
            duplicates: &gathered.duplicates,
            failed: &gathered.failed,
            suspects: &tested.suspects,
            scores: &of_kept(&validated.scores),
            probabilities: &of_kept(&tested.calibrated.probabilities),
            targets: &kept_set.targets,
            fine_tuning: fine_tuning.as_ref(),
            done: &done,
        };
        self.write(&learnt, &model)?;
        Ok(done)
    }

    /// Hashes the songs, computes their features and leaves out copies.
    fn gather(&self, layout: &FeatureLayout, teller: &mut Teller<'_>) -> Result<Gathered> {
        let options = self.options;
        let cache = options.cache.clone().map_or_else(train::cache::default_folder, Ok)?;
        let settings = format!("{}\n{:?}\n{}\n{}", self.base.hash, layout.levels, options.segments, options.precision);
        let mut store = FeatureStore::open(&cache, &settings)?;
        let mut songs = tagged(&self.library);
        let mut failed: Vec<Failed> = Vec::new();
        teller.begin(LearnPhase::Content);
        let total = songs.len();
        let mut readable = Vec::with_capacity(total);
        for (number, mut song) in songs.into_iter().enumerate() {
            if self.cancel.load(std::sync::atomic::Ordering::Relaxed) {
                store.keep_contents()?;
                return Err(Error::aborted());
            }
            match store.content(&song.path) {
                Ok(content) => {
                    song.content = content;
                    readable.push(song);
                }
                Err(reason) => {
                    let file = tagger::FileFacts::of(&song.path);
                    let failure = Failed { file, error: (&reason).into() };
                    teller.tell(LearnEvent::Failed(failure.clone()));
                    failed.push(failure);
                }
            }
            teller.progress(number + 1, Some(total), failed.len());
        }
        store.keep_contents()?;
        let mut duplicates = Vec::new();
        let same = equal_audio(&readable);
        (songs, _) = join(readable, &same, true, &mut duplicates);

        let width = layout.width();
        let unknown = |song: &&LearnSong| store.read(&song.content, width).is_none();
        let wanted: Vec<Wanted> = songs
            .iter()
            .filter(unknown)
            .map(|song| Wanted { path: song.path.clone(), content: song.content.clone() })
            .collect();
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
        compute(&wanted, &self.base, layout, options, &store, &mut on_song, self.cancel)?;
        songs.retain(|song| !unusable.contains(&song.path));
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
        for song in &songs {
            means.extend(self.stored(&store, song, width)?.mean());
        }
        // The hidden layer, as in `dataset check`, for which the threshold was measured.
        let hidden = layout.range(FeatureSet::Hidden);
        let of_hidden: Vec<f32> = means.chunks_exact(width).flat_map(|row| &row[hidden.clone()]).copied().collect();
        let near = nearly_the_same(&of_hidden, hidden.len(), self.cancel)?;
        let (songs, places) = join(songs, &near, false, &mut duplicates);
        let means = places.iter().flat_map(|&place| &means[place * width..(place + 1) * width]).copied().collect();
        Ok(Gathered { songs, duplicates, failed, means, cached, store })
    }

    /// The stored features of a song.
    fn stored(
        &self,
        store: &FeatureStore,
        song: &LearnSong,
        width: usize,
    ) -> Result<super::feature_store::SongFeatures> {
        store.read(&song.content, width).ok_or_else(|| {
            let message = format!(
                "the features of {} disappeared from the cache while they were used: run the same command again",
                error::shown_path(&song.path)
            );
            Error::new(Code::Io, message).with_file(&song.path)
        })
    }

    /// The features of the segments of a song, `[segments, width]`.
    fn segments(&self, gathered: &Gathered, song: usize, layout: &FeatureLayout) -> Result<Vec<f32>> {
        Ok(self.stored(&gathered.store, &gathered.songs[song], layout.width())?.values)
    }

    /// Says how songs were grouped where artists are unknown.
    fn warn_of_groups(&self, counts: GroupCounts, songs: usize, teller: &mut Teller<'_>) {
        let GroupCounts { by_artist, by_album, by_folder, alone, .. } = counts;
        if by_artist == songs {
            return;
        }
        let message = format!(
            "the artist of {} of {songs} songs is not known: {by_album} are kept together by album, {by_folder} by \
             folder, {alone} stand alone; if songs of one artist are in two parts, the results look better than they \
             are",
            songs - by_artist
        );
        let warning = Warning::new(WarningCode::ClipsWithoutGroup, message).of_count(songs - by_artist);
        teller.tell(LearnEvent::Warning(warning));
    }

    /// The error for a library from which nothing can be learnt.
    fn nothing_to_learn(
        &self,
        names: &[String],
        order: &[usize],
        of_tag: &[TagSongs],
        counts: GroupCounts,
        songs: usize,
    ) -> Error {
        let mut most: Vec<usize> = (0..order.len()).collect();
        most.sort_by_key(|&tag| std::cmp::Reverse(of_tag[tag].positives));
        let reasons: Vec<String> = most
            .iter()
            .take(3)
            .filter_map(|&tag| Some(format!("{}: {}", names[order[tag]], of_tag[tag].objection()?)))
            .collect();
        let why = match reasons.is_empty() {
            true => format!(
                "the {songs} songs with tags are of {} groups (artists, albums), at least {FEWEST_PARTS} are needed",
                counts.groups
            ),
            false => format!("{songs} songs with {} tags; {}", order.len(), reasons.join("; ")),
        };
        let advice = "give more songs tags, or read other sources of tags (--folder-levels, --manifest, --playlists); \
                      --dry-run shows what was found";
        Error::new(Code::Dataset, format!("no tag can be learnt: {why}; {advice}")).shown()
    }

    /// The verdict about every tag, the calibration and the suspects.
    fn test(
        &self,
        validated: &CrossValidated,
        set: &LearnSet,
        tags: &[String],
        groups: &[usize],
        part_of: &[usize],
        parts: usize,
        names: &[String],
        order: &[usize],
        of_tag: &[TagSongs],
    ) -> Result<Tested> {
        let found = metrics(tags, &validated.scores, &set.targets, groups, self.options.bootstrap);
        let calibrated = calibrate(&validated.scores, &set.targets, set.tags, part_of, parts);
        let kept: Vec<usize> = (0..set.tags).filter(|&tag| objection(&found.per_tag[tag]).is_none()).collect();
        let mut records = Vec::with_capacity(order.len());
        for (place, &name) in order.iter().enumerate() {
            let TagSongs { positives, groups, .. } = of_tag[place];
            let mut record = LearnTag {
                tag: names[name].clone(),
                positives,
                groups,
                roc_auc: None,
                pr_auc: None,
                interval: None,
                pr_auc_interval: None,
                calibration_error: None,
                threshold: None,
                kept: false,
                reason: of_tag[place].objection(),
            };
            if let Some(tag) = tags.iter().position(|tag| *tag == record.tag) {
                let measured = &found.per_tag[tag];
                record.reason = objection(measured);
                record.kept = record.reason.is_none();
                (record.roc_auc, record.pr_auc) = (measured.roc_auc, measured.pr_auc);
                (record.interval, record.pr_auc_interval) = (measured.roc_auc_interval, measured.pr_auc_interval);
                record.calibration_error = calibrated.errors[tag];
                record.threshold = calibrated.thresholds[tag].filter(|_| record.kept);
            }
            records.push(record);
        }
        let kept_names: Vec<String> = kept.iter().map(|&tag| tags[tag].clone()).collect();
        let kept_targets = columns(&set.targets, set.tags, &kept);
        let of_kept = match kept.is_empty() {
            true => train::metrics::Metrics::default(),
            false => metrics(
                &kept_names,
                &columns(&validated.scores, set.tags, &kept),
                &kept_targets,
                groups,
                self.options.bootstrap,
            ),
        };
        let suspects = match kept.is_empty() {
            true => Vec::new(),
            false => suspects(&kept_names, &kept_targets, &columns(&calibrated.probabilities, set.tags, &kept))?,
        };
        Ok(Tested {
            tags: records,
            kept,
            calibrated,
            suspects,
            roc_auc: of_kept.macro_average.roc_auc,
            interval: of_kept.intervals.roc_auc,
            pr_auc: of_kept.macro_average.pr_auc,
        })
    }

    /// Fine-tunes the network behind `head`, which did not learn from the test part.
    fn tune(
        &self,
        head: &LearntHead,
        gathered: &Gathered,
        set: &LearnSet,
        tags: &[String],
        groups: &[usize],
        part_of: &[usize],
        teller: &mut Teller<'_>,
    ) -> Result<(Model, LearnFineTuning)> {
        let start = head.model(&self.base.model, &set.layout, tags)?;
        let mut head_scores = Vec::new();
        for song in (0..gathered.songs.len()).filter(|&song| part_of[song] == TEST) {
            head_scores.extend(head.scores(&set.layout, &self.segments(gathered, song, &set.layout)?));
        }
        let paths: Vec<&Path> = gathered.songs.iter().map(|song| song.path.as_path()).collect();
        let songs = TuningSongs { paths, parts: part_of, groups, tags, targets: &set.targets };
        teller.begin(LearnPhase::FineTuning);
        let folder = self.folder.fine_tuning();
        let mut on_event = |event: Event| match event {
            Event::Epoch(epoch) => teller.tell(LearnEvent::Epoch(epoch)),
            Event::Progress(progress) => teller.progress(progress.done, Some(progress.total), 0),
            Event::Warning(warning) => teller.tell(LearnEvent::Warning(warning)),
            Event::Start(_) | Event::Checkpoint(_) | Event::Seed(_) | Event::Done(_) => {}
        };
        fine_tune(&start, &songs, &head_scores, self.options, &folder, &mut on_event, self.cancel)
    }

    /// The facts about the training in the model file.
    fn facts(
        &self,
        gathered: &Gathered,
        names: &[String],
        validated: &CrossValidated,
        tested: &Tested,
        fine_tuning: Option<&LearnFineTuning>,
    ) -> serde_json::Value {
        let withheld: Vec<_> = tested
            .tags
            .iter()
            .filter(|tag| !tag.kept)
            .map(|tag| json!({ "tag": tag.tag, "reason": tag.reason }))
            .collect();
        json!({
            "learn": {
                "version": env!("CARGO_PKG_VERSION"),
                "base": self.base.hash,
                "data": identity(&gathered.songs, names),
                "songs": gathered.songs.len(),
                "head": validated.chosen.describe(),
                "loss": validated.loss,
                "segments": self.options.segments,
                "seed": self.options.seed,
                "fineTuning": fine_tuning,
                "withheld": withheld,
            }
        })
    }

    /// Writes the files; the result for programs last.
    fn write(&self, learnt: &Learnt<'_>, model: &Model) -> Result<()> {
        let from = learnt.start.from.to_string_lossy();
        self.folder.mark(&from)?;
        write_suspects(&self.folder.wrong_labels(), learnt.suspects, learnt.songs)?;
        learnt.write_songs(&self.folder.songs())?;
        files::write_atomic(self.folder.report(), page::html(learnt).as_bytes())?;
        model.save(self.folder.model())?;
        self.folder.write(&from, &learnt.summary())
    }
}

impl Tested {
    /// The calibration error of all songs and kept tags together.
    fn calibrated_error(&self, set: &LearnSet) -> Option<f64> {
        let probabilities = columns(&self.calibrated.probabilities, set.tags, &self.kept);
        train::metrics::calibration_error(&probabilities, &columns(&set.targets, set.tags, &self.kept))
    }
}

/// `[songs, tags]` for the tags `order`, positions in the tags of the library.
fn targets(songs: &[LearnSong], order: &[usize]) -> Vec<bool> {
    let has = |song: &LearnSong, tag: usize| song.tags.binary_search(&(tag as u32)).is_ok();
    songs.iter().flat_map(|song| order.iter().map(move |&tag| has(song, tag))).collect()
}

/// The columns `kept` of `values` `[rows, width]`.
fn columns<T: Copy>(values: &[T], width: usize, kept: &[usize]) -> Vec<T> {
    values.chunks_exact(width.max(1)).flat_map(|row| kept.iter().map(|&column| row[column])).collect()
}

/// The error if every tag is withheld.
fn nothing_kept(tags: &[LearnTag]) -> Error {
    let mut measured: Vec<&LearnTag> = tags.iter().filter(|tag| tag.roc_auc.is_some()).collect();
    measured.sort_by(|one, other| other.roc_auc.unwrap_or(0.0).total_cmp(&one.roc_auc.unwrap_or(0.0)));
    let reasons: Vec<String> = measured
        .iter()
        .take(3)
        .map(|tag| format!("{}: {}", tag.tag, tag.reason.as_deref().unwrap_or_default()))
        .collect();
    let message = format!(
        "every tag is withheld, so there is no model; the best are {}; give more songs these tags, or use another base \
         model (--from)",
        reasons.join("; ")
    );
    Error::new(Code::Dataset, message).shown()
}
