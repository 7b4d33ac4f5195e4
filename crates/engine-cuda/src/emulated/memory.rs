//! Memory, all of which is checked.

use std::sync::atomic::Ordering;

use error::{Code, Error, Result};

use super::{Emulated, Line};
use crate::gpu::transfer::Pinned;
use crate::gpu::{Address, Memory};

impl Memory for Emulated {
    fn free_memory(&self) -> Result<usize> {
        Ok(self.free.load(Ordering::Relaxed))
    }

    fn allocate(&mut self, bytes: usize) -> Result<Address> {
        if bytes > self.free_memory()? {
            return Err(Error::new(Code::CudaOutOfMemory, "the GPU could not give memory"));
        }
        self.free.fetch_sub(bytes, Ordering::Relaxed);
        self.taken += bytes;
        self.memory.push(vec![Line([0; 32]); bytes.div_ceil(size_of::<Line>())]);
        Ok(Address(self.memory.last().unwrap().as_ptr() as u64))
    }

    fn upload(&self, to: Address, from: &[u8]) -> Result<()> {
        assert!(self.holds(to, from.len()), "upload outside of all memory");
        assert!(self.recording.borrow().is_none(), "a copy in a recording");
        // SAFETY: inside our memory, to which nobody has a reference.
        unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), to.0 as *mut u8, from.len()) };
        Ok(())
    }

    fn download(&self, from: Address, to: &mut [u8]) -> Result<()> {
        assert!(self.holds(from, to.len()), "download outside of all memory");
        assert!(self.beside.borrow().is_empty(), "a result is read before the work beside was joined");
        assert!(self.recording.borrow().is_none(), "a copy in a recording");
        // SAFETY: inside our memory, which nobody writes meanwhile.
        unsafe { std::ptr::copy_nonoverlapping(from.0 as *const u8, to.as_mut_ptr(), to.len()) };
        Ok(())
    }

    fn pin(&mut self, bytes: usize) -> Result<Pinned> {
        self.memory.push(vec![Line([0; 32]); bytes.div_ceil(size_of::<Line>())]);
        let start = self.memory.last_mut().unwrap().as_mut_ptr();
        // SAFETY: so many bytes, handed out once.
        Ok(unsafe { Pinned::new(start.cast(), bytes) })
    }
}
