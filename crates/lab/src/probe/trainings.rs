//! The trainings of a probe: one for each seed, and the mean of their metrics.

use std::sync::atomic::AtomicBool;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use error::Result;
use net::Task;
use train::dataset::{Dataset, Part};
use train::metrics::Metrics;
use train::run::Predictions;
use train::{Phase, Progress, Scores};

use super::compute::Compute;
use super::event::{ProbeDone, ProbeEpoch, ProbeEvent, ProbeStart, ProbeTrial};
use super::examples::Examples;
use super::fit::{batches, fit_here, FitStep, Fitted, Moment};
use super::folder::{Identity, ProbeFolder, PREDICTIONS};
use super::options::ProbeOptions;
use super::protocol::Protocol;
use super::source::SourceFacts;
use super::summary::{deviations, mean_per_tag, mean_scores};

/// Everything that the trainings of a probe share.
pub(super) struct Trainings<'a> {
    pub(super) options: &'a ProbeOptions,
    pub(super) protocol: Protocol,
    pub(super) examples: Examples,
    pub(super) facts: SourceFacts,
    pub(super) dataset: Dataset,
    pub(super) compute: Compute,
    pub(super) cancel: &'a AtomicBool,
}

impl Trainings<'_> {
    /// The first record.
    pub(super) fn start(&self, folder: &ProbeFolder) -> ProbeStart {
        let source = &self.options.source;
        let clips = self.examples.counts();
        ProbeStart {
            schema: 1,
            out: folder.path().to_path_buf(),
            source: (!source.as_os_str().is_empty())
                .then(|| std::path::absolute(source).unwrap_or_else(|_| source.clone())),
            model_hash: self.facts.model_hash.clone(),
            levels: self.facts.levels.clone(),
            width: self.examples.width,
            dataset: self.dataset.split.clone(),
            clips,
            tags: self.examples.tags.len(),
            parameters: self.protocol.parameters(self.examples.width, self.examples.tags.len()),
            updates_per_epoch: batches(clips.train, &self.protocol).len(),
            protocol: self.protocol.clone(),
            seeds: self.options.seeds(),
            device: self.compute.device_name(),
            threads: self.compute.threads,
        }
    }

    /// The result over all seeds.
    ///
    /// # Errors
    /// Those of [`super::probe`].
    pub(super) fn all(&self, folder: &ProbeFolder, on_event: &mut dyn FnMut(ProbeEvent)) -> Result<ProbeDone> {
        let seeds = self.options.seeds();
        let checksum = self.examples.checksum();
        let identity_of =
            |seeds: &[u64]| Identity::new(&self.protocol, seeds, &self.dataset, &self.facts, checksum.clone());
        let identity = identity_of(&seeds)?;
        if let Some(done) = folder.settle(&identity, self.options.force)? {
            return Ok(done);
        }
        if let [seed] = seeds[..] {
            let done = self.one(seed, folder, on_event)?;
            folder.finish(&identity, &done)?;
            return Ok(done);
        }
        let mut results = Vec::with_capacity(seeds.len());
        for seed in seeds {
            let identity = identity_of(&[seed])?;
            let trial = ProbeFolder::claim(&folder.trial(seed))?;
            let done = match trial.settle(&identity, self.options.force)? {
                Some(done) => done,
                None => {
                    let done = self.one(seed, &trial, on_event)?;
                    trial.finish(&identity, &done)?;
                    done
                }
            };
            results.push(done);
        }
        let done = self.merged(&results, folder);
        folder.finish(&identity, &done)?;
        Ok(done)
    }

    /// The mean of the results of the seeds.
    fn merged(&self, results: &[ProbeDone], folder: &ProbeFolder) -> ProbeDone {
        let trials: Vec<ProbeTrial> = results.iter().flat_map(|result| result.trials.clone()).collect();
        let test: Vec<Scores> = trials.iter().map(|trial| trial.test).collect();
        let valid: Vec<Scores> = trials.iter().map(|trial| trial.valid).collect();
        let per_tag: Vec<&[_]> = results.iter().map(|result| &result.per_tag[..]).collect();
        ProbeDone {
            out: folder.path().to_path_buf(),
            result: folder.result(),
            test: mean_scores(&test),
            deviation: deviations(&test),
            valid: mean_scores(&valid),
            clips: self.examples.counts().test,
            per_tag: mean_per_tag(&per_tag),
            skipped: results.first().map(|result| result.skipped.clone()).unwrap_or_default(),
            trials,
            parameters: self.protocol.parameters(self.examples.width, self.examples.tags.len()),
        }
    }

    /// One training: its classifier, its predictions and its metrics.
    fn one(&self, seed: u64, folder: &ProbeFolder, on_event: &mut dyn FnMut(ProbeEvent)) -> Result<ProbeDone> {
        let started = Instant::now();
        let examples = &self.examples;
        let (valid_rows, test_rows) = (examples.rows(Part::Valid), examples.rows(Part::Test));
        let work = |sender: &Sender<Moment>| {
            let Self { protocol, compute, cancel, .. } = self;
            let fitted = fit_here(examples, protocol, seed, &compute.device, sender, cancel)?;
            let valid = fitted.classifier.scores_of(examples, &valid_rows)?;
            let test = fitted.classifier.scores_of(examples, &test_rows)?;
            Ok((fitted, valid, test))
        };
        let mut shown = Instant::now();
        let mut receive = |moment| match moment {
            Moment::Epoch(epoch) => on_event(ProbeEvent::Epoch(ProbeEpoch::new(seed, epoch))),
            Moment::Step(FitStep { epoch, done, total, loss }) => {
                if shown.elapsed() > Duration::from_millis(250) {
                    shown = Instant::now();
                    let progress = Progress::of(Phase::Train, done, total, started.elapsed().as_secs_f64());
                    on_event(ProbeEvent::Progress(Progress { epoch: Some(epoch), loss: Some(loss), ..progress }));
                }
            }
        };
        let (fitted, valid_scores, test_scores) = self.compute.run(work, &mut receive)?;
        let Fitted { mut classifier, epochs, best_epoch, valid_loss } = fitted;
        let (tags, single) = (&examples.tags, examples.task == Task::SingleLabel);
        let targets = examples.targets_of(&valid_rows);
        let thresholds = Metrics::thresholds(&valid_scores, &targets, tags.len());
        let valid = Metrics::new(tags, &valid_scores, &targets, single, Some(&thresholds));
        let targets = examples.targets_of(&test_rows);
        let test = Metrics::new(tags, &test_scores, &targets, single, Some(&thresholds));
        classifier.header.model_hash.clone_from(&self.facts.model_hash);
        classifier.header.levels.clone_from(&self.facts.levels);
        classifier.save(folder.classifier())?;
        let mut predictions = None;
        if !test_rows.is_empty() {
            let clips = test_rows.iter().map(|&row| examples.clips[row].as_str()).collect();
            Predictions { clips, tags, scores: &test_scores, targets: &targets }.write(folder.path(), PREDICTIONS)?;
            predictions = Some(folder.path().join(format!("{PREDICTIONS}.npy")));
        }
        let trial = ProbeTrial {
            seed,
            epochs,
            best_epoch,
            valid_loss,
            valid: valid.scores(),
            test: test.scores(),
            classifier: folder.classifier(),
            predictions,
            seconds: started.elapsed().as_secs_f64(),
        };
        on_event(ProbeEvent::Trial(trial.clone()));
        Ok(ProbeDone {
            out: folder.path().to_path_buf(),
            result: folder.result(),
            test: trial.test,
            deviation: Scores::default(),
            valid: trial.valid,
            clips: test_rows.len(),
            per_tag: test.per_tag,
            skipped: test.skipped,
            trials: vec![trial],
            parameters: self.protocol.parameters(examples.width, tags.len()),
        })
    }
}
