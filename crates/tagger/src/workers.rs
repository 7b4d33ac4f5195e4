//! Threads that run tasks in order. They start when there is work and end soon after it.

use std::collections::VecDeque;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use error::{Code, Error, Result};

/// How long a thread without work waits before it ends.
const PATIENCE: Duration = Duration::from_millis(100);

type Work = Box<dyn FnOnce() + Send>;

/// A queue of tasks and a limited number of threads that run them. Clones share both.
#[derive(Clone)]
pub struct Workers(Arc<Inner>);

struct Inner {
    name: &'static str,
    limit: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    tasks: VecDeque<Work>,
    threads: usize,
    /// Of the threads: those that wait for a task.
    idle: usize,
}

impl Workers {
    /// At most `limit` threads named `samplecnn-{name}`. None is started before there is a task.
    pub fn new(name: &'static str, limit: usize) -> Self {
        Self(Arc::new(Inner { name, limit: limit.max(1), state: Mutex::default(), changed: Condvar::new() }))
    }

    /// The threads that decode files for all jobs of the process: one per core.
    pub fn decoding() -> Self {
        static SHARED: OnceLock<Workers> = OnceLock::new();
        SHARED.get_or_init(|| Self::new("decode", cores())).clone()
    }

    /// Adds a task. A task that panics does not affect other tasks.
    ///
    /// # Errors
    /// [`Code::Internal`] if no thread is running and none can be started.
    pub fn run(&self, task: impl FnOnce() + Send + 'static) -> Result<()> {
        let mut state = self.0.lock();
        state.tasks.push_back(Box::new(task));
        if state.tasks.len() <= state.idle || state.threads == self.0.limit {
            drop(state);
            self.0.changed.notify_one();
            return Ok(());
        }
        state.threads += 1;
        let inner = self.0.clone();
        let started =
            std::thread::Builder::new().name(format!("samplecnn-{}", self.0.name)).spawn(move || inner.work());
        if let Err(reason) = started {
            state.threads -= 1;
            if state.threads == 0 {
                let task = state.tasks.pop_back();
                drop(state);
                // Drop it without the lock: dropping the task may add further tasks.
                drop(task);
                return Err(Error::new(Code::Internal, format!("no thread could be started: {reason}")));
            }
        }
        Ok(())
    }
}

/// Number of cores that this process may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Tasks run without the lock: a panic cannot leave the state inconsistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut state = self.lock();
        loop {
            if let Some(task) = state.tasks.pop_front() {
                drop(state);
                // A failed task has reported its failure itself if it could; continue with the other tasks.
                let _ = catch_unwind(AssertUnwindSafe(task));
                state = self.lock();
                continue;
            }
            state.idle += 1;
            let (woken, waited) = self.changed.wait_timeout(state, PATIENCE).unwrap_or_else(PoisonError::into_inner);
            state = woken;
            state.idle -= 1;
            if waited.timed_out() && state.tasks.is_empty() {
                state.threads -= 1;
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn tasks_run_in_order_and_never_more_at_once_than_the_limit() {
        let workers = Workers::new("test", 3);
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (sender, receiver) = channel();
        for number in 0..60 {
            let (running, most, sender) = (running.clone(), most.clone(), sender.clone());
            workers
                .run(move || {
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(1));
                    running.fetch_sub(1, Ordering::SeqCst);
                    sender.send(number).unwrap();
                })
                .unwrap();
        }
        drop(sender);
        let mut done: Vec<usize> = receiver.iter().collect();
        done.sort_unstable();
        assert_eq!(done, (0..60).collect::<Vec<_>>());
        assert!((1..=3).contains(&most.load(Ordering::SeqCst)));
    }

    #[test]
    fn a_panic_stops_no_other_task_and_threads_without_work_end() {
        let workers = Workers::new("test", 1);
        let (sender, receiver) = channel();
        workers.run(|| panic!("expected in a test")).unwrap();
        workers.run(move || sender.send(()).unwrap()).unwrap();
        receiver.recv().unwrap();
        let deadline = std::time::Instant::now() + Duration::from_secs(10);
        while workers.0.lock().threads > 0 {
            assert!(std::time::Instant::now() < deadline, "the thread stayed");
            std::thread::sleep(Duration::from_millis(10));
        }
        let (sender, receiver) = channel();
        workers.run(move || sender.send(()).unwrap()).unwrap();
        receiver.recv().unwrap();
    }
}
