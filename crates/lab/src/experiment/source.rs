//! The model `source` of an experiment: a given one, or one that the experiment trains.

use std::collections::BTreeMap;
use std::path::PathBuf;

use error::{shown_path, Code, Error, Result};
use serde_json::{Map, Value};
use tagger::Loaded;
use train::dataset::Dataset;
use train::TrainOptions;

use super::options::{ExperimentOptions, Work};
use super::protocol;
use super::run::{Run, RunFailure};
use super::scaled;
use super::spec::{Scale, Spec, SOURCE};

/// The model of a run folder.
const MODEL: &str = "best.safetensors";
/// In the shared options of a table: the kind of the dataset on which the row `source` was trained.
pub(super) const SOURCE_DATASET: &str = "sourceDataset";
/// In the shared options of a table, the source is this and the id of a training, or the hash of a given model.
const THE_TRAINING: &str = "the training ";

/// The model `source`.
pub(super) enum Source {
    /// There is none: the experiment needs none, or says nothing about its training.
    None,
    /// The model of the option `source`.
    Given(Box<Loaded>),
    /// The model of the training with this id. If that is [`SOURCE`], these are its options, on the dataset of the
    /// option `sourceDataset`.
    Trained(String, Option<Box<TrainOptions>>),
}

impl Source {
    /// The source of `options`. Nothing is trained here.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] if the experiment has no source, or does not train its source; those of
    /// [`Loaded::read`] and of [`Dataset::load`].
    pub(super) fn of(spec: &Spec, options: &ExperimentOptions, scale: Option<&Scale>) -> Result<Self> {
        let ExperimentOptions { source, source_dataset, .. } = options;
        if let (false, Some((name, path))) = (spec.needs_source(), given(options)) {
            let message = format!(
                "{name}: the experiment {} has no features of a given model and does not evaluate one, received {}: \
                 leave it out",
                spec.name,
                shown_path(&path)
            );
            return Err(Error::new(Code::InvalidOption, message));
        }
        if let (Some(_), Some(_)) = (source, source_dataset) {
            let message = "source and sourceDataset exclude each other: name a model, or a dataset to train it on";
            return Err(Error::new(Code::InvalidOption, message));
        }
        if let Some(file) = source {
            return Ok(Self::Given(Box::new(Loaded::read(file)?)));
        }
        match (&spec.source_training, source_dataset, &options.work) {
            (None, None, _) => Ok(Self::None),
            (None, Some(_), _) => {
                let message = format!(
                    "sourceDataset: the experiment {} does not say how its source is trained (sourceTraining): name a \
                     model with source",
                    spec.name
                );
                Err(Error::new(Code::InvalidOption, message))
            }
            (Some(_), Some(dataset), Work::Train(training)) => {
                // The task is that of the other dataset.
                let own = TrainOptions { dataset: dataset.clone(), task: None, ..(**training).clone() };
                let mut own = protocol::common(spec, &own, scale.map(|scale| &scale.options))?;
                own = match scale {
                    Some(scale) => scaled::options(&own, scale)?,
                    // A dataset that cannot be read is refused before anything is trained.
                    None => Dataset::load(dataset, None, own.seed).map(|_| own)?,
                };
                Ok(Self::Trained(SOURCE.to_owned(), Some(Box::new(own))))
            }
            (Some(of), _, _) => Ok(Self::Trained(of.training.clone(), None)),
        }
    }

    /// The given model.
    pub(super) fn given(&self) -> Option<&Loaded> {
        match self {
            Source::Given(loaded) => Some(loaded),
            Source::None | Source::Trained(..) => None,
        }
    }

    /// The id of the training whose model it is.
    pub(super) fn training(&self) -> Option<&str> {
        match self {
            Source::Trained(id, _) => Some(id),
            Source::None | Source::Given(_) => None,
        }
    }

    /// The options of the training [`SOURCE`].
    pub(super) fn options(&self) -> Option<&TrainOptions> {
        match self {
            Source::Trained(_, options) => options.as_deref(),
            Source::None | Source::Given(_) => None,
        }
    }

    /// What the table records about it. `dataset` is the kind of the option `sourceDataset`.
    pub(super) fn facts(&self, dataset: Option<&str>) -> Map<String, Value> {
        let source = match self {
            Source::None => None,
            Source::Given(loaded) => Some(loaded.hash.clone()),
            Source::Trained(id, _) => Some(format!("{THE_TRAINING}{id}")),
        };
        let kind = dataset.filter(|_| self.options().is_some()).map(str::to_owned);
        let facts = [(SOURCE, source), (SOURCE_DATASET, kind)];
        facts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))).collect()
    }
}

/// The option that names a source, and its path.
fn given(options: &ExperimentOptions) -> Option<(&'static str, PathBuf)> {
    let of_dataset = || options.source_dataset.as_ref().map(|data| (SOURCE_DATASET, data.location().to_path_buf()));
    options.source.clone().map(|file| (SOURCE, file)).or_else(of_dataset)
}

/// The id of the training that is the source of a table with the shared options `protocol`; `None` for a given model.
pub(super) fn recorded_training(protocol: &Map<String, Value>) -> Option<&str> {
    protocol.get(SOURCE)?.as_str()?.strip_prefix(THE_TRAINING)
}

/// Why the training `id` has no model.
pub(super) fn failure(id: &str, runs: &BTreeMap<String, Vec<Run>>, seed: u64) -> Option<RunFailure> {
    let run = runs.get(id)?.iter().find(|run| run.seed == seed)?;
    let failure = run.failure.as_ref()?;
    let message = format!("the training {id} has no model: {}", failure.message);
    Some(RunFailure { code: failure.code.clone(), message })
}

/// The model file of the training `id`.
///
/// # Errors
/// [`Code::FileNotFound`] if it has not been trained, or its folder is gone.
pub(super) fn model_file(id: &str, runs: &BTreeMap<String, Vec<Run>>, seed: u64) -> Result<PathBuf> {
    let run = runs.get(id).and_then(|runs| runs.iter().find(|run| run.seed == seed));
    let file = run.map(|run| run.folder.join(MODEL));
    file.filter(|file| file.is_file()).ok_or_else(|| {
        let message = format!(
            "the model of the training {id} with seed {seed} is missing, and no row that needs it can be computed: run \
             the same experiment again without only"
        );
        Error::new(Code::FileNotFound, message)
    })
}

/// The refusal of the row `row`, which needs a source that is not there.
pub(super) fn no_source(row: &str) -> Error {
    let message = format!(
        "source is missing: the row {row} needs a given model; name its file with source (--source MODEL), or leave the \
         row out with only"
    );
    Error::new(Code::InvalidOption, message)
}
