//! Where everything is on the page: the plotting areas, and the room around them for labels.

use crate::colour_bar::{self, ColourBar};
use crate::domain::Domain;
use crate::figure::{Across, Figure, Panel, Scale};
use crate::legend;
use crate::sizes::{line_height, LABEL, SMALL, TICK, TITLE};
use crate::style::Styles;
use crate::text;
use crate::ticks::Tick;

/// The room at the edge of the page.
pub const EDGE: f64 = 12.0;
/// Half of the room between labels of the x axis.
const GAP: f64 = 4.0;
/// The longest label of a category.
const LONGEST_LABEL: f64 = 210.0;

/// The most lines of the heading of an axis or a panel.
const LINES: usize = 3;

/// The labels of one axis of one panel.
#[derive(Debug)]
pub struct AxisLabels {
    pub domain: Domain,
    pub ticks: Vec<Tick>,
    /// Whether the tick labels are written; in a shared axis only the outer panels have them.
    pub labelled: bool,
    /// Whether the tick labels of the x axis are turned.
    pub turned: bool,
    /// The lines of the heading of the axis.
    pub heading: Vec<String>,
    /// The room for tick labels.
    pub room: f64,
}

/// One panel on the page.
#[derive(Debug)]
pub struct Cell<'a> {
    pub panel: &'a Panel,
    pub x: AxisLabels,
    pub y: AxisLabels,
    /// The upper left corner of the plotting area.
    pub from: [f64; 2],
    /// The lower right corner of the plotting area.
    pub to: [f64; 2],
    pub title: Vec<String>,
    pub notes: Vec<String>,
    pub bar: Option<ColourBar>,
}

/// The whole page.
#[derive(Debug)]
pub struct Layout<'a> {
    pub width: f64,
    pub height: f64,
    pub title: Vec<String>,
    pub legend: legend::Legend,
    pub cells: Vec<Cell<'a>>,
    pub caption: Vec<String>,
    /// The top of the caption.
    pub caption_at: f64,
}

/// Which texts of the figure are drawn; an HTML page shows them itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Texts {
    /// Title and caption are a part of the picture.
    Inside,
    /// The page around the picture contains them.
    Outside,
}

impl<'a> Layout<'a> {
    /// Places the parts of `figure`.
    pub fn of(figure: &'a Figure, styles: &Styles, texts: Texts) -> Self {
        let columns = figure.columns.unwrap_or(3).clamp(1, figure.panels.len().max(1));
        let [width, height] = panel_size(figure, columns);
        let mut cells = cells(figure, columns, width, height);
        let area_width = cells.iter().map(|cell| cell.to[0]).fold(0.0, f64::max);
        let rows = figure.panels.len().div_ceil(columns);

        let lefts = by(columns, |column| most(cells.iter().skip(column).step_by(columns).map(left)));
        let rights = by(columns, |column| {
            let last = column + 1 == columns;
            most(cells.iter().skip(column).step_by(columns).map(|cell| right(cell, last)))
        });
        let grid_width: f64 = lefts.iter().chain(&rights).sum::<f64>() + area_width * columns as f64;
        let page_width = grid_width + 2.0 * EDGE;
        let text_width = page_width - 2.0 * EDGE;

        let (title, caption) = match texts {
            Texts::Inside => {
                (text::wrap(&figure.title, TITLE, text_width), text::wrap(&figure.caption, SMALL, text_width))
            }
            Texts::Outside => (Vec::new(), Vec::new()),
        };
        let mut y = EDGE + title.len() as f64 * line_height(TITLE);
        let legend = legend::Legend::of(styles, [EDGE, y + 4.0], text_width);
        y += legend.height;

        for row in 0..rows {
            let range = row * columns..cells.len().min((row + 1) * columns);
            let row_height = most(cells[range.clone()].iter().map(|cell| cell.to[1]));
            let above = most(cells[range.clone()].iter().map(above));
            let below = most(cells[range.clone()].iter().map(below));
            let mut x = EDGE;
            for (column, index) in range.enumerate() {
                let cell = &mut cells[index];
                x += lefts[column];
                cell.from = [x.round(), (y + above).round()];
                cell.to = [cell.from[0] + cell.to[0], cell.from[1] + row_height];
                x += area_width + rights[column];
            }
            y += above + row_height + below;
        }
        let caption_at = y + 4.0;
        let caption_height = caption.len() as f64 * line_height(SMALL);
        let height = (caption_at + caption_height + EDGE).ceil();
        Self { width: page_width.ceil(), height, title, legend, cells, caption, caption_at }
    }
}

/// The size of a plotting area.
fn panel_size(figure: &Figure, columns: usize) -> [f64; 2] {
    let usual = match columns {
        1 => [390.0, 270.0],
        2 => [380.0, 260.0],
        _ => [270.0, 210.0],
    };
    let given = figure.panel_size.unwrap_or(usual);
    [0, 1].map(|side| if given[side].is_finite() { given[side].clamp(60.0, 4_000.0) } else { usual[side] })
}

/// The panels with their labels; `to` holds the size of the plotting area until they have a place.
fn cells(figure: &Figure, columns: usize, width: f64, height: f64) -> Vec<Cell<'_>> {
    let all: Vec<&Panel> = figure.panels.iter().collect();
    let shared_x = figure.shared_x.then(|| Domain::of(&all, Across::X));
    let shared_y = figure.shared_y.then(|| Domain::of(&all, Across::Y));
    // Horizontal bars and rows of categories need a line of text each, rotated labels a column each.
    let width = all.iter().map(|panel| categories(&panel.x.scale) * SMALL * 1.25).fold(width, f64::max).ceil();
    let height = all.iter().map(|panel| categories(&panel.y.scale) * SMALL * 1.35).fold(height, f64::max).ceil();
    let bars = colour_bar::bars(figure, columns);
    let mut cells = Vec::new();
    for ((index, panel), bar) in figure.panels.iter().enumerate().zip(bars) {
        let lowest = index + columns >= figure.panels.len();
        let first = index % columns == 0;
        let x = x_labels(panel, shared_x, lowest, width);
        let y = y_labels(panel, shared_y, first, height);
        let notes = panel.notes.iter().flat_map(|note| text::wrap(note, SMALL, width)).collect();
        let title = text::wrap_at_most(LINES, &panel.title, LABEL, width);
        cells.push(Cell { panel, x, y, from: [0.0; 2], to: [width, height], title, notes, bar });
    }
    cells
}

fn categories(scale: &Scale) -> f64 {
    match scale {
        Scale::Categories(names) => names.len() as f64,
        _ => 0.0,
    }
}

fn x_labels(panel: &Panel, shared: Option<Domain>, lowest: bool, width: f64) -> AxisLabels {
    let domain = shared.unwrap_or_else(|| Domain::of(&[panel], Across::X));
    let mut ticks = domain.ticks(&panel.x, (width / 70.0) as usize);
    let labelled = shared.is_none() || lowest;
    let is_category = categories(&panel.x.scale) > 0.0;
    if !is_category {
        thin_out(&mut ticks, domain, width);
    }
    let longest = most(ticks.iter().map(|tick| text::width(&tick.label, SMALL)));
    let turned = is_category && longest > width / ticks.len().max(1) as f64 - 6.0;
    let room = match (labelled, turned) {
        _ if ticks.is_empty() || !labelled => 4.0,
        (_, true) => longest.min(LONGEST_LABEL) + TICK + 6.0,
        _ => line_height(SMALL) + TICK + 4.0,
    };
    let heading = if labelled { text::wrap_at_most(LINES, &panel.x.heading(), LABEL, width) } else { Vec::new() };
    AxisLabels { domain, ticks, labelled, turned, heading, room }
}

fn y_labels(panel: &Panel, shared: Option<Domain>, first: bool, height: f64) -> AxisLabels {
    let domain = shared.unwrap_or_else(|| Domain::of(&[panel], Across::Y));
    let ticks = domain.ticks(&panel.y, (height / 45.0) as usize);
    let labelled = shared.is_none() || first;
    let longest = most(ticks.iter().map(|tick| text::width(&tick.label, SMALL))).min(LONGEST_LABEL);
    let room = if ticks.is_empty() || !labelled { 4.0 } else { longest + TICK + 6.0 };
    let heading = if labelled { text::wrap_at_most(LINES, &panel.y.heading(), LABEL, height) } else { Vec::new() };
    AxisLabels { domain, ticks, labelled, turned: false, heading, room }
}

/// Removes the labels of a numeric x axis that would touch others. On a logarithmic axis powers of ten stay.
fn thin_out(ticks: &mut [Tick], domain: Domain, width: f64) {
    let mut taken: Vec<[f64; 2]> = Vec::new();
    let is_power = |value: f64| domain.log && (value.log10() - value.log10().round()).abs() < 1e-9;
    for powers in [true, false] {
        for tick in ticks.iter_mut().filter(|tick| !tick.label.is_empty() && is_power(tick.value) == powers) {
            let (middle, half) = (domain.share(tick.value) * width, text::width(&tick.label, SMALL) / 2.0);
            let place = [middle - half - GAP, middle + half + GAP];
            if taken.iter().any(|other| place[0] < other[1] && other[0] < place[1]) {
                tick.label.clear();
            } else {
                taken.push(place);
            }
        }
    }
}

/// The label of a category, cut to the room that it has.
pub fn shown_label(label: &str) -> String {
    text::cut(label, SMALL, LONGEST_LABEL)
}

fn left(cell: &Cell) -> f64 {
    let heading = cell.y.heading.len() as f64 * line_height(LABEL);
    let overhang = overhang(cell, |share| share);
    (cell.y.room + heading + if heading > 0.0 { 4.0 } else { 0.0 }).max(overhang)
}

/// How far labels of the x axis reach beyond one end of the plotting area. `distance` turns the share of the axis
/// before a tick into the share between this end and the tick.
fn overhang(cell: &Cell, distance: impl Fn(f64) -> f64) -> f64 {
    if !cell.x.labelled || cell.x.turned {
        return 0.0;
    }
    let beyond =
        |tick: &Tick| text::width(&tick.label, SMALL) / 2.0 - distance(cell.x.domain.share(tick.value)) * cell.to[0];
    most(cell.x.ticks.iter().map(beyond))
}

fn right(cell: &Cell, last: bool) -> f64 {
    let overhang = overhang(cell, |share| 1.0 - share);
    let gap = if last { 0.0 } else { 14.0 };
    overhang.max(4.0) + gap + cell.bar.as_ref().map_or(0.0, ColourBar::width)
}

fn above(cell: &Cell) -> f64 {
    cell.title.len() as f64 * line_height(LABEL) + 10.0
}

/// The distance from the plotting area to the first line of the notes.
pub fn notes_offset(cell: &Cell) -> f64 {
    cell.x.room + cell.x.heading.len() as f64 * line_height(LABEL) + 4.0
}

fn below(cell: &Cell) -> f64 {
    notes_offset(cell) + cell.notes.len() as f64 * line_height(SMALL) + 6.0
}

fn most(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, f64::max)
}

fn by(count: usize, value: impl Fn(usize) -> f64) -> Vec<f64> {
    (0..count).map(value).collect()
}
