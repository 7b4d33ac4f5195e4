//! The options that all trainings of an experiment share, so that its rows can be compared.

use std::path::Path;

use error::{shown_path, Code, Error, Result};
use serde_json::Value;
use train::run::Config;
use train::TrainOptions;

use super::row::Row;
use super::spec::Spec;

/// Options that differ between the trainings or do not affect their results. The norm momentum is compared by its final
/// value.
const OWN: [&str; 11] = [
    "architecture",
    "task",
    "out",
    "resume",
    "force",
    "cache",
    "device",
    "threads",
    "normMomentum",
    "checkpointSeconds",
    "strict",
];

/// The norm momentum option of the training `id`: that of its own run if it has been started; otherwise that of the
/// other trainings in the folder. `None` in an empty folder: the first training uses the value that suits its epochs.
///
/// # Errors
/// [`Code::Io`] if a configuration cannot be read this time.
pub(super) fn norm_momentum(spec: &Spec, id: &str, out: &Path) -> Result<Option<f64>> {
    if let Some(own) = config(out, id)? {
        return Ok(own.options.norm_momentum);
    }
    let first = spec.trainings.iter().filter(|training| training.id == spec.reference);
    for training in first.chain(&spec.trainings) {
        if let Some(other) = config(out, &training.id)? {
            return Ok(Some(other.architecture.norm.momentum));
        }
    }
    Ok(None)
}

/// Refuses `options` that differ from those of the rows `kept` in the folder.
pub(super) fn check(options: &TrainOptions, kept: &[&Row], out: &Path) -> Result<()> {
    let now = TrainOptions { dataset: options.dataset.absolute(), ..options.clone() };
    for row in kept {
        let Some(before) = config(out, &row.id)? else { continue };
        let (now, then) = (json(&now)?, json(&before.options)?);
        let names = then.as_object().into_iter().chain(now.as_object()).flat_map(|fields| fields.keys());
        for name in names.filter(|name| !OWN.contains(&name.as_str())) {
            refuse_other(row, out, name, &then[name.as_str()], &now[name.as_str()])?;
        }
        if let Some(asked) = options.norm_momentum {
            let (then, now) = (before.architecture.norm.momentum.into(), asked.into());
            refuse_other(row, out, "normMomentum", &then, &now)?;
        }
    }
    Ok(())
}

fn refuse_other(row: &Row, out: &Path, name: &str, then: &Value, now: &Value) -> Result<()> {
    if then == now {
        return Ok(());
    }
    let message = format!(
        "{name}: the row {} of the table in {} was trained with {then}, received {now}; the rows of a table share \
         their options: use the same options, or another folder",
        row.id,
        shown_path(out)
    );
    Err(Error::new(Code::CheckpointMismatch, message))
}

/// The configuration of the training `id`, if it has been started.
fn config(out: &Path, id: &str) -> Result<Option<Config>> {
    match Config::load(&out.join(id).join("config.json")) {
        Err(failure) if failure.code == Code::Io => Err(failure),
        read => Ok(read.ok()),
    }
}

fn json(options: &TrainOptions) -> Result<Value> {
    serde_json::to_value(options).map_err(|reason| Error::new(Code::Internal, reason.to_string()))
}
