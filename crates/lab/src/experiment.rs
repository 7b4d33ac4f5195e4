//! Experiments: several trainings with one protocol, and their table with the published numbers beside.
//!
//! What is trained is declared in `experiments/NAME.json`; a run folder for each training makes an experiment resumable.

mod options;
mod protocol;
mod row;
mod spec;
mod table;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use engine::Options;
use error::{Code, Error, Result};
use files::Lock;
use net::ArchitectureOption;
use serde::Serialize;
use train::{Event, TrainDone, TrainOptions};
use ts_rs::TS;

pub use options::ExperimentOptions;
pub use row::{Ratios, Row};
pub use spec::{names, Published, Spec, TrainingSpec};
use table::Table;

/// What `experiment` tells.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(untagged)]
pub enum ExperimentEvent {
    /// A record of one of its trainings; each begins with [`Event::Start`]. Their [`Event::Done`] are not among them.
    #[ts(type = "Exclude<TrainEvent, TrainDone>")]
    Training(Event),
    /// A training is over.
    Row(Row),
    /// The experiment is over.
    Done(ExperimentDone),
}

/// An experiment is over.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(tag = "type", rename = "done", rename_all = "camelCase")]
#[ts(rename = "ExperimentDone")]
pub struct ExperimentDone {
    /// Its name.
    pub experiment: String,
    /// One row for each training, in the order of the published table.
    pub table: Vec<Row>,
    /// The table as text.
    pub markdown: String,
    /// The file that holds this text, absolute; `table.json` and `table.csv` lie beside it.
    pub file: PathBuf,
}

/// Runs an experiment into the folder `out`: one run folder for each training, and the table. A second call goes on where the first
/// stopped; finished trainings are kept, and so are the rows of trainings that it was not asked for. All have one protocol: the norm's
/// momentum is that of the first. The reference of the published time ratios is trained first, so that every row has its ratios.
///
/// # Errors
/// [`Code::InvalidOption`] for an unknown experiment or rate; [`Code::Output`] where `out` holds a table that no experiment wrote;
/// [`Code::RunExists`] where another experiment runs in it; [`Code::CheckpointMismatch`] where the folder's other rows were trained
/// with other options; those of [`train::train`].
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
    let notice = Options::notice(&options.training.device, options.training.precision).map(|notice| notice.message);
    let mut noticed = false;
    // Each training's log has the notice; who listens to all of them hears it once.
    let mut on_event = |event: ExperimentEvent| match &event {
        ExperimentEvent::Training(Event::Warning(warning)) if notice.as_ref() == Some(&warning.message) => {
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
        // The table grows with every training: an interruption leaves what is known.
        table.write(&out)?;
    }
    let (file, markdown) = table.write(&out)?;
    let done = ExperimentDone { experiment: spec.name.clone(), table: table.into_rows(), markdown, file };
    on_event(ExperimentEvent::Done(done.clone()));
    Ok(done)
}

/// Trains, or goes on with, or looks up one training.
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
        "then run the same experiment again: it goes on where it stopped",
        &mut |event| {
            if !matches!(event, Event::Done(_)) {
                on_event(ExperimentEvent::Training(event));
            }
        },
        cancel,
    )
}
