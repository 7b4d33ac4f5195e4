//! The layout of a table: which parts each column has, and the text of every cell.

use super::super::row::{Cell, Row};
use super::super::run::RunFailure;
use super::super::spec::{Column, Format, Measure, Shown};
use super::Table;

/// A column of the written table: a column of the spec, or the published values of one in a column of their own.
#[derive(Clone, Debug, PartialEq)]
pub struct Heading<'a> {
    /// The column of the spec.
    pub column: &'a Column,
    /// Whether it holds our values, their intervals, or published values.
    pub part: Part,
    /// The text.
    pub text: String,
}

/// Which values a column of the written table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Ours, with comparable published ones in brackets.
    Ours,
    /// The 95 % intervals of ours, of a column of differences.
    Interval,
    /// Published ones.
    Published,
}

/// The layout of a table.
#[derive(Debug)]
pub struct Layout<'a> {
    table: &'a Table,
    /// The columns.
    pub headings: Vec<Heading<'a>>,
}

impl<'a> Layout<'a> {
    pub(super) fn new(table: &'a Table) -> Self {
        let mut layout = Self { table, headings: Vec::new() };
        let spec = &table.spec;
        let ratios = !layout.lacks_reference();
        for column in &spec.columns {
            let name = &column.name;
            let heading = |part: Part, text: String| Heading { column, part, text };
            let published = || table.rows.iter().filter_map(|row| row.published.get(name));
            match spec.shown(column) {
                Some(Shown::Published) => {
                    if ratios && published().next().is_some() {
                        let text = format!("published {}", spec.heading(name));
                        layout.headings.push(heading(Part::Published, text));
                    }
                    continue;
                }
                Some(Shown::Measure(measure)) => {
                    let has_value = |row: &Row| row.cells.get(name).is_some_and(|cell| cell.value.is_some());
                    let hidden =
                        matches!(measure, Measure::Accuracy | Measure::Clipped) || column.relative_to.is_some();
                    if hidden && !table.rows.iter().any(has_value) {
                        continue;
                    }
                }
                _ => (),
            }
            layout.headings.push(heading(Part::Ours, spec.heading(name)));
            if column.difference_to.is_some() {
                layout.headings.push(heading(Part::Interval, "95 % interval".to_owned()));
            }
        }
        // Published values of other datasets never stand beside ours.
        for column in &spec.columns {
            let name = &column.name;
            let mut datasets: Vec<&str> = Vec::new();
            for cell in table.rows.iter().filter_map(|row| row.published.get(name)).filter(|cell| !cell.comparable) {
                let dataset = cell.dataset.as_deref().unwrap_or("whole experiment");
                if !datasets.contains(&dataset) {
                    datasets.push(dataset);
                }
            }
            if !datasets.is_empty() && !column.is_only_published() {
                let text = format!("published {} ({})", spec.heading(name), datasets.join(", "));
                layout.headings.push(Heading { column, part: Part::Published, text });
            }
        }
        layout
    }

    /// Whether ratios are missing because the training to which they refer is.
    fn lacks_reference(&self) -> bool {
        let columns = &self.table.spec.columns;
        let mut ids = columns.iter().filter_map(|column| column.relative_to.as_deref()).peekable();
        ids.peek().is_some() && ids.all(|id| self.table.rows.iter().all(|row| row.id != id))
    }

    /// A sentence about the training to which ratios refer.
    pub(super) fn reference_note(&self) -> Option<String> {
        let spec = &self.table.spec;
        let id = spec.columns.iter().find_map(|column| column.relative_to.as_deref())?;
        let name = reference_words(self.table, id);
        Some(match self.lacks_reference() {
            false => format!("Times are ratios to the training with {name}."),
            true => format!("There are no time ratios: the training with {name}, to which they refer, is missing."),
        })
    }

    /// The text of a cell.
    pub fn cell(&self, row: &Row, heading: &Heading) -> String {
        let Heading { column, part, .. } = heading;
        let format = column.format();
        let published = row.published.get(&column.name);
        if *part == Part::Published {
            return published.map_or_else(|| "-".to_owned(), |cell| format.write_published(cell.value));
        }
        if let Some(Shown::Axis(name)) = self.table.spec.shown(column) {
            return row.axes.get(name).map_or_else(|| "-".to_owned(), ToString::to_string);
        }
        let Some(cell) = row.cells.get(&column.name) else { return "-".to_owned() };
        if *part == Part::Interval {
            return interval_words(cell, format);
        }
        let mut text = match cell.value {
            Some(value) => format.write(value),
            None => row.runs.iter().find_map(|run| run.failure.as_ref()).map_or("-", RunFailure::word).to_owned(),
        };
        // A count that is equal in all seeds, such as the number of parameters, has no deviation to show.
        let shown = |deviation: &f64| cell.value.is_some() && (*deviation > 0.0 || format != Format::Count);
        if let Some(deviation) = cell.deviation.filter(shown) {
            text += &format!(" \u{b1} {}", format.write(deviation));
        }
        if let Some(published) = published.filter(|published| published.comparable) {
            text += &format!(" ({})", format.write_published(published.value));
        }
        text
    }
}

/// The interval of a cell in words.
pub fn interval_words(cell: &Cell, format: Format) -> String {
    let words = |[low, high]: [f64; 2]| format!("{} to {}", format.write(low), format.write(high));
    cell.interval.map_or_else(|| "-".to_owned(), words)
}

/// The training `id` by its values on the axes; an unknown training by its id.
fn reference_words(table: &Table, id: &str) -> String {
    let trainings = table.spec.trainings().unwrap_or_default();
    let training = trainings.iter().find(|training| training.id == id);
    training.map_or_else(|| id.to_owned(), |training| training.words(&table.spec))
}
