//! A file that grows while a job runs.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use error::{Code, Error, Result};

use crate::atomic::replace;
use crate::identity;
use crate::lock::has_no_locks;
use crate::target::{open_plainly, what_is, Target};

/// How often a file that is replaced while it is opened is opened again.
const TRIES: usize = 100;

/// A regular file, open for reading and writing, to which no other process of samplecnn writes.
#[derive(Debug)]
pub struct AppendFile {
    asked: PathBuf,
    path: PathBuf,
    file: File,
}

impl AppendFile {
    /// Opens the file at `path`, making it where it is missing, and locks it. Its content stays as it is; the position is 0. Links
    /// are followed. `inputs` is what the same job reads.
    ///
    /// # Errors
    /// [`Code::Output`] for what [`Target::of`] refuses, for one of `inputs`, where another process writes to it, and where it cannot
    /// be opened.
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
        let message = format!("cannot write {}: others replace it all the time", asked.display());
        Err(Error::new(Code::Output, message).with_file(asked))
    }

    /// The path as it was asked for.
    pub fn asked(&self) -> &Path {
        &self.asked
    }

    /// The open file.
    pub fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Whether the path still leads to the open file. Where it does not, the file was deleted, renamed or replaced, and what is
    /// written to it is lost.
    pub fn is_in_place(&self) -> bool {
        identity::leads_to(&self.path, &self.file)
    }

    /// Refuses to go on with a file that is gone.
    ///
    /// # Errors
    /// [`Code::Output`] where [`AppendFile::is_in_place`] is false.
    pub fn check_in_place(&self) -> Result<()> {
        if self.is_in_place() {
            return Ok(());
        }
        let message = format!(
            "{} was deleted, renamed or replaced while it was being written: let nothing touch an output before the command ends, then \
             run the same command again",
            self.asked.display()
        );
        Err(Error::new(Code::Output, message).with_file(&self.asked))
    }

    /// Replaces the whole content, atomically, by what `write` makes of the present file. The new file is open and locked
    /// afterwards; where this fails, the present one still is.
    ///
    /// # Errors
    /// [`Code::Output`], also where the present file is not in its place any more.
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
        // Closing is not enough: a child of this process that has not come to its program yet holds a copy of the descriptor.
        let _ = self.file.unlock();
    }
}

fn lock(file: &File, path: &Path) -> Result<()> {
    match file.try_lock() {
        Err(TryLockError::Error(reason)) if !has_no_locks(&reason) => Err(Error::output(path, &reason)),
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            let message = format!("another process writes to {}: wait for it, or choose another file", path.display());
            Err(Error::new(Code::Output, message).with_file(path))
        }
    }
}
