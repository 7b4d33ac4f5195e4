//! Verdicts: whether the claims of a paper hold in a table.
//!
//! A claim is decided by comparisons. A comparison is a number with limits and a 95 % interval. The claim holds if
//! every interval is within its limits. It does not hold if an interval is wholly outside its limits; with several
//! comparisons this interval is wider (Bonferroni), because the most extreme of several numbers is extreme by chance.
//! Otherwise the table is too noisy to say. The place of a maximum holds if the best row of the place is better than
//! each row elsewhere, and does not hold if the best row elsewhere is better than each row of the place; because the
//! best row was chosen by its value, these intervals are wider by the number of rows from which it was chosen.

mod comparisons;

use serde::{Deserialize, Serialize};
use train::metrics::{Estimate, LEVEL};
use ts_rs::TS;

use super::assemble::{not_trained, Entry};
use super::planned::PlannedRow;
use super::row::RowKind;
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
    /// The verdict about this number alone, with the width that the claim needs.
    pub verdict: Verdict,
}

/// What a claim depends on, before it is judged.
pub(crate) enum Question {
    /// A number is within limits.
    Number(Number),
    /// The best of some rows is better than the best of the others.
    Best {
        /// The best row of the place minus the best row elsewhere.
        between: Number,
        /// The best row of the place minus each row elsewhere.
        lead: Vec<Estimate>,
        /// Each row of the place minus the best row elsewhere.
        lag: Vec<Estimate>,
    },
}

/// A number before it is judged.
pub(crate) struct Number {
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

/// The verdicts of all claims of `spec`. `is_transfer`: the source was not trained on the dataset of the table.
pub(crate) fn verdicts(spec: &Spec, entries: &[Entry], is_transfer: bool) -> Vec<ClaimResult> {
    let of = |claim: &Claim| match claim.transfer && !is_transfer {
        true => undecided(spec, claim, "the source was trained on this dataset itself: this is no transfer".to_owned()),
        false => verdict(spec, claim, entries),
    };
    spec.claims.iter().map(of).collect()
}

/// A claim that cannot be asked.
fn undecided(spec: &Spec, claim: &Claim, reason: String) -> ClaimResult {
    ClaimResult {
        experiment: spec.name.clone(),
        text: claim.text.clone(),
        verdict: None,
        reason: Some(reason),
        value: None,
        interval: None,
        comparisons: Vec::new(),
    }
}

/// The verdict of one claim.
pub(crate) fn verdict(spec: &Spec, claim: &Claim, entries: &[Entry]) -> ClaimResult {
    match comparisons::of(claim, entries).and_then(judge) {
        Err(reason) => undecided(spec, claim, reason),
        Ok((verdict, comparisons)) => {
            let decisive = comparisons.iter().min_by(|a, b| margin(a).total_cmp(&margin(b)));
            ClaimResult {
                verdict: Some(verdict),
                reason: None,
                value: decisive.map(|comparison| comparison.value),
                interval: decisive.map(|comparison| comparison.interval),
                comparisons,
                ..undecided(spec, claim, String::new())
            }
        }
    }
}

/// Judges what one claim depends on.
fn judge(questions: Vec<Question>) -> Result<(Verdict, Vec<Comparison>), String> {
    let count = questions.len();
    let (mut holds, mut fails) = (true, false);
    let mut comparisons = Vec::new();
    for question in questions {
        let (yes, no) = match &question {
            Question::Number(Number { estimate, limits, .. }) => {
                (is_inside(estimate, *limits, 1), is_outside(estimate, *limits, count))
            }
            Question::Best { between: Number { limits, .. }, lead, lag } => (
                lead.iter().all(|estimate| is_inside(estimate, *limits, lag.len())),
                lag.iter().all(|estimate| is_outside(estimate, *limits, lead.len() * count)),
            ),
        };
        holds &= yes;
        fails |= no;
        let (Question::Number(Number { text, estimate, limits })
        | Question::Best { between: Number { text, estimate, limits }, .. }) = question;
        let Some(interval) = estimate.interval(LEVEL) else {
            return Err(format!("the uncertainty of {text} is unknown: the predictions of its runs are missing"));
        };
        let verdict = match (yes, no) {
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

/// The interval of a number that is one of `count` from which the most extreme decides.
fn interval_of(estimate: &Estimate, count: usize) -> Option<[f64; 2]> {
    estimate.interval(1.0 - (1.0 - LEVEL) / count.max(1) as f64)
}

fn is_inside(estimate: &Estimate, limits: Limits, count: usize) -> bool {
    interval_of(estimate, count).is_some_and(|interval| interval.iter().all(|&end| limits.hold(end)))
}

fn is_outside(estimate: &Estimate, limits: Limits, count: usize) -> bool {
    interval_of(estimate, count).is_some_and(|[low, high]| {
        limits.at_least.is_some_and(|least| high < least) || limits.at_most.is_some_and(|most| low > most)
    })
}

/// How far a number is inside its limits; negative outside.
fn margin(comparison: &Comparison) -> f64 {
    let below = comparison.at_least.map_or(f64::INFINITY, |least| comparison.value - least);
    let above = comparison.at_most.map_or(f64::INFINITY, |most| most - comparison.value);
    below.min(above)
}

/// The verdicts of the claims of `spec` about a table whose cells `cell` gives: the estimate of a row in a column,
/// or `None` if it is missing. For tests of claims.
///
/// # Errors
/// [`error::Code::InvalidOption`] if a training has no network.
pub fn decide(spec: &Spec, cell: &dyn Fn(&PlannedRow, &str) -> Option<Estimate>) -> error::Result<Vec<ClaimResult>> {
    let mut entries = Vec::new();
    for row in spec.rows()?.into_iter().filter(|row| row.kind != RowKind::Published) {
        let mut cells = std::collections::BTreeMap::new();
        for column in &spec.columns {
            let network = row.network.as_ref();
            let fact = column.measure().and_then(|measure| measure.of_network(network?)).map(Estimate::exact);
            cells.extend(fact.or_else(|| cell(&row, &column.name)).map(|own| (column.name.clone(), own)));
        }
        let measured = spec.columns.iter().any(|column| cell(&row, &column.name).is_some());
        let missing = (!measured).then(|| not_trained(row.kind).to_owned());
        let PlannedRow { id, axes, optional, .. } = row;
        entries.push(Entry { id, axes, cells, missing, optional });
    }
    Ok(verdicts(spec, &entries, true))
}

#[cfg(test)]
mod tests;
