//! Experiments: several trainings with one protocol, classifiers on their features, evaluations, and a table that compares the
//! results with the published ones.
//!
//! An experiment is declared in a file ([`Spec`]): what varies, the columns, published values, claims and figures. Each
//! training has its own run folder for each seed, so that an experiment can be resumed, divided among machines and
//! joined again.

mod assemble;
mod bootstrap;
mod distorted;
mod event;
mod features;
mod ledger;
mod merge;
mod only;
mod options;
mod plan;
mod planned;
mod protocol;
mod report;
mod row;
mod run;
mod scaled;
mod shard;
mod source;
mod spec;
mod table;
mod teller;
mod test_clips;
mod training;
mod verdict;
mod work;

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use charts::Section;
use error::{Code, Error, Result};
use files::Lock;

pub use event::{ExperimentDone, ExperimentEvent, TrainingEvent};
use ledger::Ledger;
pub use options::{ExperimentOptions, Work};
use plan::Plan;
pub use planned::PlannedRow;
pub use row::{Cell, PublishedCell, Row, RowKind};
pub use run::{Run, RunFailure, RunResult};
pub use shard::Shard;
use source::Source;
pub use spec::{
    names, schema, Axis, AxisEntry, AxisValue, Claim, Column, Condition, Difference, DistortedRow, Distortions,
    Features, FeaturesRow, Figure, FigureKind, FigureScale, Format, Limits, Listed, Maximum, Measure, NotWorse, Order,
    Published, PublishedAt, PublishedRow, Ratio, Scale, Shown, SourceTraining, Spec, Strengths, Take, Trainings, Trend,
    Where, WrittenValue, ANY_DATASET, CLEAN,
};
pub use table::{Heading, Layout, MissingRow, Part, ScaleUsed, Table};
pub use train::metrics::{Estimate, DRAWS};
pub use training::Training;
pub use verdict::{decide, ClaimResult, Comparison, Verdict};

/// Runs an experiment in the folder `out`: one run folder for each training and seed, and the table. A second call
/// continues where the first one stopped. Finished trainings are kept, and so are the rows of trainings that are not
/// selected. All trainings have the same protocol and one norm momentum. The reference of ratios of times is trained
/// first, so that every row has its ratios. Classifiers on features and evaluations of the source follow when their
/// trainings are complete, except in a part of an experiment ([`ExperimentOptions::shard`]); evaluations of a given
/// source are divided among the parts. With [`Work::Merge`] nothing is trained: the runs of other
/// folders are joined.
///
/// # Errors
/// [`Code::InvalidOption`] for an unknown experiment, a spec that is not valid, an unknown axis or value;
/// [`Code::Output`] if `out` holds a table that no experiment or another experiment wrote; [`Code::RunExists`] if
/// another experiment runs in it; [`Code::CheckpointMismatch`] if the other rows in the folder were trained with other
/// options; those of [`train::train`] and of [`crate::probe::probe_examples`], except that a training that diverges has
/// a row without values; those of [`Loaded::read`] for the source.
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
    let scale_name = options.scale.as_deref().filter(|name| *name != "full");
    let scale = scale_name.map(|name| spec.scale(name)).transpose()?;
    let mut trainings = spec.trainings()?;
    if let Some(scale) = scale {
        for training in &mut trainings {
            training.architecture = scaled::network(&training.architecture, scale)?;
        }
    }
    trainings.extend(spec.training_of_source(&trainings)?);
    let selected = only::select(&spec, &spec.rows_with(&trainings)?, options.only.as_deref())?;
    let source = Source::of(&spec, options, scale)?;
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
            let used =
                scale_name.zip(scale).map(|(name, scale)| ScaleUsed { name: name.to_owned(), words: scale.words() });
            let mut common = protocol::common(&spec, training, scale.map(|scale| &scale.options))?;
            let seeds: Vec<u64> = (0..options.seeds as u64).map(|k| common.seed + k).collect();
            let dataset = common.dataset.published_name();
            ledger.check(used.as_ref(), &dataset, &seeds)?;
            ledger.scale = used;
            ledger.dataset = dataset;
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
    let (report, section) = table.write_report(&out, folder)?;
    for claim in &table.claims {
        on_event(ExperimentEvent::Claim(claim.clone()));
    }
    let Table { rows, missing, claims, .. } = table;
    let done = ExperimentDone { experiment: spec.name, table: rows, missing, claims, markdown, file, report };
    Ok((done, section))
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
