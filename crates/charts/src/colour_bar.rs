//! The colours of heat maps: which value has which colour, and the bars that show it.

use crate::domain::{extrema, LARGEST};
use crate::figure::{Figure, HeatMap, Layer, Panel};
use crate::sizes::{line_height, LABEL, SMALL, TICK};
use crate::text;
use crate::ticks::{self, Tick};

/// The width of the strip of colours.
pub const STRIP: f64 = 16.0;
/// The distance from the plotting area to the strip.
pub const GAP: f64 = 14.0;

/// A colour bar beside a panel.
#[derive(Clone, Debug, PartialEq)]
pub struct ColourBar {
    pub range: [f64; 2],
    pub ticks: Vec<Tick>,
    pub label: String,
}

impl ColourBar {
    /// The room that the bar needs beside the panel.
    pub fn width(&self) -> f64 {
        GAP + STRIP + TICK + 4.0 + self.label_offset() + if self.label.is_empty() { 0.0 } else { line_height(LABEL) }
    }

    /// The width of the tick labels with the gap after them.
    pub fn label_offset(&self) -> f64 {
        self.ticks.iter().map(|tick| text::width(&tick.label, SMALL)).fold(0.0, f64::max) + 6.0
    }
}

/// The colour bar of each panel of `figure`; in a row of panels with one scale only the last has one.
pub fn bars(figure: &Figure, columns: usize) -> Vec<Option<ColourBar>> {
    let maps: Vec<Option<&HeatMap>> = figure.panels.iter().map(heat_map).collect();
    let bar = |(index, map): (usize, &Option<&HeatMap>)| {
        let map = (*map)?;
        let next = maps.get(index + 1).copied().flatten();
        let same = next.is_some_and(|next| next.label == map.label && range(figure, next) == range(figure, map));
        if same && (index + 1) % columns != 0 {
            return None;
        }
        let range = range(figure, map);
        let ticks = ticks::linear(range[0], range[1], 5);
        Some(ColourBar { range, ticks, label: map.label.clone() })
    };
    maps.iter().enumerate().map(bar).collect()
}

/// The values of the first and the last colour of `map` in `figure`.
pub fn range(figure: &Figure, map: &HeatMap) -> [f64; 2] {
    let [low, high] = map.range.unwrap_or_else(|| extrema(values(figure, &map.label)));
    if !(low.abs() <= LARGEST && high.abs() <= LARGEST) {
        return [0.0, 1.0];
    }
    if low == high {
        // One value has the first colour.
        return [low, low + (0.1 * low.abs()).max(1.0)];
    }
    [low, high]
}

/// The values of all heat maps with the label `label`.
fn values<'a>(figure: &'a Figure, label: &'a str) -> impl Iterator<Item = f64> + 'a {
    let maps = figure.panels.iter().filter_map(heat_map).filter(move |map| map.label == label);
    maps.flat_map(|map| map.rows.iter().flatten().copied()).filter(|value| value.abs() <= LARGEST)
}

/// The heat map of a panel.
fn heat_map(panel: &Panel) -> Option<&HeatMap> {
    panel.layers.iter().find_map(|layer| if let Layer::HeatMap(map) = layer { Some(map) } else { None })
}

/// The colour of `value`, or none if it is not finite. The colours are viridis: light is large, and every step is about
/// as visible as any other, also in grey and for colour-blind readers.
pub fn colour(range: [f64; 2], value: f64) -> Option<[u8; 3]> {
    if !value.is_finite() {
        return None;
    }
    let share = ((value - range[0]) / (range[1] - range[0])).clamp(0.0, 1.0);
    let colour = colorous::VIRIDIS.eval_continuous(share);
    Some([colour.r, colour.g, colour.b])
}
