//! Copies that a GPU makes concurrently with its work: pinned memory of the host, a second stream, and events.

/// Pinned memory of the host, from which the GPU copies by itself. It lives as long as the GPU that allocated it.
#[derive(Debug)]
pub(crate) struct Pinned {
    start: *mut u8,
    bytes: usize,
}

// SAFETY: one owner at a time writes it, as with any buffer.
unsafe impl Send for Pinned {}

impl Pinned {
    /// Wraps `bytes` bytes at `start`.
    ///
    /// # Safety
    /// The owner has exclusive access to these bytes, and they exist as long as the GPU.
    pub(crate) unsafe fn new(start: *mut u8, bytes: usize) -> Self {
        Self { start, bytes }
    }

    /// The address of the first byte.
    pub(crate) fn start(&self) -> *const u8 {
        self.start
    }

    /// The number of bytes.
    pub(crate) fn len(&self) -> usize {
        self.bytes
    }

    /// The contents, which may be written only while no copy from this memory is in progress.
    pub(crate) fn contents(&mut self) -> &mut [u8] {
        // SAFETY: exclusively ours, by the contract of `new`.
        unsafe { std::slice::from_raw_parts_mut(self.start, self.bytes) }
    }
}

/// A stream of a GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Queue {
    /// The stream of launches and products.
    Work,
    /// The stream of copies, which runs concurrently.
    Copy,
}

/// A point in the work of a stream, given by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event(pub usize);
