//! The series of a figure: our values and the published ones, for each combination of values on the axes `per`.

use charts::Point;

use super::super::row::Row;
use super::super::spec::Figure;
use super::super::table::Table;
use super::places::Places;

/// Whose values a series has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Those of this table.
    Ours,
    /// The published ones.
    Published,
}

/// Values that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The values on the axes `per` in words; empty without such axes.
    pub name: String,
    /// The points, by their place.
    pub points: Vec<Point>,
}

/// The series of `figure`, in the order of the axes; those without a value are left out.
pub fn series(table: &Table, figure: &Figure, places: &Places, whose: Whose) -> Vec<Series> {
    let mut keyed: Vec<(Vec<Option<usize>>, Series)> = Vec::new();
    for row in &table.rows {
        let Some(point) = point(figure, places, row, whose) else { continue };
        let key: Vec<Option<usize>> = figure.per.iter().map(|axis| position(table, row, axis)).collect();
        match keyed.iter_mut().find(|(other, _)| *other == key) {
            Some((_, series)) => series.points.push(point),
            None => keyed.push((key, Series { name: name(table, figure, row), points: vec![point] })),
        }
    }
    keyed.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut all: Vec<Series> = keyed.into_iter().map(|(_, series)| series).collect();
    for one in &mut all {
        one.points.sort_by(|a, b| a.x.total_cmp(&b.x));
    }
    all
}

fn point(figure: &Figure, places: &Places, row: &Row, whose: Whose) -> Option<Point> {
    let x = places.place(row)?;
    match whose {
        Whose::Published => row.published.get(&figure.y).map(|cell| Point::new(x, cell.value)),
        Whose::Ours => {
            let cell = row.cells.get(&figure.y)?;
            let point = Point::new(x, cell.value?);
            Some(cell.interval.map_or(point, |[low, high]| point.between(low, high)))
        }
    }
}

fn position(table: &Table, row: &Row, axis: &str) -> Option<usize> {
    table.spec.axis(axis)?.position(row.axes.get(axis)?)
}

/// The values on the axes `per`: `m = 3, input: longer`.
fn name(table: &Table, figure: &Figure, row: &Row) -> String {
    let word = |name: &String| {
        let axis = table.spec.axis(name)?;
        let value = row.axes.get(name)?;
        let unit = axis.unit.as_ref().map_or_else(String::new, |unit| format!(" {unit}"));
        Some(match value.number() {
            Some(_) => format!("{name} = {value}{unit}"),
            None => format!("{}: {value}", axis.label.as_ref().unwrap_or(name)),
        })
    };
    figure.per.iter().filter_map(word).collect::<Vec<_>>().join(", ")
}
