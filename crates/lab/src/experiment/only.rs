//! `--only`: restricts an experiment to some values of its axes.

use error::{shown, Code, Error, Result};
use net::nearest;

use super::planned::PlannedRow;
use super::row::RowKind;
use super::spec::{advice, Spec, CLEAN};

/// The rows that `only` selects, in the order of the table: `rate=2000,8000;seed=1` takes those whose value on every
/// named axis is among those named. `id` is an axis too. Optional rows are taken only by their id, and rows that are
/// only published never. With a row under a distortion the row without distortion is taken too.
///
/// # Errors
/// [`Code::InvalidOption`] for an unknown axis, for a value that the axis does not have, and if nothing is left.
pub(crate) fn select(spec: &Spec, rows: &[PlannedRow], only: Option<&str>) -> Result<Vec<PlannedRow>> {
    let rows: Vec<&PlannedRow> = rows.iter().filter(|row| row.kind != RowKind::Published).collect();
    let mut wanted: Vec<(String, Vec<String>)> = Vec::new();
    for part in only.unwrap_or_default().split(';').map(str::trim).filter(|part| !part.is_empty()) {
        let Some((name, values)) = part.split_once('=') else {
            return Err(refuse(format!("expected AXIS=VALUE,VALUE, received \"{}\"", shown(part))));
        };
        let name = name.trim();
        // A value may contain commas, such as raw:6,81,81: the longest known value wins.
        let known = known_values(spec, &rows, name)?;
        let values = split(values, |text| is_known(spec, &known, name, text));
        for value in &values {
            if !is_known(spec, &known, name, value) {
                let meant = nearest(value, known.iter().map(String::as_str));
                let advice = meant.map_or_else(String::new, |meant| format!("; did you mean \"{meant}\"?"));
                let received = if value.is_empty() { "nothing" } else { value };
                let message =
                    format!("{name} must be among {}, received {}{advice}", known.join(", "), shown(received));
                return Err(refuse(message));
            }
        }
        wanted.push((name.to_owned(), values));
    }
    let by_id = wanted.iter().any(|(name, _)| name == "id");
    let takes = |row: &&&PlannedRow| {
        let meets = |(name, values): &(String, Vec<String>)| match row.axes.get(name) {
            Some(own) => values.iter().any(|value| own.is_written(value)),
            None => name == "id" && values.contains(&row.id),
        };
        (by_id || !row.optional) && wanted.iter().all(meets)
    };
    let mut selected: Vec<PlannedRow> = rows.iter().filter(takes).map(|row| (*row).clone()).collect();
    // Rows under distortions are compared with the one without.
    let is_distorted = |row: &PlannedRow| row.kind == RowKind::Distorted;
    if let Some(first) = selected.iter().position(is_distorted).filter(|first| selected[*first].id != CLEAN) {
        selected.splice(first..first, rows.iter().find(|row| row.id == CLEAN).map(|row| (*row).clone()));
    }
    if selected.is_empty() {
        return Err(refuse(format!("no row of {} has all these values", spec.name)));
    }
    Ok(selected)
}

fn known_values(spec: &Spec, rows: &[&PlannedRow], name: &str) -> Result<Vec<String>> {
    if name == "id" {
        return Ok(rows.iter().map(|row| row.id.clone()).collect());
    }
    let Some(axis) = spec.axis(name) else {
        let known: Vec<&str> = spec.all_axes().map(|axis| axis.name.as_str()).chain(["id"]).collect();
        let advice = advice(name, &known, &format!("the axes of {} are", spec.name));
        return Err(refuse(format!("unknown axis \"{}\"; {advice}", shown(name))));
    };
    Ok(axis.values.iter().map(|entry| entry.value().to_string()).collect())
}

fn is_known(spec: &Spec, known: &[String], name: &str, value: &str) -> bool {
    match spec.axis(name) {
        Some(axis) => axis.values.iter().any(|entry| entry.value().is_written(value)),
        None => known.iter().any(|known| known == value),
    }
}

/// Splits `text` at commas into known values, the longest first; a part that begins no known value stands alone.
fn split(text: &str, is_known: impl Fn(&str) -> bool) -> Vec<String> {
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    let mut values = Vec::new();
    let mut first = 0;
    while first < parts.len() {
        let longest = (first + 1..=parts.len()).rev().find(|&end| is_known(&parts[first..end].join(",")));
        let end = longest.unwrap_or(first + 1);
        values.push(parts[first..end].join(","));
        first = end;
    }
    values
}

fn refuse(why: String) -> Error {
    Error::new(Code::InvalidOption, format!("only: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(name: &str, only: &str) -> Result<Vec<String>> {
        let spec = Spec::named(name)?;
        let selected = select(&spec, &spec.rows()?, Some(only))?;
        Ok(selected.into_iter().map(|row| row.id).collect())
    }

    #[test]
    fn values_are_selected_in_the_order_of_the_table() {
        assert_eq!(ids("downsampling", "rate=8000,2000").unwrap(), ["2000", "8000"]);
        assert_eq!(ids("table5", " id = 8000 ; rate=8000,2000").unwrap(), ["8000"]);
        assert_eq!(ids("sweep", "m=5;input=shorter;stride=25,5").unwrap().len(), 2);
    }

    #[test]
    fn what_no_training_has_is_refused_with_what_there_is() {
        for (only, part) in [
            ("rate=8000,44100", "rate must be among 2000, 4000"),
            ("rate=44100", "received 44100"),
            ("rate=", "received nothing"),
            ("rat=8000", "did you mean \"rate\"?"),
            ("8000", "expected AXIS=VALUE"),
            ("rate=2000;id=8000", "no row"),
        ] {
            let failure = ids("downsampling", only).unwrap_err();
            assert!(failure.code == Code::InvalidOption && failure.message.contains(part), "{only}: {failure}");
        }
    }

    #[test]
    fn a_value_may_contain_commas() {
        let ids = ids("ablations", "network=raw:6,81,81,3^9;norm=none").unwrap();
        assert_eq!(ids.len(), 12, "{ids:?}");
    }
}
