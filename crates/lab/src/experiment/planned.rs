//! The rows that the table of an experiment has when it is complete.

use std::collections::BTreeMap;

use error::Result;
use net::Architecture;

use super::row::RowKind;
use super::spec::{AxisValue, Distortions, Published, Spec, SOURCE};
use super::training::{folder_name, Training};

/// A row of a complete table.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedRow {
    /// The id, unique in the experiment; also the name of the folder of its runs.
    pub id: String,
    /// What the row is.
    pub kind: RowKind,
    /// Its values on axes; a training has one on every axis of the trainings.
    pub axes: BTreeMap<String, AxisValue>,
    /// The preset of a training; the joined models of features; `source` for an evaluation; empty if the row is only
    /// published.
    pub architecture: String,
    /// The network of a training.
    pub network: Option<Architecture>,
    /// The published values.
    pub published: Published,
    /// Whether it is trained only if it is named by its id.
    pub optional: bool,
}

impl Spec {
    /// All rows, in the order of the table: those that are only published, the trainings, the classifiers on features, the
    /// evaluations under distortions.
    ///
    /// # Errors
    /// Those of [`Spec::trainings`]; [`error::Code::InvalidOption`] for two rows with one id, and for features of a
    /// model that is no training of the experiment.
    pub fn rows(&self) -> Result<Vec<PlannedRow>> {
        self.rows_with(&self.trainings()?)
    }

    /// All rows, with the networks of `trainings`, which a scale may have changed.
    ///
    /// # Errors
    /// Those of [`Spec::rows`].
    pub(crate) fn rows_with(&self, trainings: &[Training]) -> Result<Vec<PlannedRow>> {
        let published = self.published_rows.iter().map(|row| {
            Ok(PlannedRow {
                id: row.id.clone(),
                kind: RowKind::Published,
                axes: row.axes.clone(),
                architecture: String::new(),
                network: None,
                published: row.published.clone(),
                optional: true,
            })
        });
        let trained = trainings.iter().map(|training| {
            Ok(PlannedRow {
                id: training.id.clone(),
                kind: RowKind::Training,
                axes: training.axes.clone(),
                architecture: training.preset.clone(),
                network: Some(training.network()?),
                published: training.published.clone(),
                optional: training.optional,
            })
        });
        let features = self.features.iter().flat_map(|features| &features.rows).map(|row| {
            for model in row.models.iter().filter(|model| *model != SOURCE) {
                if !trainings.iter().any(|training| training.id == *model) {
                    let own = trainings.iter().map(|training| training.id.as_str()).filter(|id| *id != SOURCE);
                    let ids: Vec<&str> = own.collect();
                    return Err(self.refuse(format!(
                        "the features {}: no training has the id \"{model}\"; the ids are {}, and {SOURCE} for the \
                         model of the option source",
                        row.id,
                        ids.join(", ")
                    )));
                }
            }
            Ok(PlannedRow {
                id: row.id.clone(),
                kind: RowKind::Features,
                axes: row.axes.clone(),
                architecture: row.models.join(", "),
                network: None,
                published: row.published.clone(),
                optional: false,
            })
        });
        let distorted = self.distortions.iter().flat_map(Distortions::rows).map(|row| {
            Ok(PlannedRow {
                id: row.id,
                kind: RowKind::Distorted,
                axes: row.axes,
                architecture: SOURCE.to_owned(),
                network: None,
                published: Published::new(),
                optional: false,
            })
        });
        let rows = published.chain(trained).chain(features).chain(distorted).collect::<Result<Vec<PlannedRow>>>()?;
        for PlannedRow { id, kind, .. } in &rows {
            let name = folder_name(id);
            if *kind != RowKind::Training && name != *id {
                return Err(self.refuse(format!("the id \"{id}\" cannot be the name of a folder: use {name}")));
            }
        }
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        self.check_ids("rows", &ids)?;
        let of_columns = self.columns.iter().filter_map(|column| column.difference_to.as_deref());
        let of_figures = self.figures.iter().filter_map(|figure| figure.reference.as_deref());
        if let Some(id) = of_columns.chain(of_figures).find(|id| !ids.contains(id)) {
            return Err(self.refuse(format!("no row has the id \"{id}\"; the ids are {}", ids.join(", "))));
        }
        Ok(rows)
    }
}
