//! The trainings of a spec: a list, or the product of the axes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::value::AxisValue;

/// The trainings of an experiment: `list`, or all combinations of the values of the axes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Trainings {
    /// Template of the preset; `{NAME}` stands for the value of an axis.
    pub architecture: String,
    /// Template of the id, which is also the name of the run folder. Default: the values joined by `-`. Characters that
    /// a folder name cannot have become `-`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The trainings one by one, in the order of the table. Default: all combinations of the values of the axes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<Vec<Listed>>,
    /// With combinations: the published values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub published: Vec<PublishedAt>,
}

/// One training of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Listed {
    /// Its value on every axis.
    pub axes: BTreeMap<String, AxisValue>,
    /// The published values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub published: Published,
    /// It is trained only if `--only id=...` names it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

/// The published values at one combination of values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PublishedAt {
    /// The values of the axes.
    pub axes: BTreeMap<String, AxisValue>,
    /// The published values.
    pub published: Published,
}

/// Published values by the kind of dataset on which they were measured, then by column. The kind `any` is for values
/// that belong to no dataset, such as numbers of parameters.
pub type Published = BTreeMap<String, BTreeMap<String, f64>>;
