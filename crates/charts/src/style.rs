//! The appearance of series: colour, marker, dash and hatch, so that no two series differ by colour alone.

use std::collections::HashMap;

use crate::figure::{Figure, Layer};
use crate::theme::SERIES;

/// The shape of a marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Marker {
    Circle,
    Square,
    Triangle,
    Diamond,
    DownTriangle,
    Cross,
    Hexagon,
    Plus,
}

const MARKERS: [Marker; SERIES] = [
    Marker::Circle,
    Marker::Square,
    Marker::Triangle,
    Marker::Diamond,
    Marker::DownTriangle,
    Marker::Cross,
    Marker::Hexagon,
    Marker::Plus,
];

/// The dashes of lines; the first is solid.
const DASHES: [&str; 4] = ["", "8 4", "2 4", "9 3 2 3"];

/// The lines in a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hatch {
    None,
    Rising,
    Level,
    Falling,
    Upright,
    Squares,
    Diamonds,
}

const HATCHES: [Hatch; 7] =
    [Hatch::None, Hatch::Rising, Hatch::Level, Hatch::Falling, Hatch::Upright, Hatch::Diamonds, Hatch::Squares];

/// The appearance of one series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Style {
    /// The index of the colour.
    pub colour: usize,
    pub marker: Marker,
    pub dash: &'static str,
    pub hatch: Hatch,
}

impl Style {
    /// The appearance of the series with this index. The first 64 differ in colour or marker, the first 56 in colour or
    /// hatch.
    pub fn of(index: usize) -> Self {
        let round = index / SERIES;
        Self {
            colour: index % SERIES,
            marker: MARKERS[(index + round) % SERIES],
            dash: DASHES[(index + round) % DASHES.len()],
            hatch: HATCHES[index % HATCHES.len()],
        }
    }

    /// The dash of a line as an SVG attribute; empty for a solid line.
    pub fn dash_attribute(self) -> String {
        if self.dash.is_empty() {
            return String::new();
        }
        format!(r#" stroke-dasharray="{}""#, self.dash)
    }
}

/// How a series is shown in the legend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sample {
    Line { markers: bool, connected: bool },
    Bar,
    Points,
}

/// A series of the legend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub style: Style,
    pub sample: Sample,
}

/// The series of a figure in the order of their first appearance, one for each name.
#[derive(Debug, Default)]
pub struct Styles {
    named: HashMap<String, usize>,
    entries: Vec<Entry>,
}

impl Styles {
    /// The series of `figure`.
    pub fn of(figure: &Figure) -> Self {
        let mut all = Self::default();
        for layer in figure.panels.iter().flat_map(|panel| &panel.layers) {
            match layer {
                Layer::Line(line) => {
                    all.add(&line.name, Sample::Line { markers: line.markers, connected: line.connected });
                }
                Layer::Bars(bars) => bars.series.iter().for_each(|series| all.add(&series.name, Sample::Bar)),
                Layer::Points(points) => points.groups.iter().for_each(|group| all.add(&group.name, Sample::Points)),
                Layer::HeatMap(_) | Layer::Rule(_) => {}
            }
        }
        all
    }

    fn add(&mut self, name: &str, sample: Sample) {
        if !self.named.contains_key(name) {
            let index = self.entries.len();
            self.named.insert(name.to_owned(), index);
            self.entries.push(Entry { name: name.to_owned(), style: Style::of(index), sample });
        }
    }

    /// The appearance of the series `name`.
    pub fn style(&self, name: &str) -> Style {
        Style::of(self.named.get(name).copied().unwrap_or(0))
    }

    /// The entries of the legend: all series with a name.
    pub fn legend(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| !entry.name.is_empty())
    }
}
