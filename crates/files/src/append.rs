//! An output file that grows while a job runs.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use error::{Code, Error, Result};

use crate::atomic::replace;
use crate::identity;
use crate::lock::has_no_locks;
use crate::target::{open_plainly, what_is, Target};

/// How often a file is opened again because it was replaced while it was opened.
const TRIES: usize = 100;

/// A regular file, open for reading and writing, to which no other samplecnn process writes.
#[derive(Debug)]
pub struct AppendFile {
    asked: PathBuf,
    path: PathBuf,
    file: File,
}

impl AppendFile {
    /// Opens and locks the file at `path`, and creates it if it is missing. Its content stays unchanged; the position
    /// is 0. Links are followed. `inputs` are the files that the same job reads.
    ///
    /// # Errors
    /// [`Code::Output`] if [`Target::of`] refuses the path, if it is one of `inputs`, if another process writes to it,
    /// or if it cannot be opened.
    pub fn open<P: AsRef<Path>>(path: impl AsRef<Path>, inputs: &[P]) -> Result<Self> {
        let asked = path.as_ref();
        for _ in 0..TRIES {
            let target = Target::of(asked)?;
            target.refuse_inputs(inputs)?;
            let failed = |reason: io::Error| Error::output(asked, &reason);
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false);
            let file = open_plainly(&mut options, target.file()).map_err(failed)?;
            if let Some(what) = what_is(file.metadata().map_err(failed)?.file_type()) {
                let message = format!("cannot write {}: it is {what}; give the path of a file", asked.display());
                return Err(Error::new(Code::Output, message).with_file(asked));
            }
            lock(&file, asked)?;
            let opened = Self { asked: asked.to_path_buf(), path: target.file().to_path_buf(), file };
            if opened.is_in_place() {
                return Ok(opened);
            }
        }
        let message = format!("cannot write {}: another program replaces it again and again", asked.display());
        Err(Error::new(Code::Output, message).with_file(asked))
    }

    /// The path as it was given.
    pub fn asked(&self) -> &Path {
        &self.asked
    }

    /// The open file.
    pub fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Whether the path still leads to the open file. If not, the file was deleted, renamed or replaced, and everything
    /// written to it is lost.
    pub fn is_in_place(&self) -> bool {
        identity::leads_to(&self.path, &self.file)
    }

    /// Fails if the file is no longer in its place.
    ///
    /// # Errors
    /// [`Code::Output`] if [`AppendFile::is_in_place`] is false.
    pub fn check_in_place(&self) -> Result<()> {
        if self.is_in_place() {
            return Ok(());
        }
        let message = format!(
            "{} was deleted, renamed or replaced while it was written: do not change the output of a running command; \
             run the same command again",
            self.asked.display()
        );
        Err(Error::new(Code::Output, message).with_file(&self.asked))
    }

    /// Replaces the whole content atomically by the output of `write`, which reads the present file. The new file is
    /// open and locked afterwards. If this fails, the present file stays open and locked.
    ///
    /// # Errors
    /// [`Code::Output`], also if the present file is no longer in its place.
    pub fn rewrite(&mut self, write: impl FnOnce(&mut File, &mut BufWriter<File>) -> io::Result<()>) -> Result<()> {
        self.check_in_place()?;
        let target = Target::of(&self.path)?;
        let Self { asked, file, .. } = self;
        let new = replace(&target, |copy| write(file, copy)).map_err(|reason| Error::output(asked, &reason))?;
        self.file = new;
        Ok(())
    }
}

impl Drop for AppendFile {
    fn drop(&mut self) {
        // Closing is not enough: between fork and exec, a child of this process holds a copy of the descriptor.
        let _ = self.file.unlock();
    }
}

fn lock(file: &File, path: &Path) -> Result<()> {
    match file.try_lock() {
        Err(TryLockError::Error(reason)) if !has_no_locks(&reason) => Err(Error::output(path, &reason)),
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            let message =
                format!("another process writes to {}: wait until it ends, or choose another file", path.display());
            Err(Error::new(Code::Output, message).with_file(path))
        }
    }
}
