//! Reference lines and their labels.

use super::view::View;
use crate::figure::{Across, Rule};
use crate::sizes::{line_height, SMALL};
use crate::svg::{Anchor, Svg, Text};
use crate::text;
use crate::theme::Colours;

/// Draws the line.
pub fn line(svg: &mut Svg, view: &View, rule: &Rule, colours: &Colours) {
    let Some([from, to]) = ends(view, rule) else { return };
    svg.line(from, to, &colours.soft, 1.5, r#" stroke-dasharray="6 4""#);
}

/// Writes the label of the line. `earlier` vertical lines have a label already; this label is below theirs.
pub fn label(svg: &mut Svg, view: &View, rule: &Rule, earlier: usize, colours: &Colours) {
    let Some([from, _]) = ends(view, rule) else { return };
    if rule.label.is_empty() {
        return;
    }
    let shown = text::cut(&rule.label, SMALL, (view.to[0] - view.from[0]) * 0.9);
    let wide = text::width(&shown, SMALL);
    let (at, anchor) = match rule.across {
        Across::Y => {
            let above = from[1] - 5.0;
            let y = if above - SMALL < view.from[1] { from[1] + SMALL + 2.0 } else { above };
            ([view.to[0] - 4.0, y], Anchor::End)
        }
        Across::X => {
            let y = view.from[1] + SMALL + 2.0 + earlier as f64 * line_height(SMALL);
            if from[0] + wide + 10.0 > view.to[0] {
                ([from[0] - 5.0, y], Anchor::End)
            } else {
                ([from[0] + 5.0, y], Anchor::Start)
            }
        }
    };
    let full = (shown != rule.label).then_some(rule.label.as_str());
    let style = Text { at, size: SMALL, fill: &colours.ink, anchor, turn: 0.0, halo: Some(&colours.page), full };
    svg.text(style, &shown);
}

fn ends(view: &View, rule: &Rule) -> Option<[[f64; 2]; 2]> {
    let ends = match rule.across {
        Across::X => [[view.x(rule.at), view.from[1]], [view.x(rule.at), view.to[1]]],
        Across::Y => [[view.from[0], view.y(rule.at)], [view.to[0], view.y(rule.at)]],
    };
    ends.iter().all(|end| view.contains(*end)).then_some(ends)
}
