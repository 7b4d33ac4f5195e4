//! A map of points as one HTML page.

use std::fmt::Write;

use serde_json::{json, Value};

use super::page::page;
use super::text::{audio, rich};
use crate::draw;
use crate::point_map::PointMap;
use crate::style::Style;
use crate::svg::clean;

/// Writes `map` as a page that needs no other file but the audio files that it plays.
pub fn point_map(map: &PointMap) -> String {
    let mut panels = String::new();
    for (index, panel) in map.panels.iter().enumerate() {
        let notes: String =
            panel.notes.iter().map(|note| format!("<p class=\"remarks\">{}</p>\n", rich(note))).collect();
        let heading = if panel.title.is_empty() { format!("Panel {}", index + 1) } else { panel.title.clone() };
        let _ = write!(
            panels,
            "<section class=\"panel\">\n<h2>{}</h2>\n<canvas tabindex=\"0\" role=\"application\" \
             aria-label=\"Map of clips: {}. Arrow keys go to the next clip in a direction, Enter plays it.\" \
             aria-describedby=\"clip\"></canvas>\n{notes}</section>\n",
            rich(&heading),
            clean(&heading)
        );
    }
    let mut groups = String::new();
    for (index, name) in map.groups.iter().enumerate() {
        let count = map.points.iter().filter(|point| point.group == index).count();
        let style = Style::of(index);
        let paint = format!("fill=\"var(--chart-{})\"", style.colour + 1);
        let marker = draw::marker(style.marker, [10.0, 10.0], 5.5, &paint);
        let _ = writeln!(
            groups,
            "<label><input type=\"checkbox\" checked data-group=\"{index}\"><svg width=\"20\" height=\"20\" \
             aria-hidden=\"true\">{marker}</svg>{} ({count})</label>",
            rich(name)
        );
    }
    let caption = if map.caption.is_empty() { String::new() } else { format!("<p>{}</p>\n", rich(&map.caption)) };
    let contents = format!(
        "<header>\n<h1>{}</h1>\n{caption}</header>\n<main id=\"contents\" tabindex=\"-1\">\n\
         <fieldset class=\"groups\">\n<legend>Groups</legend>\n{groups}</fieldset>\n\
         <p class=\"search\"><label for=\"search\">Find a clip by its name or tags</label> \
         <input id=\"search\" type=\"search\" autocomplete=\"off\" aria-controls=\"found\"></p>\n\
         <ul id=\"found\" class=\"found\"></ul>\n<div class=\"now\">\n\
         <p id=\"clip\" class=\"clip\" aria-live=\"polite\">Point at a clip, or go to one with the arrow \
         keys.</p>\n<p><button type=\"button\" id=\"play\" disabled>Play</button></p>\n</div>\n\
         <div class=\"panels\">\n{panels}</div>\n</main>\n<script type=\"application/json\" id=\"data\">{}</script>\n",
        rich(&map.title),
        data(map)
    );
    page(&map.title, &contents, include_str!("point_map.css"), include_str!("point_map.js"), true)
}

/// The clips for the script: a list for each property, and the shapes of the markers.
fn data(map: &PointMap) -> String {
    let points: Vec<_> = map.points.iter().filter(|point| point.group < map.groups.len()).collect();
    let positions: Vec<Vec<Value>> = (0..map.panels.len())
        .map(|panel| {
            let at = points.iter().map(|point| point.at.get(panel).filter(|[x, y]| (x + y).is_finite()));
            // A picture has fewer than a million pixels in a row: six significant digits are enough.
            at.map(|at| at.map_or(Value::Null, |[x, y]| json!([rounded(*x), rounded(*y)]))).collect()
        })
        .collect();
    let styles: Vec<_> = (0..map.groups.len()).map(Style::of).collect();
    let data = json!({
        "names": points.iter().map(|point| &point.name).collect::<Vec<_>>(),
        "texts": points.iter().map(|point| &point.text).collect::<Vec<_>>(),
        "groups": points.iter().map(|point| point.group).collect::<Vec<_>>(),
        "audio": points.iter().map(|point| point.audio.as_deref().map(audio)).collect::<Vec<_>>(),
        "positions": positions,
        "groupNames": map.groups,
        "colours": styles.iter().map(|style| style.colour + 1).collect::<Vec<_>>(),
        "shapes": styles.iter().map(|style| draw::corners(style.marker)).collect::<Vec<_>>(),
    });
    // `<` would end the script early if `/script` followed it.
    data.to_string().replace('<', "\\u003c")
}

/// The number with six significant digits.
fn rounded(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}
