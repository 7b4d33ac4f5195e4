//! The folder of an evaluation: `evaluation.json`, which identifies it, and the predictions.

use std::path::{Path, PathBuf};

use error::{Code, Error, Result};
use files::{Kind, Lock};
use serde::Serialize;

use super::predictions::Predictions;

const REPORT: &str = "evaluation.json";
/// The file name of the predictions, without suffix.
const PREDICTIONS: &str = "predictions";
/// The file name of the targets, without suffix.
const TARGETS: &str = "targets";
const FILES: [&str; 5] = [REPORT, "predictions.npy", "predictions.csv", "targets.npy", "targets.csv"];

/// A folder into which only this process writes an evaluation.
pub(crate) struct EvaluationFolder {
    path: PathBuf,
    _lock: Lock,
}

impl EvaluationFolder {
    /// Claims the folder at `path` before any work is done for it; creates it if it is missing.
    ///
    /// # Errors
    /// [`Code::Output`] if it holds files with these names that no evaluation wrote and `force` is not set, if another
    /// process writes to it, and if it cannot be written.
    pub(crate) fn claim(path: &Path, force: bool) -> Result<Self> {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        files::make_folder(&path)?;
        if !force && !Kind::EVALUATION.is(&path.join(REPORT)) {
            if let Some(there) = files::present(&path, &FILES)?.first() {
                let message = format!(
                    "{} exists and was not written by an evaluation: choose another folder, or replace the file with \
                     force (--force)",
                    there.display()
                );
                return Err(Error::new(Code::Output, message).with_file(there));
            }
        }
        let Some(lock) = Lock::take(path.join(".evaluation.lock"))? else {
            let message =
                format!("another evaluation writes to {}: wait for it, or choose another folder", path.display());
            return Err(Error::new(Code::Output, message).with_file(&path));
        };
        files::sweep(&path);
        Ok(Self { path, _lock: lock })
    }

    /// Writes the report and the predictions. The report comes first, so that the folder is recognised as an evaluation
    /// even if this is interrupted.
    pub(crate) fn write(&self, report: &impl Serialize, predictions: &Predictions<'_>) -> Result<()> {
        files::write_json(self.path.join(REPORT), report)?;
        files::remove_files(&self.path, &FILES[1..])?;
        predictions.write_targets(&self.path, TARGETS)?;
        predictions.write(&self.path, PREDICTIONS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(path: &Path, force: bool) -> Result<()> {
        let predictions = Predictions { clips: vec!["a"], tags: &["t".to_owned()], scores: &[0.5], targets: &[true] };
        EvaluationFolder::claim(path, force)?
            .write(&serde_json::json!({"type": "evaluation", "segmentRule": "all"}), &predictions)
    }

    #[test]
    fn an_evaluation_replaces_one_and_no_file_of_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/evaluation");
        claim(&path, false).unwrap();
        claim(&path, false).unwrap();
        assert!(FILES.iter().all(|name| path.join(name).is_file()));
        for name in FILES {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(name);
            std::fs::write(&path, "mine").unwrap();
            let failure = claim(folder.path(), false).unwrap_err();
            assert!(failure.code == Code::Output && failure.message.contains(name), "{failure}");
            assert_eq!(std::fs::read(&path).unwrap(), b"mine");
            claim(folder.path(), true).unwrap();
        }
    }

    #[test]
    fn one_evaluation_at_a_time_writes_into_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let held = EvaluationFolder::claim(folder.path(), false).unwrap();
        assert_eq!(claim(folder.path(), false).unwrap_err().code, Code::Output);
        drop(held);
        claim(folder.path(), false).unwrap();
    }
}
