//! Heat maps and their colour bars.

use super::view::View;
use crate::colour_bar::{colour, ColourBar, GAP, STRIP};
use crate::figure::HeatMap;
use crate::layout::Cell;
use crate::png;
use crate::sizes::{LABEL, SMALL, TICK};
use crate::svg::{short, Anchor, Svg, Text};
use crate::theme::Colours;

/// A matrix with more cells is one embedded image instead of a rectangle for each cell.
const CELLS: usize = 3_000;

/// Draws `map` with the colours of `range`.
pub fn heat_map(svg: &mut Svg, view: &View, map: &HeatMap, range: [f64; 2], colours: &Colours) {
    let (rows, columns) = (map.rows.len(), map.columns());
    let edges = [map.x_edges(), map.y_edges()];
    if rows == 0 || columns == 0 || edges.iter().any(|[a, b]| !(b - a).is_normal()) {
        return;
    }
    if rows * columns > CELLS && view.is_linear() && is_inside(view, edges) {
        image(svg, view, map, range, edges);
        return;
    }
    let place = |[from, to]: [f64; 2], index: usize, count: usize| from + (to - from) * index as f64 / count as f64;
    for (row, values) in map.rows.iter().enumerate() {
        for (column, value) in values.iter().enumerate() {
            let xs = [column, column + 1].map(|index| view.x(place(edges[0], index, columns)));
            let ys = [row, row + 1].map(|index| view.y(place(edges[1], index, rows)));
            if xs.iter().chain(&ys).any(|value| !value.is_finite()) {
                continue;
            }
            let [from, to] = [view.clamped([xs[0], ys[0]]), view.clamped([xs[1], ys[1]])];
            if from[0] == to[0] || from[1] == to[1] {
                continue;
            }
            match colour(range, *value) {
                Some(colour) => coloured(svg, from, to, colour),
                // A cell without a value is empty but for a diagonal.
                None => svg.line(from, to, &colours.soft, 1.0, ""),
            }
        }
    }
}

/// A rectangle with sharp edges, so that no gap is seen between it and its neighbours.
fn coloured(svg: &mut Svg, from: [f64; 2], to: [f64; 2], [red, green, blue]: [u8; 3]) {
    svg.rect(from, to, &format!("#{red:02x}{green:02x}{blue:02x}"), r#" shape-rendering="crispEdges""#);
}

fn is_inside(view: &View, [[left, right], [low, high]]: [[f64; 2]; 2]) -> bool {
    [[left, low], [right, high]].iter().all(|[x, y]| view.at(*x, *y).is_some_and(|at| view.contains(at)))
}

/// The matrix as an image with one pixel for each cell.
fn image(svg: &mut Svg, view: &View, map: &HeatMap, range: [f64; 2], [xs, ys]: [[f64; 2]; 2]) {
    let columns = map.columns();
    let (left, right) = (view.x(xs[0]), view.x(xs[1]));
    let (first, last) = (view.y(ys[0]), view.y(ys[1]));
    let mut pixels = Vec::with_capacity(map.rows.len() * columns * 4);
    let mut rows: Vec<&Vec<f64>> = map.rows.iter().collect();
    if first > last {
        rows.reverse();
    }
    for row in rows {
        for column in 0..columns {
            let column = if left > right { columns - 1 - column } else { column };
            let found = row.get(column).and_then(|value| colour(range, *value));
            pixels.extend(found.map_or([0; 4], |[red, green, blue]| [red, green, blue, 255]));
        }
    }
    let Ok(picture) = png::encode([columns, map.rows.len()], &pixels, &[]) else { return };
    let [from, to] = [[left.min(right), first.min(last)], [left.max(right), first.max(last)]];
    let more = r#" style="image-rendering:pixelated" image-rendering="optimizeSpeed""#;
    svg.image(from, to, &picture, more);
}

/// Draws the colour bar of a panel.
pub fn bar(svg: &mut Svg, cell: &Cell, bar: &ColourBar, colours: &Colours) {
    let [left, top, bottom] = [cell.to[0] + GAP, cell.from[1], cell.to[1]];
    let steps = 64;
    for step in 0..steps {
        let [low, high] = [step, step + 1].map(|step| f64::from(step) / f64::from(steps));
        let value = bar.range[0] + (low + high) / 2.0 * (bar.range[1] - bar.range[0]);
        let Some(colour) = colour(bar.range, value) else { continue };
        let [from, to] = [high, low].map(|share| bottom - share * (bottom - top));
        coloured(svg, [left, from], [left + STRIP, to], colour);
    }
    let right = left + STRIP;
    for tick in &bar.ticks {
        let y = bottom - (tick.value - bar.range[0]) / (bar.range[1] - bar.range[0]) * (bottom - top);
        svg.line([right, y], [right + TICK, y], &colours.ink, 1.0, "");
        let at = [right + TICK + 4.0, y + SMALL * 0.36];
        svg.text(Text::new(at, SMALL, &colours.ink), &tick.label);
    }
    let at = [right + TICK + 4.0 + bar.label_offset() + LABEL * 0.8, short((top + bottom) / 2.0)];
    let room = (bottom - top).max(60.0);
    let shown = crate::text::cut(&bar.label, LABEL, room);
    let full = (shown != bar.label).then_some(bar.label.as_str());
    let style = Text { anchor: Anchor::Middle, turn: -90.0, full, ..Text::new(at, LABEL, &colours.ink) };
    svg.text(style, &shown);
}
