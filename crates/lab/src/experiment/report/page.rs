//! The page of an experiment.

use charts::{Block, Column, Figure, Link, Report, Section, Table as ReportTable, Theme};
use serde_json::Value;

use super::super::row::{Row, RowKind};
use super::super::spec::{Measure, Shown};
use super::super::table::{interval_words, Heading, Part, Table};
use super::{claims, facts, file_name, FIGURES};

/// The report of one experiment with `figures`, those of [`Table::figures`].
pub fn report(table: &Table, figures: &[(String, Figure)]) -> Report {
    let mut report = Report::new(table.heading());
    report.summary = summary(table);
    report.facts = facts::facts(table);
    report.facts.remove("settings");
    report.sections = parts(table, figures, "");
    report
}

/// The experiment as one section, with a section for each part.
pub fn section(table: &Table, figures: &[(String, Figure)], folder: &str) -> Section {
    let mut section = Section::new(table.heading());
    section.blocks.extend(summary(table).into_iter().map(Block::Paragraph));
    section.sections = parts(table, figures, folder);
    section
}

/// Claims, table, figures, settings and files.
fn parts(table: &Table, figures: &[(String, Figure)], folder: &str) -> Vec<Section> {
    let mut parts = Vec::new();
    if !table.claims.is_empty() {
        let mut part = Section::new("Claims").block(claims::claims(table));
        part.blocks.extend(claims::comparisons(table).map(Block::Table));
        parts.push(part);
    }
    let mut part = Section::new("Table").block(rows(table));
    let mut notes = table.notes();
    if table.scale.is_some() && !notes.is_empty() {
        // The first note warns that numbers of a small version must not be compared with published ones.
        part.blocks.push(Block::Note(notes.remove(0)));
    }
    part.blocks.push(Block::List(notes));
    parts.push(part);
    if !figures.is_empty() {
        let figures = figures.iter().map(|(_, figure)| figure.clone());
        parts.push(figures.fold(Section::new("Figures"), Section::block));
    }
    if !table.protocol.is_empty() {
        let part = Section::new("Settings").paragraph("All trainings have these options in common.");
        parts.push(part.block(settings(table)));
    }
    parts.push(Section::new("Files").block(links(folder, figures)));
    parts
}

/// The lines that a reader needs first.
fn summary(table: &Table) -> Vec<String> {
    // A table of evaluations need not have a training.
    let others = table.rows.iter().any(|row| row.kind == RowKind::Distorted);
    let count = |kind: RowKind, one: &str, several: &str| match table.rows.iter().filter(|row| row.kind == kind).count()
    {
        0 if kind != RowKind::Training || others => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {several}")),
    };
    let counts = [
        count(RowKind::Training, "training", "trainings"),
        count(RowKind::Features, "classifier on features", "classifiers on features"),
        count(RowKind::Distorted, "evaluation of the source", "evaluations of the source"),
    ];
    let counts = counts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let trained = match table.missing.len() {
        0 => format!("{counts}."),
        missing => format!("{counts}; {missing} more are not complete."),
    };
    let mut lines = vec![format!("{} {trained}", facts::data(table))];
    lines.extend(claims::summary(table));
    lines
}

/// The rows of the table as they stand in `table.md`, with the intervals of metrics beside them.
fn rows(table: &Table) -> ReportTable {
    let layout = table.layout();
    let has_interval = |heading: &Heading| {
        let is_metric = heading.column.measure().is_some_and(Measure::is_metric);
        // A column of differences has a column of intervals in every form of the table.
        heading.part == Part::Ours && is_metric && heading.column.difference_to.is_none()
    };
    let mut columns = vec![Column::new(table.row_name(), false)];
    for heading in &layout.headings {
        let words = matches!(table.spec.shown(heading.column), Some(Shown::Axis(name))
            if table.rows.iter().filter_map(|row| row.axes.get(name)).any(|value| value.number().is_none()));
        columns.push(Column::new(&*heading.text, !words));
        if has_interval(heading) {
            columns.push(Column::new("95 % interval", true));
        }
    }
    let row = |row: &Row| {
        let mut cells = vec![row.id.clone()];
        for heading in &layout.headings {
            cells.push(layout.cell(row, heading));
            if has_interval(heading) {
                let cell = row.cells.get(&heading.column.name).copied().unwrap_or_default();
                cells.push(interval_words(&cell, heading.column.format()));
            }
        }
        cells
    };
    let published = || table.rows.iter().flat_map(|row| row.published.values());
    let words = match (published().any(|cell| cell.comparable), published().next()) {
        (true, _) => Some("Published values, in brackets"),
        (false, Some(_)) => Some("Published values"),
        (false, None) => None,
    };
    let source = table.spec.source.trim_end_matches('.');
    let notes = words.map(|words| format!("{words}: {source}.")).into_iter().collect();
    let caption = match &table.scale {
        None => table.spec.title.clone(),
        Some(scale) => format!("{} (scale {})", table.spec.title, scale.name),
    };
    ReportTable { caption, columns, rows: table.rows.iter().map(row).collect(), notes }
}

fn settings(table: &Table) -> ReportTable {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    ReportTable {
        caption: "Options of `train`".to_owned(),
        columns: vec![Column::new("option", false), Column::new("value", false)],
        rows: table.protocol.iter().map(|(name, value)| vec![name.clone(), text(value)]).collect(),
        notes: Vec::new(),
    }
}

fn links(folder: &str, figures: &[(String, Figure)]) -> Vec<Link> {
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let link = |text: String, path: String| Link { text, path: format!("{prefix}{path}") };
    let mut links = vec![
        link("Table as text (Markdown)".to_owned(), "table.md".to_owned()),
        link("Table as CSV".to_owned(), "table.csv".to_owned()),
        link("Table as LaTeX".to_owned(), "table.tex".to_owned()),
        link("Table as JSON, with claims and all runs".to_owned(), "table.json".to_owned()),
    ];
    for (name, _) in figures {
        for theme in Theme::ALL {
            for (kind, suffix) in [("SVG", "svg"), ("PNG", "png")] {
                let text = format!("Figure `{name}` as {kind}, {}", theme.name());
                links.push(link(text, format!("{FIGURES}/{}.{suffix}", file_name(name, theme))));
            }
        }
        links.push(link(format!("Values of figure `{name}` as JSON"), format!("{FIGURES}/{name}.json")));
    }
    links
}
