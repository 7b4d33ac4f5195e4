//! The table of an experiment: rows, claims and what is missing; as JSON, Markdown, CSV and LaTeX.

mod csv;
mod json;
mod latex;
mod layout;
mod markdown;
mod old;

use std::path::{Path, PathBuf};

use error::Result;
use files::Kind;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use super::row::{Row, RowKind};
use super::source::{recorded_training, SOURCE_DATASET};
use super::spec::{Spec, SOURCE};
use super::verdict::ClaimResult;

pub(super) use json::Recorded;
pub use layout::{interval_words, Heading, Layout, Part};

/// The files of a table.
const FILES: [&str; 5] = ["table.json", "table.csv", "table.md", "table.tex", "report.html"];

/// The result of an experiment: everything that its files, figures and report show.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The declaration of the experiment.
    pub spec: Spec,
    /// The scale; `None` for the whole experiment.
    pub scale: Option<ScaleUsed>,
    /// Kind of the dataset.
    pub dataset: String,
    /// The seeds with which every training is run.
    pub seeds: Vec<u64>,
    /// The options that all rows share.
    pub protocol: Map<String, Value>,
    /// One row for each training, classifier or evaluation that has been run, and for each row that is only published, in the
    /// order of [`Spec::rows`].
    pub rows: Vec<Row>,
    /// The trainings, classifiers and evaluations that are not complete, in the order of the spec; optional ones are left out.
    pub missing: Vec<MissingRow>,
    /// The claims of the spec with their verdicts.
    pub claims: Vec<ClaimResult>,
}

/// The scale of an experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScaleUsed {
    /// Its name.
    pub name: String,
    /// Its factors in words.
    pub words: String,
}

/// A training, a classifier or an evaluation that is not complete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(rename = "MissingRow")]
#[serde(rename_all = "camelCase")]
pub struct MissingRow {
    /// Id of the row.
    pub id: String,
    /// Why it is not complete.
    pub reason: String,
}

impl Table {
    /// The heading: the title, and the scale if it is not the whole experiment.
    pub fn heading(&self) -> String {
        match &self.scale {
            None => self.spec.title.clone(),
            Some(ScaleUsed { name, words }) => format!("{} (scale {name}: {words})", self.spec.title),
        }
    }

    /// Sentences about the table for its readers: how the numbers came about, then the notes of the spec.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.scale.is_some() {
            notes.push(
                "This is a small version of the experiment: its numbers must not be compared with published ones."
                    .to_owned(),
            );
        }
        match self.seeds.len() {
            0 | 1 => notes.push(
                "One seed: intervals say how much the choice of the test clips matters, not how much the seed does."
                    .to_owned(),
            ),
            seeds => notes.push(format!(
                "{seeds} seeds: values are means \u{b1} standard deviations over seeds; intervals are over test clips \
                 and seeds."
            )),
        }
        notes.extend(self.layout().reference_note());
        notes.extend(self.source_note());
        if !self.missing.is_empty() {
            let ids: Vec<String> = self.missing.iter().map(|row| format!("{} ({})", row.id, row.reason)).collect();
            notes.push(format!("Not complete: {}.", ids.join(", ")));
        }
        notes.extend(self.spec.notes.iter().cloned());
        notes
    }

    /// A sentence about a source that the experiment trained itself.
    fn source_note(&self) -> Option<String> {
        let id = recorded_training(&self.protocol)?;
        let kind = self.protocol.get(SOURCE_DATASET).and_then(Value::as_str);
        let is_no_transfer = self.spec.features.is_some() && id != SOURCE;
        Some(match kind.filter(|_| id == SOURCE) {
            Some(kind) => format!(
                "The source is the training {SOURCE} of this table. It was trained and tested on a dataset of its own \
                 ({kind}): its numbers must not be compared with those of the other rows."
            ),
            None => {
                let what = if is_no_transfer { ", which is no transfer to another dataset" } else { "" };
                format!("The source is the training {id} of this table, on the same dataset{what}.")
            }
        })
    }

    /// What a row is called: a training, or a row if there are others too.
    pub fn row_name(&self) -> &'static str {
        match self.rows.iter().all(|row| row.kind == RowKind::Training) {
            true => "training",
            false => "row",
        }
    }

    /// What is written where.
    pub fn layout(&self) -> Layout<'_> {
        Layout::new(self)
    }

    /// Writes `table.json`, `table.csv`, `table.md` and `table.tex` into `folder`; returns the path and text of
    /// `table.md`.
    ///
    /// # Errors
    /// [`Code::Output`].
    pub(super) fn write(&self, folder: &Path) -> Result<(PathBuf, String)> {
        files::write_json(folder.join("table.json"), &json::content(self))?;
        files::write_atomic(folder.join("table.csv"), &csv::bytes(self)?)?;
        files::write_atomic(folder.join("table.tex"), latex::text(self).as_bytes())?;
        let (file, markdown) = (folder.join("table.md"), markdown::text(self));
        files::write_atomic(&file, markdown.as_bytes())?;
        Ok((file, markdown))
    }
}

/// Refuses a folder with a table that no experiment wrote.
pub(super) fn refuse_others(folder: &Path) -> Result<()> {
    if Kind::TABLE.is(&folder.join("table.json")) {
        return Ok(());
    }
    files::refuse_others(folder, &FILES, "an experiment")
}
