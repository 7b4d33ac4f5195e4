//! The one thread that runs a network, for all jobs and calls that use the network in the same way.

use std::collections::HashMap;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{sync_channel, Receiver, RecvTimeoutError, SyncSender, TryRecvError};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use engine::ClipScore;
use error::{Code, Error, Result};

use crate::analysis::Analysis;
use crate::guard::{lock, panicked};

/// How long an incomplete batch waits for further segments before it runs short.
const PATIENCE: Duration = Duration::from_millis(20);

/// Who hears what became of a clip.
pub trait Listener: Send + Sync {
    /// The clip has its scores.
    fn scored(&self, score: ClipScore);
    /// The analysis failed; nothing more comes for this clip, nor from this analysis.
    fn failed(&self, clip: u64, error: Error);
}

/// The analysis of segments, on a thread of its own. Any number of jobs hand it the segments of their clips; batches are filled
/// across all of them. The scores of a clip do not depend on what else is in its batches.
pub struct Scoring {
    /// None while it is dropped.
    sender: Option<SyncSender<Message>>,
    thread: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
    clips: AtomicU64,
}

#[derive(Default)]
struct Shared {
    /// Memory of segments, to be used again.
    spare: Mutex<Vec<Vec<f32>>>,
    /// Why the analysis has ended before its time.
    failure: Mutex<Option<(Code, String)>>,
}

/// What reaches the thread. Clips are known by numbers that never come again.
enum Message {
    /// A clip begins.
    Begin(u64, Arc<dyn Listener>),
    /// Its next segment.
    Segment(u64, Vec<f32>),
    /// It is complete; with `true` somebody waits for this very clip.
    End(u64, bool),
    /// It broke: forget it.
    Cancel(u64),
}

/// A clip on its way through a [`Scoring`]. Dropped before [`OpenClip::end`] it is forgotten, and its listener hears nothing.
pub struct OpenClip<'a> {
    scoring: &'a Scoring,
    number: u64,
    ended: bool,
}

impl Scoring {
    /// Starts the thread of `analysis`, which takes `batch` segments at once; twice as many wait in front of it.
    ///
    /// # Errors
    /// [`Code::Internal`] where no thread can be started.
    pub fn start(analysis: Box<dyn Analysis>, batch: usize) -> Result<Self> {
        let (sender, receiver) = sync_channel(2 * batch);
        let shared = Arc::new(Shared::default());
        let theirs = shared.clone();
        let thread = std::thread::Builder::new()
            .name("samplecnn-analyse".into())
            .spawn(move || theirs.serve(analysis, &receiver))
            .map_err(|reason| Error::new(Code::Internal, format!("cannot start a thread: {reason}")))?;
        Ok(Self { sender: Some(sender), thread: Some(thread), shared, clips: AtomicU64::new(0) })
    }

    /// Whether the analysis has failed, and takes no more clips.
    pub fn is_broken(&self) -> bool {
        lock(&self.shared.failure).is_some()
    }

    /// Begins a clip; what becomes of it is told to `listener` under the clip's number.
    ///
    /// # Errors
    /// Why the analysis has ended.
    pub fn begin(&self, listener: Arc<dyn Listener>) -> Result<OpenClip<'_>> {
        let number = self.clips.fetch_add(1, Ordering::Relaxed);
        self.send(Message::Begin(number, listener))?;
        Ok(OpenClip { scoring: self, number, ended: false })
    }

    fn send(&self, message: Message) -> Result<()> {
        let sent = self.sender.as_ref().is_some_and(|sender| sender.send(message).is_ok());
        if sent {
            return Ok(());
        }
        Err(self.shared.failure())
    }
}

impl OpenClip<'_> {
    /// The number under which the listener hears of it.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Adds a segment; waits where the network is behind.
    ///
    /// # Errors
    /// Why the analysis has ended.
    pub fn push(&mut self, segment: &[f32]) -> Result<()> {
        let mut memory = lock(&self.scoring.shared.spare).pop().unwrap_or_default();
        memory.clear();
        memory.extend_from_slice(segment);
        self.scoring.send(Message::Segment(self.number, memory))
    }

    /// Begins the clip anew, under another number: its segments so far are void.
    ///
    /// # Errors
    /// Why the analysis has ended.
    pub fn restart(&mut self, listener: Arc<dyn Listener>) -> Result<()> {
        let mut anew = self.scoring.begin(listener)?;
        // What goes with `anew` is the clip that was.
        std::mem::swap(self, &mut anew);
        Ok(())
    }

    /// Says that the clip is complete. With `urgent` somebody waits for this very clip: its last batch does not wait to be filled.
    ///
    /// # Errors
    /// Why the analysis has ended; its listener may have heard so, too.
    pub fn end(mut self, urgent: bool) -> Result<()> {
        self.ended = true;
        self.scoring.send(Message::End(self.number, urgent))?;
        // An analysis that fails just now may not see it any more.
        if self.scoring.is_broken() {
            return Err(self.scoring.shared.failure());
        }
        Ok(())
    }
}

impl Drop for OpenClip<'_> {
    fn drop(&mut self) {
        if !self.ended {
            // An analysis that has ended has forgotten it.
            let _ = self.scoring.send(Message::Cancel(self.number));
        }
    }
}

impl Drop for Scoring {
    /// Waits until the network and all its memory are given back.
    fn drop(&mut self) {
        drop(self.sender.take());
        if let Some(thread) = self.thread.take() {
            // Its panic, if any, was caught inside.
            let _ = thread.join();
        }
    }
}

impl Shared {
    /// Why the analysis has ended.
    fn failure(&self) -> Error {
        match &*lock(&self.failure) {
            Some((code, message)) => Error::new(*code, message.clone()),
            None => Error::aborted(),
        }
    }

    /// The work of the thread.
    fn serve(&self, mut analysis: Box<dyn Analysis>, receiver: &Receiver<Message>) {
        let mut open = HashMap::new();
        let work = AssertUnwindSafe(|| self.analyse(&mut *analysis, receiver, &mut open));
        if let Err(error) = catch_unwind(work).unwrap_or_else(|panic| Err(panicked(panic.as_ref()))) {
            *lock(&self.failure) = Some((error.code, error.message));
            for (clip, listener) in open {
                listener.failed(clip, self.failure());
            }
            // Those that are begun until the receiver is gone hear it, too.
            while let Ok(message) = receiver.try_recv() {
                if let Message::Begin(clip, listener) = message {
                    listener.failed(clip, self.failure());
                }
            }
        }
    }

    fn analyse(
        &self,
        analysis: &mut dyn Analysis,
        receiver: &Receiver<Message>,
        open: &mut HashMap<u64, Arc<dyn Listener>>,
    ) -> Result<()> {
        // Whether segments wait for a full batch, and whether somebody waits for them.
        let (mut waiting, mut urgent) = (false, false);
        loop {
            let message = match (waiting, urgent) {
                (false, _) => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
                (true, false) => receiver.recv_timeout(PATIENCE),
                (true, true) => receiver.try_recv().map_err(|reason| match reason {
                    TryRecvError::Empty => RecvTimeoutError::Timeout,
                    TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
                }),
            };
            match message {
                Ok(Message::Begin(clip, listener)) => {
                    open.insert(clip, listener);
                    analysis.begin(clip);
                }
                Ok(Message::Segment(clip, segment)) => {
                    // A clip that was cancelled may have segments on the way.
                    if open.contains_key(&clip) {
                        analysis.push(clip, &segment)?;
                        waiting = true;
                    }
                    lock(&self.spare).push(segment);
                }
                Ok(Message::End(clip, waited_for)) => {
                    analysis.end(clip);
                    urgent |= waited_for;
                }
                Ok(Message::Cancel(clip)) => {
                    open.remove(&clip);
                    analysis.cancel(clip);
                }
                // Nothing comes: the decoders may be waiting for a result that is held back here.
                Err(RecvTimeoutError::Timeout) => {
                    analysis.flush()?;
                    (waiting, urgent) = (false, false);
                }
                Err(RecvTimeoutError::Disconnected) => {
                    analysis.flush()?;
                    tell(analysis, open);
                    return Ok(());
                }
            }
            tell(analysis, open);
        }
    }
}

/// Tells the listeners of finished clips.
fn tell(analysis: &mut dyn Analysis, open: &mut HashMap<u64, Arc<dyn Listener>>) {
    for score in analysis.finished() {
        if let Some(listener) = open.remove(&score.clip) {
            listener.scored(score);
        }
    }
}
