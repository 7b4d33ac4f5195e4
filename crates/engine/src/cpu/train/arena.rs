//! The plan's memory: one block laid out once, handed to work items in spans.

use std::alloc::{alloc_zeroed, dealloc, Layout};

use error::{Code, Error, Result};

/// Huge pages need this alignment; small plans do with a cache line.
const HUGE: usize = 2 << 20;

/// A buffer inside an [`Arena`], in elements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub start: usize,
    pub len: usize,
}

impl Span {
    /// The part of `len` elements from `from`.
    #[inline(always)]
    pub(crate) fn part(self, from: usize, len: usize) -> Span {
        debug_assert!(from + len <= self.len, "part {from}+{len} of {}", self.len);
        Span { start: self.start + from, len }
    }
}

/// Counts spans before the memory exists.
#[derive(Default)]
pub(crate) struct Measure {
    len: usize,
}

impl Measure {
    /// A new span of `len` elements, on a cache line of its own.
    pub(crate) fn take(&mut self, len: usize) -> Span {
        let start = self.len;
        self.len += len.next_multiple_of(64 / std::mem::size_of::<f32>()).max(16);
        Span { start, len }
    }
}

/// Zeroed memory of a plan. Work items of one job share it and write apart from each other: every access names its span, and
/// no item touches a span that another item of the same job writes.
pub(crate) struct Arena<T> {
    start: *mut T,
    layout: Layout,
    len: usize,
}

// SAFETY: plain numbers; the accessors ask their callers to keep writers apart.
unsafe impl<T: Send> Send for Arena<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Arena<T> {}

impl<T: bytemuck::Pod> Arena<T> {
    /// The memory for everything that `measure` counted.
    pub(crate) fn new(measure: &Measure) -> Result<Self> {
        let len = measure.len.max(64);
        let bytes = len.checked_mul(std::mem::size_of::<T>());
        let align = if bytes.is_some_and(|b| b >= HUGE) { HUGE } else { 64 };
        let layout = bytes.and_then(|bytes| Layout::from_size_align(bytes, align).ok()).ok_or_else(|| {
            Error::new(Code::InvalidOption, "the plan needs more memory than this machine can address")
        })?;
        // SAFETY: the layout is not empty.
        let start = unsafe { alloc_zeroed(layout) }.cast::<T>();
        if start.is_null() {
            let mib = layout.size() >> 20;
            return Err(Error::new(
                Code::InvalidOption,
                format!("no memory for the plan's {mib} MiB; use a smaller batch"),
            ));
        }
        Ok(Self { start, layout, len })
    }

    /// The values of `span`.
    ///
    /// # Safety
    /// Nobody writes the span meanwhile.
    #[inline(always)]
    pub(crate) unsafe fn read(&self, span: Span) -> &[T] {
        assert!(span.start <= self.len && span.len <= self.len - span.start);
        // SAFETY: inside the memory; no writer by the contract.
        unsafe { std::slice::from_raw_parts(self.start.add(span.start), span.len) }
    }

    /// The values of `span`, to be written.
    ///
    /// # Safety
    /// Nobody else reads or writes the span meanwhile.
    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    pub(crate) unsafe fn write(&self, span: Span) -> &mut [T] {
        assert!(span.start <= self.len && span.len <= self.len - span.start);
        // SAFETY: inside the memory; unaliased by the contract.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(span.start), span.len) }
    }

    /// The values of `span`, with nobody else about.
    pub(crate) fn get(&self, span: Span) -> &[T] {
        // SAFETY: work items only run inside `&mut` methods of the plan.
        unsafe { self.read(span) }
    }

    /// The values of `span`, to be written with nobody else about.
    pub(crate) fn get_mut(&mut self, span: Span) -> &mut [T] {
        // SAFETY: `&mut self` is exclusive.
        unsafe { self.write(span) }
    }

    /// The first element of `span`, for kernels that take pointers.
    #[inline(always)]
    pub(crate) fn pointer(&self, span: Span) -> *mut T {
        assert!(span.start <= self.len && span.len <= self.len - span.start);
        // SAFETY: inside the memory.
        unsafe { self.start.add(span.start) }
    }
}

impl<T> Drop for Arena<T> {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout.
        unsafe { dealloc(self.start.cast(), self.layout) };
    }
}
