//! Reads the metadata of many files in parallel, in bounded memory.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{sync_channel, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use error::{shown_path, Code, Error, Result};
use tagger::{Found, Walk};
use train::{Pace, Warning};

use crate::file_tags::{file_tags, FileTags};
use crate::metadata;
use crate::options::MetadataField;
use crate::progress::LibraryProgress;
use crate::tag_texts::TagTexts;

/// Results that may wait for the reading thread, per worker.
const WAITING: usize = 16;

/// What became of a file that was found.
pub(crate) enum Outcome {
    /// A file: its path without links, and what its metadata says. `Ok(None)`: a format whose metadata is not read.
    File {
        path: PathBuf,
        real: PathBuf,
        tags: Result<Option<FileTags>>,
    },
    /// A name that leads to no file.
    Failed(Error),
    Warned(Warning),
}

/// How the files are read.
pub(crate) struct Reading<'a> {
    pub(crate) fields: &'a [MetadataField],
    pub(crate) texts: &'a TagTexts<'a>,
    /// Number of files read at the same time.
    pub(crate) jobs: usize,
    pub(crate) cancel: &'a AtomicBool,
}

impl Reading<'_> {
    /// Reads the files behind `paths` in the order of the walk; also returns the number of files and folders that the
    /// walk left out.
    ///
    /// # Errors
    /// [`Code::Aborted`]; [`Code::Internal`] if no thread can be started.
    pub(crate) fn walk(&self, paths: &[PathBuf], progress: &mut Progress) -> Result<(Vec<Outcome>, u64)> {
        let mut walk = Walk::new(paths.to_vec(), None);
        let counting = Walk::new(paths.to_vec(), None).to_count();
        let count = counting.filter(|found| matches!(found, Found::File(_))).map(|_| ());
        let outcomes = self.all(&mut walk, count, progress)?;
        Ok((outcomes, walk.left_out()))
    }

    /// Reads `files` in their order.
    ///
    /// # Errors
    /// As [`Reading::walk`].
    pub(crate) fn listed(&self, files: Vec<PathBuf>, progress: &mut Progress) -> Result<Vec<Outcome>> {
        let count = vec![(); files.len()].into_iter();
        self.all(&mut files.into_iter().map(Found::File), count, progress)
    }

    fn all(
        &self,
        found: &mut (dyn Iterator<Item = Found> + Send),
        count: impl Iterator<Item = ()> + Send,
        progress: &mut Progress,
    ) -> Result<Vec<Outcome>> {
        let source = Mutex::new(found.enumerate());
        let (before, counted) = (progress.found, AtomicUsize::new(0));
        let (sender, receiver) = sync_channel(self.jobs * WAITING);
        let mut outcomes: Vec<(usize, Outcome)> = Vec::new();
        std::thread::scope(|scope| -> Result<()> {
            let named = |name: &str| std::thread::Builder::new().name(format!("samplecnn-{name}"));
            let no_thread = |reason| Error::new(Code::Internal, format!("cannot start a thread: {reason}"));
            let (counted, source) = (&counted, &source);
            let counting = move || {
                for () in count.take_while(|()| !self.is_cancelled()) {
                    counted.fetch_add(1, Ordering::Relaxed);
                }
            };
            named("count").spawn_scoped(scope, counting).map_err(no_thread)?;
            for number in 0..self.jobs {
                let sender = sender.clone();
                let work = move || {
                    while !self.is_cancelled() {
                        let next = source.lock().unwrap_or_else(PoisonError::into_inner).next();
                        let Some((index, found)) = next else { break };
                        let outcome = self.outcome(found);
                        if outcome.is_some_and(|outcome| sender.send((index, outcome)).is_err()) {
                            break;
                        }
                    }
                };
                match named("metadata").spawn_scoped(scope, work) {
                    Ok(_) => {}
                    // The threads that run read all files.
                    Err(_) if number > 0 => break,
                    Err(reason) => return Err(no_thread(reason)),
                }
            }
            drop(sender);
            loop {
                match receiver.recv_timeout(Duration::from_millis(250)) {
                    Ok((index, outcome)) => {
                        progress.add(&outcome);
                        outcomes.push((index, outcome));
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return Ok(()),
                }
                progress.tell(before + counted.load(Ordering::Relaxed));
            }
        })?;
        if self.is_cancelled() {
            return Err(Error::aborted());
        }
        progress.found = before + counted.load(Ordering::Relaxed);
        outcomes.sort_unstable_by_key(|(index, _)| *index);
        Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
    }

    /// What became of `found`; `None` for a file that was found before.
    fn outcome(&self, found: Found) -> Option<Outcome> {
        let failed = |code: Code, path: &Path, message: String| {
            Some(Outcome::Failed(Error::new(code, message).with_file(path).shown()))
        };
        match found {
            Found::File(path) => {
                let real = std::fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
                let tags = audio::catch(|| self.tags(&path)).unwrap_or_else(|panic| {
                    let message = format!("{}: internal error in samplecnn, please report it: {panic}", path.display());
                    Err(Error::new(Code::Internal, message).with_file(&path).shown())
                });
                Some(Outcome::File { path, real, tags })
            }
            Found::Again(_) => None,
            Found::Missing(path) => {
                failed(Code::FileNotFound, &path, Error::not_found("file or folder", &path).message)
            }
            Found::Odd(path) => {
                failed(Code::UnsupportedFormat, &path, format!("neither a file nor a folder: {}", path.display()))
            }
            Found::Unreadable(path, code, message) => failed(code, &path, message),
            Found::Warning(warning) => Some(Outcome::Warned(Warning::new(warning.code, warning.message))),
        }
    }

    fn tags(&self, path: &Path) -> Result<Option<FileTags>> {
        // Opening a named pipe would wait for its writer.
        let facts = std::fs::metadata(path).map_err(|reason| Error::input(path, Code::Decode, &reason))?;
        if !facts.is_file() {
            let message = format!("neither a file nor a folder: {}", shown_path(path));
            return Err(Error::new(Code::UnsupportedFormat, message).with_file(path));
        }
        Ok(metadata::read(path)?.map(|blocks| file_tags(&blocks, self.fields, self.texts)))
    }

    fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }
}

/// Counts what was read and tells it a few times per second.
pub(crate) struct Progress<'a> {
    found: usize,
    read: usize,
    failed: usize,
    pace: Pace,
    tell: &'a mut dyn FnMut(LibraryProgress),
}

impl<'a> Progress<'a> {
    pub(crate) fn new(tell: &'a mut dyn FnMut(LibraryProgress)) -> Self {
        Self { found: 0, read: 0, failed: 0, pace: Pace::new(), tell }
    }

    fn add(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::File { tags, .. } => {
                self.read += 1;
                self.failed += usize::from(tags.is_err());
            }
            Outcome::Failed(_) => self.failed += 1,
            Outcome::Warned(_) => {}
        }
    }

    fn tell(&mut self, found: usize) {
        if self.pace.is_due() {
            (self.tell)(LibraryProgress { found: found.max(self.read), read: self.read, failed: self.failed });
        }
    }

    /// Tells the last numbers.
    pub(crate) fn finish(self) {
        (self.tell)(LibraryProgress { found: self.found.max(self.read), read: self.read, failed: self.failed });
    }
}
