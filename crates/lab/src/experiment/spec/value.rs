//! Values of axes.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The value of a training on an axis: a number, or a word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(untagged)]
#[ts(rename = "AxisValue")]
pub enum AxisValue {
    /// A whole number.
    Whole(#[ts(type = "number")] i64),
    /// A number.
    Number(f64),
    /// A word.
    Word(String),
}

impl AxisValue {
    /// The number; `None` for a word.
    pub fn number(&self) -> Option<f64> {
        match self {
            AxisValue::Whole(value) => Some(*value as f64),
            AxisValue::Number(value) => Some(*value),
            AxisValue::Word(_) => None,
        }
    }

    /// Whether `text`, as a user writes it, is this value.
    pub(crate) fn is_written(&self, text: &str) -> bool {
        match self.number() {
            Some(number) => text.parse::<f64>().is_ok_and(|written| written == number),
            None => self.to_string() == text,
        }
    }
}

impl fmt::Display for AxisValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AxisValue::Whole(value) => value.fmt(f),
            AxisValue::Number(value) => value.fmt(f),
            AxisValue::Word(value) => value.fmt(f),
        }
    }
}

impl From<i64> for AxisValue {
    fn from(value: i64) -> Self {
        AxisValue::Whole(value)
    }
}

impl From<&str> for AxisValue {
    fn from(value: &str) -> Self {
        AxisValue::Word(value.to_owned())
    }
}
