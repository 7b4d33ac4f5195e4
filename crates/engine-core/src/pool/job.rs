//! What the threads of a pool share: the present job, who may join it, who still works on it, and who sleeps.

use std::any::Any;
use std::cell::{Cell, UnsafeCell};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Looks at the state this often before a thread sleeps, some tens of microseconds: longer than the gap between two layers,
/// short enough that an idle pool costs nothing.
const SPINS: u32 = 4000;
/// Bit of [`Shared::state`]: workers may join the job.
const OPEN: u64 = 1 << 16;
/// Mask of [`Shared::state`]: workers inside the job. The bits above [`OPEN`] count jobs.
const ACTIVE: u64 = OPEN - 1;

/// `(item, worker)`.
pub(super) type Work<'a> = dyn Fn(usize, usize) + Sync + 'a;

thread_local! {
    /// Whether this thread is inside an item, where another job would wait for itself.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is inside an item.
pub(super) fn inside_an_item() -> bool {
    INSIDE.get()
}

pub(super) struct Shared {
    /// One job at a time, where two callers share the pool.
    turn: Mutex<()>,
    /// Job number, [`OPEN`], workers inside: one word, so that joining a job that has ended is impossible.
    state: AtomicU64,
    next: AtomicUsize,
    /// The present job: written by the caller while no worker is inside, read by workers after joining.
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

// SAFETY: `job` is the only part that is not Sync by itself. It is written in `work_off` while the job is closed and nobody is
// inside, and read only by workers that have joined an open job; `state` orders the two. The closure behind it is Sync.
unsafe impl Sync for Shared {}
// SAFETY: as above; nothing in it belongs to a thread.
unsafe impl Send for Shared {}

/// Forgets how long the closure lives.
fn erase<'a>(work: &'a Work<'a>) -> *const Work<'static> {
    // SAFETY: only the lifetime changes. `work_off` does not return before the job is closed and everyone has left it, and
    // nobody reads the pointer afterwards.
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

    /// Works off `items`, the caller as worker 0, with the others unless `alone`; returns what the first panic said when all have left.
    pub(super) fn work_off(&self, work: &Work, items: usize, alone: bool) -> Option<String> {
        let _turn = lock(&self.turn);
        if alone {
            self.next.store(0, Ordering::Relaxed);
            self.drain(work, items, 0);
        } else {
            let job = Job { work: erase(work), items };
            // SAFETY: the last job is closed and nobody is inside, so nobody reads; see `Sync`.
            unsafe { *self.job.get() = Some(job) };
            self.next.store(0, Ordering::Relaxed);
            self.open();
            self.drain(work, items, 0);
            self.close();
        }
        lock(&self.panic).take()
    }

    /// Sends all workers home.
    pub(super) fn end(&self) {
        self.quit.store(true, Ordering::SeqCst);
        drop(lock(&self.lock));
        self.work_came.notify_all();
    }

    /// What worker `worker` does until the pool ends.
    pub(super) fn serve(&self, worker: usize) {
        let mut seen = 0;
        while let Some(number) = self.wait_for_job(seen) {
            seen = number;
            if !self.join(number) {
                continue;
            }
            // SAFETY: this worker has joined an open job: it was written before and stays until this worker leaves.
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

    /// The number of the next open job after `seen`; none when the pool ends.
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
        // Counted before the last look: a caller who opens a job after it sees the sleeper and notifies.
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

    /// Lets nobody in any more and waits for those inside.
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
                lock(&self.panic).get_or_insert_with(|| describe(&*payload));
                self.next.store(items, Ordering::Relaxed);
            }
        }
        INSIDE.set(false);
    }
}

fn describe(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|s| (*s).to_string());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into())
}
