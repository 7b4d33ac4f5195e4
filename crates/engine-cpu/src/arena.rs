//! Memory for activations and packed weights: aligned to cache lines, zeroed, and in huge pages if the system supports
//! them.

use std::alloc::{alloc, dealloc, Layout};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use engine_core::memory;
use error::Result;

/// Allocations of at least this size consist of whole huge pages.
const HUGE_PAGE: usize = 2 << 20;

/// A fixed number of floats, initially zero.
pub(crate) struct Arena {
    start: NonNull<f32>,
    len: usize,
    layout: Layout,
}

// SAFETY: it owns its memory as a `Box<[f32]>` does.
unsafe impl Send for Arena {}
// SAFETY: as above; shared references only read.
unsafe impl Sync for Arena {}

impl Arena {
    /// Allocates `len` zeros for `what`. Memory that the system refuses is [`error::Code::InvalidOption`].
    pub(crate) fn zeroed(what: &str, len: usize) -> Result<Self> {
        let refused = || memory::refused(what, len as u128 * size_of::<f32>() as u128);
        let bytes = len.max(1).checked_mul(size_of::<f32>()).ok_or_else(refused)?;
        let (align, size) =
            if bytes < HUGE_PAGE { (64, bytes) } else { (HUGE_PAGE, bytes.next_multiple_of(HUGE_PAGE)) };
        let layout = Layout::from_size_align(size, align).map_err(|_| refused())?;
        // SAFETY: the size is not zero.
        let start = NonNull::new(unsafe { alloc(layout) }.cast::<f32>()).ok_or_else(refused)?;
        #[cfg(target_os = "linux")]
        if align == HUGE_PAGE {
            // SAFETY: the range is ours and consists of whole pages; the advice changes no content. If it is refused,
            // nothing is lost.
            unsafe { libc::madvise(start.as_ptr().cast(), size, libc::MADV_HUGEPAGE) };
        }
        // SAFETY: the whole allocation; zero bytes are valid floats. The write comes after the advice, so that the
        // first access allocates huge pages.
        unsafe { start.as_ptr().cast::<u8>().write_bytes(0, size) };
        Ok(Self { start, len, layout })
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        // SAFETY: allocated in `zeroed` with this layout.
        unsafe { dealloc(self.start.as_ptr().cast(), self.layout) }
    }
}

impl Deref for Arena {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        // SAFETY: `len` initialised floats that this value owns.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

impl DerefMut for Arena {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: `len` initialised floats that this value owns.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}
