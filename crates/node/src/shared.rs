//! What a job and JavaScript share: its records, and whether it goes on.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use error::{Code, Error, Result};
use serde::Serialize;

use crate::settle::Open;

/// Records that a job may make ahead of JavaScript before it waits.
const AHEAD: usize = 64;

/// What the job's thread and JavaScript share.
#[derive(Default)]
pub struct Shared {
    cancelled: AtomicBool,
    /// What else stops the job: a wait that does not look at the flag.
    on_cancel: Mutex<Option<Stop>>,
    /// Who makes records without a thread of its own, and is told when there is room for more.
    on_room: Mutex<Option<Wake>>,
    state: Mutex<State>,
    changed: Condvar,
}

type Stop = Box<dyn Fn() + Send>;
type Wake = Arc<dyn Fn() + Send + Sync>;

#[derive(Default)]
struct State {
    records: VecDeque<Entry>,
    /// The call of `next` that waits for a record.
    waiting: Option<Open<Option<Vec<String>>>>,
    failure: Option<Error>,
    ended: bool,
}

struct Entry {
    json: String,
    /// Whether a later record of this kind makes this one worthless.
    progress: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the job to stop.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
        if let Some(stop) = &*self.on_cancel.lock().unwrap_or_else(PoisonError::into_inner) {
            stop();
        }
        // Under the lock, so that a thread between its check and its wait is not missed.
        let state = self.state();
        self.changed.notify_all();
        drop(state);
        self.wake();
    }

    /// Has `stop` called when the job is cancelled, now if it is already.
    pub fn on_cancel(&self, stop: impl Fn() + Send + 'static) {
        let mut slot = self.on_cancel.lock().unwrap_or_else(PoisonError::into_inner);
        if self.cancelled.load(Ordering::SeqCst) {
            stop();
        }
        *slot = Some(Box::new(stop));
    }

    /// Has `wake` called whenever JavaScript has taken records, and when the job is cancelled.
    pub fn on_room(&self, wake: impl Fn() + Send + Sync + 'static) {
        *self.on_room.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(wake));
    }

    fn wake(&self) {
        let wake = self.on_room.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(wake) = wake {
            wake();
        }
    }

    /// Whether JavaScript keeps up, so that another record may be made.
    pub fn has_room(&self) -> bool {
        self.state().records.len() < AHEAD
    }

    /// The flag that the job looks at between its steps.
    pub fn cancelled(&self) -> &AtomicBool {
        &self.cancelled
    }

    /// Waits until the job has ended or `deadline` has come.
    pub fn wait_until(&self, deadline: Instant) {
        let mut state = self.state();
        while !state.ended {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Hands over a record. Where JavaScript is far behind this waits, unless the job is cancelled.
    pub fn record(&self, record: &impl Serialize) -> Result<()> {
        let json = to_json(record)?;
        let mut state = self.state();
        while state.records.len() >= AHEAD && !self.cancelled.load(Ordering::SeqCst) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.records.push_back(Entry { json, progress: false });
        state.deliver();
        Ok(())
    }

    /// Hands over an event without ever waiting. A progress event replaces one that JavaScript has not taken yet.
    pub fn event(&self, event: &impl Serialize, progress: bool) -> Result<()> {
        let json = to_json(event)?;
        let mut state = self.state();
        match state.records.back_mut() {
            Some(last) if progress && last.progress => last.json = json,
            _ => state.records.push_back(Entry { json, progress }),
        }
        state.deliver();
        Ok(())
    }

    /// Settles `open` with the records that are ready, once there are any; one call at a time.
    pub fn next(&self, open: Open<Option<Vec<String>>>) {
        let mut state = self.state();
        if state.waiting.is_some() {
            return open.settle(Err(Error::new(Code::Internal, "next() was called while an earlier call still waits")));
        }
        state.waiting = Some(open);
        state.deliver();
        self.changed.notify_all();
        drop(state);
        self.wake();
    }

    /// Says that nothing more comes; with the reason where the job failed.
    pub fn end(&self, outcome: Result<()>) {
        let wake = self.on_room.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(wake);
        let mut state = self.state();
        state.ended = true;
        state.failure = outcome.err();
        state.deliver();
        self.changed.notify_all();
    }
}

/// A record as text.
fn to_json(record: &impl Serialize) -> Result<String> {
    serde_json::to_string(record)
        .map_err(|reason| Error::new(Code::Internal, format!("a record has no JSON: {reason}")))
}

impl State {
    /// Answers the waiting call, where there is one and there is something to say.
    fn deliver(&mut self) {
        if self.records.is_empty() && !self.ended {
            return;
        }
        if let Some(waiting) = self.waiting.take() {
            waiting.settle(self.take());
        }
    }

    /// All records that are ready; after the last, the failure once, then nothing.
    fn take(&mut self) -> Result<Option<Vec<String>>> {
        if !self.records.is_empty() {
            return Ok(Some(self.records.drain(..).map(|entry| entry.json).collect()));
        }
        match self.failure.take() {
            Some(failure) => Err(failure),
            None => Ok(None),
        }
    }
}
