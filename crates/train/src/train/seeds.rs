//! Several trainings that differ in their seed only, and the mean and spread of their metrics.

use std::fmt::Write;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use error::{Code, Error, Result};
use files::{Kind, Lock};

use super::train_within;
use crate::event::{Event, Scores, SeedDone, SeedRun, SeedSummary, Timing, TrainDone};
use crate::metrics::{between, four, Draws, Estimate, Intervals, LEVEL};
use crate::options::TrainOptions;
use crate::run::{same_training, SeedsFile, TestPredictions};

/// The table of the seeds for people.
const TABLE: &str = "seeds.md";

/// Trains `count` runs with the seeds `options.seed`, `options.seed + 1` and so on, each in a folder of its own inside
/// `options.out`. All have one split, that of the first seed unless `split_seed` is set. With `resume`, finished runs
/// are kept and an unfinished one continues; more seeds may be asked for than before.
///
/// # Errors
/// Those of [`super::train`]; [`Code::RunExists`] if `out` holds runs of several seeds and neither `resume` nor `force`
/// is set.
pub(super) fn train_seeds(
    options: &TrainOptions,
    count: usize,
    way_on: &str,
    on_event: &mut dyn FnMut(Event),
    cancel: &AtomicBool,
) -> Result<TrainDone> {
    let out = std::path::absolute(&options.out).unwrap_or_else(|_| options.out.clone());
    files::make_folder(&out)?;
    let options = &TrainOptions { out: out.clone(), dataset: options.dataset.absolute(), ..options.clone() };
    check_folder(&out, options)?;
    let Some(_lock) = Lock::take(out.join(".seeds.lock"))? else {
        let message = format!("another process trains in {}: wait for it, or choose another folder", out.display());
        return Err(Error::new(Code::RunExists, message).with_file(&out));
    };
    files::sweep(&out);
    let mut list = SeedsFile::new(options, count);
    list.write(&out)?;
    let mut all = Vec::new();
    for (name, seed) in list.seed_runs.iter().zip(options.seed..) {
        let folder = out.join(name);
        let one = TrainOptions {
            seed,
            split_seed: Some(options.split_seed.unwrap_or(options.seed)),
            seeds: None,
            resume: options.resume && folder.join("config.json").exists(),
            out: folder,
            ..options.clone()
        };
        let mut tell = |event: Event| {
            if !matches!(event, Event::Done(_)) {
                on_event(event);
            }
        };
        let done = train_within(&one, way_on, &mut tell, cancel)?;
        let TrainDone { run, best, epochs, test, valid, seconds, .. } = done.clone();
        on_event(Event::Seed(SeedDone { seed, run, best, epochs, test, valid, seconds }));
        all.push((seed, done));
    }
    let done = summary(&out, &all, options.bootstrap)?;
    list.done = Some(done.clone());
    files::write_atomic(out.join(TABLE), markdown(&done).as_bytes())?;
    list.write(&out)?;
    on_event(Event::Done(done.clone()));
    Ok(done)
}

/// Refuses a folder that other files or other runs occupy.
fn check_folder(out: &Path, options: &TrainOptions) -> Result<()> {
    let path = SeedsFile::path(out);
    if Kind::RUN.is(&out.join("config.json")) {
        let message = format!(
            "{} holds a run of one seed: choose another folder for the runs of several seeds (out)",
            out.display()
        );
        return Err(Error::new(Code::RunExists, message).with_file(out));
    }
    if !path.exists() {
        return Ok(());
    }
    if !Kind::SEEDS.is(&path) {
        let message = format!(
            "{} is not {}: files that no run wrote are never replaced; choose another folder, or move the file away",
            path.display(),
            Kind::SEEDS.name
        );
        return Err(Error::new(Code::Output, message).with_file(&path));
    }
    if options.force {
        return Ok(());
    }
    if !options.resume {
        let message = format!(
            "{} holds runs of several seeds: resume them (resume), replace them (force), or choose another folder",
            out.display()
        );
        return Err(Error::new(Code::RunExists, message).with_file(out));
    }
    match SeedsFile::read(out)? {
        Some(before) => same_training(&before.options, options),
        None => Ok(()),
    }
}

/// The means over the runs, their deviations and their intervals.
fn summary(out: &Path, all: &[(u64, TrainDone)], draws: usize) -> Result<TrainDone> {
    let runs: Vec<SeedRun> = all
        .iter()
        .map(|(seed, done)| SeedRun {
            seed: *seed,
            run: done.run.clone(),
            epochs: done.epochs,
            test: done.test,
            valid: done.valid,
        })
        .collect();
    let mut over_clips = Vec::new();
    if draws > 0 {
        for (_, done) in all {
            let read = TestPredictions::read(&done.run)?;
            over_clips.extend(read.map(|found| Draws::of(&found.scored(&vec![true; found.tags]), draws, 0)));
        }
    }
    let has_draws = over_clips.len() == all.len();
    let estimate = |of: fn(&Scores) -> Option<f64>, draws: fn(&Draws) -> &[f64]| -> Option<Estimate> {
        let values: Option<Vec<(u64, f64)>> = runs.iter().map(|run| Some((run.seed, of(&run.test)?))).collect();
        let slices: Vec<&[f64]> = over_clips.iter().map(draws).collect();
        Some(Estimate::over_seeds(&values?, Some(&slices)))
    };
    let roc = estimate(|scores| scores.roc_auc, |draws| &draws.roc_auc);
    let precision = estimate(|scores| scores.pr_auc, |draws| &draws.pr_auc);
    let accuracy = estimate(|scores| scores.accuracy, |draws| &draws.accuracy);
    let each = |of: fn(&Estimate) -> Option<f64>| Scores {
        roc_auc: roc.as_ref().and_then(of),
        pr_auc: precision.as_ref().and_then(of),
        accuracy: accuracy.as_ref().and_then(of),
    };
    let interval = |estimate: &Option<Estimate>| estimate.as_ref().filter(|_| has_draws)?.interval_of_share(LEVEL);
    let intervals = Intervals { roc_auc: interval(&roc), pr_auc: interval(&precision), accuracy: interval(&accuracy) };
    let test = each(|estimate| Some(estimate.value));
    let deviation = each(|estimate| estimate.deviation);
    let mean = |of: fn(&Scores) -> Option<f64>| -> Option<f64> {
        let values: Option<Vec<f64>> = runs.iter().map(|run| of(&run.valid)).collect();
        values.map(|values| values.iter().sum::<f64>() / values.len() as f64)
    };
    let valid = Scores { roc_auc: mean(|s| s.roc_auc), pr_auc: mean(|s| s.pr_auc), accuracy: mean(|s| s.accuracy) };
    let count = all.len() as f64;
    let times = |of: fn(&Timing) -> f64| all.iter().map(|(_, done)| of(&done.seconds)).sum::<f64>();
    let quality = |done: &TrainDone| done.valid.accuracy.or(done.valid.roc_auc).unwrap_or(f64::NEG_INFINITY);
    // The first of several equal ones.
    let best = all.iter().rev().max_by(|a, b| quality(&a.1).total_cmp(&quality(&b.1)));
    let Some((_, best)) = best else { return Err(Error::new(Code::Internal, "no seed was trained")) };
    Ok(TrainDone {
        run: out.to_path_buf(),
        best: best.best.clone(),
        epochs: all.iter().map(|(_, done)| done.epochs).sum(),
        test,
        valid,
        seconds: Timing {
            step: times(|t| t.step) / count,
            epoch: times(|t| t.epoch) / count,
            total: times(|t| t.total),
        },
        parameters: best.parameters,
        left_out: best.left_out,
        seeds: Some(Box::new(SeedSummary { runs, deviation, intervals })),
    })
}

/// The seeds as a table in Markdown.
fn markdown(done: &TrainDone) -> String {
    let mut text = String::from("# Runs of several seeds\n\n");
    let Some(summary) = &done.seeds else { return text };
    text += "| seed | epochs | ROC-AUC | average precision | accuracy |\n|---|---|---|---|---|\n";
    let mut row = |name: &str, epochs: &str, cells: [String; 3]| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| {name} | {epochs} | {} |", cells.join(" | "));
    };
    let cells = |scores: &Scores| [four(scores.roc_auc), four(scores.pr_auc), four(scores.accuracy)];
    for run in &summary.runs {
        row(&run.seed.to_string(), &run.epochs.to_string(), cells(&run.test));
    }
    row("mean", "", cells(&done.test));
    row("deviation", "", cells(&summary.deviation));
    let Intervals { roc_auc, pr_auc, accuracy } = summary.intervals;
    row("95 % interval of the mean", "", [roc_auc, pr_auc, accuracy].map(between));
    text += "\nMetrics of the best model of each run on the test clips. The interval is over clips and seeds.\n";
    text
}
