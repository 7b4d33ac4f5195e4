//! The declaration of an experiment: a file in `experiments/`, or a user's own file.

mod axis;
mod check;
mod claim;
mod classifier;
mod column;
mod distortions;
mod features;
mod figure;
mod format;
mod known;
mod measure;
mod read;
mod scale;
mod schema;
mod source_training;
mod trainings;
mod value;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use axis::{Axis, AxisEntry, WrittenValue};
pub use claim::{Claim, Condition, Difference, Limits, Maximum, NotWorse, Order, Ratio, Take, Trend, Where};
pub use column::{Column, Shown};
pub use distortions::{DistortedRow, Distortions, Strengths, CLEAN};
pub use features::{Features, FeaturesRow, PublishedRow, SOURCE};
pub use figure::{Figure, FigureKind, FigureScale};
pub use format::Format;
pub use known::names;
pub use measure::Measure;
pub(crate) use read::advice;
pub use scale::Scale;
pub use schema::schema;
pub use source_training::SourceTraining;
pub use trainings::{Listed, Published, PublishedAt, Trainings};
pub use value::AxisValue;

/// The format that this version reads.
pub const FORMAT: u32 = 2;

/// The kind of dataset of published values that belong to no dataset.
pub const ANY_DATASET: &str = "any";

/// An experiment: what varies, the common protocol, the table, published values, claims and figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spec {
    /// The JSON schema of this file, for editors.
    #[serde(default, rename = "$schema", skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Format of the file: 2.
    pub format: u32,
    /// The name.
    pub name: String,
    /// Other names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// One sentence without a full stop, for the help. Default: the title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Heading of the table.
    pub title: String,
    /// The source of the published values.
    pub source: String,
    /// What varies, in the order of ids.
    pub axes: Vec<Axis>,
    /// The trainings.
    pub trainings: Trainings,
    /// Classifiers on features of the trained models, or of a given one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub features: Option<Features>,
    /// Evaluations of the model `source` on the test clips: as they are, and under distortions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<Strengths>>")]
    pub distortions: Option<Distortions>,
    /// How the model `source` comes about if the option `source` names none. Default: the option is required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_training: Option<SourceTraining>,
    /// Rows of the published table for which nothing is computed; they come first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub published_rows: Vec<PublishedRow>,
    /// Options of `train` that all trainings share, where they differ from the defaults of `train`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub protocol: Map<String, Value>,
    /// Id of the training that is trained first, such as the one to which ratios of times refer. Default: the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The columns of the table.
    pub columns: Vec<Column>,
    /// The claims that the table decides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
    /// The figures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<Figure>,
    /// Smaller versions, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub scales: BTreeMap<String, Scale>,
    /// Notes for readers of the table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Spec {
    /// The axes of the trainings, then those of the features and of the distortions.
    pub fn all_axes(&self) -> impl Iterator<Item = &Axis> {
        let of_features = self.features.iter().flat_map(|features| &features.axes);
        self.axes.iter().chain(of_features).chain(self.distortions.iter().flat_map(Distortions::axes))
    }

    /// Whether any row needs the model `source`.
    pub fn needs_source(&self) -> bool {
        let of_features = self.features.iter().flat_map(|features| &features.rows).any(FeaturesRow::needs_source);
        of_features || self.distortions.is_some()
    }

    /// The axis with this name.
    pub fn axis(&self, name: &str) -> Option<&Axis> {
        self.all_axes().find(|axis| axis.name == name)
    }

    /// The column with this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// What a column shows; `None` if it names neither an axis nor a measure.
    pub fn shown<'a>(&'a self, column: &'a Column) -> Option<Shown<'a>> {
        if column.is_only_published() {
            return Some(Shown::Published);
        }
        match self.axis(column.shows()) {
            Some(axis) => Some(Shown::Axis(&axis.name)),
            None => column.measure().map(Shown::Measure),
        }
    }

    /// The heading of the axis or column `name`, with its unit.
    pub fn heading(&self, name: &str) -> String {
        if let Some(column) = self.column(name) {
            let axis = self.axis(column.shows());
            let own = match (axis, column.measure()) {
                (Some(axis), _) => (axis.label.as_deref().unwrap_or(&axis.name), axis.unit.as_deref()),
                (None, Some(measure)) => (measure.label(), measure.unit()),
                (None, None) => (column.name.as_str(), None),
            };
            let unit = column.unit.as_deref().or(own.1.filter(|_| column.relative_to.is_none()));
            let label = column.label.as_deref().unwrap_or(own.0);
            return unit.map_or_else(|| label.to_owned(), |unit| format!("{label} ({unit})"));
        }
        self.axis(name).map_or_else(|| name.to_owned(), Axis::heading)
    }
}
