//! Where a row stands on the horizontal axis of a figure.

use charts::Axis;

use super::super::row::{Row, RowKind};
use super::super::spec::{AxisValue, Figure, FigureScale, Shown};
use super::super::table::Table;

/// More numbers than this have round ticks instead of one tick for each number.
const MOST_TICKS: usize = 9;

/// The places of rows on a horizontal axis.
pub enum Places<'a> {
    /// One place for each text.
    Categories {
        /// The texts.
        names: Vec<String>,
        /// Where the text of a row comes from; `None` for its id.
        source: Option<Number<'a>>,
    },
    /// The number of a row.
    Numbers(Number<'a>),
}

/// Where the numbers of rows come from.
pub enum Number<'a> {
    /// An axis of the experiment.
    Axis(&'a str),
    /// A column.
    Column(&'a str),
}

impl<'a> Places<'a> {
    /// The places on the horizontal axis of `figure`.
    pub fn of(table: &'a Table, figure: &'a Figure) -> Self {
        let source = number(table, &figure.x);
        let words = |row: &Row| match &source {
            Some(Number::Axis(name)) => row.axes.get(*name).is_some_and(|value| value.number().is_none()),
            Some(Number::Column(_)) => false,
            None => true,
        };
        match source {
            Some(source) if figure.x_scale != FigureScale::Categories && !table.rows.iter().any(words) => {
                Self::Numbers(source)
            }
            source => {
                // A row that is only published has a place if it has a value.
                let has_place = |row: &&Row| row.kind != RowKind::Published || row.published.contains_key(&figure.y);
                let mut rows: Vec<&Row> = table.rows.iter().filter(has_place).collect();
                if let Some(axis) = table.spec.axis(&figure.x) {
                    // In the order of the axis, which may not be that of the table.
                    rows.sort_by_key(|row| row.axes.get(&figure.x).and_then(|value| axis.position(value)));
                }
                let mut names: Vec<String> = Vec::new();
                for row in rows {
                    let name = text(row, source.as_ref());
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
                Self::Categories { names, source }
            }
        }
    }

    /// The place of `row`; `None` if it has no number.
    pub fn place(&self, row: &Row) -> Option<f64> {
        match self {
            Self::Numbers(source) => value(row, source),
            Self::Categories { names, source } => {
                let name = text(row, source.as_ref());
                names.iter().position(|other| *other == name).map(|index| index as f64)
            }
        }
    }

    /// The axis of the figure.
    pub fn axis(&self, table: &Table, figure: &Figure) -> Axis {
        let heading = if figure.x == "id" { table.row_name().to_owned() } else { table.spec.heading(&figure.x) };
        let source = match self {
            Self::Categories { names, .. } => return Axis::categories(heading, names.clone()),
            Self::Numbers(source) => source,
        };
        let axis = match figure.x_scale {
            FigureScale::Log => Axis::log10(heading),
            FigureScale::Linear | FigureScale::Categories => Axis::linear(heading),
        };
        let mut numbers: Vec<f64> = table.rows.iter().filter_map(|row| value(row, source)).collect();
        numbers.sort_by(f64::total_cmp);
        numbers.dedup();
        // The values of an axis are what was chosen: they are its ticks if there are few.
        match source {
            Number::Axis(_) if numbers.len() <= MOST_TICKS => axis.ticks(numbers),
            _ => axis,
        }
    }
}

/// Where the number of a row for the axis or column `name` comes from; none for `id`.
fn number<'a>(table: &'a Table, name: &'a str) -> Option<Number<'a>> {
    if table.spec.axis(name).is_some() {
        return Some(Number::Axis(name));
    }
    let column = table.spec.column(name)?;
    match table.spec.shown(column) {
        Some(Shown::Axis(axis)) => Some(Number::Axis(axis)),
        _ => Some(Number::Column(name)),
    }
}

fn value(row: &Row, source: &Number) -> Option<f64> {
    match source {
        Number::Axis(name) => row.axes.get(*name).and_then(AxisValue::number),
        Number::Column(name) => row.cells.get(*name).and_then(|cell| cell.value),
    }
}

/// The name of the place of a row among categories.
fn text(row: &Row, source: Option<&Number>) -> String {
    match source {
        Some(Number::Axis(name)) => row.axes.get(*name).map_or_else(|| "-".to_owned(), ToString::to_string),
        Some(Number::Column(name)) => {
            let value = row.cells.get(*name).and_then(|cell| cell.value);
            value.map_or_else(|| "-".to_owned(), charts::number)
        }
        None => row.id.clone(),
    }
}
