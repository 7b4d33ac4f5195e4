//! Compares finished runs: metrics with their intervals, and whether differences are more than chance.
//!
//! Runs that differ in their seed only are one group. Two groups are compared by the paired bootstrap of
//! [`crate::metrics::Draws`]: in every draw all groups see the same test clips. With several seeds the spread of the
//! seeds is part of the interval.

mod comparable;
mod group;
mod record;
mod table;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use error::{Error, Result};
use options::compare as limits;
use serde::{Deserialize, Serialize};

use crate::metrics::{Estimate, LEVEL};
use comparable::obstacle;
use group::{groups, Group};
pub use record::{
    CompareDone, CompareEvent, CompareMetric, CompareVerdict, MetricEstimate, RunComparison, RunGroup, TableFormat,
};

/// Options of `compare`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CompareOptions {
    /// Folders of finished runs, or of the runs of several seeds.
    pub runs: Vec<PathBuf>,
    /// Draws of the bootstrap over clips. Default: 2000.
    #[serde(default = "default_bootstrap")]
    pub bootstrap: usize,
    /// Seed of the bootstrap. Default: 0.
    #[serde(default)]
    pub seed: u64,
    /// Form of the table. Default: Markdown.
    #[serde(default)]
    pub format: TableFormat,
}

fn default_bootstrap() -> usize {
    limits::BOOTSTRAP.default
}

impl CompareOptions {
    /// The default options for `runs`.
    pub fn new(runs: Vec<PathBuf>) -> Self {
        Self { runs, bootstrap: default_bootstrap(), seed: 0, format: TableFormat::default() }
    }

    /// Refuses invalid options; [`compare`] calls it first.
    ///
    /// # Errors
    /// [`error::Code::InvalidOption`], naming the option and the value received.
    pub fn validate(&self) -> Result<()> {
        limits::BOOTSTRAP.check(self.bootstrap)
    }
}

/// Compares the runs in `options.runs`: one [`CompareEvent::Comparison`] for every two groups and metric, in the order
/// of the runs, then [`CompareEvent::Done`] with the table. Groups that are not comparable have one comparison without
/// numbers, which says why.
///
/// # Errors
/// [`error::Code::InvalidOption`] for invalid options; [`error::Code::FileNotFound`], [`error::Code::Dataset`] and
/// [`error::Code::ModelVersion`] for a folder that holds no finished run, or a damaged or newer one;
/// [`error::Code::Aborted`] after `cancel`.
pub fn compare(
    options: &CompareOptions,
    on_event: &mut dyn FnMut(CompareEvent),
    cancel: &AtomicBool,
) -> Result<CompareDone> {
    options.validate()?;
    let stopped = || if cancel.load(Ordering::Relaxed) { Err(Error::aborted()) } else { Ok(()) };
    let groups = groups(options, &stopped)?;
    let pairs: Vec<(&Group, &Group, Option<String>)> = groups
        .iter()
        .enumerate()
        .flat_map(|(index, first)| {
            groups[index + 1..].iter().map(move |second| (first, second, obstacle(first, second)))
        })
        .collect();
    let tests = pairs.iter().filter(|(_, _, why)| why.is_none()).count();
    let mut comparisons = Vec::new();
    for (first, second, why) in &pairs {
        stopped()?;
        match why {
            Some(why) => comparisons.push(RunComparison::without_numbers(first.name(), second.name(), why.clone())),
            None => {
                let of = |metric| comparison(first, second, metric, tests);
                comparisons.extend(CompareMetric::ALL.into_iter().filter_map(of));
            }
        }
    }
    comparisons.iter().cloned().for_each(|one| on_event(CompareEvent::Comparison(one)));
    let not_comparable = pairs.len() - tests;
    let groups: Vec<RunGroup> = groups.into_iter().map(Group::into_record).collect();
    let done = CompareDone {
        table: table::text(options.format, &groups, &comparisons)?,
        comparable: tests,
        not_comparable,
        bootstrap: options.bootstrap,
        groups,
    };
    on_event(CompareEvent::Done(done.clone()));
    Ok(done)
}

/// The difference of two groups in one metric; `None` if the metric does not apply. `tests` is the number of pairs:
/// the verdict uses an interval that is wider by this number (Bonferroni), because among many differences some are
/// large by chance.
fn comparison(first: &Group, second: &Group, metric: CompareMetric, tests: usize) -> Option<RunComparison> {
    let (a, b) = (first.estimate(metric)?, second.estimate(metric)?);
    let difference = Estimate::combined(&[a, b], |values| values[0] - values[1]);
    let wide = difference.interval(1.0 - (1.0 - LEVEL) / tests as f64)?;
    let verdict = match wide {
        [low, _] if low > 0.0 => CompareVerdict::Better,
        [_, high] if high < 0.0 => CompareVerdict::Worse,
        _ => CompareVerdict::NotShown,
    };
    Some(RunComparison {
        metric: Some(metric),
        runs: [first.name().to_owned(), second.name().to_owned()],
        values: Some([a.value, b.value]),
        difference: Some(difference.value),
        interval: difference.interval(LEVEL),
        verdict,
        reason: None,
    })
}
