//! Claims: what a paper says about its table, as predicates over cells.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::value::AxisValue;

/// A claim: a sentence, and exactly one predicate that decides it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Claim {
    /// The claim as a sentence.
    pub text: String,
    /// Whether it is about a source that was trained on another dataset: it is not asked if the source is a training on
    /// the dataset of the table. Default: false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub transfer: bool,
    /// The column rises or falls along an axis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// The largest value of the column is at certain places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<Maximum>,
    /// The column stays at the value of a reference down to a place on an axis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_worse: Option<NotWorse>,
    /// The ratio of two values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<Ratio>,
    /// The difference of two values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<Difference>,
}

/// Rows by their values: the keys are names of axes or columns. A row must meet all conditions.
pub type Where = BTreeMap<String, Condition>;

/// A condition on the value of a row.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Condition {
    /// It is this value.
    Is(AxisValue),
    /// It is one of these values.
    OneOf(Vec<AxisValue>),
    /// It is within these limits.
    Within(Limits),
}

/// Limits of a number; each may be left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Limits {
    /// The smallest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// The largest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
}

/// As the axis rises, the column rises (or falls) at every step by more than `-tolerance`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Order {
    /// The column.
    pub column: String,
    /// The axis or column along which the rows are ordered.
    pub along: String,
    /// What the column does as `along` rises.
    pub trend: Trend,
    /// A step in the other direction by up to this much still counts as order. Default: 0.
    #[serde(default)]
    pub tolerance: f64,
    /// The predicate must hold for each combination of values of these axes. Default: for all rows together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub per: Vec<String>,
    /// The rows that take part. Default: all.
    #[serde(default, rename = "where", skip_serializing_if = "BTreeMap::is_empty")]
    pub rows: Where,
}

/// The direction of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Trend {
    /// It rises.
    Rising,
    /// It falls.
    Falling,
}

/// The largest value of the column among the rows within the limits is larger than that of the other rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Maximum {
    /// The column.
    pub column: String,
    /// The axis or column that tells the place.
    pub at: String,
    /// The places at which the largest value is.
    pub within: Limits,
    /// The predicate must hold for each combination of values of these axes. Default: for all rows together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub per: Vec<String>,
    /// The rows that take part. Default: all.
    #[serde(default, rename = "where", skip_serializing_if = "BTreeMap::is_empty")]
    pub rows: Where,
}

/// No row from the reference down to a place on an axis is lower than the reference by more than the tolerance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NotWorse {
    /// The column.
    pub column: String,
    /// The axis.
    pub along: String,
    /// The row that the others are compared with.
    pub reference: Where,
    /// The lowest place on the axis that still takes part.
    pub down_to: f64,
    /// How much lower a value may be. Default: 0.
    #[serde(default)]
    pub tolerance: f64,
}

/// The ratio of two values is within limits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ratio {
    /// The column.
    pub column: String,
    /// The rows above the fraction line.
    pub of: Where,
    /// The rows below the fraction line.
    pub to: Where,
    /// How several rows become one value. Default: there must be one row.
    #[serde(default)]
    pub take: Take,
    /// The predicate must hold for each combination of values of these axes. Default: for all rows together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub per: Vec<String>,
    /// The limits of the ratio.
    pub within: Limits,
}

/// The difference of two values is within limits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Difference {
    /// The column.
    pub column: String,
    /// The rows of the first value.
    pub of: Where,
    /// The rows of the value that is subtracted.
    pub minus: Where,
    /// How several rows become one value. Default: there must be one row.
    #[serde(default)]
    pub take: Take,
    /// The predicate must hold for each combination of values of these axes. Default: for all rows together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub per: Vec<String>,
    /// The limits of the difference.
    pub within: Limits,
}

/// How several rows become one value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Take {
    /// There is only one row.
    #[default]
    Only,
    /// Their mean.
    Mean,
    /// Their largest value.
    Max,
}

impl<'de> Deserialize<'de> for Condition {
    // Implemented by hand, because an untagged enum would hide the cause of an error inside the object.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        match &value {
            Value::Object(_) => serde_json::from_value(value).map(Self::Within),
            Value::Array(_) => serde_json::from_value(value).map(Self::OneOf),
            _ => serde_json::from_value(value).map(Self::Is),
        }
        .map_err(D::Error::custom)
    }
}

impl Limits {
    /// Whether `value` is within the limits.
    pub fn hold(self, value: f64) -> bool {
        self.at_least.is_none_or(|least| value >= least) && self.at_most.is_none_or(|most| value <= most)
    }
}

impl Claim {
    /// Every axis or column that the claim names.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&String> = Vec::new();
        if let Some(Order { column, along, per, .. }) = &self.order {
            names.extend([column, along].into_iter().chain(per));
        }
        if let Some(Maximum { column, at, per, .. }) = &self.maximum {
            names.extend([column, at].into_iter().chain(per));
        }
        if let Some(NotWorse { column, along, .. }) = &self.not_worse {
            names.extend([column, along]);
        }
        if let Some(Ratio { column, per, .. }) = &self.ratio {
            names.extend(std::iter::once(column).chain(per));
        }
        if let Some(Difference { column, per, .. }) = &self.difference {
            names.extend(std::iter::once(column).chain(per));
        }
        let of_conditions = self.conditions().into_iter().map(|(name, _)| name);
        names.into_iter().map(String::as_str).chain(of_conditions).collect()
    }

    /// Every condition that the claim makes.
    pub(crate) fn conditions(&self) -> Vec<(&str, &Condition)> {
        let maps = [
            self.order.as_ref().map(|order| &order.rows),
            self.maximum.as_ref().map(|maximum| &maximum.rows),
            self.not_worse.as_ref().map(|not_worse| &not_worse.reference),
            self.ratio.as_ref().map(|ratio| &ratio.of),
            self.ratio.as_ref().map(|ratio| &ratio.to),
            self.difference.as_ref().map(|difference| &difference.of),
            self.difference.as_ref().map(|difference| &difference.minus),
        ];
        maps.into_iter().flatten().flatten().map(|(name, condition)| (name.as_str(), condition)).collect()
    }

    /// The number of predicates; one in a valid claim.
    pub(crate) fn predicates(&self) -> usize {
        usize::from(self.order.is_some())
            + usize::from(self.maximum.is_some())
            + usize::from(self.not_worse.is_some())
            + usize::from(self.ratio.is_some())
            + usize::from(self.difference.is_some())
    }
}
