//! The table of the folds in Markdown.

use train::Scores;

use super::CrossValidationDone;

/// Reads one metric.
type Metric = fn(&Scores) -> Option<f64>;

/// One row for each fold, then the mean and the deviation. Metrics that are null for every fold have no column.
pub(super) fn markdown(done: &CrossValidationDone) -> String {
    let metrics: [(&str, Metric); 3] = [
        ("ROC-AUC", |scores| scores.roc_auc),
        ("PR-AUC", |scores| scores.pr_auc),
        ("accuracy", |scores| scores.accuracy),
    ];
    let used: Vec<_> =
        metrics.into_iter().filter(|(_, of)| done.folds.iter().any(|fold| of(&fold.test).is_some())).collect();
    let row = |name: String, scores: &Scores| {
        let cells = used.iter().map(|(_, of)| of(scores).map_or_else(|| "-".to_owned(), |value| format!("{value:.4}")));
        format!("| {name} | {} |\n", cells.collect::<Vec<_>>().join(" | "))
    };
    let names: Vec<&str> = used.iter().map(|(name, _)| *name).collect();
    let mut text = format!("| test fold | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(names.len()));
    for fold in &done.folds {
        text += &row(fold.fold.to_string(), &fold.test);
    }
    text += &row("mean".to_owned(), &done.mean);
    text + &row("deviation".to_owned(), &done.deviation)
}
