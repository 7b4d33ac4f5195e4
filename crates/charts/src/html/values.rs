//! The values of a figure as a table, for readers who want numbers or do not see the picture.

use crate::figure::{Figure, Layer, Panel, Point, Scale};
use crate::report::{Column, Table};
use crate::ticks::number;

/// A figure with more values has no table; its data are in the files beside the report.
const MOST: usize = 400;

/// The lines and bars of a figure as a table; none if it has no such values, or too many of them.
pub fn table(figure: &Figure) -> Option<Table> {
    let rows: Vec<Vec<String>> = figure.panels.iter().flat_map(|panel| rows(figure, panel)).take(MOST + 1).collect();
    if rows.is_empty() || rows.len() > MOST {
        return None;
    }
    let columns = vec![
        Column::new("panel and series", false),
        Column::new("position", true),
        Column::new("value", true),
        Column::new("lower end", true),
        Column::new("upper end", true),
    ];
    Some(Table { caption: format!("Values of “{}”", figure.title), columns, rows, notes: Vec::new() })
}

fn rows(figure: &Figure, panel: &Panel) -> Vec<Vec<String>> {
    let name = |series: &str| {
        let panel_name = if figure.panels.len() > 1 { panel.title.as_str() } else { "" };
        let parts = [panel_name, series].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
        if parts.is_empty() {
            "values".to_owned()
        } else {
            parts.join(", ")
        }
    };
    let row = |series: &str, point: &Point| {
        let end = |value: Option<f64>| value.filter(|value| value.is_finite()).map_or_else(String::new, number);
        vec![name(series), position(panel, point.x), number(point.y), end(point.low), end(point.high)]
    };
    let mut all = Vec::new();
    for layer in &panel.layers {
        match layer {
            Layer::Line(line) => {
                all.extend(line.points.iter().filter(|one| one.y.is_finite()).map(|one| row(&line.name, one)))
            }
            Layer::Bars(bars) => {
                for series in &bars.series {
                    all.extend(series.bars.iter().filter(|bar| bar.y.is_finite()).map(|bar| row(&series.name, bar)));
                }
            }
            Layer::Points(_) | Layer::HeatMap(_) | Layer::Rule(_) => {}
        }
    }
    all
}

/// A position in words: the name of a category or a number.
fn position(panel: &Panel, value: f64) -> String {
    let names = [&panel.x.scale, &panel.y.scale].into_iter().find_map(|scale| match scale {
        Scale::Categories(names) => Some(names),
        _ => None,
    });
    let named = names.and_then(|names| names.get(value.round().max(0.0) as usize));
    named.cloned().unwrap_or_else(|| number(value))
}
