//! What a panel shows: lines, bars, points, heat maps and reference lines.

use serde::{Deserialize, Serialize};

use super::number;

/// One layer of a panel. Series with the same name have the same colour, marker and dash in all panels of a figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Layer {
    /// A line through points, with error bars or a band.
    Line(Line),
    /// Bars in groups, one group for each category.
    Bars(Bars),
    /// Points without a line.
    Points(Points),
    /// A matrix as colours.
    HeatMap(HeatMap),
    /// A horizontal or vertical reference line.
    Rule(Rule),
}

/// A value at a position, with the ends of its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// The position on the x axis.
    #[serde(deserialize_with = "number::one")]
    pub x: f64,
    /// The value. A point whose x or y is not finite is left out, and the line is interrupted there.
    #[serde(deserialize_with = "number::one")]
    pub y: f64,
    /// The lower end of the interval.
    #[serde(default)]
    pub low: Option<f64>,
    /// The upper end of the interval.
    #[serde(default)]
    pub high: Option<f64>,
}

impl Point {
    /// A point without an interval.
    pub fn new(x: f64, y: f64) -> Self {
        Self { x, y, low: None, high: None }
    }

    /// The same point with an interval.
    #[must_use]
    pub fn between(self, low: f64, high: f64) -> Self {
        Self { low: Some(low), high: Some(high), ..self }
    }
}

/// How the intervals of a line are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Intervals {
    /// As error bars.
    #[default]
    Bars,
    /// As a band around the line.
    Band,
}

/// A line through points in the given order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Line {
    /// The name in the legend; an empty name has no entry.
    pub name: String,
    /// The points.
    pub points: Vec<Point>,
    /// How intervals are drawn.
    #[serde(default)]
    pub intervals: Intervals,
    /// Whether each point has a marker.
    pub markers: bool,
    /// Whether the points are connected.
    pub connected: bool,
}

impl Line {
    /// A line with markers.
    pub fn new(name: impl Into<String>, points: impl IntoIterator<Item = Point>) -> Self {
        let points = points.into_iter().collect();
        Self { name: name.into(), points, intervals: Intervals::Bars, markers: true, connected: true }
    }

    /// The same line with its intervals as a band.
    #[must_use]
    pub fn band(self) -> Self {
        Self { intervals: Intervals::Band, ..self }
    }

    /// The same line without markers, for curves of many points.
    #[must_use]
    pub fn without_markers(self) -> Self {
        Self { markers: false, ..self }
    }

    /// The same points without the line between them.
    #[must_use]
    pub fn unconnected(self) -> Self {
        Self { connected: false, ..self }
    }
}

/// Bars in groups. One axis of the panel has categories; if it is the y axis, the bars are horizontal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bars {
    /// One series for each bar of a group.
    pub series: Vec<BarSeries>,
}

/// The bars of one series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BarSeries {
    /// The name in the legend; an empty name has no entry.
    pub name: String,
    /// The bar of each category, in their order: `x` is the index of the category, `y` the length of the bar. A bar
    /// begins at 0, or at the end of the axis nearest to 0.
    pub bars: Vec<Point>,
}

impl BarSeries {
    /// Bars without intervals: one for each category.
    pub fn new(name: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Self {
        let bars = values.into_iter().enumerate().map(|(index, value)| Point::new(index as f64, value)).collect();
        Self { name: name.into(), bars }
    }
}

/// Points in groups. Many points are transparent, so that a dense place looks dense.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Points {
    /// The groups, the first at the bottom.
    pub groups: Vec<PointGroup>,
    /// The opacity of one point, above 0 and at most 1. By default it follows from the number of points.
    #[serde(default)]
    pub opacity: Option<f64>,
}

/// The points of one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PointGroup {
    /// The name in the legend; an empty name has no entry.
    pub name: String,
    /// The positions, each as [x, y].
    #[serde(deserialize_with = "number::pairs")]
    pub at: Vec<[f64; 2]>,
}

/// A matrix as colours, with a bar that shows which colour is which value. Heat maps of a figure with the same `label`
/// have one colour scale.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeatMap {
    /// The rows. The first row is at the beginning of the y axis: at the bottom, or at the top of a category axis. A
    /// cell whose value is not finite stays empty, as do the missing cells of a short row.
    #[serde(deserialize_with = "number::rows")]
    pub rows: Vec<Vec<f64>>,
    /// The outer edges of the matrix on the x axis. By default column i reaches from i - 0.5 to i + 0.5.
    #[serde(default, deserialize_with = "number::range")]
    pub x: Option<[f64; 2]>,
    /// The outer edges of the matrix on the y axis. By default row i reaches from i - 0.5 to i + 0.5.
    #[serde(default, deserialize_with = "number::range")]
    pub y: Option<[f64; 2]>,
    /// What the values are, with their unit: the label of the colour bar.
    pub label: String,
    /// The values of the first and the last colour. By default they are the extrema of the heat maps with this label.
    #[serde(default, deserialize_with = "number::range")]
    pub range: Option<[f64; 2]>,
}

impl HeatMap {
    /// A matrix with the label `label` at its colour bar.
    pub fn new(label: impl Into<String>, rows: Vec<Vec<f64>>) -> Self {
        Self { rows, x: None, y: None, label: label.into(), range: None }
    }

    /// The same matrix between the given edges on both axes.
    #[must_use]
    pub fn edges(self, x: [f64; 2], y: [f64; 2]) -> Self {
        Self { x: Some(x), y: Some(y), ..self }
    }

    /// The number of columns: the length of the longest row.
    pub fn columns(&self) -> usize {
        self.rows.iter().map(Vec::len).max().unwrap_or(0)
    }

    /// The outer edges on the x axis.
    pub fn x_edges(&self) -> [f64; 2] {
        self.x.unwrap_or([-0.5, self.columns() as f64 - 0.5])
    }

    /// The outer edges on the y axis.
    pub fn y_edges(&self) -> [f64; 2] {
        self.y.unwrap_or([-0.5, self.rows.len() as f64 - 0.5])
    }
}

/// A reference line across the panel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The axis that the line crosses.
    pub across: Across,
    /// The value on that axis.
    #[serde(deserialize_with = "number::one")]
    pub at: f64,
    /// The text beside the line.
    pub label: String,
}

/// The direction of a reference line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Across {
    /// A vertical line, at a value of the x axis.
    X,
    /// A horizontal line, at a value of the y axis.
    Y,
}

impl Rule {
    /// A horizontal line at `y`.
    pub fn horizontal(y: f64, label: impl Into<String>) -> Self {
        Self { across: Across::Y, at: y, label: label.into() }
    }

    /// A vertical line at `x`.
    pub fn vertical(x: f64, label: impl Into<String>) -> Self {
        Self { across: Across::X, at: x, label: label.into() }
    }
}

macro_rules! from_layer {
    ($($kind:ident),*) => {
        $(impl From<$kind> for Layer {
            fn from(one: $kind) -> Self {
                Self::$kind(one)
            }
        })*
    };
}

from_layer!(Line, Bars, Points, HeatMap, Rule);

impl From<Vec<BarSeries>> for Layer {
    fn from(series: Vec<BarSeries>) -> Self {
        Self::Bars(Bars { series })
    }
}

impl From<Vec<PointGroup>> for Layer {
    fn from(groups: Vec<PointGroup>) -> Self {
        Self::Points(Points { groups, opacity: None })
    }
}
