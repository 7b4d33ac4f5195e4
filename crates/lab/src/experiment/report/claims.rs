//! The claims of an experiment, and the numbers that decided them.

use charts::{Claim, Column, Table as ReportTable, Verdict as Word};

use super::super::table::Table;
use super::super::verdict::{ClaimResult, Comparison, Verdict};

/// The claims with their verdicts.
pub fn claims(table: &Table) -> Vec<Claim> {
    table.claims.iter().map(|one| claim(table, one)).collect()
}

/// How many claims have which verdict, in words; none without claims.
pub fn summary(table: &Table) -> Option<String> {
    let count = |verdict: Option<Verdict>| table.claims.iter().filter(|claim| claim.verdict == verdict).count();
    let part = |verdict: Option<Verdict>, one: &str, several: &str| match count(verdict) {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {several}")),
    };
    let parts: Vec<String> = [
        part(Some(Verdict::Holds), "holds", "hold"),
        part(Some(Verdict::DoesNotHold), "does not hold", "do not hold"),
        part(Some(Verdict::TooNoisy), "is too noisy to say", "are too noisy to say"),
        part(None, "cannot be decided", "cannot be decided"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let all = table.claims.len();
    (all > 0).then(|| format!("{all} {}: {}.", if all == 1 { "claim" } else { "claims" }, parts.join(", ")))
}

/// All numbers that claims compare with limits; none if every claim has one at most, which stands beside the claim.
pub fn comparisons(table: &Table) -> Option<ReportTable> {
    if table.claims.iter().all(|claim| claim.comparisons.len() < 2) {
        return None;
    }
    let columns = vec![
        Column::new("number", false),
        Column::new("value", true),
        Column::new("95 % interval", true),
        Column::new("expected", false),
        Column::new("verdict", false),
        Column::new("claim", false),
    ];
    let row = |claim: &ClaimResult, one: &Comparison| {
        let (number, value) = (readable(table, &one.text), short(one.value));
        vec![number, value, interval(one.interval), expected(one), one.verdict.words().to_owned(), claim.text.clone()]
    };
    let rows = table.claims.iter().flat_map(|claim| claim.comparisons.iter().map(|one| row(claim, one))).collect();
    Some(ReportTable { caption: "Numbers that decide the claims".to_owned(), columns, rows, notes: Vec::new() })
}

fn claim(table: &Table, claim: &ClaimResult) -> Claim {
    let verdict = match claim.verdict {
        Some(Verdict::Holds) => Word::Holds,
        Some(Verdict::DoesNotHold) => Word::DoesNotHold,
        Some(Verdict::TooNoisy) => Word::TooNoisy,
        None => Word::NotMeasured,
    };
    let decisive = claim.comparisons.iter().find(|one| Some(one.value) == claim.value);
    let numbers = decisive.map_or_else(String::new, |one| {
        let interval = match one.interval {
            [low, high] if low == high => "no interval".to_owned(),
            ends => format!("95 % interval {}", interval(ends)),
        };
        let (text, value, expected) = (readable(table, &one.text), short(one.value), expected(one));
        format!("{text}: {value}, {interval}, expected {expected}")
    });
    let note = claim.reason.as_ref().map_or_else(String::new, |reason| format!("Reason: {reason}."));
    Claim { text: claim.text.clone(), verdict, interval: numbers, note }
}

/// The text of a comparison with the label of its measure instead of the name of its column, and with a minus sign.
fn readable(table: &Table, text: &str) -> String {
    let label = |name: &str| {
        let column = table.spec.column(name)?;
        Some(column.measure().map_or_else(|| table.spec.heading(name), |measure| measure.label().to_owned()))
    };
    let named = text.split_once(" of ").and_then(|(name, rest)| Some(format!("{} of {rest}", label(name)?)));
    named.unwrap_or_else(|| text.to_owned()).replace(" - ", " \u{2212} ")
}

fn short(value: f64) -> String {
    format!("{value:.4}").replace('-', "\u{2212}")
}

fn interval([low, high]: [f64; 2]) -> String {
    if low == high {
        return "none".to_owned();
    }
    format!("{} to {}", short(low), short(high))
}

fn expected(one: &Comparison) -> String {
    match (one.at_least, one.at_most) {
        (Some(least), Some(most)) => format!("{} to {}", charts::number(least), charts::number(most)),
        (Some(least), None) => format!("at least {}", charts::number(least)),
        (None, Some(most)) => format!("at most {}", charts::number(most)),
        (None, None) => "any number".to_owned(),
    }
}
