//! The page of an experiment.

use charts::{Block, Column, Link, Report, Section, Table as ReportTable, Theme};
use serde_json::Value;

use super::super::row::RowKind;
use super::super::spec::Shown;
use super::super::table::{Part, Table};
use super::{claims, facts, file_name, FIGURES};

/// The report of one experiment.
pub fn report(table: &Table) -> Report {
    let section = section(table, "");
    let mut report = Report::new(table.heading());
    report.summary = summary(table);
    report.facts = facts::facts(table);
    report.facts.remove("settings");
    // The parts of the only section are the sections of the page.
    report.sections = section.sections;
    report
}

/// The experiment as one section, with a section for each part.
pub fn section(table: &Table, folder: &str) -> Section {
    let mut section = Section::new(table.heading());
    section.blocks.extend(summary(table).into_iter().map(Block::Paragraph));
    if !table.claims.is_empty() {
        let mut part = Section::new("Claims").block(claims::claims(table));
        part.blocks.extend(claims::comparisons(table).map(Block::Table));
        section.sections.push(part);
    }
    let mut part = Section::new("Table").block(rows(table));
    let mut notes = table.notes();
    if table.scale.is_some() && !notes.is_empty() {
        // The first note warns that numbers of a small version must not be compared with published ones.
        part.blocks.push(Block::Note(notes.remove(0)));
    }
    part.blocks.push(Block::List(notes));
    section.sections.push(part);
    let figures = table.figures();
    if !figures.is_empty() {
        let mut part = Section::new("Figures");
        part.blocks.extend(figures.iter().map(|(_, figure)| Block::Figure(Box::new(figure.clone()))));
        section.sections.push(part);
    }
    if !table.protocol.is_empty() {
        let part =
            Section::new("Settings").paragraph("All trainings have these options in common.").block(settings(table));
        section.sections.push(part);
    }
    let names: Vec<String> = figures.into_iter().map(|(name, _)| name).collect();
    section.sections.push(Section::new("Files").block(links(folder, &names)));
    section
}

/// The lines that a reader needs first.
fn summary(table: &Table) -> Vec<String> {
    let count = |kind: RowKind, one: &str, several: &str| match table.rows.iter().filter(|row| row.kind == kind).count()
    {
        0 if kind != RowKind::Training => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {several}")),
    };
    let counts = [
        count(RowKind::Training, "training", "trainings"),
        count(RowKind::Features, "classifier on features", "classifiers on features"),
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
    let metric = |name: &str| {
        table.spec.column(name).and_then(|column| column.measure()).is_some_and(|measure| measure.is_metric())
    };
    let mut columns = vec![Column { heading: table.row_name().to_owned(), numeric: false }];
    for heading in &layout.headings {
        let words = matches!(table.spec.shown(heading.column), Some(Shown::Axis(name))
            if table.rows.iter().filter_map(|row| row.axes.get(name)).any(|value| value.number().is_none()));
        columns.push(Column { heading: heading.text.clone(), numeric: !words });
        if heading.part == Part::Ours && metric(&heading.column.name) {
            columns.push(Column { heading: "95 % interval".to_owned(), numeric: true });
        }
    }
    let row = |row: &super::super::row::Row| {
        let mut cells = vec![row.id.clone()];
        for heading in &layout.headings {
            cells.push(layout.cell(row, heading));
            let name = &heading.column.name;
            if heading.part == Part::Ours && metric(name) {
                let format = heading.column.format();
                let interval = row.cells.get(name).and_then(|cell| cell.interval);
                cells.push(interval.map_or_else(
                    || "-".to_owned(),
                    |[low, high]| format!("{} to {}", format.write(low), format.write(high)),
                ));
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
    let column = |heading: &str| Column { heading: heading.to_owned(), numeric: false };
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    ReportTable {
        caption: "Options of `train`".to_owned(),
        columns: vec![column("option"), column("value")],
        rows: table.protocol.iter().map(|(name, value)| vec![name.clone(), text(value)]).collect(),
        notes: Vec::new(),
    }
}

fn links(folder: &str, figures: &[String]) -> Vec<Link> {
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let link = |text: String, path: String| Link { text, path: format!("{prefix}{path}") };
    let mut links = vec![
        link("Table as text (Markdown)".to_owned(), "table.md".to_owned()),
        link("Table as CSV".to_owned(), "table.csv".to_owned()),
        link("Table as LaTeX".to_owned(), "table.tex".to_owned()),
        link("Table as JSON, with claims and all runs".to_owned(), "table.json".to_owned()),
    ];
    for name in figures {
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
