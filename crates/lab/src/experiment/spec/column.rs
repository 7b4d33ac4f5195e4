//! Columns of the table.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::format::Format;
use super::measure::Measure;

/// A column of the table of an experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Column {
    /// The name, by which claims, figures and published values refer to it.
    pub name: String,
    /// The heading. Default: that of the axis or measure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The unit of its numbers. Default: that of the axis or measure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What it shows: the name of an axis, of a measure, or `published` for values that are only published. Default:
    /// the axis or measure with the name of the column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The id of a training: the column shows ratios to its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relative_to: Option<String>,
    /// The id of a row: the column shows differences from its value, with their intervals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference_to: Option<String>,
    /// How numbers are written. Default: that of the measure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
}

/// What a column shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown<'a> {
    /// The values of the axis.
    Axis(&'a str),
    /// A measure of the trainings.
    Measure(Measure),
    /// Values that are only published.
    Published,
}

impl Column {
    /// The word that says what it shows.
    pub(crate) fn shows(&self) -> &str {
        self.value.as_deref().unwrap_or(&self.name)
    }

    /// The measure that it shows; `None` for an axis and for values that are only published.
    pub fn measure(&self) -> Option<Measure> {
        Measure::named(self.shows())
    }

    /// Whether it shows values that are only published.
    pub fn is_only_published(&self) -> bool {
        self.shows() == "published"
    }

    /// How its numbers are written.
    pub fn format(&self) -> Format {
        let of_measure = || match self.relative_to {
            None => self.measure().map(Measure::format),
            Some(_) => None,
        };
        self.format.or_else(of_measure).unwrap_or(Format::Decimals(2))
    }
}
