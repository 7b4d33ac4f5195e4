//! The results: what a reader wants to know first, and the table of all averages.

use charts::{Block, Column, Section, Table};

use super::{between, four, Page, Shown};
use crate::dataset::PartCounts;
use crate::metrics::{Intervals, Metrics};

/// The lines below the heading.
pub(super) fn summary(page: &Page<'_>) -> Vec<String> {
    let Page { report, config, shown, .. } = page;
    let mut lines = Vec::new();
    lines.extend(shown.as_ref().map(measured));
    let counts = config.dataset.clips;
    lines.push(format!(
        "{} tags; {} clips for training, {} for validation, {} for the test; {} epochs, the best is {}.",
        config.tags.len(),
        counts.train,
        counts.valid,
        counts.test,
        report.done.epochs,
        report.best_epoch
    ));
    lines
}

/// The main metrics in one sentence.
fn measured(shown: &Shown<'_>) -> String {
    let metrics = shown.metrics;
    let mut parts = Vec::new();
    let value = |name: &str, value: Option<f64>, interval: Option<[f64; 2]>| {
        value.map(|value| {
            let interval = interval.map_or_else(String::new, |[low, high]| format!(" ({low:.4} to {high:.4})"));
            format!("{name} {value:.4}{interval}")
        })
    };
    let Intervals { roc_auc, pr_auc, accuracy } = metrics.intervals;
    parts.extend(value("accuracy", metrics.accuracy, accuracy));
    parts.extend(value("ROC-AUC", metrics.macro_average.roc_auc, roc_auc));
    parts.extend(value("average precision", metrics.macro_average.pr_auc, pr_auc));
    let results = if parts.is_empty() { "no metric is defined".to_owned() } else { parts.join(", ") };
    format!("{} clips ({}): {results}.", shown.title, metrics.clips)
}

/// The metrics of both parts.
pub(super) fn section(page: &Page<'_>) -> Section {
    let report = page.report;
    let mut columns = vec![Column::new("metric", false)];
    let mut parts: Vec<&Metrics> = Vec::new();
    for (title, metrics) in [("test", report.test.as_ref()), ("validation", report.valid.as_ref())] {
        let Some(metrics) = metrics else { continue };
        columns.push(Column::new(title, true));
        columns.push(Column::new("95 % interval", true));
        parts.push(metrics);
    }
    type Cell = fn(&Metrics) -> (Option<f64>, Option<[f64; 2]>);
    let rows: [(&str, Cell); 16] = [
        ("accuracy", |m| (m.accuracy, m.intervals.accuracy)),
        ("balanced accuracy", |m| (m.balanced_accuracy, None)),
        ("ROC-AUC, mean over the tags (macro)", |m| (m.macro_average.roc_auc, m.intervals.roc_auc)),
        ("average precision, mean over the tags (macro)", |m| (m.macro_average.pr_auc, m.intervals.pr_auc)),
        ("ROC-AUC, all cells pooled (micro)", |m| (m.micro_average.roc_auc, None)),
        ("average precision, all cells pooled (micro)", |m| (m.micro_average.pr_auc, None)),
        ("ROC-AUC, weighted by positives", |m| (m.weighted_average.roc_auc, None)),
        ("average precision, weighted by positives", |m| (m.weighted_average.pr_auc, None)),
        ("ROC-AUC, mean over the clips (clip-wise)", |m| (m.clipwise.roc_auc, None)),
        ("average precision, mean over the clips (clip-wise)", |m| (m.clipwise.pr_auc, None)),
        ("F1 at the thresholds of validation, mean over the tags", |m| (m.f1, None)),
        ("log loss", |m| (m.log_loss, None)),
        ("expected calibration error", |m| (m.calibration_error, None)),
        ("tags with fewer than 10 clips", |m| (Some(m.few.len() as f64), None)),
        ("tags left out of the averages", |m| (Some(m.skipped.len() as f64), None)),
        ("clips", |m| (Some(m.clips as f64), None)),
    ];
    let is_count = |name: &str| name.starts_with("tags ") || name == "clips";
    let row = |(name, of): &(&str, Cell)| {
        let mut cells = vec![(*name).to_owned()];
        for metrics in &parts {
            let (value, interval) = of(metrics);
            let shown = match is_count(name) {
                true => value.map_or_else(String::new, |value| format!("{value}")),
                false => four(value),
            };
            cells.extend([shown, between(interval)]);
        }
        cells
    };
    let applies = |(_, of): &&(&str, Cell)| parts.iter().any(|metrics| of(metrics).0.is_some());
    let mut notes =
        vec!["Intervals are those of a bootstrap over clips: they do not contain the chance of the seed.".to_owned()];
    if page.config.options.bootstrap == 0 {
        notes = vec!["Intervals were switched off (`--bootstrap 0`).".to_owned()];
    }
    let undefined = |shown: &Shown<'_>| shown.metrics.macro_average.roc_auc.is_none();
    if page.shown.as_ref().is_some_and(undefined) {
        notes.push("No tag has both positives and negatives.".to_owned());
    }
    let rows = rows.iter().filter(applies).map(row).collect();
    let table = Table { caption: "Metrics of the best weights".to_owned(), columns, rows, notes };
    let mut section = Section::new("Results").block(table);
    if page.config.dataset.left_out.clips != PartCounts::default() {
        section = section.block(Block::Note("Some clips of the dataset could not be used: see Data.".to_owned()));
    }
    section
}
