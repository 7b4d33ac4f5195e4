//! The trainings of a probe: one for each seed, and the mean of their metrics.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use error::Result;
use net::Task;
use train::dataset::Part;
use train::metrics::Metrics;
use train::run::Predictions;
use train::{Phase, Progress, Scores};

use super::compute::Compute;
use super::event::{ProbeDone, ProbeEpoch, ProbeEvent, ProbeStart, ProbeTrial};
use super::examples::Examples;
use super::fit::{batches, fit_here, FitStep, Fitted, Moment};
use super::folder::{AnotherProbe, Identity, ProbeFolder, PREDICTIONS};
use super::protocol::Protocol;
use super::source::SourceFacts;
use super::summary::{deviations, mean_per_tag, mean_scores};

/// Everything that the trainings of a probe share, except the examples.
#[derive(Clone, Debug)]
pub struct ProbeSetup {
    /// The settings of each training.
    pub protocol: Protocol,
    /// The seed of each training; at least one.
    pub seeds: Vec<u64>,
    /// The file of the features or the model, for reports.
    pub source: Option<PathBuf>,
    /// What is known about the features.
    pub facts: SourceFacts,
    /// How the clips were assigned to parts, for reports.
    pub split: String,
    /// How to deal with another probe in the folder.
    pub another: AnotherProbe,
    /// Where the classifiers are computed.
    pub compute: Compute,
}

/// The trainings of a probe.
pub(super) struct Trainings<'a> {
    pub(super) setup: &'a ProbeSetup,
    pub(super) examples: &'a Examples,
    pub(super) cancel: &'a AtomicBool,
}

impl Trainings<'_> {
    /// The first record.
    fn start(&self, folder: &ProbeFolder) -> ProbeStart {
        let ProbeSetup { protocol, seeds, source, facts, split, compute, .. } = self.setup;
        let clips = self.examples.counts();
        ProbeStart {
            schema: 1,
            out: folder.path().to_path_buf(),
            source: source.clone(),
            model_hash: facts.model_hash.clone(),
            levels: facts.levels.clone(),
            width: self.examples.width,
            dataset: split.clone(),
            clips,
            tags: self.examples.tags.len(),
            parameters: self.parameters(),
            updates_per_epoch: batches(clips.train, protocol).len(),
            protocol: protocol.clone(),
            seeds: seeds.clone(),
            device: compute.device_name(),
            threads: compute.threads,
        }
    }

    fn parameters(&self) -> usize {
        self.setup.protocol.parameters(self.examples.width, self.examples.tags.len())
    }

    /// Runs the trainings that are not finished; the events from the start to the end, and the result over all seeds.
    ///
    /// # Errors
    /// Those of [`super::probe()`].
    pub(super) fn all(&self, folder: &ProbeFolder, on_event: &mut dyn FnMut(ProbeEvent)) -> Result<ProbeDone> {
        self.examples.warnings().into_iter().for_each(|warning| on_event(ProbeEvent::Warning(warning)));
        on_event(ProbeEvent::Start(self.start(folder)));
        let done = self.finished(folder, on_event)?;
        on_event(ProbeEvent::Done(done.clone()));
        Ok(done)
    }

    fn finished(&self, folder: &ProbeFolder, on_event: &mut dyn FnMut(ProbeEvent)) -> Result<ProbeDone> {
        let ProbeSetup { protocol, seeds, facts, split, another, .. } = self.setup;
        let checksum = self.examples.checksum();
        let of_seeds =
            |seeds: &[u64]| Identity::new(protocol, seeds, (self.examples.task, split), facts, checksum.clone());
        let identity = of_seeds(seeds)?;
        if let Some(done) = folder.settle(&identity, another)? {
            return Ok(done);
        }
        if let [seed] = seeds[..] {
            let done = self.one(seed, folder, on_event)?;
            folder.finish(&identity, &done)?;
            return Ok(done);
        }
        let mut results = Vec::with_capacity(seeds.len());
        for &seed in seeds {
            let identity = of_seeds(&[seed])?;
            let trial = ProbeFolder::claim(&folder.trial(seed))?;
            let done = match trial.settle(&identity, another)? {
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
            parameters: self.parameters(),
        }
    }

    /// One training: its classifier, its predictions and its metrics.
    fn one(&self, seed: u64, folder: &ProbeFolder, on_event: &mut dyn FnMut(ProbeEvent)) -> Result<ProbeDone> {
        let started = Instant::now();
        let (examples, ProbeSetup { protocol, compute, facts, .. }) = (self.examples, self.setup);
        let (valid_rows, test_rows) = (examples.rows(Part::Valid), examples.rows(Part::Test));
        let work = |sender: &Sender<Moment>| {
            let fitted = fit_here(examples, protocol, seed, &compute.device, sender, self.cancel)?;
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
        let (fitted, valid_scores, test_scores) = compute.run(work, &mut receive)?;
        let Fitted { mut classifier, epochs, best_epoch, valid_loss } = fitted;
        let (tags, single) = (&examples.tags, examples.task == Task::SingleLabel);
        let targets = examples.targets_of(&valid_rows);
        let thresholds = Metrics::thresholds(&valid_scores, &targets, tags.len());
        let valid = Metrics::new(tags, &valid_scores, &targets, single, Some(&thresholds));
        let targets = examples.targets_of(&test_rows);
        let test = Metrics::new(tags, &test_scores, &targets, single, Some(&thresholds));
        classifier.header.model_hash.clone_from(&facts.model_hash);
        classifier.header.levels.clone_from(&facts.levels);
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
            parameters: self.parameters(),
        })
    }
}
