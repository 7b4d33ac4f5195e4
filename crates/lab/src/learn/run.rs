//! Learning, from the options to the files.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use error::{Code, Error, Result, WarningCode};
use library::Library;
use net::{Calibration, Model};
use tagger::Loaded;
use train::{Event, Warning};

use super::cross_validation::cross_validate;
use super::event::{LearnDone, LearnEvent, LearnFineTuning, LearnFold, LearnPhase, LearnStart};
use super::fine_tuning::{fine_tune, unicode, TuningSongs, TEST, VALID};
use super::folder::LearnFolder;
use super::gather::{gather, Gathered};
use super::head::{FeatureLayout, LearntHead};
use super::head_search::{Fitting, MOST_SONGS};
use super::learn_set::{columns, LearnSet};
use super::model_card::{card, CardFacts};
use super::options::{Depth, LearnOptions};
use super::page;
use super::parts::{folds, groups};
use super::refusal::{nothing_kept, nothing_to_learn, FEWEST_PARTS};
use super::result::Learnt;
use super::songs::targets;
use super::suspects::write as write_suspects;
use super::teller::Teller;
use super::tested::{Tags, Tested};
use super::verdict::TagSongs;
use crate::probe::Compute;

/// Learns the tags of a library and writes the result into the folder `out`: `model.safetensors`, `report.html`,
/// `songs.csv`, `wrong-labels.csv` and `learn.json`. The features of the songs stay in the cache: learning again after
/// a change of the tags, or after an interruption, computes only what is new. A fine-tuning begins when the files are
/// written with the head alone, and replaces them. The last event is [`LearnEvent::Done`].
///
/// # Errors
/// [`Code::InvalidOption`]; [`Code::FileNotFound`]; those of [`library::read`]; those of [`Loaded::read`] for the base
/// model; [`Code::Dataset`] if no tag can be learnt, with the reasons; [`Code::RunExists`] if another process works in
/// `out`; [`Code::Io`] if a file could not be read for a passing reason, before anything is replaced; [`Code::Output`];
/// [`Code::CudaUnavailable`]; [`Code::Aborted`] after `cancel`.
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
    // The warning about the groups that are made says more than that of the library about unknown artists.
    let twice = |warning: &&Warning| job.is_some() && warning.code == WarningCode::ClipsWithoutGroup;
    let warnings = library.warnings.iter().filter(|warning| !twice(warning));
    warnings.for_each(|warning| teller.tell(LearnEvent::Warning(warning.clone())));
    let done = match job {
        None => LearnDone::of_dry_run(&library, started.elapsed().as_secs_f64()),
        Some((base, folder)) => Job { options, base, folder, library, cancel }.run(&mut teller, started)?,
    };
    teller.tell(LearnEvent::Done(done.clone()));
    Ok(done)
}

/// A library that is learnt.
struct Job<'a> {
    options: &'a LearnOptions,
    base: Loaded,
    folder: LearnFolder,
    library: Library,
    cancel: &'a AtomicBool,
}

impl Job<'_> {
    fn run(&self, teller: &mut Teller<'_>, started: Instant) -> Result<LearnDone> {
        let names: Vec<String> = self.library.tags.iter().map(|tag| tag.tag.clone()).collect();
        let layout = FeatureLayout::of(&self.base.model.architecture, self.base.model.tags.len())?;
        let gathered = gather(self.options, &self.base, &self.library, &layout, teller, self.cancel)?;
        let (songs, options) = (&gathered.songs, self.options);
        if options.depth != Depth::Head {
            songs.iter().try_for_each(|song| unicode(&song.path).map(drop))?;
        }
        let (groups, counts) = groups(songs, !options.folder_levels.is_empty());
        counts.warning(songs.len()).into_iter().for_each(|warning| teller.tell(LearnEvent::Warning(warning)));
        // The tags of the model are in the order of their code points, as in every training.
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by(|&one, &other| names[one].cmp(&names[other]));
        let ordered: Vec<String> = order.iter().map(|&tag| names[tag].clone()).collect();
        let all = targets(songs, &order);
        let of_tag: Vec<TagSongs> = (0..order.len()).map(|tag| TagSongs::of(tag, &all, order.len(), &groups)).collect();
        let learnt: Vec<usize> = (0..order.len()).filter(|&tag| of_tag[tag].objection().is_none()).collect();
        let parts = options.folds.min(counts.groups);
        if learnt.is_empty() || parts < FEWEST_PARTS {
            return Err(nothing_to_learn(&ordered, &of_tag, counts, songs.len()));
        }
        let set = LearnSet {
            layout: &layout,
            means: &gathered.means,
            tags: learnt.len(),
            targets: columns(&all, order.len(), &learnt),
        };
        let tags: Vec<String> = learnt.iter().map(|&tag| ordered[tag].clone()).collect();
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
        let segments_of = |song: usize| gathered.segments(song, &layout);
        let mut fold_records: Vec<LearnFold> = Vec::new();
        let validated = cross_validate(&fitting, &part_of, parts, &segments_of, &mut |fold| {
            teller.tell(LearnEvent::Fold(fold.clone()));
            teller.progress(fold.fold, Some(parts + 1), 0);
            fold_records.push(fold);
        })?;
        let all_tags = Tags { names: &ordered, songs: &of_tag, learnt: &tags };
        let mut tested = Tested::of(&validated, &set, &all_tags, &groups, &part_of, parts, options.bootstrap)?;
        tested.tags.iter().for_each(|tag| teller.tell(LearnEvent::Tag(tag.clone())));
        if tested.kept.is_empty() {
            return Err(nothing_kept(&tested.tags));
        }

        let kept = tested.kept.clone();
        let kept_tags: Vec<String> = kept.iter().map(|&tag| tags[tag].clone()).collect();
        let kept_set = set.with_tags(&kept);
        let fitting = Fitting { set: &kept_set, ..fitting };
        let rows = |wanted: &dyn Fn(usize) -> bool| -> Vec<usize> {
            (0..songs.len()).filter(|&song| wanted(part_of[song])).collect()
        };
        let head = fitting.fit(validated.chosen, &rows(&|part| part != TEST), &rows(&|part| part == TEST))?;
        teller.progress(parts + 1, Some(parts + 1), 0);
        let mut model = head.model(&self.base.model, &layout, &kept_tags)?;
        let of_kept = |values: &[f32]| columns(values, set.tags, &kept);
        let lines: Vec<_> = kept.iter().map(|&tag| tested.calibrated.lines[tag]).collect();
        model.calibration = lines.iter().any(Option::is_some).then_some(Calibration::Platt { tags: lines });
        model.thresholds = Some(kept.iter().map(|&tag| tested.calibrated.thresholds[tag]).collect());

        let write = |tested: &Tested, model: &mut Model, fine_tuning: Option<&LearnFineTuning>| {
            model.licence = self.base.model.licence.clone();
            model.card = Some(card(&CardFacts {
                songs: songs.len(),
                tags: &tested.tags,
                roc_auc: tested.roc_auc,
                roc_auc_interval: tested.interval,
                pr_auc: tested.pr_auc,
                tuned: fine_tuning.filter(|tuning| tuning.kept),
                thresholds: model.thresholds.is_some(),
                base: &self.base.model,
            }));
            let done = LearnDone {
                out: Some(self.folder.path().to_path_buf()),
                model: Some(self.folder.model()),
                report: Some(self.folder.report()),
                wrong_labels: Some(self.folder.wrong_labels()),
                songs: songs.len(),
                tags: kept_tags.clone(),
                withheld: tested.tags.iter().filter(|tag| !tag.kept).count(),
                roc_auc: tested.roc_auc,
                interval: tested.interval,
                pr_auc: tested.pr_auc,
                calibration_error: tested.calibration_error(&set),
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
                fine_tuning,
                done: &done,
            };
            model.training = learnt.training(options, validated.loss);
            self.write(&learnt, model)?;
            Ok(done)
        };
        // Before a fine-tuning, so that a failure or a cancellation of it does not take the head away.
        let done = write(&tested, &mut model, None)?;
        if options.depth == Depth::Head {
            return Ok(done);
        }
        let (train, valid) = (rows(&|part| part != TEST && part != VALID), rows(&|part| part == VALID));
        // The end of the tuning, its thresholds and its calibration come from songs that its first head does not know.
        let first = fitting.fit_apart(validated.chosen, &train, &valid)?;
        let compared = fitting.fit(validated.chosen, &train, &valid)?;
        let songs_of = TuningSongs {
            paths: songs.iter().map(|song| song.path.as_path()).collect(),
            parts: &part_of,
            groups: &groups,
            tags: &kept_tags,
            targets: &kept_set.targets,
        };
        let (tuned, comparison) = self.tune([&first, &compared], &gathered, &layout, &songs_of, teller)?;
        if comparison.kept {
            tested.take_thresholds(&tuned);
            model = tuned;
        }
        teller.tell(LearnEvent::FineTuning(comparison.clone()));
        write(&tested, &mut model, Some(&comparison))
    }

    /// Fine-tunes the network behind the first of `heads`, which learnt from the training part only. The result is
    /// compared with the second one, which did not learn from the test part.
    fn tune(
        &self,
        [first, compared]: [&LearntHead; 2],
        gathered: &Gathered,
        layout: &FeatureLayout,
        songs: &TuningSongs<'_>,
        teller: &mut Teller<'_>,
    ) -> Result<(Model, LearnFineTuning)> {
        let start = first.model(&self.base.model, layout, songs.tags)?;
        let mut head_scores = Vec::new();
        for song in (0..songs.paths.len()).filter(|&song| songs.parts[song] == TEST) {
            head_scores.extend(compared.scores(layout, &gathered.segments(song, layout)?));
        }
        teller.begin(LearnPhase::FineTuning);
        let folder = self.folder.fine_tuning();
        let mut on_event = |event: Event| match event {
            Event::Epoch(epoch) => teller.tell(LearnEvent::Epoch(epoch)),
            Event::Progress(progress) => teller.progress(progress.done, Some(progress.total), 0),
            Event::Warning(warning) => teller.tell(LearnEvent::Warning(warning)),
            Event::Start(_) | Event::Checkpoint(_) | Event::Seed(_) | Event::Done(_) => {}
        };
        fine_tune(&start, songs, &head_scores, self.options, &folder, &mut on_event, self.cancel)
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
