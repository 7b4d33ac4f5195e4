//! Verdicts: whether the claims of a paper hold in a table.
//!
//! A claim is decided by comparisons. A comparison is a number with limits and a 95 % interval. The claim holds if every
//! interval is within its limits. It does not hold if an interval is wholly outside its limits; with several
//! comparisons this interval is wider (Bonferroni), because the most extreme of several numbers is extreme by chance.
//! Otherwise the table is too noisy to say.

mod comparisons;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::assemble::{Entry, LEVEL};
use super::bootstrap::Estimate;
use super::spec::{Claim, Limits, Spec};

/// Whether a claim holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub enum Verdict {
    /// It holds.
    #[serde(rename = "holds")]
    Holds,
    /// It does not hold.
    #[serde(rename = "does not hold")]
    DoesNotHold,
    /// The table is too noisy to say.
    #[serde(rename = "too noisy")]
    TooNoisy,
}

/// A claim about the table, and its verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(rename = "ExperimentClaim")]
#[serde(tag = "type", rename = "claim", rename_all = "camelCase")]
pub struct ClaimResult {
    /// Name of the experiment.
    pub experiment: String,
    /// The claim as a sentence.
    pub text: String,
    /// The verdict; null if it could not be asked.
    pub verdict: Option<Verdict>,
    /// Why the verdict is null, in words; null if there is a verdict.
    pub reason: Option<String>,
    /// The number that decided, or was nearest to deciding otherwise; null without verdict.
    pub value: Option<f64>,
    /// Its 95 % interval; null without verdict.
    pub interval: Option<[f64; 2]>,
    /// All numbers that the claim compares with limits.
    pub comparisons: Vec<Comparison>,
}

/// A number, its interval, and the limits within which the claim expects it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(rename = "ExperimentComparison")]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// What the number is.
    pub text: String,
    /// The number.
    pub value: f64,
    /// Its 95 % interval.
    pub interval: [f64; 2],
    /// The smallest number that agrees with the claim; null: no limit.
    pub at_least: Option<f64>,
    /// The largest number that agrees with the claim; null: no limit.
    pub at_most: Option<f64>,
    /// The verdict about this number alone.
    pub verdict: Verdict,
}

/// A number before it is judged.
pub(crate) struct Judged {
    pub(crate) text: String,
    pub(crate) estimate: Estimate,
    pub(crate) limits: Limits,
}

impl Verdict {
    /// The verdict in words.
    pub fn words(self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::DoesNotHold => "does not hold",
            Verdict::TooNoisy => "too noisy to say",
        }
    }
}

/// The verdicts of all claims of `spec`.
pub(crate) fn verdicts(spec: &Spec, entries: &[Entry]) -> Vec<ClaimResult> {
    spec.claims.iter().map(|claim| verdict(spec, claim, entries)).collect()
}

/// The verdict of one claim.
pub(crate) fn verdict(spec: &Spec, claim: &Claim, entries: &[Entry]) -> ClaimResult {
    let undecided = |reason: String| ClaimResult {
        experiment: spec.name.clone(),
        text: claim.text.clone(),
        verdict: None,
        reason: Some(reason),
        value: None,
        interval: None,
        comparisons: Vec::new(),
    };
    match comparisons::of(claim, entries).and_then(judge) {
        Err(reason) => undecided(reason),
        Ok((verdict, comparisons)) => {
            let decisive = comparisons.iter().min_by(|a, b| margin(a).total_cmp(&margin(b)));
            ClaimResult {
                verdict: Some(verdict),
                reason: None,
                value: decisive.map(|comparison| comparison.value),
                interval: decisive.map(|comparison| comparison.interval),
                comparisons,
                ..undecided(String::new())
            }
        }
    }
}

/// Judges the comparisons of one claim.
fn judge(numbers: Vec<Judged>) -> Result<(Verdict, Vec<Comparison>), String> {
    let corrected = 1.0 - (1.0 - LEVEL) / numbers.len().max(1) as f64;
    let (mut holds, mut fails) = (true, false);
    let mut comparisons = Vec::new();
    for Judged { text, estimate, limits } in numbers {
        let (Some(interval), Some(wide)) = (estimate.interval(LEVEL), estimate.interval(corrected)) else {
            return Err(format!("the uncertainty of {text} is unknown: the predictions of its runs are missing"));
        };
        let inside = interval.iter().all(|&end| limits.hold(end));
        let outside = |[low, high]: [f64; 2]| {
            limits.at_least.is_some_and(|least| high < least) || limits.at_most.is_some_and(|most| low > most)
        };
        holds &= inside;
        fails |= outside(wide);
        let verdict = match (inside, outside(interval)) {
            (true, _) => Verdict::Holds,
            (_, true) => Verdict::DoesNotHold,
            _ => Verdict::TooNoisy,
        };
        let Limits { at_least, at_most } = limits;
        comparisons.push(Comparison { text, value: estimate.value, interval, at_least, at_most, verdict });
    }
    if comparisons.is_empty() {
        return Err("no two rows of the table can be compared".to_owned());
    }
    let verdict = match (holds, fails) {
        (true, _) => Verdict::Holds,
        (_, true) => Verdict::DoesNotHold,
        _ => Verdict::TooNoisy,
    };
    Ok((verdict, comparisons))
}

/// How far a number is inside its limits; negative outside.
fn margin(comparison: &Comparison) -> f64 {
    let below = comparison.at_least.map_or(f64::INFINITY, |least| comparison.value - least);
    let above = comparison.at_most.map_or(f64::INFINITY, |most| most - comparison.value);
    below.min(above)
}
