//! Bars in groups, with error bars.

use super::free_place::Rectangle;
use super::line::error_bar;
use super::view::View;
use crate::domain::is_horizontal;
use crate::figure::{Bars, Panel, Point};
use crate::style::{Hatch, Style, Styles};
use crate::svg::{path_through, Svg};
use crate::theme::Colours;

/// The share of a category's width that its bars take.
const GROUP: f64 = 0.78;
/// The distance between the lines of a hatch.
const SPACING: f64 = 6.0;

/// Draws `bars`, and returns their rectangles.
pub fn bars(
    svg: &mut Svg,
    view: &View,
    panel: &Panel,
    bars: &Bars,
    styles: &Styles,
    colours: &Colours,
) -> Vec<Rectangle> {
    let horizontal = is_horizontal(panel);
    let count = bars.series.len().max(1) as f64;
    let mut drawn = Vec::new();
    for (index, series) in bars.series.iter().enumerate() {
        let style = styles.style(&series.name);
        for bar in series.bars.iter().filter(|bar| bar.x.is_finite() && bar.y.is_finite()) {
            let begin = bar.x - GROUP / 2.0 + GROUP * index as f64 / count;
            let Some(corners) = corners(view, horizontal, begin, begin + GROUP / count, bar.y) else { continue };
            filled(svg, corners, style, colours);
            drawn.push(corners);
            let middle = begin + GROUP / count / 2.0;
            if let Some([low, high]) = ends(view, horizontal, middle, bar) {
                error_bar(svg, view, low, high, &colours.ink);
            }
        }
    }
    // The line at which bars begin, if they go in both directions.
    let zero = match horizontal {
        true => [[view.x(0.0), view.from[1]], [view.x(0.0), view.to[1]]],
        false => [[view.from[0], view.y(0.0)], [view.to[0], view.y(0.0)]],
    };
    if zero.iter().all(|end| view.contains(*end)) {
        svg.line(zero[0], zero[1], &colours.ink, 1.0, "");
    }
    drawn
}

/// A bar or the sample of one in the legend: a rectangle with the colour and the hatch of its series.
pub fn filled(svg: &mut Svg, [from, to]: Rectangle, style: Style, colours: &Colours) {
    let colour = &colours.series[style.colour];
    svg.rect(from, to, colour, "");
    let lines = hatch([from, to], style.hatch);
    if !lines.is_empty() {
        svg.path(&lines, &format!(r#"stroke="{}" stroke-width="1.2" fill="none""#, colours.page));
    }
}

/// The bar over the categories `begin` to `end` with the value `value`.
fn corners(view: &View, horizontal: bool, begin: f64, end: f64, value: f64) -> Option<Rectangle> {
    // On a logarithmic axis, where 0 has no place, bars begin at the edge.
    let edge = |position: f64, edge: f64| if position.is_nan() { edge } else { position };
    let corners = if horizontal {
        let base = edge(view.x(0.0), view.from[0]);
        [[base, view.y(begin)], [view.x(value), view.y(end)]]
    } else {
        let base = edge(view.y(0.0), view.y_base());
        [[view.x(begin), base], [view.x(end), view.y(value)]]
    };
    let finite = corners.iter().flatten().all(|value| value.is_finite());
    let [one, other] = corners.map(|corner| view.clamped(corner));
    // A bar whose category is outside has no width.
    let across = usize::from(horizontal);
    let rectangle = [[0, 1].map(|side| one[side].min(other[side])), [0, 1].map(|side| one[side].max(other[side]))];
    (finite && one[across] != other[across]).then_some(rectangle)
}

fn ends(view: &View, horizontal: bool, middle: f64, bar: &Point) -> Option<[[f64; 2]; 2]> {
    let end = |value: Option<f64>| {
        let value = value.filter(|value| value.is_finite())?;
        let at = if horizontal { [view.x(value), view.y(middle)] } else { [view.x(middle), view.y(value)] };
        at.iter().all(|value| value.is_finite()).then_some(at)
    };
    Some([end(bar.low)?, end(bar.high)?])
}

/// The lines of a hatch inside a rectangle as path data.
fn hatch(rectangle: Rectangle, hatch: Hatch) -> String {
    let [[left, top], [right, bottom]] = rectangle;
    let (width, height) = (right - left, bottom - top);
    let steps =
        |length: f64| (1..).map(|step| f64::from(step) * SPACING - SPACING / 2.0).take_while(move |at| *at < length);
    let mut lines: Vec<[[f64; 2]; 2]> = Vec::new();
    match hatch {
        Hatch::None => {}
        Hatch::Level => lines.extend(steps(height).map(|at| [[left, bottom - at], [right, bottom - at]])),
        Hatch::Upright => lines.extend(steps(width).map(|at| [[left + at, top], [left + at, bottom]])),
        Hatch::Squares => return [Hatch::Level, Hatch::Upright].map(|one| self::hatch(rectangle, one)).concat(),
        Hatch::Diamonds => return [Hatch::Rising, Hatch::Falling].map(|one| self::hatch(rectangle, one)).concat(),
        Hatch::Rising | Hatch::Falling => {
            for at in steps(width + height) {
                // The line x + y = at, measured from a corner.
                let from = [at.min(width), (at - width).max(0.0)];
                let to = [(at - height).max(0.0), at.min(height)];
                let place = |[x, y]: [f64; 2]| [if hatch == Hatch::Rising { left + x } else { right - x }, top + y];
                lines.push([place(from), place(to)]);
            }
        }
    }
    lines.iter().map(|line| path_through(line, false)).collect()
}
