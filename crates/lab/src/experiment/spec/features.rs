//! Rows that are not trainings of networks: classifiers on features, and rows that are only published.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::axis::Axis;
use super::trainings::Published;
use super::value::AxisValue;

/// The model that the option `source` names, or that the experiment trains as its source: in [`FeaturesRow::models`]. Also
/// the id of the row that trains it on another dataset.
pub const SOURCE: &str = "source";

/// Classifiers that are trained on features: the joined outputs of hidden layers of trained models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Features {
    /// What varies besides the axes of the trainings. A training in a list can have values on these axes too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub axes: Vec<Axis>,
    /// The classifier of all rows: options of `probe`, such as `protocol` and `hidden`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub classifier: Map<String, Value>,
    /// The rows, in the order of the table.
    pub rows: Vec<FeaturesRow>,
    /// Ids of rows that are compared tag by tag: what each tag gains from the first one to each other one. Default:
    /// none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub per_tag: Vec<String>,
}

/// One classifier on features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FeaturesRow {
    /// The id, unique among all rows; also the name of the folder.
    pub id: String,
    /// The models whose features are joined, in this order: ids of trainings, or `source` for the model that the option
    /// `source` names, or that [`super::Spec::source_training`] makes.
    pub models: Vec<String>,
    /// The hidden layers of each model, joined in this order: -1 is the last one.
    pub levels: Vec<i32>,
    /// Its values on axes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub axes: BTreeMap<String, AxisValue>,
    /// The published values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub published: Published,
}

/// A row of the published table for which nothing is computed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PublishedRow {
    /// The id, unique among all rows.
    pub id: String,
    /// Its values on axes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub axes: BTreeMap<String, AxisValue>,
    /// The published values.
    pub published: Published,
}

impl Features {
    /// The levels that any row uses of the model `id`, ascending.
    pub fn levels_of(&self, id: &str) -> Vec<i32> {
        let rows = self.rows.iter().filter(|row| row.models.iter().any(|model| model == id));
        let mut levels: Vec<i32> = rows.flat_map(|row| row.levels.iter().copied()).collect();
        levels.sort_unstable();
        levels.dedup();
        levels
    }
}

impl FeaturesRow {
    /// Whether it needs the model `source`.
    pub fn needs_source(&self) -> bool {
        self.models.iter().any(|model| model == SOURCE)
    }
}
