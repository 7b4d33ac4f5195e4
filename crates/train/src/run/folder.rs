//! The folder itself: what is called what, whose it is, and whether it may be used.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use error::{Code, Error, Result};

/// A run folder that this process owns.
pub(crate) struct RunFolder {
    path: PathBuf,
    /// Held as long as the folder is: two trainings in one folder would write over each other.
    _lock: File,
}

/// What was found in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opened {
    /// Nothing, or nothing that is kept.
    Fresh,
    /// A run that is to go on.
    Resumed,
    /// A run that is to make room: [`RunFolder::clear`] it once its successor is certain to begin.
    Replaced,
}

impl RunFolder {
    /// Takes the folder at `path`, making it where it is missing. Nothing in it is changed.
    ///
    /// # Errors
    /// [`Code::RunExists`] where it holds a run and neither `resume` nor `force` is set, or another process trains in it;
    /// [`Code::Output`] where it cannot be written.
    pub(crate) fn open(path: &Path, resume: bool, force: bool) -> Result<(Self, Opened)> {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        std::fs::create_dir_all(&path).map_err(|reason| Error::output(&path, &reason))?;
        let lock = lock(&path)?;
        let folder = Self { path, _lock: lock };
        if !folder.config().exists() {
            return Ok((folder, Opened::Fresh));
        }
        match (resume, force) {
            (true, _) => Ok((folder, Opened::Resumed)),
            (false, true) => Ok((folder, Opened::Replaced)),
            (false, false) => {
                let message = format!(
                    "{} holds a run: go on with it (resume), replace it (force), or choose another folder",
                    folder.path.display()
                );
                Err(Error::new(Code::RunExists, message).with_file(&folder.path))
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.path.join("config.json")
    }

    pub(crate) fn clips(&self) -> PathBuf {
        self.path.join("clips.jsonl")
    }

    pub(crate) fn events(&self) -> PathBuf {
        self.path.join("events.jsonl")
    }

    pub(crate) fn best(&self) -> PathBuf {
        self.path.join("best.safetensors")
    }

    pub(crate) fn last(&self) -> PathBuf {
        self.path.join("last.safetensors")
    }

    pub(crate) fn checkpoint(&self) -> PathBuf {
        self.path.join("checkpoint.safetensors")
    }

    pub(crate) fn checkpoint_before(&self) -> PathBuf {
        self.path.join("checkpoint-before.safetensors")
    }

    pub(crate) fn report(&self) -> PathBuf {
        self.path.join("report.json")
    }

    pub(crate) fn report_for_people(&self) -> PathBuf {
        self.path.join("report.md")
    }

    /// Removes the files of a run and nothing else, `config.json` first: without it the rest is no run.
    pub(crate) fn clear(&self) -> Result<()> {
        let mut files = vec![
            self.config(),
            self.clips(),
            self.events(),
            self.best(),
            self.last(),
            self.checkpoint(),
            self.checkpoint_before(),
            self.report(),
            self.report_for_people(),
        ];
        for part in ["valid", "test"] {
            files.extend(["npy", "csv"].map(|suffix| self.path.join(format!("predictions-{part}.{suffix}"))));
        }
        for file in files {
            match std::fs::remove_file(&file) {
                Err(reason) if reason.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::output(&file, &reason));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn lock(folder: &Path) -> Result<File> {
    let path = folder.join(".lock");
    let file = File::create(&path).map_err(|reason| Error::output(&path, &reason))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        // Some network file systems have no locks.
        Err(TryLockError::Error(reason)) if reason.kind() == std::io::ErrorKind::Unsupported => Ok(file),
        Err(TryLockError::Error(reason)) => Err(Error::output(&path, &reason)),
        Err(TryLockError::WouldBlock) => {
            let message =
                format!("another process trains in {}: wait for it, or choose another folder", folder.display());
            Err(Error::new(Code::RunExists, message).with_file(folder))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_a_run_needs_resume_or_force() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("a/run");
        let (folder, opened) = RunFolder::open(&path, false, false).unwrap();
        assert_eq!(opened, Opened::Fresh);
        let code = |result: Result<(RunFolder, Opened)>| result.err().map(|e| e.code);
        assert_eq!(code(RunFolder::open(&path, true, false)), Some(Code::RunExists), "locked");
        std::fs::write(folder.config(), "{}").unwrap();
        std::fs::write(folder.best(), "").unwrap();
        std::fs::write(path.join("notes.txt"), "mine").unwrap();
        drop(folder);
        assert_eq!(code(RunFolder::open(&path, false, false)), Some(Code::RunExists));
        assert_eq!(RunFolder::open(&path, true, false).unwrap().1, Opened::Resumed);
        let (folder, opened) = RunFolder::open(&path, false, true).unwrap();
        assert_eq!(opened, Opened::Replaced);
        assert!(folder.best().exists());
        folder.clear().unwrap();
        assert!(!folder.best().exists() && path.join("notes.txt").exists());
    }

    #[test]
    fn a_file_in_the_way_is_an_output_error() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("file");
        std::fs::write(&path, "").unwrap();
        assert_eq!(RunFolder::open(&path.join("run"), false, false).err().map(|e| e.code), Some(Code::Output));
    }
}
