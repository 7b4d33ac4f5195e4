//! Experiments: several trainings with one protocol, and a table that compares the results with the published ones.
//!
//! The trainings are declared in `experiments/NAME.json`; each has its own run folder, so that an experiment can be
//! resumed.

mod options;
mod protocol;
mod row;
mod spec;
mod table;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use error::{Code, Error, Result, WarningCode};
use files::Lock;
use net::ArchitectureOption;
use serde::Serialize;
use train::{Event, TrainDone, TrainOptions};
use ts_rs::TS;

pub use options::ExperimentOptions;
pub use row::{Ratios, Row};
pub use spec::{names, Published, Spec, TrainingSpec};
use table::Table;

/// The events of `experiment`.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(untagged)]
pub enum ExperimentEvent {
    /// An event of one of the trainings; each training begins with [`Event::Start`]. The [`Event::Done`] of a training
    /// is not passed on.
    #[ts(type = "Exclude<TrainEvent, TrainDone>")]
    Training(Event),
    /// A training is complete.
    Row(Row),
    /// The experiment is complete.
    Done(ExperimentDone),
}

/// An experiment is complete.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(tag = "type", rename = "done", rename_all = "camelCase")]
#[ts(rename = "ExperimentDone")]
pub struct ExperimentDone {
    /// Name of the experiment.
    pub experiment: String,
    /// One row for each training, in the order of the published table.
    pub table: Vec<Row>,
    /// The table as text.
    pub markdown: String,
    /// The file that contains this text, absolute; `table.json` and `table.csv` are beside it.
    pub file: PathBuf,
}

/// Runs an experiment in the folder `out`: one run folder for each training, and the table. A second call continues
/// where the first one stopped. Finished trainings are kept, and so are the rows of trainings that are not selected.
/// All trainings have the same protocol: they use the norm momentum of the first one. The reference of the published
/// time ratios is trained first, so that every row has its ratios.
///
/// # Errors
/// [`Code::InvalidOption`] for an unknown experiment or rate; [`Code::Output`] if `out` holds a table that no
/// experiment wrote; [`Code::RunExists`] if another experiment runs in it; [`Code::CheckpointMismatch`] if the other
/// rows in the folder were trained with other options; those of [`train::train`].
pub fn experiment(
    options: &ExperimentOptions,
    on_event: &mut dyn FnMut(ExperimentEvent),
    cancel: &AtomicBool,
) -> Result<ExperimentDone> {
    let spec = Spec::named(&options.name)?;
    let trainings = spec.select(options.rates.as_deref())?;
    let out = std::path::absolute(&options.training.out).unwrap_or_else(|_| options.training.out.clone());
    files::make_folder(&out)?;
    table::refuse_others(&out)?;
    let Some(_lock) = Lock::take(out.join(".lock"))? else {
        let message = format!("another experiment runs in {}: wait for it, or choose another folder", out.display());
        return Err(Error::new(Code::RunExists, message).with_file(&out));
    };
    files::sweep(&out);

    let is_reference = |training: &&&TrainingSpec| training.id == spec.reference;
    let order = trainings.iter().filter(is_reference).chain(trainings.iter().filter(|t| !is_reference(t)));
    let mut table = Table::read(&out, &spec)?;
    protocol::check(&options.training, &table.others(&trainings), &out)?;
    let mut noticed = false;
    // The log of each training contains the notice; the callback of the experiment receives it only once.
    let mut on_event = |event: ExperimentEvent| match &event {
        ExperimentEvent::Training(Event::Warning(warning)) if warning.code == WarningCode::CudaUnavailable => {
            if !std::mem::replace(&mut noticed, true) {
                on_event(event);
            }
        }
        _ => on_event(event),
    };
    for training in order {
        let momentum = match options.training.norm_momentum {
            None => protocol::norm_momentum(&spec, &training.id, &out)?,
            asked => asked,
        };
        let shared = TrainOptions { norm_momentum: momentum, ..options.training.clone() };
        let done = run(training, &shared, &out, &mut on_event, cancel)?;
        let row = table.add(Row::new(&spec, training, &done, options.training.dataset.kind())?);
        on_event(ExperimentEvent::Row(row));
        // The table is written after every training, so that an interruption keeps the finished rows.
        table.write(&out)?;
    }
    let (file, markdown) = table.write(&out)?;
    let done = ExperimentDone { experiment: spec.name.clone(), table: table.into_rows(), markdown, file };
    on_event(ExperimentEvent::Done(done.clone()));
    Ok(done)
}

/// Starts, resumes or looks up one training.
fn run(
    training: &TrainingSpec,
    shared: &TrainOptions,
    out: &Path,
    on_event: &mut dyn FnMut(ExperimentEvent),
    cancel: &AtomicBool,
) -> Result<TrainDone> {
    let options = TrainOptions {
        architecture: ArchitectureOption::Preset(training.architecture.clone()),
        out: out.join(&training.id),
        resume: out.join(&training.id).join("config.json").exists(),
        force: false,
        ..shared.clone()
    };
    train::train_within(
        &options,
        "then run the same experiment again: it continues where it stopped",
        &mut |event| {
            if !matches!(event, Event::Done(_)) {
                on_event(ExperimentEvent::Training(event));
            }
        },
        cancel,
    )
}
