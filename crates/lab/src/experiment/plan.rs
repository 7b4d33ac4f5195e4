//! What a call of an experiment computes: trainings in their order, then classifiers on features, then evaluations.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use error::{shown_path, Code, Error, Result, WarningCode};
use serde_json::{Map, Value};
use train::dataset::DatasetOptions;
use train::{Event, TrainOptions};

use super::distorted::Evaluations;
use super::event::{ExperimentEvent, TrainingEvent};
use super::features::Classifiers;
use super::ledger::{run_folder, Ledger};
use super::options::ExperimentOptions;
use super::planned::PlannedRow;
use super::protocol;
use super::row::RowKind;
use super::source::{Source, SOURCE_DATASET};
use super::spec::{Distortions, Scale, Spec, SOURCE};
use super::training::Training;
use super::work::{event_name, run_all, News, Unit};

/// What a call trains.
pub(super) struct Plan<'a> {
    pub(super) options: &'a ExperimentOptions,
    /// The selected rows, in the order of the table.
    pub(super) selected: Vec<PlannedRow>,
    /// The options that all trainings share.
    pub(super) common: TrainOptions,
    pub(super) seeds: Vec<u64>,
    pub(super) scale: Option<&'a Scale>,
    /// The model `source`.
    pub(super) source: Source,
}

impl Plan<'_> {
    /// Runs the trainings, then the classifiers and the evaluations, and writes the table after each of them.
    ///
    /// # Errors
    /// Those of [`super::experiment`].
    pub(super) fn train(
        &self,
        ledger: &mut Ledger,
        on_event: &mut dyn FnMut(ExperimentEvent),
        cancel: &AtomicBool,
    ) -> Result<()> {
        self.check_others(ledger)?;
        let (spec, out, planned) = (ledger.spec.clone(), ledger.out.clone(), ledger.rows.clone());
        let classifiers = self.classifiers(&spec, &planned, &out);
        if let Some(classifiers) = &classifiers {
            classifiers.check()?;
        }
        let evaluations = self.evaluations(&spec, &out);
        evaluations.check()?;
        let units = self.units(ledger, on_event, cancel)?;
        let mut noticed = false;
        let mut on_news = |news: News, ledger: &mut Ledger| -> Result<()> {
            match news {
                // The log of each training contains the notice; the callback of the experiment receives it only once.
                News::Event(_, Event::Warning(warning))
                    if warning.code == WarningCode::CudaUnavailable && std::mem::replace(&mut noticed, true) => {}
                News::Event(training, event) => {
                    on_event(ExperimentEvent::Training(TrainingEvent { event, training }));
                }
                News::Finished(id, run) => {
                    ledger.add(&id, run);
                    let table = ledger.table()?;
                    let row = table.rows.iter().find(|row| row.id == id);
                    if let Some(row) = row.filter(|_| ledger.has_all_seeds(&id)) {
                        on_event(ExperimentEvent::Row(row.clone()));
                    }
                    // The table is written after every training, so that an interruption keeps the finished rows.
                    table.write(&ledger.out)?;
                }
            }
            Ok(())
        };
        run_all(&units, self.options.parallel, &mut |news| on_news(news, ledger), cancel)?;
        let runs = ledger.runs.clone();
        if let Some(classifiers) = classifiers {
            classifiers.train(&runs, &mut |news| on_news(news, ledger), cancel)?;
        }
        evaluations.run(&runs, &mut |news| on_news(news, ledger), cancel)
    }

    /// The evaluations of this call.
    fn evaluations<'b>(&'b self, spec: &Spec, out: &'b Path) -> Evaluations<'b> {
        let rows = spec.distortions.iter().flat_map(Distortions::rows).filter(|row| self.selects(&row.id)).collect();
        let (common, scale, seeds, source) = (&self.common, self.scale, &self.seeds[..], &self.source);
        Evaluations { rows, common, scale, seeds, source, shard: self.options.shard, out }
    }

    /// The classifiers of this call; none in a part of an experiment, which need not have their models.
    fn classifiers<'b>(&'b self, spec: &'b Spec, planned: &'b [PlannedRow], out: &'b Path) -> Option<Classifiers<'b>> {
        let features = spec.features.as_ref().filter(|_| self.options.shard.is_none())?;
        let rows: Vec<_> = features.rows.iter().filter(|row| self.selects(&row.id)).collect();
        let (common, scale, seeds) = (&self.common, self.scale, &self.seeds[..]);
        (!rows.is_empty()).then_some(Classifiers {
            planned,
            features,
            rows,
            common,
            scale,
            seeds,
            source: &self.source,
            out,
        })
    }

    /// Whether the row `id` is selected.
    fn selects(&self, id: &str) -> bool {
        self.selected.iter().any(|selected| selected.id == id)
    }

    /// Whether a selected row needs the model `source`.
    fn needs_source(&self, spec: &Spec) -> bool {
        let mut of_features = spec.features.iter().flat_map(|features| &features.rows);
        let is_evaluated = self.selected.iter().any(|row| row.kind == RowKind::Distorted);
        is_evaluated || of_features.any(|row| row.needs_source() && self.selects(&row.id))
    }

    /// The trainings of this call in the order of the table: the selected ones, and those whose models are needed.
    fn trainings(&self, ledger: &Ledger) -> Vec<Training> {
        let features = ledger.spec.features.iter().flat_map(|features| &features.rows);
        let models = features.filter(|row| self.selects(&row.id)).flat_map(|row| &row.models);
        let models: Vec<&String> = models.filter(|id| *id != SOURCE).collect();
        let source = self.source.training().filter(|_| self.needs_source(&ledger.spec));
        let takes = |training: &&Training| {
            self.selects(&training.id) || models.contains(&&training.id) || source == Some(training.id.as_str())
        };
        ledger.trainings.iter().filter(takes).cloned().collect()
    }

    /// The trainings of this call in the order of work: the reference first.
    fn units(
        &self,
        ledger: &mut Ledger,
        on_event: &mut dyn FnMut(ExperimentEvent),
        cancel: &AtomicBool,
    ) -> Result<Vec<Unit>> {
        let spec = ledger.spec.clone();
        let (all, selected) = (ledger.trainings.clone(), self.trainings(ledger));
        let is_first = |training: &Training| spec.reference.as_ref().is_none_or(|id| *id == training.id);
        let first = all.iter().find(|training| is_first(training)).unwrap_or(&all[0]);
        let momentum = {
            let runs = started(&ledger.out, first, &all, &self.seeds)?;
            let mut tell = |event: Event| {
                if matches!(event, Event::Progress(_)) {
                    on_event(ExperimentEvent::Training(TrainingEvent { event, training: first.id.clone() }));
                }
            };
            // The training of the source counts also if it is optional: without a given source it is trained.
            let of_source = spec.source_training.as_ref().map(|source| &source.training);
            let counts = |training: &&Training| !training.optional || of_source == Some(&training.id);
            let counted: Vec<Training> = all.iter().filter(counts).cloned().collect();
            let needs_none = selected.iter().all(|training| training.id == SOURCE);
            match needs_none && all.iter().all(|training| training.optional) {
                true => None,
                false => Some(protocol::norm_momentum(&counted, first, &runs, &self.common, &mut tell, cancel)?),
            }
        };
        self.record(ledger, momentum)?;
        let mut units = Vec::new();
        let reference = |training: &&Training| training.id == first.id;
        let order = selected.iter().filter(reference).chain(selected.iter().filter(|training| !reference(training)));
        for training in order {
            let is_source = training.id == SOURCE;
            let own = if is_source { self.source.options().ok_or_else(no_dataset)? } else { &self.common };
            let options = protocol::of_training(&spec, own, training)?;
            for &seed in &self.seeds {
                let several = self.seeds.len() > 1;
                units.push(Unit {
                    id: training.id.clone(),
                    name: event_name(&training.id, seed, several),
                    options: TrainOptions {
                        seed,
                        // The source has a dataset of its own, to which the rule of `train` applies.
                        norm_momentum: if is_source { own.norm_momentum } else { momentum },
                        out: run_folder(&ledger.out, &training.id, seed, several)?,
                        threads: self.threads(options.threads),
                        ..options.clone()
                    },
                });
            }
        }
        let Some(shard) = self.options.shard else { return Ok(units) };
        Ok(units.into_iter().enumerate().filter(|(place, _)| shard.has(*place)).map(|(_, unit)| unit).collect())
    }

    /// Records the options that the rows share, and the source.
    fn record(&self, ledger: &mut Ledger, momentum: Option<f64>) -> Result<()> {
        let facts = match self.needs_source(&ledger.spec) {
            true => self.facts(),
            // The rows that need it may be there already.
            false => [SOURCE, SOURCE_DATASET]
                .into_iter()
                .filter_map(|name| Some((name.to_owned(), ledger.protocol.get(name)?.clone())))
                .collect(),
        };
        ledger.protocol = protocol::shared(&ledger.spec, &self.common, momentum)?;
        ledger.protocol.extend(facts);
        Ok(())
    }

    /// What the table records about the source.
    fn facts(&self) -> Map<String, Value> {
        self.source.facts(self.options.source_dataset.as_ref().map(DatasetOptions::kind))
    }

    /// Refuses runs that stay in the table, but were trained with other options. The selected ones are compared when
    /// they are resumed.
    fn check_others(&self, ledger: &Ledger) -> Result<()> {
        let is_computed = |row: &PlannedRow| {
            matches!(row.kind, RowKind::Features | RowKind::Distorted) && ledger.runs.contains_key(&row.id)
        };
        let now = self.needs_source(&ledger.spec).then(|| self.facts().remove(SOURCE)).flatten();
        if let (Some(now), Some(known)) = (now, ledger.protocol.get(SOURCE)) {
            if ledger.rows.iter().any(is_computed) && *known != now {
                let message = format!(
                    "source: the rows in {} are those of another source (the hash of a given model, or a training), \
                     {known}, received {now}; the rows of a table share their source: use the same source, or another \
                     folder",
                    shown_path(&ledger.out)
                );
                return Err(Error::new(Code::CheckpointMismatch, message));
            }
        }
        let selected = self.trainings(ledger);
        for training in &ledger.trainings {
            let of_source = (training.id == SOURCE).then(|| self.source.options());
            // The options of a source of an earlier call need not be known now.
            let Some(own) = of_source.unwrap_or(Some(&self.common)) else { continue };
            let expected = protocol::of_training(&ledger.spec, own, training)?;
            let is_selected = selected.iter().any(|selected| selected.id == training.id);
            for run in ledger.runs.get(&training.id).into_iter().flatten() {
                if !is_selected || !self.seeds.contains(&run.seed) {
                    protocol::check(&expected, &training.id, run, own.norm_momentum)?;
                }
            }
        }
        Ok(())
    }

    /// The threads of one training: those of the process, divided by the number of trainings side by side.
    fn threads(&self, threads: usize) -> usize {
        match (self.options.parallel, threads) {
            (0 | 1, threads) => threads,
            (parallel, 0) => (engine::physical_cores() / parallel).max(1),
            (parallel, threads) => (threads / parallel).max(1),
        }
    }
}

/// The refusal of the row [`SOURCE`] without its dataset.
fn no_dataset() -> Error {
    let message = "sourceDataset is missing: the row source is trained on a dataset of its own; name it, or leave the \
                   row out of only";
    Error::new(Code::InvalidOption, message)
}

/// The configurations of the runs that have been started in the folder, that of the reference first.
fn started(out: &Path, first: &Training, all: &[Training], seeds: &[u64]) -> Result<Vec<train::run::Config>> {
    let mut configs = Vec::new();
    // The source may have been trained on another dataset, with a momentum of its own.
    for training in std::iter::once(first).chain(all).filter(|training| training.id != SOURCE) {
        for &seed in seeds {
            configs.extend(protocol::config(&run_folder(out, &training.id, seed, seeds.len() > 1)?)?);
        }
    }
    Ok(configs)
}
