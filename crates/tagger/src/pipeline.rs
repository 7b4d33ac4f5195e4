//! The work between the walk and the window: decoding threads and the analysis thread.

use std::collections::HashMap;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::ClipScore;
use error::{Code, Error, Result};

use crate::analysis::{analyse, Analysis, Message};
use crate::cancel::Cancel;
use crate::decode::{decode, Heard};
use crate::fingerprint::fingerprint;
use crate::listing::Listing;
use crate::options::{Segments, TagOptions};
use crate::output::{Known, Output};
use crate::record::{Event, FileFacts, Skipped};
use crate::walk::{Found, Walk};
use crate::window::Window;

/// Takes the events of a job. It is called from several threads, one at a time or not, and must not block for long.
pub type OnEvent = Arc<dyn Fn(Event) + Send + Sync>;

/// What all threads of a job see.
pub struct Shared {
    pub walk: Mutex<Walk>,
    pub window: Window<Outcome>,
    pub cancel: Cancel,
    /// The clips that the analysis has all segments of.
    pub heard: Mutex<HashMap<u64, (FileFacts, Heard)>>,
    /// Memory of segments, to be used again.
    pub spare: Mutex<Vec<Vec<f32>>>,
    /// Files there are; 0 while unknown.
    pub total: AtomicU64,
    /// Samples decoded, at `sampling_rate`.
    pub decoded: AtomicU64,
    /// Hz.
    pub sampling_rate: u32,
    pub output: Option<Mutex<Output>>,
    pub on_event: OnEvent,
}

/// What became of a file.
pub enum Outcome {
    Tagged(FileFacts, Heard, ClipScore),
    Failed(FileFacts, Error),
    Skipped(Skipped),
}

/// Locks, also after a panic elsewhere: what these mutexes guard is never left half changed.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// The next file and its number.
    fn take_up(&self) -> Option<(u64, Found)> {
        let mut walk = lock(&self.walk);
        loop {
            if !self.window.wait_for_room() {
                return None;
            }
            match walk.next() {
                Some(Found::Warning(warning)) => (self.on_event)(Event::Warning(warning)),
                Some(found) => return Some((self.window.take_up(), found)),
                None => {
                    self.window.complete();
                    return None;
                }
            }
        }
    }

    /// The work of a decoding thread.
    pub fn decode_files(&self, sender: &SyncSender<Message>, rate: u32, length: usize, segments: Segments) {
        while let Some((number, found)) = self.take_up() {
            let path = match &found {
                Found::File(path)
                | Found::Again(path)
                | Found::Missing(path)
                | Found::Odd(path)
                | Found::Unreadable(path, ..) => path,
                Found::Warning(_) => continue,
            };
            let mut facts = FileFacts::of(path);
            if let Some(outcome) = self.without_decoding(found, &mut facts) {
                self.window.finish(number, outcome);
                continue;
            }
            let failed = |error: Error| self.window.finish(number, Outcome::Failed(facts.clone(), error));
            if sender.send(Message::Begin(number)).is_err() {
                return;
            }
            // Samples of this clip so far: those before a restart do not count.
            let count = AtomicU64::new(0);
            let push = &mut |segment: &[f32]| {
                count.fetch_add(segment.len() as u64, Ordering::Relaxed);
                self.decoded.fetch_add(segment.len() as u64, Ordering::Relaxed);
                self.send(sender, number, segment)
            };
            // A clip that is begun twice starts afresh.
            let restart = &mut || {
                self.decoded.fetch_sub(count.swap(0, Ordering::Relaxed), Ordering::Relaxed);
                sender.send(Message::Begin(number)).map_err(|_| Error::aborted())
            };
            let result = catch_unwind(AssertUnwindSafe(|| {
                decode(&facts.path, rate, length, segments, &self.cancel, push, restart)
            }));
            let sent = match result.unwrap_or_else(|panic| Err(panicked(panic.as_ref()))) {
                Ok(heard) => {
                    lock(&self.heard).insert(number, (facts, heard));
                    sender.send(Message::End(number))
                }
                // The analysis has ended, and has said why, or will.
                Err(error) if error.code == Code::Aborted => return,
                Err(error) => {
                    let sent = sender.send(Message::Cancel(number));
                    failed(error);
                    sent
                }
            };
            if sent.is_err() {
                return;
            }
        }
    }

    /// The outcome of a file that need not be decoded. Gives `facts` their fingerprint where an output needs it.
    fn without_decoding(&self, found: Found, facts: &mut FileFacts) -> Option<Outcome> {
        let failed = |code, message: String| {
            Some(Outcome::Failed(facts.clone(), Error::new(code, message).with_file(&facts.path)))
        };
        match found {
            Found::Missing(_) => return failed(Code::FileNotFound, format!("no such file or folder: {}", facts.file)),
            Found::Odd(_) => {
                return failed(Code::UnsupportedFormat, format!("neither a file nor a folder: {}", facts.file))
            }
            Found::Unreadable(_, code, message) => return failed(code, message),
            Found::Again(_) => {
                let reason = "the same file came before, under this name or another".to_owned();
                let skipped = Skipped { file: facts.clone(), reason, failed_before: false, moved: None };
                return Some(Outcome::Skipped(skipped));
            }
            Found::File(_) | Found::Warning(_) => {}
        }
        let output = self.output.as_ref()?;
        let mut known = lock(output).known(facts);
        if known == Known::No {
            // A file that cannot be read fails when it is decoded, with its reason.
            facts.fingerprint = fingerprint(&facts.path).ok();
            known = lock(output).moved(facts);
        }
        match known {
            Known::Skip { reason, failed: failed_before, moved } => {
                Some(Outcome::Skipped(Skipped { file: facts.clone(), reason, failed_before, moved }))
            }
            Known::No => None,
        }
    }

    fn send(&self, sender: &SyncSender<Message>, number: u64, segment: &[f32]) -> Result<()> {
        let mut memory = lock(&self.spare).pop().unwrap_or_default();
        memory.clear();
        memory.extend_from_slice(segment);
        sender.send(Message::Segment(number, memory)).map_err(|_| Error::aborted())
    }

    /// The work of the analysis thread.
    pub fn analyse(&self, mut analysis: Box<dyn Analysis>, receiver: Receiver<Message>) -> Result<()> {
        let used = |memory| lock(&self.spare).push(memory);
        let done = |score: ClipScore| {
            let heard = lock(&self.heard).remove(&score.clip);
            if let Some((facts, heard)) = heard {
                self.window.finish(score.clip, Outcome::Tagged(facts, heard, score));
            }
        };
        analyse(&mut *analysis, &receiver, &self.cancel, used, done)
    }

    /// Counts the files, for the progress; names only. Not where the list cannot be read twice.
    pub fn count(&self, options: TagOptions) {
        if options.files_from.as_deref().is_some_and(|list| !Listing::can_be_read_again(list)) {
            return;
        }
        let open = |path: &std::path::PathBuf| Listing::open(path, options.null_separated, &self.cancel).ok();
        let walk = Walk::new(options.paths.clone(), options.files_from.as_ref().and_then(open));
        let mut files = 0;
        for found in walk {
            if self.cancel.is_cancelled() {
                return;
            }
            files += u64::from(!matches!(found, Found::Warning(_)));
        }
        self.total.store(files, Ordering::Relaxed);
    }
}

/// The failure that a panic becomes.
pub fn panicked(panic: &(dyn std::any::Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_string());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    Error::new(Code::Internal, format!("a fault of samplecnn, please report it: {text}"))
}
