//! A row of the table: a training or a classifier on features, its cells, and the published values.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::run::Run;
use super::spec::AxisValue;

/// A row of an experiment is complete, with all its seeds: a training, a classifier on features, or an evaluation of a
/// model on distorted clips.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(rename = "ExperimentRow")]
#[serde(tag = "type", rename = "row", rename_all = "camelCase")]
pub struct Row {
    /// Name of the experiment.
    pub experiment: String,
    /// Id of the row; also the name of the folder of its runs.
    pub id: String,
    /// What the row is.
    #[serde(default)]
    #[ts(inline)]
    pub kind: RowKind,
    /// The preset of the network; axes may have changed parts of it. For features: the ids of the models, in the order
    /// in which their features are joined. Of an evaluation: `source`. Empty for a row that is only published.
    pub architecture: String,
    /// Its values on axes; a training has one on every axis of the trainings.
    #[ts(type = "Readonly<Record<string, AxisValue>>")]
    pub axes: BTreeMap<String, AxisValue>,
    /// The measured values by column; columns of axes and of published values have none.
    #[ts(type = "Readonly<Record<string, ExperimentCell>>")]
    pub cells: BTreeMap<String, Cell>,
    /// The published values by column.
    #[ts(type = "Readonly<Record<string, PublishedCell>>")]
    pub published: BTreeMap<String, PublishedCell>,
    /// Kind of the dataset that was used. Of the training `source` it is that of its own dataset.
    pub dataset: String,
    /// The runs, one for each seed; none for a row that is only published.
    pub runs: Vec<Run>,
}

/// What a row is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum RowKind {
    /// A training of a network.
    #[default]
    Training,
    /// A classifier on features of trained models.
    Features,
    /// An evaluation of the model `source` on the test clips, under a distortion or without.
    Distorted,
    /// Published values only.
    Published,
}

/// A measured value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[ts(rename = "ExperimentCell")]
#[serde(rename_all = "camelCase")]
pub struct Cell {
    /// The mean over the seeds; null if it does not apply, if the training failed, or if it is a ratio to a training
    /// that is missing.
    pub value: Option<f64>,
    /// The standard deviation over the seeds; null with fewer than two.
    pub deviation: Option<f64>,
    /// The 95 % interval over test clips, and over seeds if there are several; null if there is none.
    pub interval: Option<[f64; 2]>,
}

/// A published value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(rename = "PublishedCell")]
#[serde(rename_all = "camelCase")]
pub struct PublishedCell {
    /// The value.
    pub value: f64,
    /// Kind of the dataset on which it was measured, such as `mtat`; null if it belongs to no dataset.
    pub dataset: Option<String>,
    /// Whether it belongs to the dataset of this table, or to no dataset: only then it may stand beside ours.
    pub comparable: bool,
}

impl Row {
    /// The seeds of its runs.
    pub fn seeds(&self) -> Vec<u64> {
        self.runs.iter().map(|run| run.seed).collect()
    }
}
