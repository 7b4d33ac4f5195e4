//! `--merge`: joins the folders of one experiment, such as those of shards, into one folder with one table.

use std::path::{Path, PathBuf};

use error::{shown_path, Code, Error, Result};

use super::ledger::Ledger;
use super::protocol;
use super::run::Run;
use super::source::SOURCE_DATASET;
use super::spec::SOURCE;

/// Files of a run that only a resumed training needs; a finished one does not.
const LEFT_BEHIND: [&str; 5] =
    ["checkpoint-before.safetensors", "checkpoint-next.safetensors", "last.safetensors", ".lock", ".probe.lock"];

/// Adds the runs of `other` to `whole`, and copies their folders.
///
/// # Errors
/// [`Code::CheckpointMismatch`] if the folders have other options, or other results of the same training and seed;
/// [`Code::Output`].
pub(super) fn add(whole: &mut Ledger, other: &Ledger) -> Result<()> {
    if other.is_empty() {
        let message = format!(
            "{} has no table of the experiment {}: name the folders of its parts",
            shown_path(&other.out),
            whole.spec.name
        );
        return Err(Error::new(Code::FileNotFound, message).with_file(&other.out));
    }
    if whole.is_empty() {
        whole.scale.clone_from(&other.scale);
        whole.dataset.clone_from(&other.dataset);
        whole.protocol.clone_from(&other.protocol);
    }
    check(whole, other)?;
    for seed in &other.seeds {
        if !whole.seeds.contains(seed) {
            whole.seeds.push(*seed);
        }
    }
    whole.seeds.sort_unstable();
    for (id, runs) in &other.runs {
        for run in runs {
            let known = whole.runs.get(id).and_then(|runs| runs.iter().find(|known| known.seed == run.seed));
            match known {
                Some(known) if known.result.is_some() && run.result.is_some() => same_result(id, known, run)?,
                Some(known) if known.result.is_some() => (),
                _ => {
                    let several = other.seeds.len() > 1;
                    let folder = whole.folder_of(id, run.seed, several)?;
                    copy(&run.folder, &folder)?;
                    whole.add(id, Run { folder, ..run.clone() });
                }
            }
        }
    }
    Ok(())
}

/// Refuses folders whose rows do not belong into one table.
fn check(whole: &Ledger, other: &Ledger) -> Result<()> {
    whole.check(other.scale.as_ref(), &other.dataset, &whole.seeds)?;
    // Tables of version 0.1.0 do not record their protocol.
    if whole.protocol.is_empty() || other.protocol.is_empty() {
        return Ok(());
    }
    for name in whole.protocol.keys().chain(other.protocol.keys()) {
        let (then, now) = (whole.protocol.get(name), other.protocol.get(name));
        // Parts have no features yet, and need not know their source.
        let is_open = (name == SOURCE || name == SOURCE_DATASET) && (then.is_none() || now.is_none());
        if then != now && !is_open {
            let shown = |value: Option<&serde_json::Value>| value.map_or("none".to_owned(), ToString::to_string);
            let message = format!(
                "{name}: {} was trained with {}, the other folders with {}; the rows of a table share their options",
                shown_path(&other.out),
                shown(now),
                shown(then)
            );
            return Err(Error::new(Code::CheckpointMismatch, message));
        }
    }
    Ok(())
}

/// Refuses two results of one training that differ in more than times.
fn same_result(id: &str, known: &Run, run: &Run) -> Result<()> {
    let facts = |run: &Run| run.result.map(|result| (result.test, result.epochs, result.parameters));
    if facts(known) == facts(run) {
        return Ok(());
    }
    let message = format!(
        "the training {id} with seed {} has one result in {} and another one in {}: leave one of the folders out",
        run.seed,
        shown_path(&known.folder),
        shown_path(&run.folder)
    );
    Err(Error::new(Code::CheckpointMismatch, message))
}

/// Copies the files of a finished run. A folder that is gone leaves only the row.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let entries = match std::fs::read_dir(from) {
        Err(reason) if reason.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        read => read.map_err(|reason| Error::input(from, Code::Output, &reason))?,
    };
    if protocol::config(to)?.is_none() {
        let found: Vec<PathBuf> = files::present(to, &["config.json", "report.json", "best.safetensors"])?;
        if let Some(there) = found.first() {
            let message = format!("{} exists and no run wrote it: choose another folder", shown_path(there));
            return Err(Error::new(Code::Output, message).with_file(there));
        }
    }
    files::make_folder(to)?;
    let mut names: Vec<_> = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|reason| Error::input(from, Code::Output, &reason))?;
        let name = entry.file_name();
        if entry.path().is_file() && !LEFT_BEHIND.iter().any(|left| name == *left) {
            names.push(name);
        }
    }
    // The configuration makes the folder a run: it comes first, so that an interrupted copy is recognised as one.
    names.sort_by_key(|name| name != "config.json");
    for name in names {
        let (source, target) = (from.join(&name), to.join(&name));
        let mut file = std::fs::File::open(&source).map_err(|reason| Error::input(&source, Code::Output, &reason))?;
        files::write_atomic_with(&target, |out| std::io::copy(&mut file, out).map(drop))?;
    }
    Ok(())
}
