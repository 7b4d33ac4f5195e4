//! Reference lines and their labels.

use super::free_place::{Rectangle, Taken};
use super::view::View;
use crate::figure::{Across, Rule};
use crate::sizes::{line_height, SMALL};
use crate::svg::{Svg, Text};
use crate::text;
use crate::theme::Colours;

/// Draws the line.
pub fn line(svg: &mut Svg, view: &View, rule: &Rule, colours: &Colours) {
    let Some([from, to]) = ends(view, rule) else { return };
    svg.line(from, to, &colours.soft, 1.5, r#" stroke-dasharray="6 4""#);
}

/// Writes the label of the line where it hides as little as possible.
pub fn label(svg: &mut Svg, view: &View, rule: &Rule, taken: &mut Taken, colours: &Colours) {
    let Some([from, _]) = ends(view, rule) else { return };
    if rule.label.is_empty() {
        return;
    }
    let shown = text::cut(&rule.label, SMALL, (view.to[0] - view.from[0]) * 0.9);
    let size = [text::width(&shown, SMALL), SMALL];
    let all = places(view, rule.across, from, size);
    let inside = all.iter().copied().filter(|[one, other]| view.contains(*one) && view.contains(*other));
    let usual = all.first().map(|first| (*first, true));
    let Some(([corner, end], covers)) = taken.best(inside).or(usual) else { return };
    if covers {
        // A part of the marks shines through, so that the reader sees that they go on.
        svg.rect(corner, end, &colours.page, r#" fill-opacity="0.8""#);
    }
    let at = [corner[0], corner[1] + SMALL * 0.85];
    let full = (shown != rule.label).then_some(rule.label.as_str());
    let halo = Some(colours.page.as_str());
    svg.text(Text { halo, full, ..Text::new(at, SMALL, &colours.ink) }, &shown);
}

/// The places for a label of the given size beside the line through `at`, the usual ones first.
fn places(view: &View, across: Across, at: [f64; 2], [wide, high]: [f64; 2]) -> Vec<Rectangle> {
    let gap = 4.0;
    let (lefts, tops): (Vec<f64>, Vec<f64>) = match across {
        Across::Y => {
            let (first, last) = (view.from[0] + gap, view.to[0] - gap - wide);
            let between = (1..4).map(|quarter| last + (first - last) * f64::from(quarter) / 4.0);
            (std::iter::once(last).chain([first]).chain(between).collect(), vec![at[1] - gap - high, at[1] + gap])
        }
        Across::X => {
            let rows = ((view.to[1] - view.from[1]) / line_height(SMALL)) as usize;
            let tops = (0..rows).map(|row| view.from[1] + 3.0 + row as f64 * line_height(SMALL)).collect();
            (vec![at[0] + gap, at[0] - gap - wide], tops)
        }
    };
    let place = |left: f64, top: f64| [[left, top], [left + wide, top + high]];
    match across {
        Across::Y => lefts.iter().flat_map(|left| tops.iter().map(move |top| place(*left, *top))).collect(),
        Across::X => tops.iter().flat_map(|top| lefts.iter().map(move |left| place(*left, *top))).collect(),
    }
}

fn ends(view: &View, rule: &Rule) -> Option<[[f64; 2]; 2]> {
    let ends = match rule.across {
        Across::X => [[view.x(rule.at), view.from[1]], [view.x(rule.at), view.to[1]]],
        Across::Y => [[view.from[0], view.y(rule.at)], [view.to[0], view.y(rule.at)]],
    };
    ends.iter().all(|end| view.contains(*end)).then_some(ends)
}
