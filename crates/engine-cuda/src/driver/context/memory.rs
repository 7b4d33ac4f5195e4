//! Memory of the GPU, and of the host for its copies.

use error::Result;

use super::{Context, KERNELS, WORKSPACE};
use crate::gpu::transfer::Pinned;
use crate::gpu::{Address, Memory};

/// `CU_MEMHOSTALLOC_PORTABLE`: pinned for every context.
const PORTABLE: u32 = 1;

impl Memory for Context {
    fn free_memory(&self) -> Result<usize> {
        let (mut free, mut all) = (0, 0);
        // SAFETY: places for the results.
        self.driver.check("tell its free memory", unsafe { (self.driver.cuMemGetInfo_v2)(&mut free, &mut all) })?;
        Ok(free)
    }

    fn taken_by_another(&self) -> usize {
        // Its kernels and streams need some, too.
        2 * WORKSPACE + KERNELS.0.len()
    }

    fn allocate(&mut self, bytes: usize) -> Result<Address> {
        let mut at = 0;
        // SAFETY: a place for the result, and then memory that is ours.
        unsafe {
            self.driver.check(
                &format!("give {} MiB of memory", bytes.div_ceil(1 << 20)),
                (self.driver.cuMemAlloc_v2)(&mut at, bytes.max(1)),
            )?;
            self.memory.push(at);
            self.driver.check("clear memory", (self.driver.cuMemsetD8Async)(at, 0, bytes.max(1), self.stream))?;
        }
        Ok(Address(at))
    }

    fn upload(&self, to: Address, from: &[u8]) -> Result<()> {
        if from.is_empty() {
            return Ok(());
        }
        // SAFETY: the caller's place has room. Pageable memory is taken before the call returns.
        let status = unsafe { (self.driver.cuMemcpyHtoDAsync_v2)(to.0, from.as_ptr().cast(), from.len(), self.stream) };
        self.driver.check("take data", status)
    }

    fn download(&self, from: Address, to: &mut [u8]) -> Result<()> {
        if to.is_empty() {
            return Ok(());
        }
        // SAFETY: the caller's place has so many bytes; `to` is only read again when the copy has ended.
        let status =
            unsafe { (self.driver.cuMemcpyDtoHAsync_v2)(to.as_mut_ptr().cast(), from.0, to.len(), self.stream) };
        self.driver.check("give data", status)?;
        self.synchronize()
    }

    fn pin(&mut self, bytes: usize) -> Result<Pinned> {
        let mut start = std::ptr::null_mut();
        // SAFETY: a place for the result, which is then ours until the end.
        let status = unsafe { (self.driver.cuMemHostAlloc)(&mut start, bytes.max(1), PORTABLE) };
        self.driver.check(&format!("pin {} MiB of this machine's memory", bytes.div_ceil(1 << 20)), status)?;
        self.pinned.push(start);
        // SAFETY: so many bytes, handed out once, and given back when this is dropped.
        Ok(unsafe { Pinned::new(start.cast(), bytes) })
    }
}
