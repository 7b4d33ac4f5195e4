//! The state that the threads of a pool share: the current job, whether workers may join it, which workers are inside,
//! and which sleep.

use std::cell::{Cell, UnsafeCell};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use error::panic_text;

/// How often a thread reads the state before it sleeps. This takes some tens of microseconds: longer than the gap
/// between two layers, but short enough that an idle pool costs almost nothing.
const SPINS: u32 = 4000;
/// A bit of [`Shared::state`]: workers may join the job.
const OPEN: u64 = 1 << 16;
/// A mask of [`Shared::state`]: the number of workers inside the job. The bits above [`OPEN`] count jobs.
const ACTIVE: u64 = OPEN - 1;

/// A work item, called with `(item, worker)`.
pub(super) type Work<'a> = dyn Fn(usize, usize) + Sync + 'a;

thread_local! {
    /// Whether this thread is inside an item. Starting another job there would deadlock.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is inside an item.
pub(super) fn inside_an_item() -> bool {
    INSIDE.get()
}

pub(super) struct Shared {
    /// Held during a job, so that callers that share the pool run one job at a time.
    turn: Mutex<()>,
    /// Job number, [`OPEN`] and the number of workers inside, in one word, so that a worker cannot join a job that has
    /// ended.
    state: AtomicU64,
    next: AtomicUsize,
    /// The current job. The caller writes it while no worker is inside; workers read it after they have joined.
    job: UnsafeCell<Option<Job>>,
    panic: Mutex<Option<String>>,
    quit: AtomicBool,
    sleepers: AtomicUsize,
    caller_sleeps: AtomicBool,
    lock: Mutex<()>,
    work_came: Condvar,
    work_done: Condvar,
}

#[derive(Clone, Copy)]
struct Job {
    work: *const Work<'static>,
    items: usize,
}

// SAFETY: `job` is the only field that is not Sync by itself. `work_off` writes it while the job is closed and no
// worker is inside, and only workers that have joined an open job read it; `state` orders the two. The closure behind
// it is Sync.
unsafe impl Sync for Shared {}
// SAFETY: as above; nothing in it belongs to one thread.
unsafe impl Send for Shared {}

/// Erases the lifetime of the closure.
fn erase<'a>(work: &'a Work<'a>) -> *const Work<'static> {
    // SAFETY: only the lifetime changes. `work_off` does not return before the job is closed and every worker has left
    // it, and nobody reads the pointer afterwards.
    unsafe { std::mem::transmute::<*const Work<'a>, *const Work<'static>>(work) }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn new() -> Self {
        Self {
            turn: Mutex::new(()),
            state: AtomicU64::new(0),
            next: AtomicUsize::new(0),
            job: UnsafeCell::new(None),
            panic: Mutex::new(None),
            quit: AtomicBool::new(false),
            sleepers: AtomicUsize::new(0),
            caller_sleeps: AtomicBool::new(false),
            lock: Mutex::new(()),
            work_came: Condvar::new(),
            work_done: Condvar::new(),
        }
    }

    /// Runs all `items`, the caller as worker 0, together with the other workers unless `alone`. Returns the message of
    /// the first panic when all workers have left.
    pub(super) fn work_off(&self, work: &Work, items: usize, alone: bool) -> Option<String> {
        let _turn = lock(&self.turn);
        if alone {
            self.next.store(0, Ordering::Relaxed);
            self.drain(work, items, 0);
        } else {
            let job = Job { work: erase(work), items };
            // SAFETY: the last job is closed and no worker is inside, so nobody reads; see `Sync`.
            unsafe { *self.job.get() = Some(job) };
            self.next.store(0, Ordering::Relaxed);
            self.open();
            self.drain(work, items, 0);
            self.close();
        }
        lock(&self.panic).take()
    }

    /// Tells all workers to end.
    pub(super) fn end(&self) {
        self.quit.store(true, Ordering::SeqCst);
        drop(lock(&self.lock));
        self.work_came.notify_all();
    }

    /// The main loop of worker `worker`, until the pool ends.
    pub(super) fn serve(&self, worker: usize) {
        let mut seen = 0;
        while let Some(number) = self.wait_for_job(seen) {
            seen = number;
            if !self.join(number) {
                continue;
            }
            // SAFETY: this worker has joined an open job: `job` was written before and does not change until this
            // worker leaves.
            if let Some(job) = unsafe { *self.job.get() } {
                // SAFETY: `work_off` keeps the closure alive until this worker has left the job.
                self.drain(unsafe { &*job.work }, job.items, worker);
            }
            let before = self.state.fetch_sub(1, Ordering::SeqCst);
            if before & (ACTIVE | OPEN) == 1 && self.caller_sleeps.load(Ordering::SeqCst) {
                drop(lock(&self.lock));
                self.work_done.notify_one();
            }
        }
    }

    /// Waits for the next open job after number `seen` and returns its number; `None` when the pool ends.
    fn wait_for_job(&self, seen: u64) -> Option<u64> {
        let look = || {
            let state = self.state.load(Ordering::SeqCst);
            (state & OPEN != 0 && state / (2 * OPEN) != seen).then_some(state / (2 * OPEN))
        };
        for _ in 0..SPINS {
            if let Some(number) = look() {
                return Some(number);
            }
            std::hint::spin_loop();
        }
        let mut guard = lock(&self.lock);
        // The sleeper is counted before it reads the state for the last time: a caller that opens a job afterwards sees
        // the sleeper and notifies it.
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        let number = loop {
            if self.quit.load(Ordering::SeqCst) {
                break None;
            }
            if let Some(number) = look() {
                break Some(number);
            }
            guard = self.work_came.wait(guard).unwrap_or_else(PoisonError::into_inner);
        };
        self.sleepers.fetch_sub(1, Ordering::SeqCst);
        number
    }

    fn join(&self, number: u64) -> bool {
        let mut state = self.state.load(Ordering::SeqCst);
        while state & OPEN != 0 && state / (2 * OPEN) == number {
            match self.state.compare_exchange_weak(state, state + 1, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => return true,
                Err(now) => state = now,
            }
        }
        false
    }

    fn open(&self) {
        self.state.fetch_add(3 * OPEN, Ordering::SeqCst);
        if self.sleepers.load(Ordering::SeqCst) > 0 {
            drop(lock(&self.lock));
            self.work_came.notify_all();
        }
    }

    /// Closes the job to further workers and waits for the workers inside.
    fn close(&self) {
        let mut state = self.state.fetch_sub(OPEN, Ordering::SeqCst) - OPEN;
        for _ in 0..SPINS {
            if state & ACTIVE == 0 {
                return;
            }
            std::hint::spin_loop();
            state = self.state.load(Ordering::SeqCst);
        }
        let mut guard = lock(&self.lock);
        self.caller_sleeps.store(true, Ordering::SeqCst);
        while self.state.load(Ordering::SeqCst) & ACTIVE != 0 {
            guard = self.work_done.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
        self.caller_sleeps.store(false, Ordering::SeqCst);
    }

    fn drain(&self, work: &Work, items: usize, worker: usize) {
        INSIDE.set(true);
        loop {
            let item = self.next.fetch_add(1, Ordering::Relaxed);
            if item >= items {
                break;
            }
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| work(item, worker))) {
                lock(&self.panic).get_or_insert_with(|| panic_text(&*payload).unwrap_or("no message").to_owned());
                self.next.store(items, Ordering::Relaxed);
            }
        }
        INSIDE.set(false);
    }
}
