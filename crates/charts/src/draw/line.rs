//! Lines with markers, error bars and bands.

use super::marker;
use super::view::View;
use crate::figure::{Intervals, Line, Point};
use crate::style::{Marker, Style};
use crate::svg::{path_through, Svg};
use crate::theme::Colours;

/// The radius of a marker.
pub const MARKER: f64 = 4.2;
/// The radius of a point without a neighbour on a line without markers.
const DOT: f64 = 2.5;
/// Half the width of the end of an error bar.
const CAP: f64 = 4.0;

/// Draws the band of `line`, if it has one.
pub fn band(svg: &mut Svg, view: &View, line: &Line, style: Style, colours: &Colours) {
    if line.intervals != Intervals::Band {
        return;
    }
    for run in runs(&line.points, |point| ends(view, point).is_some()) {
        let ends: Vec<_> = run.iter().filter_map(|point| ends(view, point)).collect();
        let upper = ends.iter().map(|[_, high]| view.clamped(*high));
        let lower = ends.iter().rev().map(|[low, _]| view.clamped(*low));
        let outline: Vec<_> = upper.chain(lower).collect();
        let fill = &colours.series[style.colour];
        svg.path(&path_through(&outline, true), &format!(r#"fill="{fill}" fill-opacity="0.2""#));
    }
}

/// Draws the line, its error bars and its markers.
pub fn line(svg: &mut Svg, view: &View, line: &Line, style: Style, colours: &Colours) {
    let stroke = &colours.series[style.colour];
    if line.connected {
        let dash = style.dash_attribute();
        let paint = format!(r#"fill="none" stroke="{stroke}" stroke-width="2" stroke-linejoin="round"{dash}"#);
        for run in runs(&line.points, |point| view.at(point.x, point.y).is_some()) {
            let path: Vec<_> = run.iter().filter_map(|point| view.at(point.x, point.y)).collect();
            for part in visible(view, &path) {
                svg.path(&path_through(&part, false), &paint);
            }
        }
    }
    if line.intervals == Intervals::Bars {
        for [low, high] in line.points.iter().filter_map(|point| ends(view, point)) {
            error_bar(svg, view, low, high, stroke);
        }
    }
    if line.markers || !line.connected {
        let paint = format!(r#"fill="{stroke}" stroke="{}" stroke-width="1""#, colours.page);
        for at in line.points.iter().filter_map(|point| view.at(point.x, point.y)).filter(|at| view.contains(*at)) {
            let element = marker::element(style.marker, at, MARKER, &paint);
            svg.raw(format_args!("{element}"));
        }
    } else {
        lone_points(svg, view, line, stroke);
    }
}

/// Draws an error bar between two positions: a line with an end of its own at each of them that is inside.
pub fn error_bar(svg: &mut Svg, view: &View, low: [f64; 2], high: [f64; 2], stroke: &str) {
    let Some([from, to]) = view.inside(low, high) else { return };
    svg.line(from, to, stroke, 1.6, "");
    let across = if (high[0] - low[0]).abs() > (high[1] - low[1]).abs() { [0.0, CAP] } else { [CAP, 0.0] };
    for end in [low, high].into_iter().filter(|end| view.contains(*end)) {
        let [one, other] = [-1.0, 1.0].map(|sign| [end[0] + sign * across[0], end[1] + sign * across[1]]);
        svg.line(one, other, stroke, 1.6, "");
    }
}

/// A dot for each point without a neighbour, which a line without markers would not show.
fn lone_points(svg: &mut Svg, view: &View, line: &Line, stroke: &str) {
    for run in runs(&line.points, |point| view.at(point.x, point.y).is_some()) {
        if let [one] = run {
            let Some(at) = view.at(one.x, one.y).filter(|at| view.contains(*at)) else { continue };
            let element = marker::element(Marker::Circle, at, DOT, &format!(r#"fill="{stroke}""#));
            svg.raw(format_args!("{element}"));
        }
    }
}

/// The lower and the upper end of the interval of a point. An end with no place on a logarithmic axis is at its edge.
fn ends(view: &View, point: &Point) -> Option<[[f64; 2]; 2]> {
    let [x, _] = view.at(point.x, point.y)?;
    let end = |value: Option<f64>| {
        let value = value.filter(|value| !value.is_nan())?;
        let y = view.y(value);
        Some([x, if y.is_nan() { view.y_base() } else { y.clamp(-1e6, 1e6) }])
    };
    Some([end(point.low)?, end(point.high)?])
}

/// The runs of neighbouring points that are `usable`.
fn runs(points: &[Point], usable: impl Fn(&Point) -> bool) -> Vec<&[Point]> {
    points.split(|point| !usable(point)).filter(|run| !run.is_empty()).collect()
}

/// The parts of a path that are inside.
fn visible(view: &View, path: &[[f64; 2]]) -> Vec<Vec<[f64; 2]>> {
    let mut parts: Vec<Vec<[f64; 2]>> = Vec::new();
    for pair in path.windows(2) {
        let Some([from, to]) = view.inside(pair[0], pair[1]) else { continue };
        match parts.last_mut() {
            Some(part) if part.last() == Some(&from) => part.push(to),
            _ => parts.push(vec![from, to]),
        }
    }
    parts
}
