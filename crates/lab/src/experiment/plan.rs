//! What a call of an experiment computes: trainings in their order, then classifiers on features.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use error::{shown_path, Code, Error, Result, WarningCode};
use serde_json::Value;
use tagger::Loaded;
use train::{Event, TrainOptions};

use super::event::{ExperimentEvent, TrainingEvent};
use super::features::Classifiers;
use super::ledger::{run_folder, Ledger};
use super::options::ExperimentOptions;
use super::planned::PlannedRow;
use super::protocol;
use super::row::RowKind;
use super::spec::{Scale, Spec, SOURCE};
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
    /// The model of the option `source`.
    pub(super) source: Option<Loaded>,
}

impl Plan<'_> {
    /// Runs the trainings, then the classifiers, and writes the table after each of them.
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
        let Some(classifiers) = classifiers else { return Ok(()) };
        let runs = ledger.runs.clone();
        classifiers.train(&runs, &mut |news| on_news(news, ledger), cancel)
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
            source: self.source.as_ref(),
            out,
        })
    }

    /// Whether the row `id` is selected.
    fn selects(&self, id: &str) -> bool {
        self.selected.iter().any(|selected| selected.id == id)
    }

    /// The trainings of this call in the order of the table: the selected ones, and those whose features are selected.
    fn trainings(&self, ledger: &Ledger) -> Vec<Training> {
        let features = ledger.spec.features.iter().flat_map(|features| &features.rows);
        let models: Vec<&String> = features.filter(|row| self.selects(&row.id)).flat_map(|row| &row.models).collect();
        let takes = |training: &&Training| self.selects(&training.id) || models.contains(&&training.id);
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
            protocol::norm_momentum(&all, first, &runs, &self.common, &mut tell, cancel)?
        };
        let known = ledger.protocol.remove(SOURCE);
        ledger.protocol = protocol::shared(&spec, &self.common, momentum)?;
        let given = self.source.as_ref().map(|source| Value::from(source.hash.clone()));
        ledger.protocol.extend(given.or(known).map(|hash| (SOURCE.to_owned(), hash)));
        let mut units = Vec::new();
        let reference = |training: &&Training| training.id == first.id;
        let order = selected.iter().filter(reference).chain(selected.iter().filter(|training| !reference(training)));
        for training in order {
            let options = protocol::of_training(&spec, &self.common, training)?;
            for &seed in &self.seeds {
                let several = self.seeds.len() > 1;
                units.push(Unit {
                    id: training.id.clone(),
                    name: event_name(&training.id, seed, several),
                    options: TrainOptions {
                        seed,
                        norm_momentum: Some(momentum),
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

    /// Refuses runs that stay in the table, but were trained with other options. The selected ones are compared when
    /// they are resumed.
    fn check_others(&self, ledger: &Ledger) -> Result<()> {
        let is_computed = |row: &PlannedRow| row.kind == RowKind::Features && ledger.runs.contains_key(&row.id);
        if let (Some(source), Some(known)) = (&self.source, ledger.protocol.get(SOURCE)) {
            if ledger.rows.iter().any(is_computed) && *known != source.hash {
                let message = format!(
                    "source: the features in {} are those of the model with the hash {}, received {}; the rows of a \
                     table share their source: use the same model, or another folder",
                    shown_path(&ledger.out),
                    known.as_str().unwrap_or_default(),
                    source.hash
                );
                return Err(Error::new(Code::CheckpointMismatch, message));
            }
        }
        let selected = self.trainings(ledger);
        for training in &ledger.trainings {
            let expected = protocol::of_training(&ledger.spec, &self.common, training)?;
            let is_selected = selected.iter().any(|selected| selected.id == training.id);
            for run in ledger.runs.get(&training.id).into_iter().flatten() {
                if !is_selected || !self.seeds.contains(&run.seed) {
                    protocol::check(&expected, &training.id, run, self.common.norm_momentum)?;
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

/// The configurations of the runs that have been started in the folder, that of the reference first.
fn started(out: &Path, first: &Training, all: &[Training], seeds: &[u64]) -> Result<Vec<train::run::Config>> {
    let mut configs = Vec::new();
    for training in std::iter::once(first).chain(all) {
        for &seed in seeds {
            configs.extend(protocol::config(&run_folder(out, &training.id, seed, seeds.len() > 1)?)?);
        }
    }
    Ok(configs)
}
