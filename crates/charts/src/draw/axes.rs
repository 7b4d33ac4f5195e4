//! Grid lines, ticks, tick labels and headings of the axes.

use super::view::View;
use crate::domain::Domain;
use crate::figure::Scale;
use crate::layout::{shown_label, AxisLabels, Cell};
use crate::sizes::{line_height, LABEL, SMALL, TICK};
use crate::svg::{Anchor, Svg, Text};
use crate::theme::Colours;

/// Draws the grid lines of the labelled ticks of numeric axes.
pub fn grid(svg: &mut Svg, cell: &Cell, colours: &Colours) {
    let view = View::of(cell);
    let [[left, top], [right, bottom]] = [view.from, view.to];
    if !matches!(cell.panel.x.scale, Scale::Categories(_)) {
        for tick in cell.x.ticks.iter().filter(|tick| !tick.label.is_empty()) {
            let x = view.x(tick.value);
            svg.line([x, top], [x, bottom], &colours.grid, 1.0, "");
        }
    }
    if !matches!(cell.panel.y.scale, Scale::Categories(_)) {
        for tick in cell.y.ticks.iter().filter(|tick| !tick.label.is_empty()) {
            let y = view.y(tick.value);
            svg.line([left, y], [right, y], &colours.grid, 1.0, "");
        }
    }
}

/// Draws the frame, the ticks and their labels, and the headings.
pub fn axes(svg: &mut Svg, cell: &Cell, colours: &Colours) {
    let view = View::of(cell);
    let [[left, top], [right, bottom]] = [view.from, view.to];
    let ink = &colours.ink;
    svg.line([left, top], [left, bottom], ink, 1.0, r#" class="axis""#);
    svg.line([left, bottom], [right, bottom], ink, 1.0, r#" class="axis""#);
    if cell.x.ticks.is_empty() && cell.y.ticks.is_empty() {
        // Without ticks, the two other sides show where the panel ends.
        svg.line([left, top], [right, top], ink, 1.0, "");
        svg.line([right, top], [right, bottom], ink, 1.0, "");
    }
    for tick in inside(&cell.x) {
        let x = view.x(tick.value);
        let length = if tick.label.is_empty() { TICK * 0.6 } else { TICK };
        svg.line([x, bottom], [x, bottom + length], ink, 1.0, "");
        if cell.x.labelled {
            x_label(svg, cell, [x, bottom], &tick.label, colours);
        }
    }
    for tick in inside(&cell.y) {
        let y = view.y(tick.value);
        let length = if tick.label.is_empty() { TICK * 0.6 } else { TICK };
        svg.line([left - length, y], [left, y], ink, 1.0, "");
        if cell.y.labelled {
            let at = [left - TICK - 4.0, y + SMALL * 0.36];
            label(svg, at, Anchor::End, 0.0, &tick.label, colours);
        }
    }
    headings(svg, cell, &view, colours);
}

/// The ticks whose place is on the axis.
fn inside(labels: &AxisLabels) -> impl Iterator<Item = &crate::ticks::Tick> {
    let domain: Domain = labels.domain;
    labels.ticks.iter().filter(move |tick| (-1e-6..=1.0 + 1e-6).contains(&domain.share(tick.value)))
}

fn x_label(svg: &mut Svg, cell: &Cell, [x, bottom]: [f64; 2], text: &str, colours: &Colours) {
    if cell.x.turned {
        label(svg, [x + SMALL * 0.36, bottom + TICK + 4.0], Anchor::End, -90.0, text, colours);
    } else {
        label(svg, [x, bottom + TICK + 2.0 + SMALL], Anchor::Middle, 0.0, text, colours);
    }
}

fn label(svg: &mut Svg, at: [f64; 2], anchor: Anchor, turn: f64, text: &str, colours: &Colours) {
    if text.is_empty() {
        return;
    }
    let shown = shown_label(text);
    let full = (shown != text).then_some(text);
    svg.text(Text { anchor, turn, full, ..Text::new(at, SMALL, &colours.ink) }, &shown);
}

fn headings(svg: &mut Svg, cell: &Cell, view: &View, colours: &Colours) {
    let style = |at, turn| Text { anchor: Anchor::Middle, turn, ..Text::new(at, LABEL, &colours.ink) };
    let middle = (view.from[0] + view.to[0]) / 2.0;
    for (index, line) in cell.x.heading.iter().enumerate() {
        let y = view.to[1] + cell.x.room + index as f64 * line_height(LABEL) + LABEL;
        svg.text(style([middle, y], 0.0), line);
    }
    let middle = (view.from[1] + view.to[1]) / 2.0;
    for (index, line) in cell.y.heading.iter().rev().enumerate() {
        let x = view.from[0] - cell.y.room - index as f64 * line_height(LABEL) - 4.0;
        svg.text(style([x, middle], -90.0), line);
    }
}
