//! Verdicts about tables with a known truth: true, false, and noise alone.

use std::collections::BTreeMap;

use engine::{Philox, Purpose};
use serde_json::{json, Value};
use train::metrics::Estimate;
use train::run::TestPredictions;

use super::{verdict, ClaimResult, Verdict};
use crate::experiment::assemble::Entry;
use crate::experiment::bootstrap::RunDraws;
use crate::experiment::spec::{Claim, Measure, Spec};

const CLIPS: usize = 150;
const TAGS: usize = 4;

/// The rows of four networks on one axis: `signal[row]` is the distance of the scores of positives and negatives.
fn table(seed: u64, signal: [f64; 4]) -> Vec<Entry> {
    let random = Philox::new(seed, Purpose::Synthesise, 0);
    let normal = |index: usize| (0..12).map(|k| f64::from(random.uniform((12 * index + k) as u64))).sum::<f64>() - 6.0;
    let cells = CLIPS * TAGS;
    let targets: Vec<bool> = (0..cells).map(|cell| normal(cell) > 0.8).collect();
    let row = |(index, signal): (usize, f64)| {
        let score = |cell: usize| normal((index + 1) * cells + cell) + if targets[cell] { signal } else { 0.0 };
        let scores: Vec<f32> = (0..cells).map(|cell| score(cell) as f32).collect();
        let predictions = TestPredictions {
            clips: (0..CLIPS).map(|clip| format!("{seed}/{clip}.wav")).collect(),
            tags: TAGS,
            scores,
            targets: targets.clone(),
            single_label: false,
        };
        let names: Vec<String> = (0..TAGS).map(|tag| tag.to_string()).collect();
        let metrics = train::metrics::Metrics::new(&names, &predictions.scores, &targets, false, None);
        let draws = RunDraws::of(&predictions, 1000);
        let draws = draws.of_measure(Measure::RocAuc);
        let area = metrics.scores().roc_auc.unwrap();
        Entry {
            id: format!("row-{index}"),
            axes: BTreeMap::from([("x".to_owned(), (index as i64).into())]),
            cells: BTreeMap::from([("rocAuc".to_owned(), Estimate::over_seeds(&[(0, area)], Some(&[draws])))]),
            missing: None,
            optional: false,
        }
    };
    signal.into_iter().enumerate().map(row).collect()
}

fn decided(claim: &Value, entries: &[Entry]) -> ClaimResult {
    let mut fields = json!({"text": "A claim."});
    fields.as_object_mut().unwrap().extend(claim.as_object().unwrap().clone());
    let claim: Claim = serde_json::from_value(fields).unwrap();
    verdict(&Spec::named("downsampling").unwrap(), &claim, entries)
}

/// One claim of each kind, which is true if the rows rise.
fn claims() -> [Value; 5] {
    [
        json!({"order": {"column": "rocAuc", "along": "x", "trend": "rising"}}),
        json!({"maximum": {"column": "rocAuc", "at": "x", "within": {"atLeast": 3}}}),
        json!({"notWorse": {"column": "rocAuc", "along": "x", "reference": {"x": 0}, "downTo": 3}}),
        json!({"ratio": {"column": "rocAuc", "of": {"x": 3}, "to": {"x": 0}, "within": {"atLeast": 1}}}),
        json!({"difference": {"column": "rocAuc", "of": {"x": [2, 3]}, "minus": {"x": [0, 1]}, "take": "mean",
                              "within": {"atLeast": 0}}}),
    ]
}

#[test]
fn what_is_true_holds_and_what_is_false_does_not() {
    let (rising, falling) = (table(1, [0.2, 1.0, 2.0, 4.0]), table(2, [4.0, 2.0, 1.0, 0.2]));
    for claim in claims() {
        let yes = decided(&claim, &rising);
        assert_eq!(yes.verdict, Some(Verdict::Holds), "{claim} {yes:?}");
        assert!(yes.comparisons.iter().all(|number| number.verdict == Verdict::Holds));
        let no = decided(&claim, &falling);
        assert_eq!(no.verdict, Some(Verdict::DoesNotHold), "{claim} {no:?}");
        let [low, high] = no.interval.unwrap();
        assert!(low <= no.value.unwrap() && no.value.unwrap() <= high);
    }
}

#[test]
fn noise_alone_is_too_noisy_to_say() {
    let mut noisy = [0; 5];
    for seed in 0..100 {
        let rows = table(seed, [1.0; 4]);
        for (count, claim) in noisy.iter_mut().zip(claims()) {
            *count += usize::from(decided(&claim, &rows).verdict == Some(Verdict::TooNoisy));
        }
    }
    assert!(noisy.iter().all(|&count| count >= 90), "of 100 each: {noisy:?}");
}

#[test]
fn noise_of_seeds_alone_is_too_noisy_to_say() {
    let mut noisy = [0; 5];
    for seed in 0..100u64 {
        let random = Philox::new(seed, Purpose::Synthesise, 1);
        let normal = |k: u64| (0..12).map(|j| f64::from(random.uniform(12 * k + j))).sum::<f64>() - 6.0;
        let mut rows = table(1, [1.0; 4]);
        for (index, row) in rows.iter_mut().enumerate() {
            let values: Vec<(u64, f64)> = (0..3).map(|k| (k, 0.8 + 0.01 * normal(3 * index as u64 + k))).collect();
            row.cells.insert("rocAuc".into(), Estimate::over_seeds(&values, None));
        }
        for (count, claim) in noisy.iter_mut().zip(claims()) {
            *count += usize::from(decided(&claim, &rows).verdict == Some(Verdict::TooNoisy));
        }
    }
    assert!(noisy.iter().all(|&count| count >= 90), "of 100 each: {noisy:?}");
}

#[test]
fn a_tolerance_turns_equal_rows_into_a_decision() {
    let mut rows = table(3, [2.0; 4]);
    let claim = json!({"order": {"column": "rocAuc", "along": "x", "trend": "rising", "tolerance": 0.2}});
    assert_eq!(decided(&claim, &rows).verdict, Some(Verdict::Holds));
    let within = json!({"difference": {"column": "rocAuc", "of": {"x": 1}, "minus": {"x": 0},
                                       "within": {"atLeast": -0.2, "atMost": 0.2}}});
    assert_eq!(decided(&within, &rows).verdict, Some(Verdict::Holds));
    rows[1].cells.insert("rocAuc".into(), Estimate::exact(0.1));
    assert_eq!(decided(&within, &rows).verdict, Some(Verdict::DoesNotHold));
}

#[test]
fn a_missing_row_is_no_verdict() {
    let mut rows = table(4, [0.2, 1.0, 2.0, 4.0]);
    rows[2].missing = Some("it has not been trained".into());
    rows[2].cells.clear();
    for claim in [&claims()[0], &claims()[1], &claims()[2], &claims()[4]] {
        let result = decided(claim, &rows);
        assert_eq!(result.verdict, None);
        assert!(result.reason.as_ref().unwrap().contains("row-2"), "{result:?}");
    }
    assert!(decided(&claims()[3], &rows).verdict.is_some(), "the row does not take part");
    rows[2].optional = true;
    assert_eq!(decided(&claims()[0], &rows).verdict, Some(Verdict::Holds));
    let other = json!({"order": {"column": "prAuc", "along": "x", "trend": "rising"}});
    assert!(decided(&other, &rows).reason.unwrap().contains("no prAuc"));
}

#[test]
fn unknown_uncertainty_is_no_verdict() {
    let mut rows = table(5, [0.2, 1.0, 2.0, 4.0]);
    rows[3].cells.get_mut("rocAuc").unwrap().draws.clear();
    let result = decided(&claims()[0], &rows);
    assert!(result.verdict.is_none() && result.reason.unwrap().contains("predictions"));
}
