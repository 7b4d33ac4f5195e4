//! The runs that are known, and the table that follows from them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use error::{Code, Error, Result};
use serde_json::{Map, Value};

use super::assemble::{assemble, DrawsOfRuns};
use super::planned::PlannedRow;
use super::protocol;
use super::row::RowKind;
use super::run::Run;
use super::source::{recorded_training, SOURCE_DATASET};
use super::spec::{Spec, SOURCE};
use super::table::{MissingRow, Recorded, ScaleUsed, Table};
use super::training::Training;
use super::verdict::verdicts;

/// The state of an experiment in a folder.
pub(super) struct Ledger {
    /// The folder, absolute.
    pub(super) out: PathBuf,
    pub(super) spec: Spec,
    /// All trainings of the experiment.
    pub(super) trainings: Vec<Training>,
    /// All rows of a complete table.
    pub(super) rows: Vec<PlannedRow>,
    /// The runs of each row by id, by seed.
    pub(super) runs: BTreeMap<String, Vec<Run>>,
    pub(super) seeds: Vec<u64>,
    pub(super) scale: Option<ScaleUsed>,
    pub(super) dataset: String,
    pub(super) protocol: Map<String, Value>,
    draws: DrawsOfRuns,
}

impl Ledger {
    /// Reads what the folder `out` records about the experiment.
    ///
    /// # Errors
    /// Those of [`Recorded::read`] and of [`Spec::rows`].
    pub(super) fn read(out: &Path, spec: &Spec, trainings: &[Training]) -> Result<Self> {
        let (rows, trainings) = (spec.rows_with(trainings)?, trainings.to_vec());
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let Recorded { mut runs, seeds, scale, dataset, protocol } = Recorded::read(out, spec, &ids)?;
        let (out, spec) = (out.to_path_buf(), spec.clone());
        let draws = DrawsOfRuns::default();
        let ledger = Self { out, spec, trainings, rows, runs: BTreeMap::new(), seeds, scale, dataset, protocol, draws };
        // The folder may have been moved.
        for (id, runs) in &mut runs {
            for run in runs {
                run.folder = ledger.folder_of(id, run.seed, false)?;
            }
        }
        Ok(Self { runs, ..ledger })
    }

    /// The folder of the run of the row `id` with `seed`.
    ///
    /// # Errors
    /// Those of [`run_folder`].
    pub(super) fn folder_of(&self, id: &str, seed: u64, several: bool) -> Result<PathBuf> {
        match self.rows.iter().any(|row| row.id == id && matches!(row.kind, RowKind::Features | RowKind::Distorted)) {
            true => Ok(result_folder(&self.out, id, seed)),
            false => run_folder(&self.out, id, seed, several),
        }
    }

    /// Whether nothing has been trained in the folder.
    pub(super) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Refuses a scale, a dataset or seeds that differ from those of the rows in the folder.
    ///
    /// # Errors
    /// [`Code::CheckpointMismatch`].
    pub(super) fn check(&self, scale: Option<&ScaleUsed>, dataset: &str, seeds: &[u64]) -> Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        let word = |scale: Option<&ScaleUsed>| scale.map_or_else(|| "none".to_owned(), |scale| scale.name.clone());
        let same = |name: &str, then: String, now: String| {
            if then == now {
                return Ok(());
            }
            let message = format!(
                "{name}: the rows in {} have {then}, received {now}; the rows of a table share their options: use \
                 the same options, or another folder",
                error::shown_path(&self.out)
            );
            Err(Error::new(Code::CheckpointMismatch, message))
        };
        same("scale", word(self.scale.as_ref()), word(scale))?;
        if !self.dataset.is_empty() {
            same("dataset", self.dataset.clone(), dataset.to_owned())?;
        }
        self.runs.iter().try_for_each(|(id, runs)| protocol::check_seeds(id, runs, seeds))
    }

    /// Adds `run`, or replaces the run of the same row and seed.
    pub(super) fn add(&mut self, id: &str, run: Run) {
        let runs = self.runs.entry(id.to_owned()).or_default();
        runs.retain(|other| other.seed != run.seed);
        runs.push(run);
        runs.sort_by_key(|run| run.seed);
    }

    /// The table of all runs.
    ///
    /// # Errors
    /// Those of the files of the runs.
    pub(super) fn table(&mut self) -> Result<Table> {
        let comparable = self.scale.is_none();
        let (mut rows, entries) =
            assemble(&self.spec, &self.rows, &self.runs, (&self.dataset, comparable), &self.seeds, &mut self.draws)?;
        if let Some(kind) = self.protocol.get(SOURCE_DATASET).and_then(Value::as_str) {
            rows.iter_mut().filter(|row| row.id == SOURCE).for_each(|row| kind.clone_into(&mut row.dataset));
        }
        let is_transfer = recorded_training(&self.protocol).is_none_or(|id| id == SOURCE);
        let claims = verdicts(&self.spec, &entries, is_transfer);
        let missing = entries
            .into_iter()
            .filter(|entry| !entry.optional)
            .filter_map(|entry| entry.missing.map(|reason| MissingRow { id: entry.id, reason }))
            .collect();
        Ok(Table {
            spec: self.spec.clone(),
            scale: self.scale.clone(),
            dataset: self.dataset.clone(),
            seeds: self.seeds.clone(),
            protocol: self.protocol.clone(),
            rows,
            missing,
            claims,
        })
    }

    /// Whether the row `id` has a run with every seed.
    pub(super) fn has_all_seeds(&self, id: &str) -> bool {
        let has_all = |runs: &Vec<Run>| self.seeds.iter().all(|seed| runs.iter().any(|run| run.seed == *seed));
        self.runs.get(id).is_some_and(has_all)
    }
}

/// The run folder of the training `id` with `seed`: `ID`, or `ID/seed-K` if there are `several` seeds. A run that is
/// already there keeps its folder.
///
/// # Errors
/// [`Code::Io`] if a configuration cannot be read this time.
pub(super) fn run_folder(out: &Path, id: &str, seed: u64, several: bool) -> Result<PathBuf> {
    let (alone, own) = (out.join(id), out.join(id).join(format!("seed-{seed}")));
    if own.join("config.json").exists() {
        return Ok(own);
    }
    let is_there = protocol::config(&alone)?.is_some_and(|config| config.options.seed == seed);
    Ok(if is_there || !several { alone } else { own })
}

/// The folder of the row `id` with `seed`, which is no training: a classifier on features, or an evaluation.
pub(super) fn result_folder(out: &Path, id: &str, seed: u64) -> PathBuf {
    out.join(id).join(format!("seed-{seed}"))
}
