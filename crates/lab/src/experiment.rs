//! Experiments: several trainings with one protocol, classifiers on their features, and a table that compares the
//! results with the published ones.
//!
//! An experiment is declared in a file ([`Spec`]): what varies, the columns, published values, claims and figures. Each
//! training has its own run folder for each seed, so that an experiment can be resumed, divided among machines and
//! joined again.

mod assemble;
mod bootstrap;
mod event;
mod features;
mod ledger;
mod merge;
mod only;
mod options;
mod planned;
mod protocol;
mod report;
mod row;
mod run;
mod scaled;
mod shard;
mod spec;
mod table;
mod test_clips;
mod training;
mod verdict;
mod work;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use charts::Section;
use error::{shown_path, Code, Error, Result, WarningCode};
use files::Lock;
use serde_json::Value;
use tagger::Loaded;
use train::{Event, TrainOptions};

pub use bootstrap::{Estimate, DRAWS};
pub use event::{ExperimentDone, ExperimentEvent, TrainingEvent};
use features::Classifiers;
use ledger::{run_folder, Ledger};
pub use options::{ExperimentOptions, Work};
pub use planned::PlannedRow;
pub use row::{Cell, PublishedCell, Row, RowKind};
pub use run::{Run, RunFailure, RunResult};
pub use shard::Shard;
use spec::SOURCE;
pub use spec::{
    names, schema, Axis, AxisEntry, AxisValue, Claim, Column, Condition, Difference, Features, FeaturesRow, Figure,
    FigureKind, FigureScale, Format, Limits, Listed, Maximum, Measure, NotWorse, Order, Published, PublishedAt,
    PublishedRow, Ratio, Scale, Shown, Spec, Take, Trainings, Trend, Where, WrittenValue, ANY_DATASET,
};
pub use table::{Heading, Layout, MissingRow, Part, ScaleUsed, Table};
pub use training::Training;
pub use verdict::{decide, ClaimResult, Comparison, Verdict};
use work::{run_all, News, Unit};

/// Runs an experiment in the folder `out`: one run folder for each training and seed, and the table. A second call
/// continues where the first one stopped. Finished trainings are kept, and so are the rows of trainings that are not
/// selected. All trainings have the same protocol and one norm momentum. The reference of ratios of times is trained
/// first, so that every row has its ratios. Classifiers on features follow when their trainings are complete, except in
/// a part of an experiment ([`ExperimentOptions::shard`]). With [`Work::Merge`] nothing is trained: the runs of other
/// folders are joined.
///
/// # Errors
/// [`Code::InvalidOption`] for an unknown experiment, a spec that is not valid, an unknown axis or value;
/// [`Code::Output`] if `out` holds a table that no experiment or another experiment wrote; [`Code::RunExists`] if another
/// experiment runs in it; [`Code::CheckpointMismatch`] if the other rows in the folder were trained with other options;
/// those of [`train::train`] and of [`crate::probe::probe_examples`], except that a training that diverges has a row
/// without values; those of [`Loaded::read`] for the source.
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
    let selected = only::select(&spec, &spec.rows_with(&trainings)?, options.only.as_deref())?;
    let source = source(&spec, options.source.as_deref())?;
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
    let mut ledger = Ledger::read(&out, &spec, &trainings)?;
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
            let plan = Plan { options, selected, common, seeds, scale, source };
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

/// The model of the option `source`.
///
/// # Errors
/// [`Code::InvalidOption`] if the experiment has no features of a given model; those of [`Loaded::read`].
fn source(spec: &Spec, file: Option<&Path>) -> Result<Option<Loaded>> {
    let Some(file) = file else { return Ok(None) };
    if !spec.needs_source() {
        let message = format!(
            "source: the experiment {} has no features of a given model, received {}: leave it out",
            spec.name,
            shown_path(file)
        );
        return Err(Error::new(Code::InvalidOption, message));
    }
    Loaded::read(file).map(Some)
}

/// Joins the runs of `folders` into `ledger`.
fn join(ledger: &mut Ledger, folders: &[PathBuf], trainings: &[Training]) -> Result<()> {
    for folder in folders {
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
        if folder != ledger.out {
            let other = Ledger::read(&folder, &ledger.spec, trainings)?;
            merge::add(ledger, &other)?;
        }
    }
    Ok(())
}

/// What a call trains.
struct Plan<'a> {
    options: &'a ExperimentOptions,
    /// The selected rows, in the order of the table.
    selected: Vec<PlannedRow>,
    /// The options that all trainings share.
    common: TrainOptions,
    seeds: Vec<u64>,
    scale: Option<&'a Scale>,
    /// The model of the option `source`.
    source: Option<Loaded>,
}

impl Plan<'_> {
    fn train(&self, ledger: &mut Ledger, on_event: &mut dyn FnMut(ExperimentEvent), cancel: &AtomicBool) -> Result<()> {
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
        run_all(&units, self.options.parallel, &mut |news| on_news(news, ledger), cancel)?;
        let Some(classifiers) = classifiers else { return Ok(()) };
        let runs = ledger.runs.clone();
        classifiers.train(&runs, &mut |news| on_news(news, ledger), cancel)
    }

    /// The classifiers of this call; none in a part of an experiment, which need not have their models.
    fn classifiers<'b>(&'b self, spec: &'b Spec, planned: &'b [PlannedRow], out: &'b Path) -> Option<Classifiers<'b>> {
        let features = spec.features.as_ref().filter(|_| self.options.shard.is_none())?;
        let is_selected = |id: &str| self.selected.iter().any(|selected| selected.id == id);
        let rows: Vec<_> = features.rows.iter().filter(|row| is_selected(&row.id)).collect();
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

    /// The trainings of this call in the order of the table: the selected ones, and those whose features are selected.
    fn trainings(&self, ledger: &Ledger) -> Vec<Training> {
        let features = ledger.spec.features.iter().flat_map(|features| &features.rows);
        let is_selected = |id: &str| self.selected.iter().any(|selected| selected.id == id);
        let models: Vec<&String> = features.filter(|row| is_selected(&row.id)).flat_map(|row| &row.models).collect();
        let takes = |training: &&Training| is_selected(&training.id) || models.contains(&&training.id);
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
        let is_computed = |row: &&PlannedRow| row.kind == RowKind::Features && ledger.runs.contains_key(&row.id);
        if let (Some(source), Some(known)) = (&self.source, ledger.protocol.get(SOURCE)) {
            if ledger.rows.iter().find(is_computed).is_some() && *known != source.hash {
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
