//! Computes the cells of all rows from their runs.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use error::Result;
use train::metrics::{Estimate, LEVEL};

use super::bootstrap::RunDraws;
use super::planned::PlannedRow;
use super::row::{Cell, PublishedCell, Row, RowKind};
use super::run::Run;
use super::spec::{AxisValue, Column, Measure, Shown, Spec, ANY_DATASET};

/// A training or a classifier with what is known about it, for claims: also if it is missing.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) axes: BTreeMap<String, AxisValue>,
    /// By column; a column without estimate is unknown.
    pub(crate) cells: BTreeMap<String, Estimate>,
    /// Why the row is not complete; `None` if it is.
    pub(crate) missing: Option<String>,
    /// Whether it may be missing.
    pub(crate) optional: bool,
}

/// The draws of the runs that have been read.
#[derive(Default)]
pub(crate) struct DrawsOfRuns {
    known: HashMap<PathBuf, Option<Arc<RunDraws>>>,
}

impl DrawsOfRuns {
    /// Reads a folder again that held no predictions: a run of it has just finished.
    pub(crate) fn finished(&mut self, folder: &Path) {
        if self.known.get(folder).is_some_and(Option::is_none) {
            self.known.remove(folder);
        }
    }

    fn of(&mut self, run: &Run) -> Result<Option<Arc<RunDraws>>> {
        if let Some(known) = self.known.get(&run.folder) {
            return Ok(known.clone());
        }
        // A folder that is gone leaves the interval unknown; the value stays.
        let read = RunDraws::read(&run.folder)?.map(Arc::new);
        self.known.insert(run.folder.clone(), read.clone());
        Ok(read)
    }
}

/// The rows of the table and the entries of `planned`. `runs` are the runs of each row, by id; `dataset` is the kind of
/// the dataset, and whether numbers on it may be compared with published ones; `seeds` are the seeds of a complete row.
///
/// # Errors
/// Those of [`RunDraws::read`].
pub(crate) fn assemble(
    spec: &Spec,
    planned: &[PlannedRow],
    runs: &BTreeMap<String, Vec<Run>>,
    (dataset, comparable): (&str, bool),
    seeds: &[u64],
    draws: &mut DrawsOfRuns,
) -> Result<(Vec<Row>, Vec<Entry>)> {
    let mut own: Vec<BTreeMap<Measure, Estimate>> = Vec::new();
    let none = Vec::new();
    for row in planned {
        own.push(estimates(spec, runs.get(&row.id).unwrap_or(&none), row, draws)?);
    }
    let place = |id: &str| planned.iter().position(|row| row.id == id);
    let (mut rows, mut entries) = (Vec::new(), Vec::new());
    for (index, plan) in planned.iter().enumerate() {
        let own_runs = runs.get(&plan.id).unwrap_or(&none);
        let mut cells = BTreeMap::new();
        for column in &spec.columns {
            let Some(measure) = measure(spec, column) else { continue };
            let Some(estimate) = own[index].get(&measure) else { continue };
            let of_row = |id: &String| place(id).and_then(|reference| own[reference].get(&measure));
            let value = match (&column.relative_to, &column.difference_to) {
                (None, None) => Some(estimate.clone()),
                // A training is no row under a distortion, and the other way round.
                (None, Some(id)) if place(id).is_none_or(|reference| planned[reference].kind != plan.kind) => None,
                (None, Some(id)) => of_row(id)
                    .map(|reference| Estimate::combined(&[estimate, reference], |values| values[0] - values[1])),
                (Some(id), _) => of_row(id).filter(|reference| reference.value > 0.0).map(|reference| {
                    let ratio = Estimate::combined(&[estimate, reference], |values| values[0] / values[1]);
                    Estimate { deviation: estimate.deviation.map(|own| own / reference.value), ..ratio }
                }),
            };
            cells.extend(value.map(|value| (column.name.clone(), value)));
        }
        let is_published = plan.kind == RowKind::Published;
        if !own_runs.is_empty() || is_published {
            rows.push(row(spec, plan, own_runs, (dataset, comparable), &cells));
        }
        // Claims are about what was computed here.
        if is_published {
            continue;
        }
        entries.push(Entry {
            id: plan.id.clone(),
            axes: plan.axes.clone(),
            missing: missing(own_runs, seeds, plan.kind),
            optional: plan.optional,
            cells,
        });
    }
    Ok((rows, entries))
}

fn measure(spec: &Spec, column: &Column) -> Option<Measure> {
    match spec.shown(column) {
        Some(Shown::Measure(measure)) => Some(measure),
        _ => None,
    }
}

/// The estimates of all measures that the columns show.
fn estimates(
    spec: &Spec,
    runs: &[Run],
    row: &PlannedRow,
    draws: &mut DrawsOfRuns,
) -> Result<BTreeMap<Measure, Estimate>> {
    let mut found = BTreeMap::new();
    for measure in spec.columns.iter().filter_map(|column| measure(spec, column)) {
        if let Some(fact) = row.network.as_ref().and_then(|network| measure.of_network(network)) {
            found.insert(measure, Estimate::exact(fact));
            continue;
        }
        let mut values = Vec::new();
        let mut over_clips = Vec::new();
        for run in runs {
            let Some(value) = measure.of_run(run) else { continue };
            values.push((run.seed, value));
            if measure.is_metric() {
                over_clips.push(draws.of(run)?);
            }
        }
        // A row in which one seed failed has no mean.
        if values.is_empty() || values.len() < runs.len() {
            continue;
        }
        let none: &[f64] = &[];
        let slices: Vec<&[f64]> =
            over_clips.iter().map(|run| run.as_ref().map_or(none, |run| run.of_measure(measure))).collect();
        let estimate = Estimate::over_seeds(&values, measure.is_metric().then_some(&slices[..]));
        found.insert(measure, estimate);
    }
    Ok(found)
}

fn row(
    spec: &Spec,
    plan: &PlannedRow,
    runs: &[Run],
    (dataset, comparable): (&str, bool),
    cells: &BTreeMap<String, Estimate>,
) -> Row {
    let measured = spec.columns.iter().filter(|column| measure(spec, column).is_some());
    let cell = |column: &Column| {
        let cell = cells.get(&column.name).map_or_else(Cell::default, |estimate| Cell {
            value: Some(estimate.value),
            deviation: estimate.deviation,
            interval: possible_interval(column, estimate),
        });
        (column.name.clone(), cell)
    };
    Row {
        experiment: spec.name.clone(),
        id: plan.id.clone(),
        kind: plan.kind,
        architecture: plan.architecture.clone(),
        axes: plan.axes.clone(),
        cells: measured.map(cell).collect(),
        published: published(plan, dataset, comparable),
        dataset: dataset.to_owned(),
        runs: runs.to_vec(),
    }
}

/// The interval of a cell, without values that are not possible: few seeds give wide intervals.
fn possible_interval(column: &Column, estimate: &Estimate) -> Option<[f64; 2]> {
    let is_share = column.relative_to.is_none() && column.measure().is_some_and(Measure::is_metric);
    let most = if is_share && column.difference_to.is_none() { 1.0 } else { f64::INFINITY };
    let least = if column.difference_to.is_some() { f64::NEG_INFINITY } else { 0.0 };
    let interval = estimate.interval(LEVEL).filter(|_| !estimate.is_exact())?;
    // A row has no difference from itself, also where a draw has no value.
    if column.difference_to.is_some() && interval == [0.0, 0.0] {
        return None;
    }
    Some(interval.map(|end| end.clamp(least, most)))
}

/// The published values of a row: those of the dataset that was used first, then those of others.
fn published(plan: &PlannedRow, dataset: &str, comparable: bool) -> BTreeMap<String, PublishedCell> {
    let mut cells = BTreeMap::new();
    let order = [ANY_DATASET, dataset];
    let first = order.iter().filter_map(|kind| plan.published.get_key_value(*kind));
    let others = plan.published.iter().filter(|(kind, _)| !order.contains(&kind.as_str()));
    for (kind, values) in first.chain(others) {
        let of_dataset = (kind != ANY_DATASET).then(|| kind.clone());
        for (column, &value) in values {
            let comparable = comparable && of_dataset.as_ref().is_none_or(|kind| kind == dataset);
            cells.entry(column.clone()).or_insert(PublishedCell { value, dataset: of_dataset.clone(), comparable });
        }
    }
    cells
}

/// Why a row is not complete.
fn missing(runs: &[Run], seeds: &[u64], kind: RowKind) -> Option<String> {
    if runs.is_empty() {
        return Some(not_trained(kind).to_owned());
    }
    if let Some(failure) = runs.iter().find_map(|run| run.failure.as_ref()) {
        return Some(match kind {
            RowKind::Distorted => failure.message.clone(),
            _ => format!("its training failed ({})", failure.code),
        });
    }
    let open: Vec<String> =
        seeds.iter().filter(|seed| runs.iter().all(|run| run.seed != **seed)).map(u64::to_string).collect();
    (!open.is_empty()).then(|| format!("{} with seed {}", not_trained(kind), open.join(", ")))
}

/// What is said of a row without runs.
pub(crate) fn not_trained(kind: RowKind) -> &'static str {
    match kind {
        RowKind::Features => "its classifier has not been trained",
        RowKind::Distorted => "it has not been evaluated",
        RowKind::Training | RowKind::Published => "it has not been trained",
    }
}
