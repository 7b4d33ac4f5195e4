//! Does the same work for many copies in several threads.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use error::{Error, Result};

/// Calls `work` for each of `items` in `threads` threads, and `take` in this thread with each item and its result, as
/// they finish. `take` also receives how many items are done. The first failure of `work` ends it.
///
/// # Errors
/// Those of `work`; [`error::Code::Aborted`] after `cancel`.
pub(super) fn for_each<T: Copy + Send + Sync, R: Send>(
    items: &[T],
    threads: usize,
    work: impl Fn(T) -> Result<R> + Sync,
    mut take: impl FnMut(usize, T, R),
    cancel: &AtomicBool,
) -> Result<()> {
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (sender, receiver) = channel::<(T, Result<R>)>();
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, items.len().max(1)) {
            let (sender, work, next, stop) = (sender.clone(), &work, &next, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) && !cancel.load(Ordering::Relaxed) {
                    let Some(&item) = items.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                    if sender.send((item, work(item))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        for (done, (item, result)) in (1..).zip(receiver) {
            take(done, item, result.inspect_err(|_| stop.store(true, Ordering::Relaxed))?);
        }
        Ok::<(), Error>(())
    })?;
    if cancel.load(Ordering::Relaxed) {
        return Err(Error::aborted());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use error::Code;

    #[test]
    fn every_item_is_taken_once_until_a_failure_or_the_end() {
        let items: Vec<usize> = (0..100).collect();
        let go_on = AtomicBool::new(false);
        for threads in [0, 1, 3, 200] {
            let (mut taken, mut counts) = (Vec::new(), Vec::new());
            let take = |done, item, double| {
                counts.push(done);
                taken.push((item, double));
            };
            for_each(&items, threads, |item| Ok(2 * item), take, &go_on).unwrap();
            taken.sort_unstable();
            assert!(taken.into_iter().eq(items.iter().map(|&item| (item, 2 * item))), "{threads} threads");
            assert!(counts.into_iter().eq(1..=100), "{threads} threads");
        }
        for_each(&[], 3, |item: usize| Ok(item), |_, _, _| panic!("nothing to take"), &go_on).unwrap();
        let fails = |item| if item == 7 { Err(Error::new(Code::Io, "item 7")) } else { Ok(()) };
        let failure = for_each(&items, 2, fails, |_, _, ()| {}, &go_on).unwrap_err();
        assert_eq!((failure.code, &*failure.message), (Code::Io, "item 7"));
        let ended = AtomicBool::new(true);
        let failure = for_each(&items, 2, |_| Ok(()), |_, _, ()| panic!("ended before"), &ended).unwrap_err();
        assert_eq!(failure.code, Code::Aborted);
    }
}
