//! The reports of experiments: figures, claims and tables of made-up results.

#![allow(clippy::unwrap_used)] // Test helpers: clippy exempts only test functions.

use std::collections::BTreeMap;
use std::path::Path;

use charts::{Layer, Theme};
use lab::experiment::{
    decide, names, Cell, Estimate, Measure, PlannedRow, PublishedCell, Row, RowKind, ScaleUsed, Shown, Spec, Table,
};
use serde_json::json;

/// A number between -1 and 1 that depends on its arguments only.
fn noise(a: usize, b: usize) -> f64 {
    ((a * 7919 + b * 104_729 + 13) as f64).sin()
}

/// A made-up estimate for a column of one of the rows, with 95 % of its draws within about 0.006.
fn made_up(spec: &Spec, rows: &[PlannedRow], row: &PlannedRow, column: &str) -> Option<Estimate> {
    let measure = match spec.shown(spec.column(column)?)? {
        Shown::Measure(measure) => measure,
        _ => return None,
    };
    let place = rows.iter().position(|other| other.id == row.id).unwrap();
    let network = row.network.as_ref();
    let seconds = network.map_or(1.0, |network| network.input_length as f64 / f64::from(network.sampling_rate));
    let published = row.published.values().find_map(|values| values.get(column)).copied();
    let exact = |value: f64| Some(Estimate { value, deviation: None, draws: vec![value; 200] });
    match measure {
        Measure::RocAuc | Measure::PrAuc => {
            let value = published.unwrap_or(0.88) - 0.02 + 0.004 * noise(place, 1);
            let draws = (0..200).map(|draw| value + 0.003 * noise(draw, 2) + 0.003 * noise(draw, place)).collect();
            Some(Estimate { value, deviation: None, draws })
        }
        Measure::Accuracy => None,
        Measure::Layers => exact(network?.blocks.len() as f64 + 2.0),
        Measure::InputSeconds => exact(seconds),
        Measure::Parameters => exact(1e6 + 1e4 * place as f64),
        Measure::Epochs => exact(20.0 + place as f64),
        _ => exact(published.unwrap_or(0.4 + 0.6 * seconds)),
    }
}

/// A table with all rows of an experiment, whose values belong to `dataset`.
fn table(spec: &Spec, dataset: &str) -> Table {
    let plans = spec.rows().unwrap();
    let row = |plan: &PlannedRow| {
        let cell = |estimate: Estimate| Cell {
            value: Some(estimate.value),
            deviation: estimate.deviation,
            interval: estimate.interval(0.95).filter(|[low, high]| low < high),
        };
        let cells = spec.columns.iter().filter_map(|column| {
            Some((
                column.name.clone(),
                cell(made_up(spec, &plans, plan, &column.name).filter(|_| plan.kind != RowKind::Published)?),
            ))
        });
        let published = plan.published.iter().flat_map(|(kind, values)| {
            values.iter().map(move |(column, value)| {
                let cell = PublishedCell {
                    value: *value,
                    dataset: (kind != "any").then(|| kind.clone()),
                    comparable: kind == "any" || kind == dataset,
                };
                (column.clone(), cell)
            })
        });
        Row {
            experiment: spec.name.clone(),
            id: plan.id.clone(),
            kind: plan.kind,
            architecture: plan.architecture.clone(),
            axes: plan.axes.clone(),
            cells: cells.collect(),
            published: published.collect::<BTreeMap<_, _>>(),
            dataset: dataset.to_owned(),
            runs: Vec::new(),
        }
    };
    Table {
        spec: spec.clone(),
        scale: None,
        dataset: dataset.to_owned(),
        seeds: vec![1],
        protocol: json!({"batchSize": 23, "optimiser": {"kind": "sgd", "momentum": 0.9}}).as_object().unwrap().clone(),
        rows: plans.iter().map(row).collect(),
        missing: Vec::new(),
        claims: decide(spec, &|row, column| made_up(spec, &plans, row, column)).unwrap(),
    }
}

fn of(name: &str, dataset: &str) -> Table {
    table(&Spec::named(name).unwrap(), dataset)
}

/// The names of the series of a panel.
fn series(panel: &charts::Panel) -> Vec<String> {
    let names = |layer: &Layer| match layer {
        Layer::Line(line) => vec![line.name.clone()],
        Layer::Bars(bars) => bars.series.iter().map(|series| series.name.clone()).collect(),
        _ => Vec::new(),
    };
    panel.layers.iter().flat_map(names).collect()
}

fn figure(table: &Table, name: &str) -> charts::Figure {
    table.figures().into_iter().find(|(own, _)| own == name).unwrap().1
}

#[test]
fn every_figure_of_every_experiment_is_drawn() {
    for name in names().unwrap() {
        for dataset in ["mtat", "gm-mtat"] {
            for (figure_name, figure) in of(&name, dataset).figures() {
                let svg = figure.svg(Theme::Light);
                assert!(!svg.contains("no values"), "{name}: {figure_name} on {dataset}");
                assert!(!figure.panels[0].y.heading().is_empty() && !figure.panels[0].x.heading().is_empty());
            }
        }
    }
}

#[test]
fn published_values_of_the_same_dataset_stand_beside_ours() {
    let figure = figure(&of("table5", "mtat"), "auc-against-rate");
    assert_eq!(figure.panels.len(), 1);
    assert_eq!(series(&figure.panels[0]), ["ours", "published (mtat)"]);
}

#[test]
fn published_values_of_another_dataset_have_a_panel_of_their_own() {
    let figure = figure(&of("table5", "gm-mtat"), "auc-against-rate");
    let titles: Vec<&str> = figure.panels.iter().map(|panel| panel.title.as_str()).collect();
    assert_eq!(titles, ["ours (gm-mtat)", "published (mtat)"]);
    assert!(!figure.shared_y, "values of different datasets have no common range");
    assert!(figure.shared_x);
}

#[test]
fn the_points_are_the_cells_of_the_table() {
    let table = of("table5", "mtat");
    let figure = figure(&table, "auc-against-rate");
    let Layer::Line(line) = &figure.panels[0].layers[0] else { panic!("a line") };
    for (row, point) in table.rows.iter().zip(&line.points) {
        assert_eq!(Some(point.x), row.axes["rate"].number());
        let cell = row.cells["rocAuc"];
        assert_eq!((Some(point.y), cell.interval), (cell.value, Some([point.low.unwrap(), point.high.unwrap()])));
    }
    assert_eq!(figure.panels[0].x.ticks.as_ref().map(Vec::len), Some(7), "one tick for each rate");
}

#[test]
fn series_are_in_the_order_of_their_axes() {
    let figure = figure(&of("sweep", "mtat"), "auc-against-stride");
    assert_eq!(figure.panels.len(), 2);
    let found = series(&figure.panels[0]);
    assert_eq!(found.len(), 8);
    assert_eq!(found[0], "m = 2, input of the family: shorter");
    assert_eq!(found, series(&figure.panels[1]), "a series looks the same in both panels");
    assert!(figure.shared_y, "values of one dataset have one range");
}

#[test]
fn bars_of_areas_begin_below_the_smallest_and_say_so() {
    let figure = figure(&of("blocks", "mtat"), "auc-of-blocks");
    let [low, _] = figure.panels[0].y.range.unwrap();
    assert!(low > 0.5, "{low}");
    assert!(figure.caption.contains("Bars do not begin at 0."), "{}", figure.caption);
}

#[test]
fn ratios_have_a_line_at_their_reference() {
    let figure = figure(&of("table5", "mtat"), "time-against-rate");
    let rules = figure.panels[0].layers.iter().filter_map(|layer| match layer {
        Layer::Rule(rule) => Some((rule.at, rule.label.clone())),
        _ => None,
    });
    assert_eq!(rules.collect::<Vec<_>>(), [(1.0, "1 = 22050".to_owned())]);
}

#[test]
fn the_report_has_claims_table_figures_and_settings() {
    let mut table = of("table5", "gm-mtat");
    table.scale = Some(ScaleUsed { name: "small".to_owned(), words: "120 clips, 4 epochs".to_owned() });
    table.claims[0].verdict = None;
    table.claims[0].reason = Some("the row 8000 is missing".to_owned());
    let section = table.section("table5");
    let parts: Vec<&str> = section.sections.iter().map(|part| part.title.as_str()).collect();
    assert_eq!(parts, ["Claims", "Table", "Figures", "Settings", "Files"]);
    let html = charts::Report::new("all").section(section).html();
    for text in [
        "(scale small: 120 clips, 4 epochs)",
        "not measured",
        "Reason: the row 8000 is missing.",
        "95 % interval",
        "ROC-AUC of 4000 \u{2212} 8000: ",
        "time of an epoch of 8000 / 22050: ",
        "no interval, expected 0.35 to 0.65",
        "published ROC-AUC (mtat)",
        "&quot;kind&quot;:&quot;sgd&quot;",
        "href=\"table5/figures/auc-against-rate-dark.svg\"",
    ] {
        assert!(html.contains(text), "{text}");
    }
}

#[test]
fn an_experiment_without_rows_has_a_report() {
    let mut table = of("sweep", "gm-mtat");
    table.rows.clear();
    assert!(table.figures().iter().all(|(_, figure)| figure.svg(Theme::Dark).contains("no values")));
    assert!(charts::Report::new("none").section(table.section("")).html().contains("0 trainings"));
}

/// With the environment variable SAMPLECNN_REPORTS, writes the reports of made-up results into this folder, to look at.
#[test]
fn reports_are_written_where_they_are_asked_for() {
    let Some(folder) = std::env::var_os("SAMPLECNN_REPORTS") else { return };
    for name in names().unwrap() {
        let table = of(&name, "gm-mtat");
        let report = charts::Report::new(table.heading()).section(table.section(""));
        std::fs::write(Path::new(&folder).join(format!("{name}.html")), report.html()).unwrap();
        for (figure, drawing) in table.figures() {
            std::fs::write(
                Path::new(&folder).join(format!("{name}-{figure}.png")),
                drawing.png(Theme::Light, 1.0).unwrap(),
            )
            .unwrap();
        }
    }
}
