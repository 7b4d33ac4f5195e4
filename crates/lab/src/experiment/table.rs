//! The table of an experiment: as text, as JSON and as CSV.

mod spreadsheet;

use std::path::{Path, PathBuf};

use error::{Code, Error, Result};
use files::Kind;
use serde_json::{json, Value};

use super::row::{Ratios, Row};
use super::spec::{Spec, TrainingSpec};

/// Refuses a folder with a table that no experiment wrote.
pub(super) fn refuse_others(folder: &Path) -> Result<()> {
    if Kind::TABLE.is(&folder.join("table.json")) {
        return Ok(());
    }
    match files::present(folder, &["table.json", "table.csv", "table.md"])?.first() {
        None => Ok(()),
        Some(there) => {
            let message = format!(
                "{} exists and was not written by an experiment: choose another folder, or move the file away",
                there.display()
            );
            Err(Error::new(Code::Output, message).with_file(there))
        }
    }
}

/// The known rows of an experiment, in the order of its declaration.
pub(super) struct Table<'a> {
    spec: &'a Spec,
    rows: Vec<Row>,
}

impl<'a> Table<'a> {
    /// The rows of this experiment in the `table.json` of `folder`; none if there is no table.
    ///
    /// # Errors
    /// [`Code::Output`] for a file that is not a table, because writing would lose its rows; [`Code::Io`].
    pub(super) fn read(folder: &Path, spec: &'a Spec) -> Result<Self> {
        let path = folder.join("table.json");
        let mut table = Self { spec, rows: Vec::new() };
        let bytes = match std::fs::read(&path) {
            Err(reason) if reason.kind() == std::io::ErrorKind::NotFound => return Ok(table),
            read => read.map_err(|reason| Error::input(&path, Code::Output, &reason))?,
        };
        let broken = |reason: String| {
            let message = format!(
                "{} is not the table of an experiment ({reason}): move it away, or choose another folder",
                error::shown_path(&path)
            );
            Error::new(Code::Output, message).with_file(&path)
        };
        let mut found: Value = serde_json::from_slice(&bytes).map_err(|reason| broken(reason.to_string()))?;
        let rows = found.get_mut("rows").map_or(Value::Null, Value::take);
        let rows: Vec<Row> = serde_json::from_value(rows).map_err(|reason| broken(reason.to_string()))?;
        for row in rows {
            if row.experiment == spec.name {
                // The folder may have been moved. Rows of the first version do not record the dataset of their results.
                let published_on = if row.published_on.is_empty() { spec.dataset.clone() } else { row.published_on };
                table.add(Row { run: folder.join(&row.id), published_on, ..row });
            }
        }
        Ok(table)
    }

    /// Adds `row`, or replaces the row of the same training, and updates all time ratios. Returns the row with its
    /// ratios.
    pub(super) fn add(&mut self, row: Row) -> Row {
        let id = row.id.clone();
        let place = |id: &str| self.spec.trainings.iter().position(|training| training.id == id);
        self.rows.retain(|other| other.id != id);
        self.rows.push(row);
        self.rows.retain(|row| place(&row.id).is_some());
        self.rows.sort_by_key(|row| place(&row.id));
        let reference = self.rows.iter().find(|row| row.id == self.spec.reference);
        let reference = reference.map(|row| (row.id.clone(), row.seconds));
        self.rows.iter_mut().for_each(|row| row.compare(reference.as_ref()));
        let index = self.rows.iter().position(|row| row.id == id).unwrap_or(0);
        self.rows[index].clone()
    }

    /// The rows of all other trainings.
    pub(super) fn others(&self, trainings: &[&TrainingSpec]) -> Vec<&Row> {
        self.rows.iter().filter(|row| trainings.iter().all(|training| training.id != row.id)).collect()
    }

    /// All rows.
    pub(super) fn into_rows(self) -> Vec<Row> {
        self.rows
    }

    /// Writes `table.md`, `table.json` and `table.csv` into `folder`; returns the path and text of `table.md`.
    pub(super) fn write(&self, folder: &Path) -> Result<(PathBuf, String)> {
        let (spec, rows) = (self.spec, &self.rows);
        let markdown = markdown(spec, rows);
        let json =
            json!({ "format": 1, "experiment": spec.name, "source": spec.source, "notes": spec.notes, "rows": rows });
        let json = serde_json::to_vec_pretty(&json).map_err(|reason| Error::new(Code::Internal, reason.to_string()))?;
        files::write_atomic(folder.join("table.json"), &json)?;
        files::write_atomic(folder.join("table.csv"), &spreadsheet::csv(rows)?)?;
        let file = folder.join("table.md");
        files::write_atomic(&file, markdown.as_bytes())?;
        Ok((file, markdown))
    }
}

/// The text of the table: the measured results, with published ones in brackets. Columns of results that are not
/// comparable are omitted.
fn markdown(spec: &Spec, rows: &[Row]) -> String {
    let accuracy = rows.iter().any(|row| row.accuracy.is_some());
    let ratios = rows.iter().any(|row| row.time_ratio.is_some());
    let comparable = rows.iter().all(Row::is_comparable);
    let mut heads = vec!["rate (Hz)".to_owned(), "digits".into(), "parameters".into(), "ROC-AUC".into()];
    heads.push("average precision".into());
    if accuracy {
        heads.push("accuracy".into());
    }
    if ratios {
        heads.extend(["time of a step", "of an epoch", "to the end", "published time ratio"].map(str::to_owned));
    }
    heads.push("epochs".into());
    if !comparable {
        heads.push(format!("published ROC-AUC ({})", spec.dataset));
    }
    let body = rows.iter().map(|row| cells(row, (accuracy, ratios, comparable)));
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let rule = format!("|{}\n", "---|".repeat(heads.len()));
    let mut text = format!("# {}\n\nIn brackets: {}.\n\n", spec.title, spec.source);
    text += &line(heads);
    text += &rule;
    text.extend(body.map(line));
    text.push('\n');
    if ratios {
        text += &format!("Times are ratios to the training at {} Hz.\n", spec.reference);
    } else {
        text += &format!(
            "There are no time ratios: the training at {} Hz, to which they refer, is missing.\n",
            spec.reference
        );
    }
    for note in &spec.notes {
        text += &format!("{note}\n");
    }
    text
}

/// The cells of a row.
fn cells(row: &Row, (accuracy, ratios, comparable): (bool, bool, bool)) -> Vec<String> {
    let published = &row.published;
    let millions = published.parameters.map_or_else(String::new, |n| format!(" ({:.2} M)", n as f64 / 1e6));
    let auc = published.roc_auc.filter(|_| comparable).map_or_else(String::new, |auc| format!(" ({auc:.4})"));
    let mut cells = vec![row.rate.to_string(), row.digits.clone(), format!("{}{millions}", row.parameters)];
    cells.push(format!("{}{auc}", number(row.roc_auc)));
    cells.push(number(row.pr_auc));
    if accuracy {
        cells.push(number(row.accuracy));
    }
    if ratios {
        let short = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
        let ours = |of: fn(&Ratios) -> f64| short(row.time_ratio.as_ref().map(of));
        cells.extend([ours(|r| r.step), ours(|r| r.epoch), ours(|r| r.total), short(published.time_ratio)]);
    }
    cells.push(row.epochs.to_string());
    if !comparable {
        cells.push(number(published.roc_auc));
    }
    cells
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_cannot_be_read_is_refused_before_it_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let spec = Spec::named("downsampling").unwrap();
        assert!(Table::read(folder.path(), &spec).unwrap().rows.is_empty());
        let path = folder.path().join("table.json");
        for damaged in ["{\"format\":1,\"rows\":[{", "{\"format\":1}", "{\"format\":1,\"rows\":[{\"id\":5}]}"] {
            std::fs::write(&path, damaged).unwrap();
            let failure = Table::read(folder.path(), &spec).map(|_| ()).unwrap_err();
            assert!(failure.code == Code::Output && failure.message.contains("table.json"), "{failure}");
        }
    }
}
