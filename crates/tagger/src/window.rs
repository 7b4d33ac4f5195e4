//! A bounded window of the files that have been started and not yet returned, in input order.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use error::{Error, Result};

use crate::cancel::Cancel;

/// Items are started in order, finished in any order, and returned in the order of their start. At most `capacity`
/// items are in the window: the producer waits for the consumer, so that memory is bounded.
pub struct Window<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
    capacity: u64,
    cancel: Cancel,
    on_change: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

/// The result of [`Window::next_within`].
#[derive(Debug, PartialEq, Eq)]
pub enum Next<T> {
    /// The next item.
    Item(T),
    /// There is no item within the time limit.
    NotYet,
    /// There are no more items.
    End,
}

struct State<T> {
    taken: u64,
    handed_out: u64,
    complete: bool,
    finished: BTreeMap<u64, T>,
    failure: Option<Error>,
}

impl<T> Window<T> {
    /// A window for `capacity` items; `cancel` ends it.
    pub fn new(capacity: usize, cancel: Cancel) -> Self {
        let state = State { taken: 0, handed_out: 0, complete: false, finished: BTreeMap::new(), failure: None };
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
            capacity: capacity.max(1) as u64,
            cancel,
            on_change: OnceLock::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // A panic cannot leave the state inconsistent: every change below is a single assignment or call.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits while `waits` returns true, but no longer than `limit`.
    fn wait_while(
        &self,
        limit: Option<Duration>,
        mut waits: impl FnMut(&State<T>) -> bool,
    ) -> MutexGuard<'_, State<T>> {
        let deadline = limit.map(|limit| Instant::now() + limit);
        let mut state = self.lock();
        while !self.cancel.is_cancelled() && waits(&state) {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            state = match left {
                Some(Duration::ZERO) => return state,
                Some(left) => self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
        state
    }

    /// Sets the callback `told`. It is called whenever there may be something for the consumer: an item, the end, or a
    /// call of [`Window::tell`]. It must not block.
    pub fn on_change(&self, told: impl Fn() + Send + Sync + 'static) {
        // Only the first callback is used: there is a single consumer.
        let _ = self.on_change.set(Box::new(told));
    }

    /// Wakes waiting threads and calls the callback. Must be called without the lock.
    pub fn tell(&self) {
        self.changed.notify_all();
        if let Some(told) = self.on_change.get() {
            told();
        }
    }

    /// Whether another item may be started.
    pub fn has_room(&self) -> bool {
        let state = self.lock();
        state.taken - state.handed_out < self.capacity
    }

    /// Starts an item and returns its number, counted from 0.
    pub fn take_up(&self) -> u64 {
        let mut state = self.lock();
        state.taken += 1;
        state.taken - 1
    }

    /// Marks the end: no more items will be started.
    pub fn complete(&self) {
        self.lock().complete = true;
        self.tell();
    }

    /// Finishes item `number`.
    pub fn finish(&self, number: u64, item: T) {
        self.lock().finished.insert(number, item);
        self.tell();
    }

    /// Ends the window with `error`, unless it has ended already.
    pub fn fail(&self, error: Error) {
        if !self.cancel.is_cancelled() {
            self.lock().failure.get_or_insert(error);
        }
        self.cancel();
    }

    /// Ends the window; waiting threads are woken.
    pub fn cancel(&self) {
        // Hold the lock: a thread may be between checking the flag and waiting.
        let state = self.lock();
        self.cancel.cancel();
        drop(state);
        self.tell();
    }

    /// Waits for the next item in order, but no longer than `limit`; a limit of zero does not wait.
    ///
    /// # Errors
    /// The error of [`Window::fail`], once; afterwards, and after a cancellation, [`error::Code::Aborted`].
    pub fn next_within(&self, limit: Option<Duration>) -> Result<Next<T>> {
        let ended = |state: &State<T>| state.complete && state.handed_out == state.taken;
        let mut state =
            self.wait_while(limit, |state| !ended(state) && !state.finished.contains_key(&state.handed_out));
        if let Some(error) = state.failure.take() {
            return Err(error);
        }
        if self.cancel.is_cancelled() {
            return Err(Error::aborted());
        }
        let number = state.handed_out;
        match state.finished.remove(&number) {
            Some(item) => {
                state.handed_out += 1;
                Ok(Next::Item(item))
            }
            None if ended(&state) => Ok(Next::End),
            None => Ok(Next::NotYet),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use error::Code;

    use super::*;

    fn next<T>(window: &Window<T>) -> Result<Option<T>> {
        Ok(match window.next_within(None)? {
            Next::Item(item) => Some(item),
            Next::NotYet | Next::End => None,
        })
    }

    #[test]
    fn items_leave_in_the_order_in_which_they_came() {
        let window = Window::new(8, Cancel::new());
        let numbers: Vec<u64> = (0..3).map(|_| window.take_up()).collect();
        for number in numbers.iter().rev() {
            window.finish(*number, *number);
        }
        window.complete();
        let out: Vec<u64> = std::iter::from_fn(|| next(&window).unwrap()).collect();
        assert_eq!(out, [0, 1, 2]);
    }

    #[test]
    fn no_more_items_are_in_between_than_the_capacity() {
        let window = Window::new(4, Cancel::new());
        let (inside, most) = (AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..100 {
                    while !window.has_room() {
                        std::thread::yield_now();
                    }
                    most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    window.finish(window.take_up(), ());
                }
                window.complete();
            });
            let mut count = 0;
            loop {
                // Count before the call: after it, the other thread may have started the next item already.
                inside.fetch_sub(u64::from(count > 0), Ordering::SeqCst);
                if next(&window).unwrap().is_none() {
                    break;
                }
                count += 1;
            }
            assert_eq!(count, 100);
        });
        assert!(most.load(Ordering::SeqCst) <= 5, "{most:?}");
    }

    #[test]
    fn who_waits_with_a_limit_hears_that_there_is_nothing_yet() {
        let window = Window::new(4, Cancel::new());
        let number = window.take_up();
        let limit = Some(Duration::from_millis(5));
        assert_eq!(window.next_within(limit).unwrap(), Next::NotYet);
        window.finish(number, 'a');
        assert_eq!(window.next_within(limit).unwrap(), Next::Item('a'));
        window.complete();
        assert_eq!(window.next_within(limit).unwrap(), Next::End);
    }

    #[test]
    fn cancelling_wakes_who_waits() {
        let window: Window<()> = Window::new(1, Cancel::new());
        window.take_up();
        assert!(!window.has_room());
        std::thread::scope(|scope| {
            let fetcher = scope.spawn(|| next(&window).unwrap_err().code);
            std::thread::sleep(Duration::from_millis(20));
            window.cancel();
            assert_eq!(fetcher.join().unwrap(), Code::Aborted);
        });
    }

    #[test]
    fn who_does_not_wait_is_told_that_there_is_something() {
        let window: Window<u64> = Window::new(8, Cancel::new());
        let told = std::sync::Arc::new(AtomicU64::new(0));
        let theirs = told.clone();
        window.on_change(move || {
            theirs.fetch_add(1, Ordering::SeqCst);
        });
        let next = || window.next_within(Some(Duration::ZERO)).unwrap();
        let (first, second) = (window.take_up(), window.take_up());
        window.finish(second, 2);
        assert_eq!(next(), Next::NotYet);
        window.finish(first, 1);
        window.complete();
        assert_eq!(told.load(Ordering::SeqCst), 3);
        assert_eq!((next(), next(), next()), (Next::Item(1), Next::Item(2), Next::End));
    }

    #[test]
    fn a_failure_is_told_once() {
        let window: Window<()> = Window::new(1, Cancel::new());
        window.fail(Error::new(Code::Internal, "broken"));
        window.fail(Error::new(Code::Internal, "later"));
        assert_eq!(next(&window).unwrap_err().message, "broken");
        assert_eq!(next(&window).unwrap_err().code, Code::Aborted);
    }
}
