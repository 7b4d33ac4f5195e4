//! The plan's own threads. They take work items from one counter, spin briefly between jobs, and then sleep.

mod disjoint;
mod job;

use std::sync::Arc;
use std::thread::JoinHandle;

use error::{Code, Error, Result};
use limits::MOST_THREADS;

pub use disjoint::Disjoint;
use job::{inside_an_item, Shared};

/// A fixed number of threads that run jobs of numbered items. The calling thread takes part as worker 0.
///
/// An item is identified by its number, not by the thread that runs it. If the items of an operation write to separate
/// places and depend on nothing but their number, the operation gives the same bits for every number of threads.
pub struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

/// The number of physical cores that this process may use.
pub fn physical_cores() -> usize {
    let usable = std::thread::available_parallelism().map_or(1, usize::from);
    num_cpus::get_physical().clamp(1, usable)
}

impl Pool {
    /// Creates a pool of `threads` workers, including the caller; 0 selects one worker per physical core.
    pub fn new(threads: usize) -> Result<Self> {
        let threads = if threads == 0 { physical_cores() } else { threads };
        if threads > MOST_THREADS {
            let why = format!("threads must be at most {MOST_THREADS}, received {threads}");
            return Err(Error::new(Code::InvalidOption, why));
        }
        let shared = Arc::new(Shared::new());
        let mut pool = Self { shared, workers: Vec::new() };
        for worker in 1..threads {
            let shared = Arc::clone(&pool.shared);
            let thread = std::thread::Builder::new()
                .name(format!("samplecnn-{worker}"))
                .spawn(move || shared.serve(worker))
                .map_err(|e| {
                    let why = format!("the system did not start thread {worker} of {threads}: {e}; use fewer threads");
                    Error::new(Code::InvalidOption, why)
                })?;
            pool.workers.push(thread);
        }
        Ok(pool)
    }

    /// The number of workers, including the caller.
    #[inline]
    pub fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Calls `work(item, worker)` for every item in `0..items`, with `worker` in `0..threads()`, and returns when all
    /// items are done. No two items run at the same time with the same worker number, so the number can index scratch
    /// memory. An item that panics ends the job with [`Code::Internal`]; items that have not begun by then are skipped.
    pub fn run(&self, items: usize, work: impl Fn(usize, usize) + Sync) -> Result<()> {
        if inside_an_item() {
            return Err(Error::new(Code::Internal, "a job was started inside an item of a thread pool"));
        }
        let alone = items <= 1 || self.workers.is_empty();
        match self.shared.work_off(&work, items, alone) {
            None => Ok(()),
            Some(message) => Err(Error::new(Code::Internal, format!("a computation panicked: {message}"))),
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.end();
        for worker in self.workers.drain(..) {
            // A worker never panics outside the items, whose panics are caught; if it did, there would be nothing left
            // to do.
            let _ = worker.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

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
            // Each item waits until the other one runs as well.
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
