//! Work items compiled once for each instruction set, so that plain loops become its vectors.

use error::Result;

use crate::cpu::pool::Pool;

/// What the machine can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vectors {
    /// AVX-512 F, BW, DQ, VL.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// What every machine of the target has.
    Portable,
}

impl Vectors {
    /// The best of this machine.
    pub(crate) fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl")
            {
                return Vectors::Avx512;
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                return Vectors::Avx2;
            }
        }
        Vectors::Portable
    }
}

/// One fused operation's work, cut into items that write apart from each other and depend on nothing but their number, so
/// that the result is the same bits for every number of threads. `item` is always inlined.
pub(crate) trait Work: Sync {
    /// Does item `item`; `worker` indexes scratch memory.
    fn item(&self, item: usize, worker: usize);
}

/// Runs all items of `work` on `pool`.
pub(crate) fn run<W: Work>(pool: &Pool, vectors: Vectors, items: usize, work: &W) -> Result<()> {
    pool.run(items, |item, worker| match vectors {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `detect` found the instructions.
        Vectors::Avx512 => unsafe { avx512(work, item, worker) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `detect` found the instructions.
        Vectors::Avx2 => unsafe { avx2(work, item, worker) },
        Vectors::Portable => work.item(item, worker),
    })
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
unsafe fn avx512<W: Work>(work: &W, item: usize, worker: usize) {
    work.item(item, worker);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2<W: Work>(work: &W, item: usize, worker: usize) {
    work.item(item, worker);
}
