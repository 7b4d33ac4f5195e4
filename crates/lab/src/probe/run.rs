//! A probe, from its options to its result.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use error::{shown_path, Code, Error, Result};
use tagger::Loaded;
use train::dataset::Dataset;
use train::Event;

use super::compute::Compute;
use super::event::{ProbeDone, ProbeEvent};
use super::examples::Examples;
use super::features_file::FeaturesFile;
use super::folder::{AnotherProbe, Identity, ProbeFolder};
use super::model_examples::model_examples;
use super::options::ProbeOptions;
use super::source::{examples, FeatureSource, SourceFacts};
use super::trainings::{ProbeSetup, Trainings};

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
    run(None, options, on_event, cancel)
}

/// Like [`probe`], with the features of a model in memory. The source in the options is only reported, not read.
///
/// # Errors
/// Those of [`probe`].
pub fn probe_model(
    model: &Loaded,
    options: &ProbeOptions,
    on_event: &mut dyn FnMut(ProbeEvent),
    cancel: &AtomicBool,
) -> Result<ProbeDone> {
    run(Some(model), options, on_event, cancel)
}

fn run(
    given: Option<&Loaded>,
    options: &ProbeOptions,
    on_event: &mut dyn FnMut(ProbeEvent),
    cancel: &AtomicBool,
) -> Result<ProbeDone> {
    options.validate()?;
    let folder = ProbeFolder::claim(&options.out)?;
    let dataset = Dataset::load(&options.dataset, options.task, options.seed)?;
    dataset.warnings.iter().for_each(|warning| on_event(ProbeEvent::Warning(warning.clone())));
    let read;
    let loaded = match given {
        None if is_array(&options.source) => None,
        None => {
            read = Loaded::read(&options.source)?;
            Some(&read)
        }
        given => given,
    };
    let (compute, warning) = match loaded {
        Some(_) => Compute::beside_model(&options.device, options.threads)?,
        None => (Compute::new(&options.device, options.threads)?, None),
    };
    if let Some(warning) = warning {
        on_event(ProbeEvent::Warning(warning));
    }
    let mut job = Job { options, dataset: &dataset, folder: &folder, on_event: &mut *on_event, cancel };
    let (examples, facts) = match loaded {
        None => job.of_file(&mut FeaturesFile::open(&options.source)?)?,
        Some(loaded) => job.of_model(loaded)?,
    };
    let source = &options.source;
    let setup = ProbeSetup {
        protocol: options.settings(),
        seeds: options.seeds(),
        source: (!source.as_os_str().is_empty())
            .then(|| std::path::absolute(source).unwrap_or_else(|_| source.clone())),
        facts,
        split: dataset.split,
        another: AnotherProbe::forced(options.force),
        compute,
    };
    Trainings { setup: &setup, examples: &examples, cancel }.all(&folder, on_event)
}

/// Like [`probe`], with features in memory, for example those of [`super::join()`].
///
/// # Errors
/// Those of [`Protocol::validate`], of [`Examples::validate`] and of the trainings.
pub fn probe_examples(
    examples: &Examples,
    setup: &ProbeSetup,
    out: &Path,
    on_event: &mut dyn FnMut(ProbeEvent),
    cancel: &AtomicBool,
) -> Result<ProbeDone> {
    setup.protocol.validate()?;
    examples.validate()?;
    let folder = ProbeFolder::claim(out)?;
    Trainings { setup, examples, cancel }.all(&folder, on_event)
}

/// Whether `source` is an array of features; otherwise it is a model file.
fn is_array(source: &Path) -> bool {
    source.extension().is_some_and(|suffix| suffix.eq_ignore_ascii_case("npy"))
}

/// The part of a probe before the trainings: reading or computing the features.
struct Job<'a> {
    options: &'a ProbeOptions,
    dataset: &'a Dataset,
    folder: &'a ProbeFolder,
    on_event: &'a mut dyn FnMut(ProbeEvent),
    cancel: &'a AtomicBool,
}

impl Job<'_> {
    /// The examples with the features of a file.
    fn of_file(&mut self, file: &mut FeaturesFile) -> Result<(Examples, SourceFacts)> {
        let facts = file.facts().clone();
        if let (Some(asked), Some(found)) = (&self.options.levels, &facts.levels) {
            if asked != found {
                let source = shown_path(&self.options.source);
                let message = format!("{source} has features of the levels {found:?}, not {asked:?}: leave out levels");
                return Err(Error::new(Code::CheckpointMismatch, message));
            }
        }
        self.refuse_another(&facts)?;
        Ok((self.examples(file)?, facts))
    }

    /// The examples with the features of a model: those that an earlier call kept in the folder, or new ones.
    fn of_model(&mut self, loaded: &Loaded) -> Result<(Examples, SourceFacts)> {
        let embedding = self.options.embedding();
        let (levels, hash) = (embedding.levels.clone(), loaded.hash.clone());
        self.refuse_another(&SourceFacts { width: 0, model_hash: Some(hash), levels: Some(levels) })?;
        let (options, dataset, cancel) = (self.options, self.dataset, self.cancel);
        let request = options.request(&embedding);
        model_examples(loaded, request, dataset, self.folder.path(), &mut passed(self.on_event), cancel)
    }

    /// Refuses a folder of another probe before features are read or computed.
    fn refuse_another(&self, facts: &SourceFacts) -> Result<()> {
        let Self { options, dataset, folder, .. } = self;
        let identity =
            Identity::new(&options.settings(), &options.seeds(), (dataset.task, &dataset.split), facts, String::new())?;
        folder.refuse_another(&identity, &AnotherProbe::forced(options.force))
    }

    fn examples(&mut self, source: &mut dyn FeatureSource) -> Result<Examples> {
        examples(&self.options.dataset, self.dataset, source, &mut passed(self.on_event), self.cancel)
    }
}

/// Passes the progress and the warnings of other jobs on.
fn passed(on_event: &mut dyn FnMut(ProbeEvent)) -> impl FnMut(Event) + '_ {
    |event| match event {
        Event::Progress(progress) => on_event(ProbeEvent::Progress(progress)),
        Event::Warning(warning) => on_event(ProbeEvent::Warning(warning)),
        _ => {}
    }
}
