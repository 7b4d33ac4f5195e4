//! The panels of a figure: ours and the published values in one, or beside each other.

use charts::{Axis, Layer, Line, Panel, Rule};

use super::super::spec::{Figure, FigureKind, FigureScale, Measure};
use super::super::table::Table;
use super::bars;
use super::places::Places;
use super::series::{series, Series, Whose};

/// The panels of a figure, and what a reader must know about them.
pub struct Panels {
    /// The panels.
    pub panels: Vec<Panel>,
    /// Whether they may share the range of the vertical axis.
    pub comparable: bool,
    /// Whether bars begin above 0.
    pub is_cut: bool,
    /// Whether published values are among them.
    pub has_published: bool,
}

/// The panels of `figure`. Published values of the same dataset are a series beside ours if the figure has one series;
/// otherwise they are a panel of their own.
pub fn panels(table: &Table, figure: &Figure) -> Panels {
    let places = Places::of(table, figure);
    let ours = series(table, figure, &places, Whose::Ours);
    let published = match figure.published {
        true => series(table, figure, &places, Whose::Published),
        false => Vec::new(),
    };
    let has_published = !published.is_empty();
    let cells = || table.rows.iter().filter_map(|row| row.published.get(&figure.y));
    let comparable = cells().all(|cell| cell.comparable);
    let mut datasets: Vec<&str> = Vec::new();
    for dataset in cells().filter_map(|cell| cell.dataset.as_deref()) {
        if !datasets.contains(&dataset) {
            datasets.push(dataset);
        }
    }
    let source = match datasets[..] {
        [] => "published".to_owned(),
        _ => format!("published ({})", datasets.join(", ")),
    };
    let parts = if published.is_empty() {
        vec![(String::new(), named(ours, ""))]
    } else if comparable && figure.per.is_empty() {
        let both = named(ours, "ours").into_iter().chain(named(published, &source)).collect();
        vec![(String::new(), both)]
    } else {
        let own = format!("ours ({})", table.dataset);
        // Without names in the series, the legend says whose values they are.
        let [mine, theirs] = if figure.per.is_empty() { ["ours", &source] } else { ["", ""] };
        vec![(own, named(ours, mine)), (source.clone(), named(published, theirs))]
    };
    let measure = table.spec.column(&figure.y).and_then(|column| column.measure());
    let may_be_cut = figure.kind == FigureKind::Bars && measure.is_some_and(Measure::is_metric);
    let mut is_cut = false;
    let build = |(title, series): (String, Vec<Series>)| {
        let mut y = vertical(table, figure);
        if may_be_cut {
            let (axis, cut) = bars::closer(y, &values(&series));
            y = axis;
            is_cut |= cut;
        }
        let mut panel = Panel::new(places.axis(table, figure), y).title(title);
        panel.layers = layers(figure, series);
        panel.layers.extend(reference(table, figure).map(Layer::Rule));
        panel
    };
    let panels = parts.into_iter().map(build).collect();
    Panels { panels, comparable, is_cut, has_published }
}

/// All values of `series`, with the ends of their intervals.
fn values(series: &[Series]) -> Vec<f64> {
    let points = series.iter().flat_map(|one| &one.points);
    points.flat_map(|point| [Some(point.y), point.low, point.high].into_iter().flatten()).collect()
}

/// The series with `name` where they have none.
fn named(series: Vec<Series>, name: &str) -> Vec<Series> {
    let with_name = |one: Series| if one.name.is_empty() { Series { name: name.to_owned(), ..one } } else { one };
    series.into_iter().map(with_name).collect()
}

fn vertical(table: &Table, figure: &Figure) -> Axis {
    let column = table.spec.column(&figure.y);
    let relative = column.and_then(|column| Some((column.measure()?.label(), column.relative_to.as_deref()?)));
    let heading = match relative {
        Some((label, id)) => format!("{label}, relative to {id}"),
        None => table.spec.heading(&figure.y),
    };
    match figure.y_scale {
        FigureScale::Log => Axis::log10(heading),
        FigureScale::Linear | FigureScale::Categories => Axis::linear(heading),
    }
}

fn layers(figure: &Figure, series: Vec<Series>) -> Vec<Layer> {
    let line = |one: Series| Line::new(one.name, one.points);
    match figure.kind {
        FigureKind::Bars => bars::layers(series),
        FigureKind::Lines => series.into_iter().map(|one| line(one).into()).collect(),
        FigureKind::Points => series.into_iter().map(|one| line(one).unconnected().into()).collect(),
    }
}

/// The line of the row that the figure names, or the line at 1, the training to which a column of ratios refers.
fn reference(table: &Table, figure: &Figure) -> Option<Rule> {
    if let Some(id) = &figure.reference {
        let row = table.rows.iter().find(|row| row.id == *id)?;
        let value = row.cells.get(&figure.y)?.value?;
        return Some(Rule::horizontal(value, id.clone()));
    }
    let id = table.spec.column(&figure.y)?.relative_to.as_deref()?;
    Some(Rule::horizontal(1.0, format!("1 = {id}")))
}
