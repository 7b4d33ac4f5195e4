//! Copies that a GPU makes by itself, beside its work: memory of the host that stays in its place, a second stream, and events.

/// Memory of the host that the GPU copies from by itself. It lives as long as the GPU that gave it.
#[derive(Debug)]
pub(crate) struct Pinned {
    start: *mut u8,
    bytes: usize,
}

// SAFETY: one owner at a time writes it, as with any buffer.
unsafe impl Send for Pinned {}

impl Pinned {
    /// `bytes` bytes at `start`.
    ///
    /// # Safety
    /// They are the owner's alone, and there as long as the GPU.
    pub(crate) unsafe fn new(start: *mut u8, bytes: usize) -> Self {
        Self { start, bytes }
    }

    /// Where it begins.
    pub(crate) fn start(&self) -> *const u8 {
        self.start
    }

    /// Bytes.
    pub(crate) fn len(&self) -> usize {
        self.bytes
    }

    /// Its contents, to be written while no copy from it is under way.
    pub(crate) fn contents(&mut self) -> &mut [u8] {
        // SAFETY: ours alone, as `new` was told.
        unsafe { std::slice::from_raw_parts_mut(self.start, self.bytes) }
    }
}

/// A stream of a GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Queue {
    /// Of launches and products.
    Work,
    /// Of copies that run beside them.
    Copy,
}

/// A point in the work of a stream, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event(pub usize);
