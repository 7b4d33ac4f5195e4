//! The run folder: the names of its files, and whether it may be used.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use error::{Code, Error, Result};
use files::{Kind, Lock};

/// The file that identifies a run.
const CONFIG: &str = "config.json";

/// All other files that a run writes.
const FILES: [&str; 20] = [
    "clips.jsonl",
    "events.jsonl",
    "epochs.csv",
    "events.out.tfevents.samplecnn",
    "best.safetensors",
    "last.safetensors",
    "checkpoint.safetensors",
    "checkpoint-before.safetensors",
    "checkpoint-next.safetensors",
    "report.json",
    "report.md",
    "report.html",
    "predictions-valid.npy",
    "predictions-valid.csv",
    "targets-valid.npy",
    "targets-valid.csv",
    "predictions-test.npy",
    "predictions-test.csv",
    "targets-test.npy",
    "targets-test.csv",
];

/// A run folder that this process owns.
pub(crate) struct RunFolder {
    path: PathBuf,
    /// Held as long as the folder is in use: two trainings in one folder would overwrite each other's files.
    _lock: Lock,
}

/// The state of the folder when it was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opened {
    /// It has no file with the name of a run's file.
    Fresh,
    /// It holds a run to resume.
    Resumed,
    /// It holds a run to replace: call [`RunFolder::clear`] once it is certain that the new run can start.
    Replaced,
}

impl RunFolder {
    /// Claims the folder at `path`; creates it if it is missing. Nothing in it is changed, except that incomplete files
    /// of a killed process are removed.
    ///
    /// # Errors
    /// [`Code::RunExists`] if it holds a run and neither `resume` nor `force` is set, or if another process trains in
    /// it; [`Code::Output`] if it holds files with the names of a run that no run wrote, and if it cannot be written.
    pub(crate) fn open(path: &Path, resume: bool, force: bool) -> Result<(Self, Opened)> {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        files::make_folder(&path)?;
        // Check before the lock is created, so that nothing is written into a folder of another program; and again once
        // the lock prevents other processes from writing.
        whose(&path, resume, force)?;
        let Some(lock) = Lock::take(path.join(".lock"))? else {
            let message =
                format!("another process trains in {}: wait for it, or choose another folder", path.display());
            return Err(Error::new(Code::RunExists, message).with_file(&path));
        };
        let opened = whose(&path, resume, force)?;
        files::sweep(&path);
        Ok((Self { path, _lock: lock }, opened))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.path.join(CONFIG)
    }

    pub(crate) fn clips(&self) -> PathBuf {
        self.path.join("clips.jsonl")
    }

    pub(crate) fn events(&self) -> PathBuf {
        self.path.join("events.jsonl")
    }

    pub(crate) fn epochs(&self) -> PathBuf {
        self.path.join("epochs.csv")
    }

    /// The event file for TensorBoard, which finds it by the word `tfevents`.
    pub(crate) fn tensorboard(&self) -> PathBuf {
        self.path.join("events.out.tfevents.samplecnn")
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

    /// The name of a new checkpoint until it replaces the current one.
    pub(crate) fn checkpoint_next(&self) -> PathBuf {
        self.path.join("checkpoint-next.safetensors")
    }

    pub(crate) fn report(&self) -> PathBuf {
        self.path.join("report.json")
    }

    pub(crate) fn report_for_people(&self) -> PathBuf {
        self.path.join("report.md")
    }

    pub(crate) fn report_page(&self) -> PathBuf {
        self.path.join("report.html")
    }

    /// Removes all files of a run except `config.json`, which the new run replaces: the folder is recognised as a run
    /// folder even if this is interrupted.
    pub(crate) fn clear(&self) -> Result<()> {
        files::remove_files(&self.path, &FILES)
    }
}

/// Whether the folder at `path` may be used, and its state.
fn whose(path: &Path, resume: bool, force: bool) -> Result<Opened> {
    let config = path.join(CONFIG);
    if files::present(path, &[CONFIG])?.is_empty() {
        let found = files::present(path, &FILES)?;
        if found.is_empty() {
            return Ok(Opened::Fresh);
        }
        let names: Vec<_> = found.iter().filter_map(|file| file.file_name()?.to_str()).collect();
        let message = format!(
            "{} holds {} but no config.json of a run: files that no run wrote are never replaced; choose another \
             folder, or move these files away",
            path.display(),
            names.join(", ")
        );
        return Err(Error::new(Code::Output, message).with_file(&found[0]));
    }
    if !Kind::RUN.is(&config) {
        if config.is_file() {
            // A file that cannot be read this time may belong to a run.
            let read = File::open(&config).and_then(|file| file.take(1).read_to_end(&mut Vec::new()));
            read.map_err(|reason| Error::input(&config, Code::Output, &reason))?;
        }
        let message = format!(
            "{} is not {}: files that no run wrote are never replaced; choose another folder, or move the file away",
            config.display(),
            Kind::RUN.name
        );
        return Err(Error::new(Code::Output, message).with_file(&config));
    }
    match (resume, force) {
        (true, _) => Ok(Opened::Resumed),
        (false, true) => Ok(Opened::Replaced),
        (false, false) => {
            let message = format!(
                "{} holds a run: resume it (resume), replace it (force), or choose another folder",
                path.display()
            );
            Err(Error::new(Code::RunExists, message).with_file(path))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest configuration that identifies a run.
    const OURS: &str = r#"{"format": 1, "version": "0", "options": {"learningRates": [1], "checkpointSeconds": 1}}"#;

    fn code(result: Result<(RunFolder, Opened)>) -> Option<Code> {
        result.err().map(|failure| failure.code)
    }

    #[test]
    fn a_folder_with_a_run_needs_resume_or_force() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("a/run");
        let (folder, opened) = RunFolder::open(&path, false, false).unwrap();
        assert_eq!(opened, Opened::Fresh);
        assert_eq!(code(RunFolder::open(&path, true, false)), Some(Code::RunExists), "locked");
        std::fs::write(folder.config(), OURS).unwrap();
        std::fs::write(folder.best(), "").unwrap();
        drop(folder);
        assert_eq!(code(RunFolder::open(&path, false, false)), Some(Code::RunExists));
        assert_eq!(RunFolder::open(&path, true, false).unwrap().1, Opened::Resumed);
        assert_eq!(RunFolder::open(&path, false, true).unwrap().1, Opened::Replaced);
    }

    #[test]
    fn making_room_removes_every_file_of_the_run_and_no_other() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path();
        std::fs::write(path.join(CONFIG), OURS).unwrap();
        for name in FILES.iter().chain(&["notes.txt", "checkpoint.safetensors.bak"]) {
            std::fs::write(path.join(name), "x").unwrap();
        }
        let (folder, _) = RunFolder::open(path, false, true).unwrap();
        assert!(FILES.iter().all(|name| path.join(name).exists()), "opening removes nothing");
        folder.clear().unwrap();
        assert!(!FILES.iter().any(|name| path.join(name).exists()));
        assert!(["notes.txt", "checkpoint.safetensors.bak", CONFIG].iter().all(|name| path.join(name).exists()));
    }

    #[test]
    fn files_of_others_are_never_taken_for_a_run() {
        for name in FILES {
            let temporary = tempfile::tempdir().unwrap();
            std::fs::write(temporary.path().join(name), "mine").unwrap();
            for (resume, force) in [(false, false), (true, false), (false, true)] {
                let failure = RunFolder::open(temporary.path(), resume, force).err().unwrap();
                assert_eq!(failure.code, Code::Output);
                assert!(failure.message.contains(name), "{failure}");
            }
            assert_eq!(std::fs::read(temporary.path().join(name)).unwrap(), b"mine");
            assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 1, "nothing is added");
        }
    }

    #[test]
    fn the_configuration_of_another_program_protects_its_folder() {
        for content in ["{}", "", "not JSON", r#"{"format": 1, "version": "2", "options": {}}"#, "[1, 2]"] {
            let temporary = tempfile::tempdir().unwrap();
            let config = temporary.path().join(CONFIG);
            std::fs::write(&config, content).unwrap();
            for (resume, force) in [(false, false), (true, false), (false, true)] {
                let failure = RunFolder::open(temporary.path(), resume, force).err().unwrap();
                assert_eq!((failure.code, failure.file.as_ref()), (Code::Output, Some(&config)), "{content}");
            }
            assert_eq!(std::fs::read_to_string(&config).unwrap(), content);
        }
    }

    #[test]
    fn half_written_files_of_a_killed_run_go() {
        let temporary = tempfile::tempdir().unwrap();
        let left = temporary.path().join(".samplecnn-x.tmp");
        std::fs::write(&left, "half").unwrap();
        RunFolder::open(temporary.path(), false, false).unwrap();
        assert!(!left.exists());
    }

    #[test]
    fn a_file_in_the_way_is_an_output_error() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("file");
        std::fs::write(&path, "").unwrap();
        assert_eq!(code(RunFolder::open(&path.join("run"), false, false)), Some(Code::Output));
        assert_eq!(code(RunFolder::open(&path, false, false)), Some(Code::Output));
    }

    #[cfg(unix)]
    #[test]
    fn two_names_of_one_folder_are_one_run() {
        let temporary = tempfile::tempdir().unwrap();
        let (path, link) = (temporary.path().join("run"), temporary.path().join("link"));
        std::fs::create_dir(&path).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let (_folder, opened) = RunFolder::open(&link, false, false).unwrap();
        assert_eq!(opened, Opened::Fresh);
        assert_eq!(code(RunFolder::open(&path, false, false)), Some(Code::RunExists));
    }
}
