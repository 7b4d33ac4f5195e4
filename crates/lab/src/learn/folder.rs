//! The folder of a learnt model.

use std::path::{Path, PathBuf};

use error::{shown_path, Code, Error, Result};
use files::{Kind, Lock};
use serde::Serialize;

/// The file that says what the folder is, with the result for programs.
const RESULT: &str = "learn.json";
/// Version of the format of [`RESULT`].
const FORMAT: u32 = 1;
/// The model.
const MODEL: &str = "model.safetensors";
/// The report for people.
const REPORT: &str = "report.html";
/// The songs, with their parts and tags.
const SONGS: &str = "songs.csv";
/// Labels that are likely wrong.
const WRONG_LABELS: &str = "wrong-labels.csv";
/// The folder of a fine-tuning.
const FINE_TUNING: &str = "fine-tuning";
/// In the folder of a fine-tuning: the manifest of its songs, the network that it begins with, and the folder of its
/// run.
pub(super) const TUNING_SONGS: &str = "songs.jsonl";
pub(super) const TUNING_START: &str = "start.safetensors";
pub(super) const TUNING_RUN: &str = "run";
/// The file that makes a folder a run.
const RUN_CONFIG: &str = "config.json";
/// All files of the folder except [`RESULT`] and those of a fine-tuning.
const FILES: [&str; 4] = [MODEL, REPORT, SONGS, WRONG_LABELS];
/// Who writes these files, in messages.
const WRITER: &str = "learn";
/// What [`RESULT`] looks like.
const KIND: Kind = Kind { name: "a result of samplecnn learn", marks: &["\"format\":", "\"learn\":", "\"from\":"] };

/// The folder, in which only this process works.
pub(super) struct LearnFolder {
    path: PathBuf,
    _lock: Lock,
}

impl LearnFolder {
    /// Claims the folder at `path` before any work is done for it; creates it if it is missing. A folder that holds an
    /// earlier result of `learn` is used again: each file is replaced when the new one is complete.
    ///
    /// # Errors
    /// [`Code::Output`] if it holds files with these names that `learn` did not write, unless `force` is set, and if it
    /// cannot be written; [`Code::RunExists`] if another process works in it.
    pub(super) fn claim(path: &Path, force: bool) -> Result<Self> {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        files::make_folder(&path)?;
        if !force && !KIND.is(&path.join(RESULT)) {
            let names: Vec<&str> = std::iter::once(RESULT).chain(FILES).collect();
            files::refuse_others(&path, &names, WRITER)?;
            let tuning = [TUNING_SONGS.into(), TUNING_START.into(), Path::new(TUNING_RUN).join(RUN_CONFIG)];
            refuse_others_in(&path.join(FINE_TUNING), &tuning)?;
        }
        let Some(lock) = Lock::take(path.join(".learn.lock"))? else {
            let message = format!(
                "another learn works in {}: wait for it, or choose another folder with out (--out)",
                shown_path(&path)
            );
            return Err(Error::new(Code::RunExists, message).with_file(&path));
        };
        files::sweep(&path);
        Ok(Self { path, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn model(&self) -> PathBuf {
        self.path.join(MODEL)
    }

    pub(super) fn report(&self) -> PathBuf {
        self.path.join(REPORT)
    }

    pub(super) fn songs(&self) -> PathBuf {
        self.path.join(SONGS)
    }

    pub(super) fn wrong_labels(&self) -> PathBuf {
        self.path.join(WRONG_LABELS)
    }

    /// The folder of a fine-tuning.
    pub(super) fn fine_tuning(&self) -> PathBuf {
        self.path.join(FINE_TUNING)
    }

    /// Says that the folder belongs to `learn`, before its first file is written.
    ///
    /// # Errors
    /// [`Code::Output`].
    pub(super) fn mark(&self, from: &str) -> Result<()> {
        match KIND.is(&self.path.join(RESULT)) {
            true => Ok(()),
            false => self.write(from, &serde_json::Value::Null),
        }
    }

    /// Writes the result for programs: the last step.
    ///
    /// # Errors
    /// [`Code::Output`].
    pub(super) fn write(&self, from: &str, learnt: &impl Serialize) -> Result<()> {
        files::write_json(
            self.path.join(RESULT),
            &serde_json::json!({ "format": FORMAT, "learn": learnt, "from": from }),
        )
    }
}

/// Refuses the files `names` in a folder that may be missing.
fn refuse_others_in(folder: &Path, names: &[PathBuf]) -> Result<()> {
    match folder.is_dir() {
        true => files::refuse_others(folder, names, WRITER),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_others_is_refused_and_an_earlier_result_is_used_again() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("model");
        let refused = |force: bool| LearnFolder::claim(&out, force).err().map(|failure| failure.code);
        let claimed = LearnFolder::claim(&out, false).unwrap();
        assert_eq!(refused(false), Some(Code::RunExists), "in use");
        claimed.mark("base.safetensors").unwrap();
        std::fs::write(claimed.model(), "a model").unwrap();
        drop(claimed);
        assert_eq!(refused(false), None, "an earlier result");
        std::fs::remove_file(out.join(RESULT)).unwrap();
        assert_eq!(refused(false), Some(Code::Output), "a model of others");
        assert_eq!(refused(true), None);
    }

    #[test]
    fn a_fine_tuning_of_others_is_refused() {
        for name in ["songs.jsonl", "start.safetensors", "run/config.json"] {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("fine-tuning").join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, "somebody's").unwrap();
            let refused = |force: bool| LearnFolder::claim(folder.path(), force).err().map(|failure| failure.code);
            assert_eq!(refused(false), Some(Code::Output), "{name}");
            assert_eq!(refused(true), None, "{name}");
        }
    }
}
