//! The plan's own threads: work items from one counter, a short spin between jobs, then sleep.

use std::any::Any;
use std::cell::{Cell, UnsafeCell};
use std::marker::PhantomData;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use error::{Code, Error, Result};

/// Looks at the state this often before a thread sleeps, some tens of microseconds: longer than the gap between two layers,
/// short enough that an idle pool costs nothing.
const SPINS: u32 = 4000;
/// Bit of [`Shared::state`]: workers may join the job.
const OPEN: u64 = 1 << 16;
/// Mask of [`Shared::state`]: workers inside the job. The bits above [`OPEN`] count jobs.
const ACTIVE: u64 = OPEN - 1;

/// `(item, worker)`.
type Work<'a> = dyn Fn(usize, usize) + Sync + 'a;

thread_local! {
    /// Whether this thread is inside an item, where another job would wait for itself.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// A fixed number of threads that work off jobs of numbered items. The caller takes part as worker 0.
///
/// Item `i` is always item `i`, whoever runs it: an operation whose items write apart and depend on nothing but `i` gives
/// the same bits for every number of threads.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    /// One job at a time, where two callers share the pool.
    turn: Mutex<()>,
}

struct Shared {
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

// SAFETY: `job` is the only part that is not Sync by itself. It is written in `run` while the job is closed and nobody is
// inside, and read only by workers that have joined an open job; `state` orders the two. The closure behind it is Sync.
unsafe impl Sync for Shared {}
// SAFETY: as above; nothing in it belongs to a thread.
unsafe impl Send for Shared {}

/// How many physical cores this process may use.
pub fn physical_cores() -> usize {
    let usable = std::thread::available_parallelism().map_or(1, usize::from);
    num_cpus::get_physical().clamp(1, usable)
}

impl Pool {
    /// A pool of `threads` workers, the caller included; 0: one for each physical core.
    pub(crate) fn new(threads: usize) -> Result<Self> {
        let threads = if threads == 0 { physical_cores() } else { threads };
        if threads > 1024 {
            return Err(Error::new(Code::InvalidOption, format!("threads must be at most 1024, received {threads}")));
        }
        let shared = Arc::new(Shared {
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
        });
        let mut pool = Self { shared, workers: Vec::new(), turn: Mutex::new(()) };
        for worker in 1..threads {
            let shared = Arc::clone(&pool.shared);
            let thread = std::thread::Builder::new()
                .name(format!("samplecnn-{worker}"))
                .spawn(move || shared.serve(worker))
                .map_err(|e| Error::new(Code::Internal, format!("cannot start thread {worker} of {threads}: {e}")))?;
            pool.workers.push(thread);
        }
        Ok(pool)
    }

    /// Workers, the caller included.
    pub(crate) fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Calls `work(item, worker)` for every item in `0..items`, `worker` in `0..threads()`; returns when all are done. No two
    /// items run at the same time under the same worker number, so it can index scratch memory. An item that panics ends
    /// the job with [`Code::Internal`]; items not begun by then are left out.
    pub(crate) fn run(&self, items: usize, work: impl Fn(usize, usize) + Sync) -> Result<()> {
        if INSIDE.get() {
            return Err(Error::new(Code::Internal, "a job was started inside an item of a thread pool"));
        }
        let _turn = lock(&self.turn);
        let shared = &*self.shared;
        let work: &Work = &work;
        if items > 1 && !self.workers.is_empty() {
            let job = Job { work: erase(work), items };
            // SAFETY: the last job is closed and nobody is inside, so nobody reads; see `Sync`.
            unsafe { *shared.job.get() = Some(job) };
            shared.next.store(0, Ordering::Relaxed);
            shared.open();
            shared.drain(work, items, 0);
            shared.close();
        } else {
            shared.next.store(0, Ordering::Relaxed);
            shared.drain(work, items, 0);
        }
        match lock(&shared.panic).take() {
            None => Ok(()),
            Some(message) => Err(Error::new(Code::Internal, format!("a computation panicked: {message}"))),
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.quit.store(true, Ordering::SeqCst);
        drop(lock(&self.shared.lock));
        self.shared.work_came.notify_all();
        for worker in self.workers.drain(..) {
            // A worker never panics outside the caught items; nothing is left to do if one did.
            let _ = worker.join();
        }
    }
}

/// Forgets how long the closure lives.
fn erase<'a>(work: &'a Work<'a>) -> *const Work<'static> {
    // SAFETY: only the lifetime changes. `run` does not return before the job is closed and everyone has left it, and
    // nobody reads the pointer afterwards.
    unsafe { std::mem::transmute::<*const Work<'a>, *const Work<'static>>(work) }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn serve(&self, worker: usize) {
        let mut seen = 0;
        while let Some(number) = self.wait_for_job(seen) {
            seen = number;
            if !self.join(number) {
                continue;
            }
            // SAFETY: this worker has joined an open job: it was written before and stays until this worker leaves.
            if let Some(job) = unsafe { *self.job.get() } {
                // SAFETY: `run` keeps the closure alive until this worker has left the job.
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

/// A slice that the items of one job write to apart from each other.
pub(crate) struct Disjoint<'a, T> {
    start: *mut T,
    len: usize,
    life: PhantomData<&'a mut [T]>,
}

// SAFETY: it only hands out parts of the slice, and `part` asks its caller to keep them apart.
unsafe impl<T: Send> Sync for Disjoint<'_, T> {}
// SAFETY: as a `&mut [T]`.
unsafe impl<T: Send> Send for Disjoint<'_, T> {}

impl<'a, T> Disjoint<'a, T> {
    /// All of `slice`, to be written in parts.
    pub(crate) fn new(slice: &'a mut [T]) -> Self {
        Self { start: slice.as_mut_ptr(), len: slice.len(), life: PhantomData }
    }

    /// The first element. What is read and written through it must be kept apart as in [`Disjoint::part`].
    pub(crate) fn start(&self) -> *mut T {
        self.start
    }

    /// `len` elements from `from`; panics beyond the end.
    ///
    /// # Safety
    /// Parts that live at the same time must not overlap.
    #[allow(clippy::mut_from_ref)]
    pub(crate) unsafe fn part(&self, from: usize, len: usize) -> &mut [T] {
        assert!(from <= self.len && len <= self.len - from, "part {from}+{len} of {}", self.len);
        // SAFETY: inside the slice by the assertion, unaliased by the contract.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(from), len) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_runs_once() {
        for threads in [1, 2, 5] {
            let pool = Pool::new(threads).unwrap();
            assert_eq!(pool.threads(), threads);
            for items in [0, 1, 2, 3, 100, 1000] {
                let counts: Vec<AtomicUsize> = (0..items).map(|_| AtomicUsize::new(0)).collect();
                pool.run(items, |item, worker| {
                    assert!(worker < threads);
                    counts[item].fetch_add(1, Ordering::Relaxed);
                })
                .unwrap();
                assert!(counts.iter().all(|c| c.load(Ordering::Relaxed) == 1));
            }
        }
    }

    #[test]
    fn many_short_jobs_see_each_others_writes() {
        let pool = Pool::new(4).unwrap();
        let mut values = vec![0usize; 64];
        for round in 0..20_000 {
            let parts = Disjoint::new(&mut values);
            // SAFETY: every item takes its own element.
            pool.run(64, |item, _| unsafe { parts.part(item, 1)[0] += item }).unwrap();
            assert_eq!(values[63], 63 * (round + 1));
            assert_eq!(values[1], round + 1);
        }
    }

    #[test]
    fn a_worker_number_is_never_used_twice_at_once() {
        let pool = Pool::new(3).unwrap();
        let busy: Vec<AtomicBool> = (0..3).map(|_| AtomicBool::new(false)).collect();
        pool.run(500, |_, worker| {
            assert!(!busy[worker].swap(true, Ordering::SeqCst));
            std::thread::yield_now();
            busy[worker].store(false, Ordering::SeqCst);
        })
        .unwrap();
    }

    #[test]
    fn a_panic_becomes_an_error_and_the_pool_goes_on() {
        let pool = Pool::new(3).unwrap();
        for _ in 0..50 {
            let failed = pool.run(20, |item, _| assert!(item != 7, "item seven")).unwrap_err();
            assert_eq!(failed.code, Code::Internal);
            assert!(failed.message.contains("item seven"), "{failed}");
            pool.run(20, |_, _| {}).unwrap();
        }
    }

    #[test]
    fn sleeping_workers_wake_up() {
        let pool = Pool::new(2).unwrap();
        for _ in 0..20 {
            std::thread::sleep(std::time::Duration::from_millis(2));
            let met = AtomicUsize::new(0);
            // Both items must run at once for either to end.
            pool.run(2, |_, _| {
                met.fetch_add(1, Ordering::SeqCst);
                while met.load(Ordering::SeqCst) < 2 {
                    std::thread::yield_now();
                }
            })
            .unwrap();
        }
    }

    #[test]
    fn a_job_inside_an_item_is_refused() {
        let pool = Pool::new(2).unwrap();
        pool.run(4, |_, _| assert!(pool.run(2, |_, _| {}).is_err())).unwrap();
    }

    #[test]
    fn two_callers_take_turns() {
        let pool = Pool::new(2).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        let sum = AtomicUsize::new(0);
                        pool.run(10, |item, _| {
                            sum.fetch_add(item, Ordering::Relaxed);
                        })
                        .unwrap();
                        assert_eq!(sum.load(Ordering::Relaxed), 45);
                    }
                });
            }
        });
    }
}
