//! Cross-validation: one training for each fold, and the mean and deviation of their test results.

mod record;
mod table;

use std::path::Path;
use std::sync::atomic::AtomicBool;

use error::{Code, Error, Result};
use serde_json::json;
use train::dataset::{Dataset, DatasetOptions, Selection};
use train::{train_within, Event, TrainOptions};

use crate::experiment::TrainingEvent;
use crate::probe::{deviations, mean_scores};
pub use record::{CrossValidationDone, CrossValidationEvent, FoldResult};

/// The summary for programs, and the table for people.
const SUMMARY: &str = "folds.json";
const TABLE: &str = "folds.md";
/// Version of the format of the summary.
const FORMAT: u32 = 1;

/// Trains one network for each fold of the dataset, with this fold as the test part, the next one as the validation
/// part and the others as the training part. The run of fold K is in the folder `fold-K` of `options.out`, which also
/// receives `folds.json` and `folds.md`. With `resume` finished folds are kept. The last event is
/// [`CrossValidationEvent::Done`].
///
/// # Errors
/// [`Code::InvalidOption`] if the dataset options name a fold; [`Code::Dataset`] if the dataset has no folds;
/// [`Code::RunExists`] if the folder holds a cross-validation or a run, without `resume` or `force`; those of
/// [`train::train`].
pub fn cross_validate(
    options: &TrainOptions,
    on_event: &mut dyn FnMut(CrossValidationEvent),
    cancel: &AtomicBool,
) -> Result<CrossValidationDone> {
    let started = std::time::Instant::now();
    options.validate()?;
    if let Some(fold) = options.dataset.selection().fold {
        let message = format!("a cross-validation uses every fold as the test part: leave out fold, received {fold}");
        return Err(Error::new(Code::InvalidOption, message));
    }
    let folds = Dataset::load(&of_fold(&options.dataset, 1), options.task, options.seed)?.folds;
    let out = std::path::absolute(&options.out).unwrap_or_else(|_| options.out.clone());
    refuse_occupied(&out, options)?;
    files::make_folder(&out)?;
    let mut results: Vec<FoldResult> = Vec::new();
    for &fold in &folds {
        let training = format!("fold-{fold}");
        let options =
            TrainOptions { dataset: of_fold(&options.dataset, fold), out: out.join(&training), ..options.clone() };
        let mut pass = |event: Event| {
            if !matches!(event, Event::Done(_)) {
                on_event(CrossValidationEvent::Training(TrainingEvent { event, training: training.clone() }));
            }
        };
        let done = train_within(&options, "then resume the cross-validation (--resume)", &mut pass, cancel)?;
        let result = FoldResult {
            fold,
            run: done.run,
            best: done.best,
            epochs: done.epochs,
            test: done.test,
            valid: done.valid,
        };
        on_event(CrossValidationEvent::Fold(result.clone()));
        results.push(result);
    }
    let test: Vec<_> = results.iter().map(|result| result.test).collect();
    let done = CrossValidationDone {
        run: out.clone(),
        table: out.join(TABLE),
        mean: mean_scores(&test),
        deviation: deviations(&test),
        folds: results,
        seconds: started.elapsed().as_secs_f64(),
    };
    files::write_atomic(&done.table, table::markdown(&done).as_bytes())?;
    let summary = json!({ "format": FORMAT, "dataset": options.dataset, "result": done });
    files::write_json(out.join(SUMMARY), &summary)?;
    on_event(CrossValidationEvent::Done(done.clone()));
    Ok(done)
}

/// The dataset with `fold` as the test part.
fn of_fold(dataset: &DatasetOptions, fold: usize) -> DatasetOptions {
    let selection = Selection { fold: Some(fold), ..dataset.selection().clone() };
    dataset.clone().selected(selection)
}

/// Refuses a folder that holds the summary of another cross-validation, or a run.
fn refuse_occupied(out: &Path, options: &TrainOptions) -> Result<()> {
    let occupied = match files::present(out, &["config.json"])?.as_slice() {
        [] if options.resume || options.force => return Ok(()),
        [] => files::present(out, &[SUMMARY, TABLE])?,
        run => run.to_vec(),
    };
    let Some(first) = occupied.first() else { return Ok(()) };
    let message = format!(
        "{} already contains {}: choose another folder; a cross-validation is continued with resume and replaced with \
         force",
        out.display(),
        first.file_name().unwrap_or_default().to_string_lossy()
    );
    Err(Error::new(Code::RunExists, message).with_file(out))
}
