//! Work items that are compiled once for each instruction level, so that plain loops use its vectors.

use engine_core::pool::Pool;
use error::Result;

use super::clock::{Clock, Part};
use crate::features::CpuLevel;
use crate::kernels::dispatch;
use crate::kernels::simd::{Kernel, Simd};

/// The work of one fused operation, divided into items that write to separate places and depend on nothing but their
/// number, so that the result has the same bits for every number of threads. `item` is always inlined.
pub(crate) trait Work: Sync {
    /// The part of a step to which the time of an item counts; `None` if the item measures its parts itself.
    const PART: Option<Part> = Some(Part::Other);

    /// Runs item `item` with the vectors `S`; `worker` indexes scratch memory.
    ///
    /// # Safety
    /// The processor has the instructions of `S`, and no other operation is running.
    unsafe fn item<S: Simd>(&self, item: usize, worker: usize);
}

struct Item<'a, W> {
    work: &'a W,
    item: usize,
    worker: usize,
}

impl<W: Work> Kernel for Item<'_, W> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        // SAFETY: by the contract of `Kernel`, and of `run` below.
        unsafe { self.work.item::<S>(self.item, self.worker) }
    }
}

/// Runs all items of `work` on `pool`.
///
/// # Safety
/// `level` is supported, and no other operation runs on the memory of `work`.
pub(crate) unsafe fn run<W: Work>(pool: &Pool, clock: &Clock, level: CpuLevel, items: usize, work: &W) -> Result<()> {
    pool.run(items, |item, worker| {
        let mut laps = clock.start();
        // SAFETY: by the contract.
        unsafe { dispatch::run(level, Item { work, item, worker }) };
        if let Some(part) = W::PART {
            laps.lap(part);
        }
    })
}
