//! A probe, from its options to its result.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use error::{Code, Error, Result, WarningCode};
use net::Task;
use serde_json::json;
use train::dataset::{Dataset, Part};
use train::metrics::Metrics;
use train::run::Predictions;
use train::{Event, Phase, Progress, Scores, Warning};

use super::compute::Compute;
use super::event::{ProbeDone, ProbeEpoch, ProbeEvent, ProbeStart, ProbeTrial};
use super::examples::Examples;
use super::features_file::FeaturesFile;
use super::fit::{batches, fit_here, FitStep, Fitted, Moment};
use super::folder::{Identity, ProbeFolder, PREDICTIONS};
use super::options::ProbeOptions;
use super::protocol::Protocol;
use super::source::{examples, FeatureSource, SourceFacts};
use super::summary::{deviations, mean_per_tag, mean_scores};

/// Trains a classifier on the features of a dataset for each seed, evaluates the classifiers on the test part and
/// writes the result into the folder `out`: `result.json`, `classifier.safetensors`, `predictions.npy` and
/// `predictions.csv`; with several seeds a folder `seed-S` for each of them, and a `result.json` of all. A finished
/// training is not computed again. The last event is [`ProbeEvent::Done`].
///
/// # Errors
/// [`Code::InvalidOption`]; [`Code::FileNotFound`]; those of [`Dataset::load`]; [`Code::Dataset`] for features that
/// cannot be used, for a clip without features, and for a training or validation part without clips;
/// [`Code::CheckpointMismatch`] for features of several models; [`Code::RunExists`] if `out` holds another probe;
/// [`Code::Output`]; [`Code::Diverged`]; [`Code::CudaUnavailable`]; [`Code::Aborted`] after `cancel`.
pub fn probe(options: &ProbeOptions, on_event: &mut dyn FnMut(ProbeEvent), cancel: &AtomicBool) -> Result<ProbeDone> {
    options.validate()?;
    let compute = Compute::new(&options.device, options.threads)?;
    let folder = ProbeFolder::claim(&options.out)?;
    let dataset = Dataset::load(&options.dataset, options.task, options.seed)?;
    dataset.warnings.iter().for_each(|warning| on_event(ProbeEvent::Warning(warning.clone())));
    let mut source = open(&options.source)?;
    let facts = source.facts().clone();
    let mut pass = |event: Event| match event {
        Event::Progress(progress) => on_event(ProbeEvent::Progress(progress)),
        Event::Warning(warning) => on_event(ProbeEvent::Warning(warning)),
        _ => {}
    };
    let examples = examples(&options.dataset, &dataset, source.as_mut(), &mut pass, cancel)?;
    drop(source);
    one_sided(&examples).into_iter().for_each(|warning| on_event(ProbeEvent::Warning(warning)));
    let work = Work { options, protocol: options.settings(), examples, facts, dataset, compute, cancel };
    on_event(ProbeEvent::Start(work.start(&folder)));
    let done = work.all(&folder, on_event)?;
    on_event(ProbeEvent::Done(done.clone()));
    Ok(done)
}

/// Opens the source of the features.
fn open(path: &Path) -> Result<Box<dyn FeatureSource>> {
    let is = |suffix: &str| path.extension().is_some_and(|found| found.eq_ignore_ascii_case(suffix));
    if is("npy") {
        return Ok(Box::new(FeaturesFile::open(path)?));
    }
    let message = format!("source must be an .npy file of features, received {}", path.display());
    Err(Error::new(Code::InvalidOption, message))
}

/// Everything that the trainings of a probe share.
struct Work<'a> {
    options: &'a ProbeOptions,
    protocol: Protocol,
    examples: Examples,
    facts: SourceFacts,
    dataset: Dataset,
    compute: Compute,
    cancel: &'a AtomicBool,
}

impl Work<'_> {
    fn start(&self, folder: &ProbeFolder) -> ProbeStart {
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

    fn identity(&self, seeds: &[u64]) -> Result<Identity> {
        let json =
            |value: serde_json::Result<_>| value.map_err(|reason| Error::new(Code::Internal, reason.to_string()));
        let mut probe = json(serde_json::to_value(&self.protocol))?;
        probe["seeds"] = json!(seeds);
        probe["task"] = json!(self.examples.task);
        Ok(Identity {
            format: 1,
            probe: probe.as_object().cloned().unwrap_or_default(),
            examples: self.examples.checksum(),
            model_hash: self.facts.model_hash.clone(),
            levels: self.facts.levels.clone(),
            dataset: self.dataset.split.clone(),
        })
    }

    /// The result over all seeds.
    fn all(&self, folder: &ProbeFolder, on_event: &mut dyn FnMut(ProbeEvent)) -> Result<ProbeDone> {
        let seeds = self.options.seeds();
        let identity = self.identity(&seeds)?;
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
            let identity = self.identity(&[seed])?;
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

/// Warns of tags that no training clip or no test clip has.
fn one_sided(examples: &Examples) -> Vec<Warning> {
    let tags = examples.tags.len();
    let mut warnings = Vec::new();
    for part in [Part::Train, Part::Test] {
        let rows = examples.rows(part);
        let has = |tag: usize| rows.iter().any(|&row| examples.targets[row * tags + tag]);
        let named: Vec<String> = (0..tags).filter(|&tag| !has(tag)).map(|tag| examples.tags[tag].clone()).collect();
        if !named.is_empty() && !rows.is_empty() {
            let effect = match part {
                Part::Train => "which the classifier cannot learn",
                _ => "whose metrics are null and left out of the averages",
            };
            let message = format!("tags without positives in the {part} part, {effect}: {}", named.join(", "));
            let warning = Warning::new(WarningCode::TagsWithoutPositives, message).of_tags(named);
            warnings.push(Warning { part: Some(part), ..warning });
        }
    }
    warnings
}
