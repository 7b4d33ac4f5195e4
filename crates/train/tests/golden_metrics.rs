//! MTG-Jamendo's MediaEval 2019 baseline: 4,231 clips, 56 tags, with the published numbers (protocols.md 7.1).

#![allow(clippy::unwrap_used, clippy::print_stdout)] // Test helpers: clippy exempts only test functions.

mod shared;

use std::path::Path;

use shared::shared;
use train::metrics::{f1_at, Metrics};

/// The values after the header of a NumPy 1.0 file.
fn body(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    let header = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    bytes[10 + header..].to_vec()
}

#[test]
fn the_published_numbers_of_the_vggish_baseline_to_six_decimals() {
    let Some(folder) = shared("data/metrics-golden") else { return };
    let targets: Vec<bool> = body(&folder.join("groundtruth.npy")).iter().map(|&b| b != 0).collect();
    let scores: Vec<f32> = body(&folder.join("baseline_vggish_predictions.npy"))
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        .collect();
    assert_eq!(targets.len(), 4231 * 56);
    assert_eq!(scores.len(), targets.len());
    let tags: Vec<String> = (0..56).map(|i| i.to_string()).collect();
    let metrics = Metrics::new(&tags, &scores, &targets, false, None);
    let six = |value: Option<f64>| format!("{:.6}", value.unwrap());
    assert_eq!(six(metrics.macro_average.roc_auc), "0.725821");
    assert_eq!(six(metrics.macro_average.pr_auc), "0.107734");
    assert_eq!(six(metrics.micro_average.roc_auc), "0.775029");
    assert_eq!(six(metrics.micro_average.pr_auc), "0.140913");
    assert!(metrics.skipped.is_empty());
    assert_eq!(metrics.per_tag.iter().map(|t| t.positives).sum::<usize>(), 7564);

    // A constant column per tag (the "random" baseline) and a single popular tag contain no ranking.
    let constant: Vec<f32> = (0..scores.len()).map(|i| (i % 56) as f32).collect();
    let metrics = Metrics::new(&tags, &constant, &targets, false, None);
    assert_eq!(six(metrics.macro_average.roc_auc), "0.500000");
    assert_eq!(six(metrics.macro_average.pr_auc), "0.031924");
    // The popular tag of the training part: recall 0.044685 of 7,564 positives is 338 of them.
    let popular = metrics.per_tag.iter().position(|t| t.positives == 338).unwrap();
    let one: Vec<f32> = (0..scores.len()).map(|i| f32::from(i % 56 == popular)).collect();
    let metrics = Metrics::new(&tags, &one, &targets, false, None);
    assert_eq!(six(metrics.micro_average.roc_auc), "0.513856");
    assert_eq!(six(metrics.micro_average.pr_auc), "0.034067");
    assert_eq!(format!("{:.6}", f1_at(0.5, &one, &targets)), "0.057312");

    // Thresholds chosen on the same clips are at least as good as the published decisions.
    let thresholds = Metrics::thresholds(&scores, &targets, 56);
    let metrics = Metrics::new(&tags, &scores, &targets, false, Some(&thresholds));
    assert!(metrics.f1.unwrap() >= 0.165694);
}
