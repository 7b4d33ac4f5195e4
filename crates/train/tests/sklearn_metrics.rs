//! Random rankings with many ties; the expected values were computed with scikit-learn by `bench/reference/metrics.py`.

#![allow(clippy::unwrap_used)] // Test helpers: clippy exempts only test functions.

use serde::Deserialize;
use train::metrics::Metrics;

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    clips: usize,
    tags: usize,
    single: bool,
    /// `[clips, tags]`, in 256ths.
    scores: Vec<u16>,
    /// `[clips, tags]`, 0 or 1.
    labels: String,
    roc_auc: Vec<Option<f64>>,
    pr_auc: Vec<Option<f64>>,
    #[serde(rename = "macro")]
    macro_average: [Option<f64>; 2],
    weighted: [Option<f64>; 2],
    micro: [Option<f64>; 2],
    accuracy: Option<f64>,
    balanced_accuracy: Option<f64>,
    confusion: Option<Vec<Vec<usize>>>,
    log_loss: Option<f64>,
    clipwise: [Option<f64>; 2],
    f1: Option<f64>,
}

#[test]
fn every_number_is_that_of_scikit_learn_and_null_where_it_is_undefined() {
    let file: File = serde_json::from_str(include_str!("data/sklearn.json")).unwrap();
    assert!(file.cases.len() > 50);
    let mut undefined = 0;
    for (number, case) in file.cases.iter().enumerate() {
        let scores: Vec<f32> = case.scores.iter().map(|&score| f32::from(score) / 256.0).collect();
        let labels: Vec<bool> = case.labels.chars().map(|label| label == '1').collect();
        let tags: Vec<String> = (0..case.tags).map(|tag| tag.to_string()).collect();
        let metrics = Metrics::new(&tags, &scores, &labels, case.single, Some(&vec![Some(0.5); case.tags]));
        let same = |what: &str, ours: Option<f64>, theirs: Option<f64>| {
            let near = match (ours, theirs) {
                (Some(ours), Some(theirs)) => (ours - theirs).abs() < 1e-12,
                _ => ours == theirs,
            };
            assert!(near, "case {number}, {what}: {ours:?}, scikit-learn {theirs:?}");
        };
        for (tag, row) in metrics.per_tag.iter().enumerate() {
            same("ROC-AUC", row.roc_auc, case.roc_auc[tag]);
            same("average precision", row.pr_auc, case.pr_auc[tag]);
            undefined += usize::from(case.roc_auc[tag].is_none());
        }
        let averages = [
            ("macro", metrics.macro_average, case.macro_average),
            ("micro", metrics.micro_average, case.micro),
            ("weighted", metrics.weighted_average, case.weighted),
            ("clip-wise", metrics.clipwise, case.clipwise),
        ];
        for (what, ours, theirs) in averages {
            same(what, ours.roc_auc, theirs[0]);
            same(what, ours.pr_auc, theirs[1]);
        }
        same("accuracy", metrics.accuracy, case.accuracy);
        same("balanced accuracy", metrics.balanced_accuracy, case.balanced_accuracy);
        same("log loss", metrics.log_loss, case.log_loss);
        assert_eq!(metrics.confusion, case.confusion, "case {number}");
        same("F1", metrics.f1, case.f1);
        assert_eq!(metrics.clips, case.clips);
    }
    assert!(undefined > 20, "{undefined}");
}
