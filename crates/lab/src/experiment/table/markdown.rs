//! The table as Markdown.

use files::text::markdown as shown;

use super::super::verdict::ClaimResult;
use super::Table;

/// The text: our values with deviations, comparable published values in brackets, claims and notes.
pub(super) fn text(table: &Table) -> String {
    let layout = table.layout();
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = format!("# {}\n\n", shown(&table.heading()));
    let in_brackets = table.rows.iter().flat_map(|row| row.published.values()).any(|cell| cell.comparable);
    let published = if in_brackets { "In brackets" } else { "Published" };
    // A table without published values needs no note about them.
    if table.rows.iter().any(|row| !row.published.is_empty()) {
        text += &format!("{published}: {}.\n\n", table.spec.source);
    }
    text += &line(layout.headings.iter().map(|heading| shown(&heading.text)).collect());
    text += &format!("|{}\n", "---|".repeat(layout.headings.len()));
    for row in &table.rows {
        text += &line(layout.headings.iter().map(|heading| shown(&layout.cell(row, heading))).collect());
    }
    text.push('\n');
    if !table.claims.is_empty() {
        text += "| claim | verdict | number | 95 % interval |\n|---|---|---|---|\n";
        text.extend(table.claims.iter().map(claim));
        text.push('\n');
    }
    for note in table.notes() {
        text += &format!("{note}\n");
    }
    text
}

fn claim(claim: &ClaimResult) -> String {
    let verdict = match (&claim.verdict, &claim.reason) {
        (Some(verdict), _) => verdict.words().to_owned(),
        (None, Some(reason)) => format!("not asked: {reason}"),
        (None, None) => "not asked".to_owned(),
    };
    let number = |value: f64| format!("{value:.4}");
    let value = claim.value.map_or_else(|| "-".to_owned(), number);
    let interval = claim.interval.map_or_else(
        || "-".to_owned(),
        |[low, high]| if low == high { "-".to_owned() } else { format!("{} to {}", number(low), number(high)) },
    );
    format!("| {} | {} | {value} | {interval} |\n", shown(&claim.text), shown(&verdict))
}
