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

use super::super::ledger::result_folder;
use super::super::planned::PlannedRow;
use super::super::run::Run;
use super::super::source::{failure, model_file, no_source, Source};
use super::super::spec::{Features, FeaturesRow, Scale, SOURCE};
use super::super::teller::Teller;
use super::super::work::{event_name, News};
use super::model::ModelLevels;
use super::row::ClassifierRow;
use crate::probe::{Compute, ProbeOptions};

/// The folder of the features, in the folder of the experiment.
const FOLDER: &str = "features";

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
    /// The model `source`.
    pub(in crate::experiment) source: &'a Source,
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
            match self.source {
                Source::None => return Err(no_source(&row.id)),
                Source::Trained(..) => (),
                Source::Given(source) => {
                    let file = source.file.as_deref().map(shown_path).unwrap_or_default();
                    let network = &source.model.architecture;
                    self.check_levels(SOURCE, &format!("source {file}"), network, source.model.tags.len())?;
                }
            }
        }
        for model in self.planned {
            // The name of the model in the rows.
            let name = if self.source.training() == Some(model.id.as_str()) { SOURCE } else { &model.id };
            let is_used = self.rows.iter().any(|row| row.models.iter().any(|used| used == name));
            if let Some(network) = model.network.as_ref().filter(|_| is_used) {
                self.check_levels(name, &format!("features of {}", model.id), network, dataset.tags.len())?;
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
            // The features of a given source depend on the seed only if the seed draws the split.
            let is_shared = self.source.given().is_some() && parts(dataset).eq(parts(&first_dataset));
            let source_seed = if is_shared { first_seed } else { seed };
            let mut known: BTreeMap<&str, ModelLevels> = BTreeMap::new();
            for row in &self.rows {
                let name = event_name(&row.id, seed, self.seeds.len() > 1);
                let folder = result_folder(self.out, &row.id, seed);
                if let Some(failure) = row.models.iter().find_map(|id| failure(self.training_of(id), runs, seed)) {
                    teller.finished(&row.id, Run { seed, folder, result: None, failure: Some(failure) })?;
                    continue;
                }
                for id in row.models.iter().map(String::as_str) {
                    if known.contains_key(id) {
                        continue;
                    }
                    let read;
                    let (loaded, place) = match (id, self.source) {
                        (SOURCE, Source::None) => return Err(no_source(&row.id)),
                        (SOURCE, Source::Given(source)) => (&**source, self.kept(id, source_seed)),
                        _ => {
                            read = Loaded::read(&model_file(self.training_of(id), runs, seed)?)?;
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

    /// The id of the training of the model `name`; a given source has none.
    fn training_of<'b>(&'b self, name: &'b str) -> &'b str {
        self.source.training().filter(|_| name == SOURCE).unwrap_or(name)
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
