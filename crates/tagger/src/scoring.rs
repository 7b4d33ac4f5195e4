//! The thread that runs a network, for all jobs and calls that use the network with the same settings.

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

/// How long an incomplete batch waits for further segments before it is computed.
const PATIENCE: Duration = Duration::from_millis(20);

/// Receives the outcome of a clip.
pub trait Listener: Send + Sync {
    /// The clip has its scores.
    fn scored(&self, score: ClipScore);
    /// The analysis has failed; nothing more is reported for this clip or by this analysis.
    fn failed(&self, clip: u64, error: Error);
}

/// Analyses segments on its own thread. Any number of jobs pass the segments of their clips to it, and batches are
/// filled across all of them. The scores of a clip do not depend on the other clips in its batches.
pub struct Scoring {
    /// `None` while it is dropped.
    sender: Option<SyncSender<Message>>,
    thread: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
    clips: AtomicU64,
}

#[derive(Default)]
struct Shared {
    /// Buffers of segments for reuse.
    spare: Mutex<Vec<Vec<f32>>>,
    /// The reason why the analysis ended early.
    failure: Mutex<Option<(Code, String)>>,
}

/// The messages to the thread. Clip numbers are never reused.
enum Message {
    /// A clip begins.
    Begin(u64, Arc<dyn Listener>),
    /// The next segment of a clip.
    Segment(u64, Vec<f32>),
    /// A clip is complete; `true` means that a caller waits for this clip.
    End(u64, bool),
    /// A clip is incomplete: discard it.
    Cancel(u64),
}

/// An open clip of a [`Scoring`]. If it is dropped before [`OpenClip::end`], it is discarded and its listener is not
/// called.
pub struct OpenClip<'a> {
    scoring: &'a Scoring,
    number: u64,
    ended: bool,
}

impl Scoring {
    /// Starts the thread of `analysis`, which takes `batch` segments at a time; its queue holds twice as many.
    ///
    /// # Errors
    /// [`Code::Internal`] if no thread can be started.
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

    /// Whether the analysis has failed and accepts no more clips.
    pub fn is_broken(&self) -> bool {
        lock(&self.shared.failure).is_some()
    }

    /// Opens a clip; its outcome is reported to `listener` under the number of the clip.
    ///
    /// # Errors
    /// The reason why the analysis has ended.
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
    /// The number under which the outcome is reported to the listener.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Adds a segment; waits if the queue of the network is full.
    ///
    /// # Errors
    /// The reason why the analysis has ended.
    pub fn push(&mut self, segment: &[f32]) -> Result<()> {
        let mut memory = lock(&self.scoring.shared.spare).pop().unwrap_or_default();
        memory.clear();
        memory.extend_from_slice(segment);
        self.scoring.send(Message::Segment(self.number, memory))
    }

    /// Starts the clip again under another number: its segments so far are discarded.
    ///
    /// # Errors
    /// The reason why the analysis has ended.
    pub fn restart(&mut self, listener: Arc<dyn Listener>) -> Result<()> {
        let mut anew = self.scoring.begin(listener)?;
        // After the swap, `anew` is the discarded clip, which is dropped here.
        std::mem::swap(self, &mut anew);
        Ok(())
    }

    /// Marks the clip as complete. `urgent` means that a caller waits for this clip: its last batch is computed without
    /// waiting until it is full.
    ///
    /// # Errors
    /// The reason why the analysis has ended; the listener may have received it as well.
    pub fn end(mut self, urgent: bool) -> Result<()> {
        self.ended = true;
        self.scoring.send(Message::End(self.number, urgent))?;
        // If the analysis is failing at this moment, it may never receive the message.
        if self.scoring.is_broken() {
            return Err(self.scoring.shared.failure());
        }
        Ok(())
    }
}

impl Drop for OpenClip<'_> {
    fn drop(&mut self) {
        if !self.ended {
            // If the analysis has ended, it has discarded the clip already.
            let _ = self.scoring.send(Message::Cancel(self.number));
        }
    }
}

impl Drop for Scoring {
    /// Waits until the network and its memory have been released.
    fn drop(&mut self) {
        drop(self.sender.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was caught inside it.
            let _ = thread.join();
        }
    }
}

impl Shared {
    /// The reason why the analysis has ended.
    fn failure(&self) -> Error {
        match &*lock(&self.failure) {
            Some((code, message)) => Error::new(*code, message.clone()),
            None => Error::aborted(),
        }
    }

    /// The main function of the thread.
    fn serve(&self, mut analysis: Box<dyn Analysis>, receiver: &Receiver<Message>) {
        let mut open = HashMap::new();
        let work = AssertUnwindSafe(|| self.analyse(&mut *analysis, receiver, &mut open));
        if let Err(error) = catch_unwind(work).unwrap_or_else(|panic| Err(panicked(panic.as_ref()))) {
            *lock(&self.failure) = Some((error.code, error.message));
            for (clip, listener) in open {
                listener.failed(clip, self.failure());
            }
            // Also report to the clips that were opened before the receiver is dropped.
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
        // Whether segments wait for a full batch, and whether a caller waits for them.
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
                    // Segments of a cancelled clip may still arrive.
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
                // No message has arrived: the decoders may be waiting for a result that is held back here.
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

/// Reports finished clips to their listeners.
fn tell(analysis: &mut dyn Analysis, open: &mut HashMap<u64, Arc<dyn Listener>>) {
    for score in analysis.finished() {
        if let Some(listener) = open.remove(&score.clip) {
            listener.scored(score);
        }
    }
}
