//! The axes of a panel.

use serde::{Deserialize, Serialize};

use super::number;

/// An axis: its label and unit, its scale, and optionally its range and its ticks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Axis {
    /// What the values are, for example `input`.
    pub label: String,
    /// The unit of the values, for example `s`; written in brackets after the label.
    pub unit: Option<String>,
    /// How values become positions.
    pub scale: Scale,
    /// The smallest and the largest value that is shown. By default it follows from the values. Marks outside are left
    /// out; lines and bars are cut. A category axis has no range.
    #[serde(deserialize_with = "number::range")]
    pub range: Option<[f64; 2]>,
    /// The values with a tick. By default they are round numbers. An empty list leaves out all ticks, for axes whose
    /// values mean nothing, such as those of t-SNE. A category axis has a tick for every category.
    #[serde(deserialize_with = "number::list")]
    pub ticks: Option<Vec<f64>>,
}

/// How the values of an axis become positions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// Equal differences are equal distances.
    #[default]
    Linear,
    /// Equal ratios are equal distances. Values that are not above 0 are left out.
    Log10,
    /// The value i (0, 1, 2 ...) is the category with this index. A vertical axis begins at the top.
    Categories(Vec<String>),
}

impl Axis {
    /// A linear axis.
    pub fn linear(label: impl Into<String>) -> Self {
        Self { label: label.into(), ..Self::default() }
    }

    /// A logarithmic axis.
    pub fn log10(label: impl Into<String>) -> Self {
        Self { label: label.into(), scale: Scale::Log10, ..Self::default() }
    }

    /// An axis of categories.
    pub fn categories<T: Into<String>>(label: impl Into<String>, names: impl IntoIterator<Item = T>) -> Self {
        let names = names.into_iter().map(Into::into).collect();
        Self { label: label.into(), scale: Scale::Categories(names), ..Self::default() }
    }

    /// The same axis with a unit.
    #[must_use]
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }

    /// The same axis with a range.
    #[must_use]
    pub fn range(mut self, low: f64, high: f64) -> Self {
        self.range = Some([low, high]);
        self
    }

    /// The same axis with ticks at `ticks` only.
    #[must_use]
    pub fn ticks(mut self, ticks: impl Into<Vec<f64>>) -> Self {
        self.ticks = Some(ticks.into());
        self
    }

    /// The label with its unit, for example `input (s)`.
    pub fn heading(&self) -> String {
        match &self.unit {
            Some(unit) if self.label.is_empty() => unit.clone(),
            Some(unit) => format!("{} ({unit})", self.label),
            None => self.label.clone(),
        }
    }
}
