//! Experiments: several trainings with one protocol, and a table that compares the results with the published ones.
//!
//! An experiment is declared in a file ([`Spec`]): what varies, the columns, published values, claims and figures. Each
//! training has its own run folder for each seed, so that an experiment can be resumed, divided among machines and
//! joined again.

mod assemble;
mod bootstrap;
mod event;
mod ledger;
mod merge;
mod only;
mod options;
mod protocol;
mod report;
mod row;
mod run;
mod scaled;
mod shard;
mod spec;
mod table;
mod training;
mod verdict;
mod work;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use charts::Section;
use error::{Code, Error, Result, WarningCode};
use files::Lock;
use net::Architecture;
use train::{Event, TrainOptions};

pub use bootstrap::{Estimate, DRAWS};
pub use event::{ExperimentDone, ExperimentEvent, TrainingEvent};
use ledger::{run_folder, Ledger};
pub use options::{ExperimentOptions, Work};
pub use row::{Cell, PublishedCell, Row, RowKind};
pub use run::{Run, RunFailure, RunResult};
pub use shard::Shard;
pub use spec::{
    names, schema, Axis, AxisEntry, AxisValue, Claim, Column, Condition, Difference, Figure, FigureKind, FigureScale,
    Format, Limits, Listed, Maximum, Measure, NotWorse, Order, Published, PublishedAt, Ratio, Scale, Shown, Spec, Take,
    Trainings, Trend, Where, WrittenValue, ANY_DATASET,
};
pub use table::{Heading, Layout, MissingRow, Part, ScaleUsed, Table};
pub use training::Training;
pub use verdict::{decide, ClaimResult, Comparison, Verdict};
use work::{run_all, News, Unit};

/// Runs an experiment in the folder `out`: one run folder for each training and seed, and the table. A second call
/// continues where the first one stopped. Finished trainings are kept, and so are the rows of trainings that are not
/// selected. All trainings have the same protocol and one norm momentum. The reference of ratios of times is trained
/// first, so that every row has its ratios. With [`Work::Merge`] nothing is trained: the runs of other folders are
/// joined.
///
/// # Errors
/// [`Code::InvalidOption`] for an unknown experiment, a spec that is not valid, an unknown axis or value;
/// [`Code::Output`] if `out` holds a table that no experiment or another experiment wrote; [`Code::RunExists`] if another
/// experiment runs in it; [`Code::CheckpointMismatch`] if the other rows in the folder were trained with other options;
/// those of [`train::train`], except that a training that diverges has a row without values.
pub fn experiment(
    options: &ExperimentOptions,
    on_event: &mut dyn FnMut(ExperimentEvent),
    cancel: &AtomicBool,
) -> Result<ExperimentDone> {
    let (done, _) = one(options, "", on_event, cancel)?;
    on_event(ExperimentEvent::Done(done.clone()));
    Ok(done)
}

/// As [`experiment`], without the event that it is complete. Returns also its section of a report, in which the paths
/// of files begin with `folder`.
pub(crate) fn one(
    options: &ExperimentOptions,
    folder: &str,
    on_event: &mut dyn FnMut(ExperimentEvent),
    cancel: &AtomicBool,
) -> Result<(ExperimentDone, Section)> {
    options.validate()?;
    let spec = Spec::named(&options.name)?;
    let scale = options.scale.as_deref().filter(|name| *name != "full");
    let scale =
        scale.map(|name| Ok((ScaleUsed { name: name.into(), words: spec.scale(name)?.words() }, spec.scale(name)?)));
    let scale = scale.transpose()?;
    let mut trainings = spec.trainings()?;
    if let Some((_, scale)) = &scale {
        for training in &mut trainings {
            training.architecture = scaled::network(&training.architecture, scale)?;
        }
    }
    let selected = only::select(&spec, trainings.clone(), options.only.as_deref())?;
    let out = match &options.work {
        Work::Train(training) => &training.out,
        Work::Merge { out, .. } => out,
    };
    let out = std::path::absolute(out).unwrap_or_else(|_| out.clone());
    files::make_folder(&out)?;
    table::refuse_others(&out)?;
    let Some(_lock) = Lock::take(out.join(".lock"))? else {
        let message = format!("another experiment runs in {}: wait for it, or choose another folder", out.display());
        return Err(Error::new(Code::RunExists, message).with_file(&out));
    };
    files::sweep(&out);
    let mut ledger = Ledger::read(&out, &spec, with_networks(&trainings)?)?;
    match &options.work {
        Work::Merge { folders, .. } => join(&mut ledger, folders, &trainings)?,
        Work::Train(training) => {
            let used = scale.as_ref().map(|(used, _)| used.clone());
            let scale = scale.as_ref().map(|(_, scale)| *scale);
            let mut common = protocol::common(&spec, training, scale.map(|scale| &scale.options))?;
            let seeds: Vec<u64> = (0..options.seeds as u64).map(|k| common.seed + k).collect();
            ledger.check(used.as_ref(), common.dataset.kind(), &seeds)?;
            ledger.scale = used;
            common.dataset.kind().clone_into(&mut ledger.dataset);
            if seeds.len() > ledger.seeds.len() || ledger.is_empty() {
                ledger.seeds.clone_from(&seeds);
            }
            if let Some(scale) = scale {
                common = scaled::options(&common, scale)?;
            }
            let plan = Plan { options, selected, common, seeds };
            plan.train(&mut ledger, on_event, cancel)?;
        }
    }
    let table = ledger.table()?;
    let (file, markdown) = table.write(&out)?;
    let report = table.write_report(&out)?;
    for claim in &table.claims {
        on_event(ExperimentEvent::Claim(claim.clone()));
    }
    let section = table.section(folder);
    let Table { rows, missing, claims, .. } = table;
    let done = ExperimentDone { experiment: spec.name, table: rows, missing, claims, markdown, file, report };
    Ok((done, section))
}

fn with_networks(trainings: &[Training]) -> Result<Vec<(Training, Architecture)>> {
    trainings.iter().map(|training| Ok((training.clone(), training.network()?))).collect()
}

/// Joins the runs of `folders` into `ledger`.
fn join(ledger: &mut Ledger, folders: &[PathBuf], trainings: &[Training]) -> Result<()> {
    for folder in folders {
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
        if folder != ledger.out {
            let other = Ledger::read(&folder, &ledger.spec, with_networks(trainings)?)?;
            merge::add(ledger, &other)?;
        }
    }
    Ok(())
}

/// What a call trains.
struct Plan<'a> {
    options: &'a ExperimentOptions,
    /// The selected trainings, in the order of the table.
    selected: Vec<Training>,
    /// The options that all trainings share.
    common: TrainOptions,
    seeds: Vec<u64>,
}

impl Plan<'_> {
    fn train(&self, ledger: &mut Ledger, on_event: &mut dyn FnMut(ExperimentEvent), cancel: &AtomicBool) -> Result<()> {
        self.check_others(ledger)?;
        let units = self.units(ledger, on_event, cancel)?;
        let mut noticed = false;
        let mut on_news = |news: News| -> Result<()> {
            match news {
                // The log of each training contains the notice; the callback of the experiment receives it only once.
                News::Event(_, Event::Warning(warning))
                    if warning.code == WarningCode::CudaUnavailable && std::mem::replace(&mut noticed, true) => {}
                News::Event(training, event) => {
                    on_event(ExperimentEvent::Training(TrainingEvent { event, training }));
                }
                News::Finished(id, run) => {
                    ledger.add(&id, run);
                    if let Some(row) = ledger.complete_row(&id)? {
                        on_event(ExperimentEvent::Row(row));
                    }
                    // The table is written after every training, so that an interruption keeps the finished rows.
                    let out = ledger.out.clone();
                    ledger.table()?.write(&out)?;
                }
            }
            Ok(())
        };
        run_all(&units, self.options.parallel, &mut on_news, cancel)
    }

    /// The trainings of this call in the order of work: the reference first.
    fn units(
        &self,
        ledger: &mut Ledger,
        on_event: &mut dyn FnMut(ExperimentEvent),
        cancel: &AtomicBool,
    ) -> Result<Vec<Unit>> {
        let spec = ledger.spec.clone();
        let all: Vec<Training> = ledger.trainings.iter().map(|(training, _)| training.clone()).collect();
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
        ledger.protocol = protocol::shared(&spec, &self.common, momentum)?;
        let mut units = Vec::new();
        let reference = |training: &&Training| training.id == first.id;
        let order = self.selected.iter().filter(reference).chain(self.selected.iter().filter(|t| !reference(t)));
        for training in order {
            let options = protocol::of_training(&spec, &self.common, training)?;
            for &seed in &self.seeds {
                let several = self.seeds.len() > 1;
                units.push(Unit {
                    id: training.id.clone(),
                    name: if several { format!("{}/seed-{seed}", training.id) } else { training.id.clone() },
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
        for (training, _) in &ledger.trainings {
            let expected = protocol::of_training(&ledger.spec, &self.common, training)?;
            let is_selected = self.selected.iter().any(|selected| selected.id == training.id);
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
