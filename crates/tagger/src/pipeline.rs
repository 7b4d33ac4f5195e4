//! The work between the walk and the window: the decoding threads of the process decode files and pass their segments
//! to the analysis.

use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use audio::SegmentPolicy;
use engine::ClipScore;
use error::{Code, Error, Result};

use crate::cancel::Cancel;
use crate::decode::{decode, Heard};
use crate::fingerprint::fingerprint;
use crate::guard::{lock, panicked};
use crate::listing::Listing;
use crate::options::TagOptions;
use crate::output::{KnownFile, Output};
use crate::ready::Ready;
use crate::record::{Event, FileFacts, Skipped};
use crate::scoring::{Listener, Scoring};
use crate::walk::{Found, Walk};
use crate::window::Window;
use crate::workers::Workers;

/// Shortest time between two progress events.
pub const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// The callback for the events of a job. It is called from several threads, possibly at the same time, and must not
/// block for long.
pub type OnEvent = Arc<dyn Fn(Event) + Send + Sync>;

/// The state that all threads of a job share.
pub struct Shared {
    pub walk: Mutex<Walk>,
    pub hearing: Arc<Hearing>,
    pub cancel: Cancel,
    /// Number of files; 0 while it is unknown.
    pub total: AtomicU64,
    /// Number of samples decoded, at `rate`.
    pub decoded: AtomicU64,
    /// When the consumer was last notified that decoding continues.
    pub told: Mutex<Instant>,
    /// `None` without an output file, and after the job has ended: tasks that still wait for a thread must not keep the
    /// file open.
    pub output: Mutex<Option<Output>>,
    pub on_event: OnEvent,
    pub network: Scorer,
    pub workers: Workers,
    pub slots: Mutex<Slots>,
    pub changed: Condvar,
    /// Sampling rate of the network in Hz.
    pub rate: u32,
    /// Samples per segment.
    pub input_length: usize,
    /// Which segments of a clip are used.
    pub segments: SegmentPolicy,
}

/// The network of a job.
pub enum Scorer {
    /// Shared by all jobs of the process.
    Shared(Arc<Ready>),
    /// Used by this job only.
    Own(Scoring),
}

impl Scorer {
    fn scoring(&self) -> &Scoring {
        match self {
            Self::Shared(ready) => &ready.scoring,
            Self::Own(scoring) => scoring,
        }
    }
}

/// The job's share of the decoding threads.
#[derive(Debug)]
pub struct Slots {
    /// Largest number of files that are decoded at the same time.
    pub limit: usize,
    /// Number of files that are being decoded or waiting for a thread.
    pub taken: usize,
    /// Number of files that are being decoded.
    pub running: usize,
    /// No further file is to be decoded: the job has been cancelled, or there are no more files.
    pub closed: bool,
}

/// The files that wait for their scores, and the window for their outcomes. It does not refer to the analysis itself.
pub struct Hearing {
    pub window: Window<FileOutcome>,
    /// By clip number: the number of the file, and the facts about it.
    heard: Mutex<HashMap<u64, (u64, FileFacts, Heard)>>,
}

/// The outcome of a file.
pub enum FileOutcome {
    Tagged(FileFacts, Heard, ClipScore),
    Failed(FileFacts, Error),
    Skipped(Skipped),
}

/// What a slot does next.
enum NextMove {
    /// Decode another file.
    Next,
    /// Wait: the consumer is behind.
    Wait,
    /// End: there are no more files.
    End,
}

impl Hearing {
    /// Outcomes are passed to `window`.
    pub fn new(window: Window<FileOutcome>) -> Self {
        Self { window, heard: Mutex::default() }
    }
}

impl Listener for Hearing {
    fn scored(&self, score: ClipScore) {
        let heard = lock(&self.heard).remove(&score.clip);
        if let Some((number, facts, heard)) = heard {
            self.window.finish(number, FileOutcome::Tagged(facts, heard, score));
        }
    }

    fn failed(&self, _clip: u64, error: Error) {
        self.window.fail(error);
    }
}

impl Shared {
    /// Starts decoding as many files as the job may decode at the same time and the window has room for.
    pub fn schedule(self: &Arc<Self>) -> Result<()> {
        loop {
            {
                let mut slots = lock(&self.slots);
                if slots.closed || slots.taken >= slots.limit || !self.hearing.window.has_room() {
                    return Ok(());
                }
                slots.taken += 1;
            }
            self.submit()?;
        }
    }

    /// Submits a task for a slot that has been taken.
    fn submit(self: &Arc<Self>) -> Result<()> {
        let shared = self.clone();
        self.workers.run(move || shared.work()).inspect_err(|_| lock(&self.slots).taken -= 1)
    }

    /// The task of a slot: it processes one file.
    fn work(self: Arc<Self>) {
        {
            let mut slots = lock(&self.slots);
            if slots.closed {
                slots.taken -= 1;
                return;
            }
            slots.running += 1;
        }
        let step = catch_unwind(AssertUnwindSafe(|| self.decode_next())).unwrap_or_else(|panic| {
            self.hearing.window.fail(panicked(panic.as_ref()));
            NextMove::End
        });
        let goes_on = {
            let mut slots = lock(&self.slots);
            slots.running -= 1;
            slots.closed |= matches!(step, NextMove::End);
            let goes_on = matches!(step, NextMove::Next) && !slots.closed;
            slots.taken -= usize::from(!goes_on);
            self.changed.notify_all();
            goes_on
        };
        // There may be room again that appeared while this slot was still taken.
        let scheduled = if goes_on { self.submit() } else { self.schedule() };
        if let Err(error) = scheduled {
            self.hearing.window.fail(error);
        }
    }

    /// Stops starting files, and waits for those that are being decoded.
    pub fn close(&self) {
        let mut slots = lock(&self.slots);
        slots.closed = true;
        while slots.running > 0 {
            slots = self.changed.wait(slots).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The next file and its number; if there is none, what to do instead.
    fn take_up(&self) -> Result<(u64, Found), NextMove> {
        let window = &self.hearing.window;
        let mut walk = lock(&self.walk);
        loop {
            if self.cancel.is_cancelled() {
                return Err(NextMove::End);
            }
            if !window.has_room() {
                return Err(NextMove::Wait);
            }
            match walk.next() {
                Some(Found::Warning(warning)) => (self.on_event)(Event::Warning(warning)),
                Some(found) => return Ok((window.take_up(), found)),
                None => {
                    window.complete();
                    return Err(NextMove::End);
                }
            }
        }
    }

    /// Notifies the consumer, at most once per progress interval, while a long file is being decoded.
    fn tell_now_and_then(&self) {
        let mut told = lock(&self.told);
        if told.elapsed() >= PROGRESS_INTERVAL {
            *told = Instant::now();
            drop(told);
            self.hearing.window.tell();
        }
    }

    /// Takes the next file and decodes it.
    fn decode_next(&self) -> NextMove {
        let window = &self.hearing.window;
        let (number, found) = match self.take_up() {
            Ok(taken) => taken,
            Err(step) => return step,
        };
        let path = match &found {
            Found::File(path)
            | Found::Again(path)
            | Found::Missing(path)
            | Found::Odd(path)
            | Found::Unreadable(path, ..) => path,
            Found::Warning(_) => return NextMove::Next,
        };
        let mut facts = FileFacts::of(path);
        if let Some(outcome) = self.without_decoding(found, &mut facts) {
            window.finish(number, outcome);
            return NextMove::Next;
        }
        let broken = |error: Error| {
            window.fail(error);
            NextMove::End
        };
        let clip = match self.network.scoring().begin(self.hearing.clone()) {
            Ok(clip) => RefCell::new(clip),
            Err(error) => return broken(error),
        };
        let failure = RefCell::new(None);
        let or_failure = |sent: Result<()>| {
            sent.map_err(|error| {
                *failure.borrow_mut() = Some(error);
                Error::aborted()
            })
        };
        // Samples of this clip so far: after a restart they no longer count.
        let count = AtomicU64::new(0);
        let push = &mut |segment: &[f32]| {
            count.fetch_add(segment.len() as u64, Ordering::Relaxed);
            self.decoded.fetch_add(segment.len() as u64, Ordering::Relaxed);
            self.tell_now_and_then();
            or_failure(clip.borrow_mut().push(segment))
        };
        let restart = &mut || {
            self.decoded.fetch_sub(count.swap(0, Ordering::Relaxed), Ordering::Relaxed);
            or_failure(clip.borrow_mut().restart(self.hearing.clone()))
        };
        let result = catch_unwind(AssertUnwindSafe(|| {
            decode(&facts.path, self.rate, self.input_length, self.segments, &self.cancel, push, restart)
        }));
        let (clip, failure) = (clip.into_inner(), failure.into_inner());
        match (result.unwrap_or_else(|panic| Err(panicked(panic.as_ref()))), failure) {
            (_, Some(error)) => broken(error),
            (Ok(heard), None) => {
                lock(&self.hearing.heard).insert(clip.number(), (number, facts, heard));
                match clip.end(false) {
                    Ok(()) => NextMove::Next,
                    Err(error) => broken(error),
                }
            }
            (Err(error), None) if error.code == Code::Aborted => NextMove::End,
            (Err(error), None) => {
                drop(clip);
                window.finish(number, FileOutcome::Failed(facts, error));
                NextMove::Next
            }
        }
    }

    /// The outcome of a file that does not need to be decoded. Sets the fingerprint of `facts` if an output needs it.
    fn without_decoding(&self, found: Found, facts: &mut FileFacts) -> Option<FileOutcome> {
        let failed = |code, message: String| {
            Some(FileOutcome::Failed(facts.clone(), Error::new(code, message).with_file(&facts.path)))
        };
        match found {
            Found::Missing(path) => {
                return failed(Code::FileNotFound, Error::not_found("file or folder", path).message)
            }
            Found::Odd(_) => {
                return failed(Code::UnsupportedFormat, format!("neither a file nor a folder: {}", facts.file))
            }
            Found::Unreadable(_, code, message) => return failed(code, message),
            Found::Again(_) => {
                let reason = "the same file came before, under this name or another".to_owned();
                let skipped = Skipped { file: facts.clone(), reason, failed_before: false, moved: None };
                return Some(FileOutcome::Skipped(skipped));
            }
            Found::File(_) | Found::Warning(_) => {}
        }
        let mut known = lock(&self.output).as_ref()?.known(facts);
        if known == KnownFile::No {
            // A file that cannot be read fails when it is decoded, with the reason.
            facts.fingerprint = fingerprint(&facts.path).ok();
            known = lock(&self.output).as_mut()?.moved(facts);
        }
        match known {
            KnownFile::Skip { reason, failed: failed_before, moved } => {
                Some(FileOutcome::Skipped(Skipped { file: facts.clone(), reason, failed_before, moved }))
            }
            KnownFile::No => None,
        }
    }

    /// Counts the files for the progress; only names are read. Skipped if the list cannot be read twice.
    pub fn count(&self, options: TagOptions) {
        if options.files_from.as_deref().is_some_and(|list| !Listing::can_be_read_again(list)) {
            return;
        }
        let open = |path: &std::path::PathBuf| Listing::open(path, options.null_separated, &self.cancel).ok();
        let walk = Walk::new(options.paths.clone(), options.files_from.as_ref().and_then(open)).to_count();
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
