//! The state that a job and JavaScript share: the records, and whether the job is cancelled.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use error::{Code, Error, Result};
use serde::Serialize;

use crate::settle::Open;

/// Number of records that a job may produce ahead of JavaScript before it waits.
const AHEAD: usize = 64;

/// The state that the thread of the job and JavaScript share.
#[derive(Default)]
pub struct Shared {
    cancelled: AtomicBool,
    /// Called when the job is cancelled, to end waits that do not check the flag.
    on_cancel: Mutex<Option<Stop>>,
    /// Called when there is room for more records, for jobs without a thread of their own.
    on_room: Mutex<Option<Wake>>,
    state: Mutex<State>,
    changed: Condvar,
}

type Stop = Box<dyn Fn() + Send>;
type Wake = Arc<dyn Fn() + Send + Sync>;

#[derive(Default)]
struct State {
    records: VecDeque<Entry>,
    /// The call of `next` that is waiting for a record.
    waiting: Option<Open<Option<Vec<String>>>>,
    failure: Option<Error>,
    ended: bool,
}

struct Entry {
    json: String,
    /// Whether a later record of this kind replaces this one.
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
        // Hold the lock, so that a thread between its check and its wait is not missed.
        let state = self.state();
        self.changed.notify_all();
        drop(state);
        self.wake();
    }

    /// Sets a callback for the cancellation of the job; it is called immediately if the job is cancelled already.
    pub fn on_cancel(&self, stop: impl Fn() + Send + 'static) {
        let mut slot = self.on_cancel.lock().unwrap_or_else(PoisonError::into_inner);
        if self.cancelled.load(Ordering::SeqCst) {
            stop();
        }
        *slot = Some(Box::new(stop));
    }

    /// Sets a callback that is called whenever JavaScript has taken records, and when the job is cancelled.
    pub fn on_room(&self, wake: impl Fn() + Send + Sync + 'static) {
        *self.on_room.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(wake));
    }

    fn wake(&self) {
        let wake = self.on_room.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(wake) = wake {
            wake();
        }
    }

    /// Whether there is room for another record.
    pub fn has_room(&self) -> bool {
        self.state().records.len() < AHEAD
    }

    /// The flag that the job checks between its steps.
    pub fn cancelled(&self) -> &AtomicBool {
        &self.cancelled
    }

    /// Waits until the job has ended, at most until `deadline`.
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

    /// Adds a record. Waits while there is no room, unless the job is cancelled.
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

    /// Adds an event without waiting. A progress event replaces one that JavaScript has not taken yet.
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

    /// Settles `open` with the records that are ready, as soon as there are any; only one call at a time.
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

    /// Marks the end of the job, with the error if the job has failed.
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
        .map_err(|reason| Error::new(Code::Internal, format!("a record cannot be written as JSON: {reason}")))
}

impl State {
    /// Answers the waiting call, if there is one and records or the end are available.
    fn deliver(&mut self) {
        if self.records.is_empty() && !self.ended {
            return;
        }
        if let Some(waiting) = self.waiting.take() {
            waiting.settle(self.take());
        }
    }

    /// All records that are ready; after the last one the error (once), then nothing.
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
