//! Work items that are compiled once for each instruction level, so that plain loops use its vectors.

use engine_core::pool::Pool;
use error::Result;

use super::clock::{Clock, Part};
use crate::features::CpuLevel;
use crate::kernels::bf16::{PairKernel, PairProducts};
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

/// [`Work`] with products of bf16 pairs.
pub(crate) trait PairWork: Work {
    /// Runs item `item` with the vectors `S`; `worker` indexes scratch memory.
    ///
    /// # Safety
    /// As [`Work::item`].
    unsafe fn item_of_pairs<S: PairProducts>(&self, item: usize, worker: usize);
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

impl<W: PairWork> PairKernel for Item<'_, W> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: PairProducts>(self) {
        // SAFETY: by the contract of `PairKernel`, and of `run_pairs` below.
        unsafe { self.work.item_of_pairs::<S>(self.item, self.worker) }
    }
}

/// Runs all items of `work` on `pool`, with products of bf16 pairs.
///
/// # Safety
/// [`has_bf16`](crate::features::has_bf16) is true, and no other operation runs on the memory of `work`.
pub(crate) unsafe fn run_pairs<W: PairWork>(pool: &Pool, clock: &Clock, items: usize, work: &W) -> Result<()> {
    #[cfg(target_arch = "x86_64")]
    let done = pool.run(items, |item, worker| {
        // SAFETY: by the contract.
        timed::<W>(clock, || unsafe { dispatch::run_pairs(Item { work, item, worker }) });
    });
    // No plan in bf16 is created for other processors.
    #[cfg(not(target_arch = "x86_64"))]
    let done = crate::features::check_bf16();
    done
}

/// Runs an item, and counts its time.
fn timed<W: Work>(clock: &Clock, item: impl FnOnce()) {
    let mut laps = clock.start();
    item();
    if let Some(part) = W::PART {
        laps.lap(part);
    }
}

/// Runs all items of `work` on `pool`.
///
/// # Safety
/// `level` is supported, and no other operation runs on the memory of `work`.
pub(crate) unsafe fn run<W: Work>(pool: &Pool, clock: &Clock, level: CpuLevel, items: usize, work: &W) -> Result<()> {
    pool.run(items, |item, worker| {
        // SAFETY: by the contract.
        timed::<W>(clock, || unsafe { dispatch::run(level, Item { work, item, worker }) });
    })
}
