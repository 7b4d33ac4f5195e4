//! The steps of learning from a library that was read: features, test, model, fine-tuning.

use error::{Result, WarningCode};
use net::{Model, Task};
use train::{Event, Warning};

use super::cross_validation::cross_validate;
use super::division::Division;
use super::event::{LearnDone, LearnEvent, LearnFineTuning, LearnFold, LearnPhase, LearnStart};
use super::fine_tuning::{fine_tune, unicode, TuningSongs, TEST, VALID};
use super::gather::{gather, Gathered};
use super::head::{FeatureLayout, LearntHead};
use super::head_search::{Fitting, MOST_SONGS};
use super::job::Job;
use super::learn_set::{columns, LearnSet};
use super::options::Depth;
use super::outcome::Outcome;
use super::refusal::nothing_kept;
use super::tag_list::{fewest_tags, TagList};
use super::teller::Teller;
use super::tested::{Tags, Test, Tested};
use crate::probe::Compute;

impl Job<'_> {
    pub(super) fn run(&self, teller: &mut Teller<'_>) -> Result<LearnDone> {
        let options = self.options;
        let layout = FeatureLayout::of(&self.base.model.architecture, self.base.model.tags.len())?;
        let mut gathered = gather(options, &self.base, &self.library, &layout, teller, self.cancel)?;
        if options.depth != Depth::Head {
            gathered.songs.iter().try_for_each(|song| unicode(&song.path).map(drop))?;
        }
        let mut list = self.tags_of(&gathered);
        let mut division = self.divide(&mut gathered, &list, &layout, teller)?;
        let start = self.start(&gathered, &division, &layout);
        self.tell_start(&start, teller);
        let (compute, warning) = Compute::beside_model(&options.device, options.threads)?;
        warning.into_iter().for_each(|warning| teller.tell(LearnEvent::Warning(warning)));
        let mut test = self.test(&gathered, &layout, &list, &division, &compute, teller)?;
        // Classes exclude each other: without a class, and its songs, the others are another task, which is tested
        // anew.
        while options.task == Task::SingleLabel && test.tested.kept.len() < division.tags.len() {
            self.refuse_few(&test, &list)?;
            let withheld = list.withhold(&test.tested.tags);
            let names: Vec<&str> = withheld.iter().map(|tag| tag.tag.as_str()).collect();
            let message = format!(
                "tags that are not told apart are withheld, and the others are learnt anew: {}",
                names.join(", ")
            );
            teller.tell(LearnEvent::Warning(Warning::new(WarningCode::SongsNotUsed, message).of_count(names.len())));
            division = self.divide(&mut gathered, &list, &layout, teller)?;
            test = self.test(&gathered, &layout, &list, &division, &compute, teller)?;
        }
        list.complete(&mut test.tested.tags);
        test.tested.tags.iter().for_each(|tag| teller.tell(LearnEvent::Tag(tag.clone())));
        self.refuse_few(&test, &list)?;
        self.make(&gathered, &layout, &division, &start, test, &compute, teller)
    }

    /// All tags of the library with their songs.
    fn tags_of(&self, gathered: &Gathered) -> TagList {
        let names: Vec<String> = self.library.tags.iter().map(|tag| tag.tag.clone()).collect();
        let by_folder = !self.options.folder_levels.is_empty();
        match self.options.task {
            Task::MultiLabel => {
                TagList::of(&gathered.songs, &names, &super::parts::groups(&gathered.songs, by_folder).0)
            }
            Task::SingleLabel => {
                // Songs with several tags do not count for any of them.
                let single: Vec<_> = gathered.songs.iter().filter(|song| song.tags.len() == 1).cloned().collect();
                TagList::of(&single, &names, &super::parts::groups(&single, by_folder).0)
            }
        }
    }

    /// Divides the songs for the tags of `list` that can be learnt; before, a single-label task leaves out the songs
    /// that it cannot use.
    fn divide(
        &self,
        gathered: &mut Gathered,
        list: &TagList,
        layout: &FeatureLayout,
        teller: &mut Teller<'_>,
    ) -> Result<Division> {
        if self.options.task == Task::SingleLabel {
            let known = gathered.unused.len();
            let count = gathered.leave_out_unusable(list, layout);
            if let Some(first) = gathered.unused.get(known) {
                let message = format!(
                    "{count} songs are left out, because each song of a single-label task has exactly one tag that can \
                     be learnt; the first is {}: {}",
                    error::shown_path(&first.path),
                    first.reason
                );
                let clips = gathered.unused[known..].iter().take(Warning::CLIPS);
                let clips = clips.map(|song| song.path.to_string_lossy().into_owned()).collect();
                let warning = Warning::new(WarningCode::ClipsLeftOut, message).of_count(count);
                teller.tell(LearnEvent::Warning(Warning { clips, ..warning }));
            }
        }
        Division::of(&gathered.songs, list, self.options)
    }

    fn start(&self, gathered: &Gathered, division: &Division, layout: &FeatureLayout) -> LearnStart {
        LearnStart {
            schema: 1,
            out: self.folder.path().to_path_buf(),
            from: self.base.file.clone().unwrap_or_default(),
            from_hash: self.base.hash.clone(),
            songs: gathered.songs.len(),
            untagged: self.library.songs.iter().filter(|song| song.tags.is_empty()).count(),
            failed: gathered.failed.len(),
            duplicates: gathered.duplicates.len(),
            cached: gathered.cached,
            tags: division.tags.len(),
            task: self.options.task,
            width: layout.width(),
            groups: division.counts,
            folds: division.parts,
        }
    }

    fn tell_start(&self, start: &LearnStart, teller: &mut Teller<'_>) {
        start.groups.warning(start.songs).into_iter().for_each(|warning| teller.tell(LearnEvent::Warning(warning)));
        teller.tell(LearnEvent::Start(start.clone()));
        if start.songs > MOST_SONGS {
            let message = format!(
                "each head learns from at most {MOST_SONGS} of the {} songs, drawn by the seed; all songs are scored",
                start.songs
            );
            teller.tell(LearnEvent::Warning(Warning::new(WarningCode::SongsNotUsed, message)));
        }
    }

    /// Tests heads by cross-validation.
    fn test(
        &self,
        gathered: &Gathered,
        layout: &FeatureLayout,
        list: &TagList,
        division: &Division,
        compute: &Compute,
        teller: &mut Teller<'_>,
    ) -> Result<Test> {
        let set = division.set(layout, &gathered.means, self.options);
        let fitting = Fitting { set: &set, seed: self.options.seed, compute, cancel: self.cancel };
        let Division { parts, part_of, groups, tags, .. } = division;
        teller.begin(LearnPhase::Head);
        teller.progress(0, Some(parts + 1), 0);
        let segments_of = |song: usize| gathered.segments(song, layout);
        let mut folds: Vec<LearnFold> = Vec::new();
        let validated = cross_validate(&fitting, part_of, *parts, &segments_of, &mut |fold| {
            teller.tell(LearnEvent::Fold(fold.clone()));
            teller.progress(fold.fold, Some(parts + 1), 0);
            folds.push(fold);
        })?;
        let tags = Tags { names: &list.names, songs: &list.songs, learnt: tags };
        let tested = Tested::of(&validated, &set, &tags, groups, part_of, *parts, self.options.bootstrap)?;
        Ok(Test { validated, tested, folds })
    }

    /// Refuses a test that leaves no model.
    fn refuse_few(&self, test: &Test, list: &TagList) -> Result<()> {
        if test.tested.kept.len() >= fewest_tags(self.options.task) {
            return Ok(());
        }
        let mut tags = test.tested.tags.clone();
        list.complete(&mut tags);
        Err(nothing_kept(&tags, self.options.task))
    }

    /// Learns the head of all songs, writes the files, and then fine-tunes where that is asked for.
    fn make(
        &self,
        gathered: &Gathered,
        layout: &FeatureLayout,
        division: &Division,
        start: &LearnStart,
        test: Test,
        compute: &Compute,
        teller: &mut Teller<'_>,
    ) -> Result<LearnDone> {
        let set = division.set(layout, &gathered.means, self.options);
        let kept = &test.tested.kept;
        let tags: Vec<String> = kept.iter().map(|&tag| division.tags[tag].clone()).collect();
        let kept_set = set.with_tags(kept);
        let fitting = Fitting { set: &kept_set, seed: self.options.seed, compute, cancel: self.cancel };
        let chosen = test.validated.chosen;
        let head =
            fitting.fit(chosen, &division.songs_of(|part| part != TEST), &division.songs_of(|part| part == TEST))?;
        teller.progress(division.parts + 1, Some(division.parts + 1), 0);
        let mut model = head.model(&self.base.model, layout, &tags, self.options.task)?;
        model.calibration = test.tested.calibrated.of_tags(kept);
        model.thresholds = (self.options.task == Task::MultiLabel)
            .then(|| kept.iter().map(|&tag| test.tested.calibrated.thresholds[tag]).collect());
        let mut outcome = Outcome {
            job: self,
            gathered,
            division,
            start,
            scores: columns(&test.validated.scores, set.tags, kept),
            probabilities: columns(&test.tested.calibrated.probabilities, set.tags, kept),
            targets: &kept_set.targets,
            calibration_error: test.tested.calibration_error(&set),
            tags,
            test,
        };
        // Before a fine-tuning, so that a failure or a cancellation of it does not take the head away.
        let done = outcome.write(&mut model, None)?;
        if self.options.depth == Depth::Head {
            return Ok(done);
        }
        let (train, valid) =
            (division.songs_of(|part| part != TEST && part != VALID), division.songs_of(|part| part == VALID));
        let compared = fitting.fit(chosen, &train, &valid)?;
        let (tuned, comparison) = self.tune(&compared, gathered, layout, division, &outcome.tags, &kept_set, teller)?;
        if comparison.kept {
            // A training sets thresholds in every task; in a single-label one the highest score decides.
            let thresholds = tuned.thresholds.filter(|_| self.options.task == Task::MultiLabel);
            model = Model { thresholds, ..tuned };
            outcome.test.tested.take_thresholds(&model);
        }
        teller.tell(LearnEvent::FineTuning(comparison.clone()));
        outcome.write(&mut model, Some(&comparison))
    }

    /// Fine-tunes the network of the base model, and compares it with the head `compared`, which did not learn from the
    /// test part.
    fn tune(
        &self,
        compared: &LearntHead,
        gathered: &Gathered,
        layout: &FeatureLayout,
        division: &Division,
        tags: &[String],
        set: &LearnSet<'_>,
        teller: &mut Teller<'_>,
    ) -> Result<(Model, LearnFineTuning)> {
        let songs = TuningSongs {
            paths: gathered.songs.iter().map(|song| song.path.as_path()).collect(),
            parts: &division.part_of,
            groups: &division.groups,
            tags,
            targets: &set.targets,
            task: set.task,
        };
        let mut head_scores = Vec::new();
        for song in division.songs_of(|part| part == TEST) {
            head_scores.extend(compared.scores(layout, &gathered.segments(song, layout)?, set.task));
        }
        teller.begin(LearnPhase::FineTuning);
        let folder = self.folder.fine_tuning();
        let mut on_event = |event: Event| match event {
            Event::Epoch(epoch) => teller.tell(LearnEvent::Epoch(epoch)),
            Event::Progress(progress) => teller.progress(progress.done, Some(progress.total), 0),
            // A new head is what was asked for.
            Event::Warning(warning) if warning.code == WarningCode::NewHead => {}
            Event::Warning(warning) => teller.tell(LearnEvent::Warning(warning)),
            Event::Start(_) | Event::Checkpoint(_) | Event::Seed(_) | Event::Done(_) => {}
        };
        fine_tune(&self.base.model, &songs, &head_scores, self.options, &folder, &mut on_event, self.cancel)
    }
}
