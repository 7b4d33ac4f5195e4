//! Figures of an experiment: which column against which axis.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A figure: a column against an axis or another column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Figure {
    /// The name of its files.
    pub name: String,
    /// The title.
    pub title: String,
    /// How the values are drawn.
    pub kind: FigureKind,
    /// The axis or column on the horizontal axis, or `id` for the trainings one by one.
    pub x: String,
    /// The scale of the horizontal axis. Default: linear.
    #[serde(default)]
    pub x_scale: FigureScale,
    /// The column on the vertical axis.
    pub y: String,
    /// The scale of the vertical axis. Default: linear.
    #[serde(default)]
    pub y_scale: FigureScale,
    /// The axes whose combinations of values are the series. Default: one series.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub per: Vec<String>,
    /// The id of a row whose value is drawn as a horizontal line. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Whether published values are drawn beside ours. Default: true.
    #[serde(default = "yes")]
    pub published: bool,
}

/// How values are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FigureKind {
    /// A line with markers for each series.
    Lines,
    /// Markers.
    Points,
    /// Groups of bars.
    Bars,
}

/// The scale of an axis of a figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FigureScale {
    /// Equal steps are equal differences.
    #[default]
    Linear,
    /// Equal steps are equal ratios.
    Log,
    /// One place for each value.
    Categories,
}

fn yes() -> bool {
    true
}
