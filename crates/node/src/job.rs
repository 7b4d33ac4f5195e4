//! A long job on its own thread, and the records it makes.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use error::{Code, Error, Result};
use napi::bindgen_prelude::Object;
use napi::Env;
use napi_derive::napi;
use serde::Serialize;

use crate::failure::{guarded, to_js};
use crate::live;
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

/// A job that runs on its own thread. Its records are pulled, so a slow reader slows the job down instead of filling memory.
#[napi]
pub struct Job {
    shared: Arc<Shared>,
}

impl Job {
    /// Starts `work` on a thread named `name`.
    pub fn spawn(
        env: &Env,
        name: &str,
        work: impl FnOnce(&Arc<Shared>) -> Result<()> + Send + 'static,
    ) -> napi::Result<Self> {
        let shared = Arc::new(Shared::default());
        live::register(env, &shared)?;
        let theirs = shared.clone();
        std::thread::Builder::new()
            .name(format!("samplecnn-{name}"))
            .spawn(move || theirs.end(guarded(|| work(&theirs))))
            .map_err(|reason| to_js(Error::new(Code::Internal, format!("no thread could be started: {reason}"))))?;
        Ok(Self { shared })
    }

    /// The side of JavaScript of a job that somebody else works on.
    pub fn of(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

#[napi]
impl Job {
    /// The records that are ready, as JSON, waiting for at least one; null after the last. Rejects once where the job failed.
    /// One call at a time.
    #[napi(ts_return_type = "Promise<Array<string> | null>")]
    pub fn next<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        let (open, promise) = Open::new(env)?;
        let mut state = self.shared.state();
        if state.waiting.is_some() {
            open.settle(Err(Error::new(Code::Internal, "next() was called while an earlier call still waits")));
            return Ok(promise);
        }
        state.waiting = Some(open);
        state.deliver();
        self.shared.changed.notify_all();
        drop(state);
        self.shared.wake();
        Ok(promise)
    }

    /// Asks the job to stop: it ends after its present step, with `ERR_ABORTED` or with what it has.
    #[napi]
    pub fn cancel(&self) {
        self.shared.cancel();
    }
}

impl Drop for Job {
    /// A job that nobody can read any more stops.
    fn drop(&mut self) {
        self.shared.cancel();
    }
}
