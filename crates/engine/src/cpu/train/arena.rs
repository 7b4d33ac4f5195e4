//! The plan's memory: one block laid out once, handed to work items in spans.

use std::marker::PhantomData;

/// Memory of many pages begins at a huge page.
const HUGE_PAGE: usize = 2 << 20;

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
    /// A new span of `len` elements, at a multiple of 64 elements.
    pub(crate) fn take(&mut self, len: usize) -> Span {
        let start = self.len;
        self.len += len.next_multiple_of(64).max(64);
        Span { start, len }
    }
}

/// Zeroed memory of a plan. Work items of one job share it and write apart from each other: every access names its span, and
/// no item touches a span that another item of the same job writes.
pub(crate) struct Arena<T> {
    start: *mut T,
    len: usize,
    memory: PhantomData<T>,
    _owner: Vec<u8>,
}

// SAFETY: plain numbers; the accessors ask their callers to keep writers apart.
unsafe impl<T: Send> Send for Arena<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Arena<T> {}

impl<T: bytemuck::Pod> Arena<T> {
    /// The memory for everything that `measure` counted. Pages come from the system when they are first touched, as huge ones
    /// where it has them: what a step never uses costs nothing.
    pub(crate) fn new(measure: &Measure) -> Self {
        let bytes = measure.len * size_of::<T>();
        let align = if bytes < HUGE_PAGE { 64 } else { HUGE_PAGE };
        let mut owner = vec![0u8; bytes + align];
        let start = owner.as_mut_ptr();
        let start = start.wrapping_add(start.align_offset(align));
        #[cfg(target_os = "linux")]
        if align == HUGE_PAGE {
            // SAFETY: the range is ours and begins at a page; the advice changes no content.
            unsafe { libc::madvise(start.cast(), bytes, libc::MADV_HUGEPAGE) };
        }
        Self { start: start.cast(), len: measure.len, memory: PhantomData, _owner: owner }
    }

    /// The values of `span`.
    ///
    /// # Safety
    /// Nobody writes the span meanwhile.
    #[inline(always)]
    pub(crate) unsafe fn read(&self, span: Span) -> &[T] {
        // SAFETY: inside the memory, as `pointer` checks; no writer by the contract.
        unsafe { std::slice::from_raw_parts(self.pointer(span), span.len) }
    }

    /// The values of `span`, to be written.
    ///
    /// # Safety
    /// Nobody else reads or writes the span meanwhile.
    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    pub(crate) unsafe fn write(&self, span: Span) -> &mut [T] {
        // SAFETY: inside the memory, as `pointer` checks; unaliased by the contract.
        unsafe { std::slice::from_raw_parts_mut(self.pointer(span), span.len) }
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

    /// The first element of `span`, for kernels that take pointers. Panics where the span is not in the memory.
    #[inline(always)]
    pub(crate) fn pointer(&self, span: Span) -> *mut T {
        assert!(span.start <= self.len && span.len <= self.len - span.start);
        // SAFETY: inside the memory.
        unsafe { self.start.add(span.start) }
    }
}
