//! Trains the classifiers of features rows: row by row for each seed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use engine::Embedding;
use error::{shown_path, Code, Error, Result};
use net::Architecture;
use tagger::Loaded;
use train::dataset::{Dataset, Part};
use train::{Event, TrainOptions};

use super::super::ledger::classifier_folder;
use super::super::planned::PlannedRow;
use super::super::run::{Run, RunFailure};
use super::super::spec::{Features, FeaturesRow, Scale, SOURCE};
use super::super::work::{event_name, News};
use super::model::ModelLevels;
use super::row::ClassifierRow;
use super::teller::Teller;
use crate::probe::{Compute, ProbeOptions};

/// The folder of the features, in the folder of the experiment.
const FOLDER: &str = "features";
/// The model of a run folder.
const MODEL: &str = "best.safetensors";

/// The classifiers of a call, and everything that they share.
pub(in crate::experiment) struct Classifiers<'a> {
    pub(in crate::experiment) features: &'a Features,
    /// All rows of a complete table, with the networks of the trainings.
    pub(in crate::experiment) planned: &'a [PlannedRow],
    /// The selected rows.
    pub(in crate::experiment) rows: Vec<&'a FeaturesRow>,
    /// The options that all trainings share.
    pub(in crate::experiment) common: &'a TrainOptions,
    pub(in crate::experiment) scale: Option<&'a Scale>,
    pub(in crate::experiment) seeds: &'a [u64],
    /// The model that the option `source` names.
    pub(in crate::experiment) source: Option<&'a Loaded>,
    /// The folder of the experiment.
    pub(in crate::experiment) out: &'a Path,
}

impl Classifiers<'_> {
    /// Refuses what can be refused before anything is trained: features of a source that is not given, levels that a
    /// network does not have, and a dataset without clips for validation.
    ///
    /// # Errors
    /// [`Code::InvalidOption`]; [`Code::Dataset`]; those of [`Dataset::load`].
    pub(in crate::experiment) fn check(&self) -> Result<()> {
        let Some(row) = self.rows.iter().find(|row| row.needs_source()).or(self.rows.first()) else { return Ok(()) };
        let dataset = self.dataset(self.seeds[0])?;
        if row.needs_source() {
            let source = self.source.ok_or_else(|| no_source(row))?;
            let file = source.file.as_deref().map(shown_path).unwrap_or_default();
            self.check_levels(SOURCE, &format!("source {file}"), &source.model.architecture, source.model.tags.len())?;
        }
        for model in self.planned {
            let is_used = self.rows.iter().any(|row| row.models.contains(&model.id));
            if let Some(network) = model.network.as_ref().filter(|_| is_used) {
                self.check_levels(&model.id, &format!("features of {}", model.id), network, dataset.tags.len())?;
            }
        }
        let location = self.common.dataset.location();
        for part in [Part::Train, Part::Valid] {
            if dataset.part(part).next().is_none() {
                let message = format!(
                    "{}: no clips in the {part} part; classifiers on features need clips for training and validation: \
                     assign some clips the split {part}",
                    shown_path(location)
                );
                return Err(Error::new(Code::Dataset, message).with_file(location));
            }
        }
        Ok(())
    }

    /// Refuses levels that `network` with `tags` outputs does not have.
    fn check_levels(&self, id: &str, name: &str, network: &Architecture, tags: usize) -> Result<()> {
        let embedding = Embedding { levels: self.features.levels_of(id), ..Embedding::default() };
        let refused = |failure: Error| Error { message: format!("{name}: {}", failure.message), ..failure };
        embedding.widths(network, tags).map(drop).map_err(refused)
    }

    /// Trains the classifiers that are not finished. `runs` are the runs of the trainings, by id.
    ///
    /// # Errors
    /// Those of [`ModelLevels::of`] and [`ClassifierRow::run`]. A classifier that diverges, and one whose model
    /// diverged, has a run without result instead.
    pub(in crate::experiment) fn train(
        &self,
        runs: &BTreeMap<String, Vec<Run>>,
        on_news: &mut dyn FnMut(News) -> Result<()>,
        cancel: &AtomicBool,
    ) -> Result<()> {
        let Some(first) = self.rows.first() else { return Ok(()) };
        let mut teller = Teller::new(on_news);
        let options = self.options()?;
        let (compute, warning) = Compute::beside_model(&options.device, options.threads)?;
        if let Some(warning) = warning {
            teller.event(&first.id, Event::Warning(warning));
        }
        let first_seed = self.seeds[0];
        let first_dataset = self.dataset(first_seed)?;
        for &seed in self.seeds {
            let other;
            let dataset = if seed == first_seed {
                &first_dataset
            } else {
                other = self.dataset(seed)?;
                &other
            };
            // The features of the source depend on the seed only if the seed draws the split.
            let source_seed = if parts(dataset).eq(parts(&first_dataset)) { first_seed } else { seed };
            let mut known: BTreeMap<&str, ModelLevels> = BTreeMap::new();
            for row in &self.rows {
                let name = event_name(&row.id, seed, self.seeds.len() > 1);
                let folder = classifier_folder(self.out, &row.id, seed);
                if let Some(failure) = row.models.iter().find_map(|id| failure(id, runs, seed)) {
                    teller.finished(&row.id, Run { seed, folder, result: None, failure: Some(failure) })?;
                    continue;
                }
                for id in row.models.iter().map(String::as_str) {
                    if known.contains_key(id) {
                        continue;
                    }
                    let read;
                    let (loaded, place) = match id {
                        SOURCE => (self.source.ok_or_else(|| no_source(row))?, self.kept(id, source_seed)),
                        _ => {
                            read = Loaded::read(&model_file(id, runs, seed)?)?;
                            (&read, self.kept(id, seed))
                        }
                    };
                    let levels = self.features.levels_of(id);
                    let mut on_event = |event| teller.event(&name, event);
                    let model = (id, loaded);
                    let found = ModelLevels::of(model, &levels, &options, dataset, &place, &mut on_event, cancel)?;
                    known.insert(id, found);
                }
                let models: Vec<&ModelLevels> = row.models.iter().filter_map(|id| known.get(id.as_str())).collect();
                let job = ClassifierRow { row, seed, folder, options: &options, split: &dataset.split };
                let run = job.run(&models, &compute, &mut |event| teller.event(&name, event), cancel)?;
                teller.finished(&row.id, run)?;
            }
        }
        Ok(())
    }

    /// The options of the classifier, and those that it has from the trainings.
    fn options(&self) -> Result<ProbeOptions> {
        let own = self.features.classifier_options(self.scale);
        let own = own.map_err(|why| Error::new(Code::InvalidOption, why))?;
        let common = self.common;
        Ok(ProbeOptions {
            dataset: common.dataset.clone(),
            clip_seconds: common.clip_seconds,
            segments: self.scale.and_then(|scale| scale.segments).map(|_| common.segments),
            device: common.device.clone(),
            threads: common.threads,
            cache: common.cache.clone(),
            ..own
        })
    }

    fn dataset(&self, seed: u64) -> Result<Dataset> {
        Dataset::load(&self.common.dataset, self.common.task, seed)
    }

    /// The folder in which the features of the model `id` are kept.
    fn kept(&self, id: &str, seed: u64) -> PathBuf {
        self.out.join(FOLDER).join(id).join(format!("seed-{seed}"))
    }
}

/// The clips of `dataset` with their parts.
fn parts(dataset: &Dataset) -> impl Iterator<Item = (&str, Part)> {
    dataset.clips.iter().map(|clip| (clip.name.as_str(), clip.part))
}

fn no_source(row: &FeaturesRow) -> Error {
    let message = format!(
        "source is missing: the row {} has features of a given model; name its file with source (--source MODEL), or \
         leave the row out with only",
        row.id
    );
    Error::new(Code::InvalidOption, message)
}

/// Why the training `id` has no model.
fn failure(id: &str, runs: &BTreeMap<String, Vec<Run>>, seed: u64) -> Option<RunFailure> {
    let run = runs.get(id)?.iter().find(|run| run.seed == seed)?;
    let failure = run.failure.as_ref()?;
    let message = format!("the training {id} has no model: {}", failure.message);
    Some(RunFailure { code: failure.code.clone(), message })
}

/// The model file of the training `id`.
///
/// # Errors
/// [`Code::FileNotFound`] if it has not been trained, or its folder is gone.
fn model_file(id: &str, runs: &BTreeMap<String, Vec<Run>>, seed: u64) -> Result<PathBuf> {
    let run = runs.get(id).and_then(|runs| runs.iter().find(|run| run.seed == seed));
    let file = run.map(|run| run.folder.join(MODEL));
    file.filter(|file| file.is_file()).ok_or_else(|| {
        let message = format!(
            "the model of the training {id} with seed {seed} is missing, and its features cannot be computed: run \
             the same experiment again without only"
        );
        Error::new(Code::FileNotFound, message)
    })
}
