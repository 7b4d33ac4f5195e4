//! One figure of an experiment, as its declaration says.

use charts::Figure as Chart;

use super::super::spec::Figure;
use super::super::table::Table;
use super::{facts, panels::panels};

/// Draws `figure` from `table`.
pub fn figure(table: &Table, figure: &Figure) -> Chart {
    let parts = panels(table, figure);
    let has_intervals = table
        .rows
        .iter()
        .filter_map(|row| row.cells.get(&figure.y))
        .any(|cell| cell.interval.is_some_and(|[low, high]| low < high));
    let mut sentences = vec![facts::scope(table)];
    if has_intervals {
        sentences.push(match table.seeds.len() {
            0 | 1 => "Error bars are 95 % intervals over test clips.".to_owned(),
            _ => "Error bars are 95 % intervals over test clips and seeds.".to_owned(),
        });
    }
    if parts.has_published {
        sentences.push(format!("Published values: {}.", table.spec.source.trim_end_matches('.')));
    }
    if parts.is_cut {
        sentences.push("Bars do not begin at 0.".to_owned());
    }
    let mut chart = Chart::new(&*figure.title).caption(sentences.join(" "));
    let beside = parts.panels.len() > 1;
    chart = chart.shared(beside, beside && parts.comparable);
    chart.panels = parts.panels;
    chart.metadata = facts::facts(table);
    chart
}
