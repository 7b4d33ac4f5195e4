//! How the model `source` comes about if none is given.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::value::AxisValue;

/// The training that makes the model `source` if the option `source` names none. With the option `sourceDataset` its
/// network is trained on that dataset too, as a row with the id `source`, which is then the source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SourceTraining {
    /// The id of the training.
    pub training: String,
    /// The values of the row `source` on axes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub axes: BTreeMap<String, AxisValue>,
}
