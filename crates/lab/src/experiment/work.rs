//! Runs the trainings of an experiment, one after another or several side by side.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use error::{Code, Result};
use train::{Event, TrainDone, TrainOptions};

use super::protocol;
use super::run::{Run, RunResult};

/// A training with one seed that is to be run.
pub(super) struct Unit {
    /// Id of the training.
    pub(super) id: String,
    /// Its name in events.
    pub(super) name: String,
    /// Its options; `out` is its run folder.
    pub(super) options: TrainOptions,
}

/// The name of the run of the row `id` with `seed` in events: `ID`, or `ID/seed-K` if there are `several` seeds.
pub(super) fn event_name(id: &str, seed: u64, several: bool) -> String {
    if several {
        format!("{id}/seed-{seed}")
    } else {
        id.to_owned()
    }
}

/// What happens while units run.
pub(super) enum News {
    /// An event of the training with this name.
    Event(String, Event),
    /// The training with this id has a new run.
    Finished(String, Run),
}

/// Runs `units`, `parallel` of them side by side. A training that diverges has a run without result; any other failure
/// ends the work, after the trainings that run at the time.
///
/// # Errors
/// Those of [`train::train`]; those of `on_news`.
pub(super) fn run_all(
    units: &[Unit],
    parallel: usize,
    on_news: &mut dyn FnMut(News) -> Result<()>,
    cancel: &AtomicBool,
) -> Result<()> {
    if parallel <= 1 || units.len() <= 1 {
        for unit in units {
            // An event cannot be refused while a training runs; only a finished row is written.
            let run = run(unit, &mut |event| drop(on_news(News::Event(unit.name.clone(), event))), cancel)?;
            on_news(News::Finished(unit.id.clone(), run))?;
        }
        return Ok(());
    }
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (sender, receiver) = mpsc::channel::<Result<News>>();
    std::thread::scope(|scope| {
        for _ in 0..parallel.min(units.len()) {
            let sender = sender.clone();
            let (next, stop) = (&next, &stop);
            scope.spawn(move || {
                while let Some(unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut tell = |event| drop(sender.send(Ok(News::Event(unit.name.clone(), event))));
                    let news = run(unit, &mut tell, stop).map(|run| News::Finished(unit.id.clone(), run));
                    if news.is_err() {
                        // No further training starts; those that run end properly.
                        next.store(units.len(), Ordering::Relaxed);
                    }
                    drop(sender.send(news));
                }
            });
        }
        drop(sender);
        let mut outcome = Ok(());
        loop {
            if cancel.load(Ordering::Relaxed) {
                next.store(units.len(), Ordering::Relaxed);
                stop.store(true, Ordering::Relaxed);
            }
            match receiver.recv_timeout(Duration::from_millis(50)) {
                Ok(news) => {
                    let told = news.and_then(&mut *on_news);
                    if told.is_err() {
                        next.store(units.len(), Ordering::Relaxed);
                    }
                    outcome = outcome.and(told);
                }
                Err(mpsc::RecvTimeoutError::Timeout) => (),
                Err(mpsc::RecvTimeoutError::Disconnected) => break outcome,
            }
        }
    })
}

/// Starts, resumes or looks up one training.
fn run(unit: &Unit, on_event: &mut dyn FnMut(Event), cancel: &AtomicBool) -> Result<Run> {
    let folder = &unit.options.out;
    let before = protocol::config(folder)?;
    let options = TrainOptions {
        resume: folder.join("config.json").exists(),
        force: false,
        // Another number of threads would round differently: a run keeps the number with which it started.
        threads: before.as_ref().map_or(unit.options.threads, |before| before.threads),
        norm_momentum: match &before {
            Some(before) => before.options.norm_momentum,
            None => unit.options.norm_momentum,
        },
        ..unit.options.clone()
    };
    let done = train::train_within(
        &options,
        "then run the same experiment again: it continues where it stopped",
        &mut |event| {
            if !matches!(event, Event::Done(_)) {
                on_event(event);
            }
        },
        cancel,
    );
    match done {
        Ok(done) => Ok(finished(options.seed, &done)),
        // The folder is absolute, like that of the experiment.
        Err(failure) if failure.code == Code::Diverged => Ok(Run::failed(options.seed, folder.clone(), failure)),
        Err(failure) => Err(failure),
    }
}

fn finished(seed: u64, done: &TrainDone) -> Run {
    let TrainDone { run, test, epochs, parameters, seconds, .. } = done;
    let result = RunResult { test: *test, epochs: *epochs, parameters: *parameters, seconds: *seconds, clipped: None };
    Run { seed, folder: run.clone(), result: Some(result), failure: None }
}
