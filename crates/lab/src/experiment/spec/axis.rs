//! Axes: what differs between the trainings of an experiment.

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::value::AxisValue;

/// Something in which the trainings of an experiment differ, such as the sampling rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Axis {
    /// The name, by which templates, columns, claims and `--only` refer to it.
    pub name: String,
    /// The name for people. Default: `name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The unit of its numbers, such as `Hz`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// All values that it can have, in the order of the table.
    pub values: Vec<AxisEntry>,
    /// Where the value goes, besides the templates: `options.NAME` is an option of `train`, such as
    /// `options.initialisation`; `architecture.PATH` is a field of the architecture, such as `architecture.norm.kind`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sets: Option<String>,
}

/// A value of an axis: the value alone, or with the text that templates write for it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum AxisEntry {
    /// The value; templates write it as it is.
    Plain(AxisValue),
    /// The value, and what templates write for it.
    Written(WrittenValue),
}

/// A value of an axis, and the text that templates write for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WrittenValue {
    /// The value.
    pub value: AxisValue,
    /// The text that templates write for it; it may be empty.
    pub written: String,
}

impl<'de> Deserialize<'de> for AxisEntry {
    // Implemented by hand, because an untagged enum would hide the cause of an error inside the object.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            object @ Value::Object(_) => serde_json::from_value(object).map(Self::Written).map_err(D::Error::custom),
            plain => serde_json::from_value(plain.clone())
                .map(Self::Plain)
                .map_err(|_| D::Error::custom(format!("the value of an axis is a number or a text, received {plain}"))),
        }
    }
}

impl AxisEntry {
    /// The value.
    pub fn value(&self) -> &AxisValue {
        match self {
            AxisEntry::Plain(value) => value,
            AxisEntry::Written(written) => &written.value,
        }
    }

    /// The text that templates write for it.
    fn written(&self) -> String {
        match self {
            AxisEntry::Plain(value) => value.to_string(),
            AxisEntry::Written(written) => written.written.clone(),
        }
    }
}

impl Axis {
    /// The name for people, with the unit: `sampling rate (Hz)`.
    pub fn heading(&self) -> String {
        let label = self.label.as_deref().unwrap_or(&self.name);
        self.unit.as_ref().map_or_else(|| label.to_owned(), |unit| format!("{label} ({unit})"))
    }

    /// The option of `train` that it sets.
    pub(crate) fn option(&self) -> Option<&str> {
        self.sets.as_deref()?.strip_prefix("options.")
    }

    /// The position of `value` among the values.
    pub fn position(&self, value: &AxisValue) -> Option<usize> {
        self.values.iter().position(|entry| entry.value() == value)
    }

    /// The text that templates write for `value`.
    pub(crate) fn written(&self, value: &AxisValue) -> String {
        self.position(value).map_or_else(|| value.to_string(), |index| self.values[index].written())
    }

    /// All values, for messages.
    pub(crate) fn listed(&self) -> String {
        self.values.iter().map(|entry| entry.value().to_string()).collect::<Vec<_>>().join(", ")
    }
}
