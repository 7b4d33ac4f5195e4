//! The table as JSON: format 2, from which the next call continues.

use std::collections::BTreeMap;
use std::path::Path;

use error::{shown_path, Code, Error, Result};
use serde_json::{json, Map, Value};

use super::super::row::{Row, RowKind};
use super::super::run::Run;
use super::super::spec::{Spec, SOURCE};
use super::old::OldRow;
use super::{ScaleUsed, Table};

/// The format that this version writes.
const FORMAT: u64 = 2;

/// What a `table.json` says about the trainings that have been run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::experiment) struct Recorded {
    /// The runs of each training by id; their folders are those of the time of writing.
    pub(in crate::experiment) runs: BTreeMap<String, Vec<Run>>,
    /// The seeds of a complete row.
    pub(in crate::experiment) seeds: Vec<u64>,
    /// The scale.
    pub(in crate::experiment) scale: Option<ScaleUsed>,
    /// The kind of the dataset; empty if there is no table.
    pub(in crate::experiment) dataset: String,
    /// The shared options; empty in tables of version 0.1.0.
    pub(in crate::experiment) protocol: Map<String, Value>,
}

/// The content of `table.json`.
pub(super) fn content(table: &Table) -> Value {
    let Table { spec, scale, dataset, seeds, protocol, rows, missing, claims } = table;
    // The first four keys identify the file (`files::Kind::TABLE`).
    json!({
        "format": FORMAT, "experiment": spec.name, "source": spec.source, "heading": table.heading(), "scale": scale,
        "dataset": dataset, "seeds": seeds, "protocol": protocol, "rows": rows, "missing": missing, "claims": claims,
        "notes": table.notes(), "spec": spec,
    })
}

impl Recorded {
    /// Reads the `table.json` of `folder`; nothing is recorded if the file does not exist.
    ///
    /// # Errors
    /// [`Code::Output`] for a file that is not a table, for the table of another experiment, and for a row that the
    /// experiment does not have, because writing would lose them; [`Code::ModelVersion`] for a table of a newer
    /// version; [`Code::Io`].
    pub(in crate::experiment) fn read(folder: &Path, spec: &Spec, ids: &[&str]) -> Result<Self> {
        let path = folder.join("table.json");
        let bytes = match std::fs::read(&path) {
            Err(reason) if reason.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            read => read.map_err(|reason| Error::input(&path, Code::Output, &reason))?,
        };
        let refuse = |code: Code, why: String| {
            let message = format!("{} {why}: move it away, or choose another folder", shown_path(&path));
            Error::new(code, message).with_file(&path)
        };
        let broken = |reason: String| refuse(Code::Output, format!("is not the table of an experiment ({reason})"));
        let mut found: Value = serde_json::from_slice(&bytes).map_err(|reason| broken(reason.to_string()))?;
        let format = found.get("format").and_then(Value::as_u64).unwrap_or(0);
        if format > FORMAT {
            let why = format!("has format {format}, this version reads up to {FORMAT}");
            return Err(refuse(Code::ModelVersion, why));
        }
        let rows = found.get_mut("rows").map_or(Value::Null, Value::take);
        let broken = |reason: serde_json::Error| broken(reason.to_string());
        let rows: Vec<(String, String, Vec<Run>, String)> = if format < FORMAT {
            let rows: Vec<OldRow> = serde_json::from_value(rows).map_err(broken)?;
            rows.into_iter().map(|row| row.into_parts(folder)).collect()
        } else {
            let rows: Vec<Row> = serde_json::from_value(rows).map_err(broken)?;
            // Rows that are only published have no runs.
            rows.into_iter()
                .filter(|row| row.kind != RowKind::Published)
                .map(|row| (row.experiment, row.id, row.runs, row.dataset))
                .collect()
        };
        let mut recorded = Self::default();
        for (experiment, id, runs, dataset) in rows {
            if experiment != spec.name {
                let why = format!("is the table of the experiment {experiment}, not of {}", spec.name);
                return Err(refuse(Code::Output, why));
            }
            if !ids.contains(&id.as_str()) {
                let why = format!("has the row {id}, which the experiment {} does not have", spec.name);
                return Err(refuse(Code::Output, why));
            }
            // The source may have been trained on another dataset.
            if id != SOURCE {
                recorded.dataset = dataset;
            }
            recorded.runs.insert(id, runs);
        }
        let part = |name: &str| found.get(name).cloned().unwrap_or(Value::Null);
        if let Some(kind) = part("dataset").as_str().filter(|_| recorded.dataset.is_empty()) {
            kind.clone_into(&mut recorded.dataset);
        }
        recorded.scale = serde_json::from_value(part("scale")).map_err(broken)?;
        recorded.protocol = serde_json::from_value(part("protocol")).unwrap_or_default();
        recorded.seeds = serde_json::from_value(part("seeds")).unwrap_or_default();
        Ok(recorded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_cannot_be_read_is_refused_before_it_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let spec = Spec::named("downsampling").unwrap();
        let read = || Recorded::read(folder.path(), &spec, &["8000"]);
        assert_eq!(read().unwrap(), Recorded::default());
        let path = folder.path().join("table.json");
        for damaged in ["{\"format\":1,\"rows\":[{", "{\"format\":1}", "{\"format\":1,\"rows\":[{\"id\":5}]}"] {
            std::fs::write(&path, damaged).unwrap();
            let failure = read().unwrap_err();
            assert!(failure.code == Code::Output && failure.message.contains("table.json"), "{failure}");
        }
        std::fs::write(&path, "{\"format\":3,\"rows\":[]}").unwrap();
        assert_eq!(read().unwrap_err().code, Code::ModelVersion);
    }
}
