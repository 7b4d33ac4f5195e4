//! The comparisons that decide a claim.

use std::collections::BTreeMap;

use train::metrics::Estimate;

use super::{Number, Question};
use crate::experiment::assemble::Entry;
use crate::experiment::spec::{
    AxisValue, Claim, Condition, Difference, Limits, Maximum, NotWorse, Order, Ratio, Take, Trend, Where,
};

/// The comparisons of `claim`, or the reason why it cannot be decided.
pub(super) fn of(claim: &Claim, entries: &[Entry]) -> Result<Vec<Question>, String> {
    if let Some(order) = &claim.order {
        return ordered(order, entries);
    }
    if let Some(maximum) = &claim.maximum {
        return largest(maximum, entries);
    }
    if let Some(not_worse) = &claim.not_worse {
        return maintained(not_worse, entries);
    }
    if let Some(Ratio { column, of, to, take, per, within }) = &claim.ratio {
        return pairs(entries, column, (of, to), *take, per, *within, "/", |a, b| a / b);
    }
    if let Some(Difference { column, of, minus, take, per, within }) = &claim.difference {
        return pairs(entries, column, (of, minus), *take, per, *within, "-", |a, b| a - b);
    }
    Err("the claim has no predicate".to_owned())
}

fn ordered(order: &Order, entries: &[Entry]) -> Result<Vec<Question>, String> {
    let rows = present(entries, &order.rows)?;
    let mut judged = Vec::new();
    for (_, mut group) in groups(&rows, &order.per) {
        let mut places: Vec<(f64, &Entry)> = Vec::new();
        for row in group.drain(..) {
            places.push((number(row, &order.along)?, row));
        }
        places.sort_by(|a, b| a.0.total_cmp(&b.0));
        for pair in places.windows(2) {
            let [(low, first), (high, second)] = pair else { continue };
            if low == high {
                return Err(format!("{} and {} have the same {}: {low}", first.id, second.id, order.along));
            }
            let (from, to) = if order.trend == Trend::Rising { (first, second) } else { (second, first) };
            judged.push(Question::Number(Number {
                text: format!("{} of {} - {}", order.column, to.id, from.id),
                estimate: Estimate::combined(&[cell(to, &order.column)?, cell(from, &order.column)?], |v| v[0] - v[1]),
                limits: Limits { at_least: Some(-order.tolerance), at_most: None },
            }));
        }
    }
    if judged.is_empty() {
        return Err(too_few(entries, &order.rows));
    }
    Ok(judged)
}

fn largest(maximum: &Maximum, entries: &[Entry]) -> Result<Vec<Question>, String> {
    let rows = present(entries, &maximum.rows)?;
    let mut judged = Vec::new();
    for (name, group) in groups(&rows, &maximum.per) {
        let (mut inside, mut outside) = (Vec::new(), Vec::new());
        for row in group {
            let place = number(row, &maximum.at)?;
            let side = if maximum.within.hold(place) { &mut inside } else { &mut outside };
            side.push(cell(row, &maximum.column)?);
        }
        if inside.is_empty() || outside.is_empty() {
            continue;
        }
        let best = |side: &[&'_ Estimate]| {
            let values = side.iter().map(|own| own.value);
            (0..side.len()).zip(values).max_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(index, _)| index)
        };
        let (ours, theirs) = (inside[best(&inside)], outside[best(&outside)]);
        let minus = |a: &Estimate, b: &Estimate| Estimate::combined(&[a, b], |values| values[0] - values[1]);
        judged.push(Question::Best {
            between: Number {
                text: format!(
                    "largest {} {} - largest elsewhere{name}",
                    maximum.column,
                    place_words(&maximum.at, maximum.within)
                ),
                estimate: minus(ours, theirs),
                limits: Limits { at_least: Some(0.0), at_most: None },
            },
            lead: outside.iter().map(|other| minus(ours, other)).collect(),
            lag: inside.iter().map(|own| minus(own, theirs)).collect(),
        });
    }
    if judged.is_empty() {
        return Err(too_few(entries, &maximum.rows));
    }
    Ok(judged)
}

fn maintained(claim: &NotWorse, entries: &[Entry]) -> Result<Vec<Question>, String> {
    let reference = match present(entries, &claim.reference)?[..] {
        [reference] => reference,
        ref others => return Err(format!("{} rows are the reference, expected one", others.len())),
    };
    let from = number(reference, &claim.along)?;
    let mut judged = Vec::new();
    for row in entries {
        let place = number(row, &claim.along)?;
        if row.id == reference.id || place < claim.down_to.min(from) || place > claim.down_to.max(from) {
            continue;
        }
        if let (Some(why), false) = (&row.missing, row.optional) {
            return Err(format!("{}: {why}", row.id));
        }
        if row.missing.is_none() {
            let cells = [cell(row, &claim.column)?, cell(reference, &claim.column)?];
            judged.push(Question::Number(Number {
                text: format!("{} of {} - {}", claim.column, row.id, reference.id),
                estimate: Estimate::combined(&cells, |values| values[0] - values[1]),
                limits: Limits { at_least: Some(-claim.tolerance), at_most: None },
            }));
        }
    }
    if judged.is_empty() {
        return Err(format!("no row is between {from} and {}", claim.down_to));
    }
    Ok(judged)
}

fn pairs(
    entries: &[Entry],
    column: &str,
    (of, to): (&Where, &Where),
    take: Take,
    per: &[String],
    within: Limits,
    sign: &str,
    combine: fn(f64, f64) -> f64,
) -> Result<Vec<Question>, String> {
    let (first, second) = (present(entries, of)?, present(entries, to)?);
    let (first, second) = (groups(&first, per), groups(&second, per));
    let mut judged = Vec::new();
    for (name, a) in &first {
        let Some(b) = second.get(name) else { continue };
        if take == Take::Only && (a.len() != 1 || b.len() != 1) {
            return Err(format!("{} and {} rows are compared{name}, expected one and one", a.len(), b.len()));
        }
        let mut all = Vec::new();
        for row in a.iter().chain(b) {
            all.push(cell(row, column)?);
        }
        let count = a.len();
        let taken = |values: &[f64]| if take == Take::Max { max(values) } else { mean(values) };
        judged.push(Question::Number(Number {
            text: format!("{column} of {} {sign} {}", named(a, take), named(b, take)),
            estimate: Estimate::combined(&all, |values| combine(taken(&values[..count]), taken(&values[count..]))),
            limits: within,
        }));
    }
    if judged.is_empty() {
        return Err("no row meets the conditions".to_owned());
    }
    Ok(judged)
}

/// The rows that meet `conditions`.
///
/// # Errors
/// The reason if one of them is missing, unless it is optional.
fn present<'a>(entries: &'a [Entry], conditions: &Where) -> Result<Vec<&'a Entry>, String> {
    let rows: Vec<&Entry> = entries.iter().filter(|row| meets(row, conditions)).collect();
    let missing: Vec<&&Entry> = rows.iter().filter(|row| row.missing.is_some() && !row.optional).collect();
    match missing[..] {
        [] => Ok(rows.into_iter().filter(|row| row.missing.is_none()).collect()),
        [row] => Err(format!("{}: {}", row.id, row.missing.as_deref().unwrap_or_default())),
        [row, ..] => {
            let why = row.missing.as_deref().unwrap_or_default();
            Err(format!("{}: {why}; {} more rows are not complete", row.id, missing.len() - 1))
        }
    }
}

/// The reason for too few rows, with the optional ones that are missing.
fn too_few(entries: &[Entry], conditions: &Where) -> String {
    let optional = entries.iter().filter(|row| row.missing.is_some() && meets(row, conditions));
    let ids: Vec<&str> = optional.map(|row| row.id.as_str()).collect();
    match ids.is_empty() {
        true => "too few rows meet the conditions".to_owned(),
        false => format!("too few rows: train the optional {} too", ids.join(", ")),
    }
}

fn meets(row: &Entry, conditions: &Where) -> bool {
    conditions.iter().all(|(name, condition)| {
        let is = |value: &AxisValue| match (row.axes.get(name), row.cells.get(name)) {
            (Some(own), _) => own == value,
            (None, Some(own)) => value.number() == Some(own.value),
            (None, None) => false,
        };
        match condition {
            Condition::Is(value) => is(value),
            Condition::OneOf(values) => values.iter().any(is),
            Condition::Within(limits) => number(row, name).is_ok_and(|number| limits.hold(number)),
        }
    })
}

/// The rows by their values on the axes `per`; the key says them in words.
fn groups<'a>(rows: &[&'a Entry], per: &[String]) -> BTreeMap<String, Vec<&'a Entry>> {
    let mut groups: BTreeMap<String, Vec<&Entry>> = BTreeMap::new();
    for row in rows {
        let words = per.iter().map(|name| match (row.axes.get(name), row.cells.get(name)) {
            (Some(value), _) => format!("{name} {value}"),
            (None, Some(own)) => format!("{name} {}", own.value),
            (None, None) => name.clone(),
        });
        let words = words.collect::<Vec<_>>().join(", ");
        let key = if words.is_empty() { String::new() } else { format!(", {words}") };
        groups.entry(key).or_default().push(row);
    }
    groups
}

/// The number of `row` on the axis or in the column `name`.
fn number(row: &Entry, name: &str) -> Result<f64, String> {
    let found = match row.axes.get(name) {
        Some(value) => value.number(),
        None => row.cells.get(name).map(|own| own.value),
    };
    found.ok_or_else(|| format!("{} has no number for {name}", row.id))
}

fn cell<'a>(row: &'a Entry, column: &str) -> Result<&'a Estimate, String> {
    row.cells.get(column).ok_or_else(|| format!("{} has no {column}", row.id))
}

fn place_words(at: &str, Limits { at_least, at_most }: Limits) -> String {
    match (at_least, at_most) {
        (Some(least), Some(most)) => format!("for {at} from {least} to {most}"),
        (Some(least), None) => format!("for {at} from {least}"),
        (None, Some(most)) => format!("for {at} up to {most}"),
        (None, None) => format!("for any {at}"),
    }
}

/// The rows of one side of a comparison in words.
fn named(rows: &[&Entry], take: Take) -> String {
    let ids = rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>();
    match (take, &ids[..]) {
        (_, [one]) => (*one).to_owned(),
        (Take::Max, _) => format!("the best of ({})", ids.join(", ")),
        _ => format!("the mean of ({})", ids.join(", ")),
    }
}

fn max(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
