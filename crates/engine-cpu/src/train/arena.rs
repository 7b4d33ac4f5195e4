//! The memory of a plan: one block that is laid out once and given to work items in spans.

use std::alloc::{alloc_zeroed, Layout};
use std::marker::PhantomData;
use std::ptr::NonNull;

/// Memory of many pages is aligned to a huge page.
const HUGE_PAGE: usize = 2 << 20;

/// The place of a buffer in an [`Arena`], in elements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub start: usize,
    pub len: usize,
}

impl Span {
    /// The part of `len` elements from `from` on. Panics in every build if the part is not inside the span, because the
    /// memory behind it may belong to another thread.
    #[inline(always)]
    pub(crate) fn part(self, from: usize, len: usize) -> Span {
        if from > self.len || len > self.len - from {
            outside(self, from, len);
        }
        Span { start: self.start + from, len }
    }

    /// The part from `from` to the end.
    #[inline(always)]
    pub(crate) fn behind(self, from: usize) -> Span {
        self.part(from, self.len.saturating_sub(from))
    }
}

#[cold]
#[inline(never)]
fn outside(span: Span, from: usize, len: usize) -> ! {
    panic!("elements {from} and {len} more were asked of a buffer of {}", span.len)
}

/// Spans begin at multiples of this number of elements.
const ALIGN: usize = 64;

/// Lays out spans one after the other: either before the memory exists, to find out how much is needed, or inside an
/// existing span.
pub(crate) struct Measure {
    room: Span,
    taken: usize,
}

impl Default for Measure {
    /// An unlimited layout that begins at element 0.
    fn default() -> Self {
        Self::within(Span { start: 0, len: isize::MAX as usize })
    }
}

impl Measure {
    /// A layout inside `room`.
    #[inline(always)]
    pub(crate) fn within(room: Span) -> Self {
        Self { room, taken: 0 }
    }

    /// Adds a span of `len` elements. Panics if the room is too small for it.
    #[inline(always)]
    pub(crate) fn take(&mut self, len: usize) -> Span {
        let span = self.room.part(self.taken, len.next_multiple_of(ALIGN).max(ALIGN));
        self.taken += span.len;
        Span { len, ..span }
    }

    /// The number of elements taken so far.
    pub(crate) fn taken(&self) -> usize {
        self.taken
    }
}

/// Allocates `bytes` zero bytes without touching the pages; `None` if the system refuses.
fn zeroed(bytes: usize) -> Option<Vec<u8>> {
    let layout = Layout::array::<u8>(bytes.max(1)).ok()?;
    // SAFETY: the size is not zero.
    let start = NonNull::new(unsafe { alloc_zeroed(layout) })?;
    // SAFETY: the memory comes from the allocator that vectors use, with the layout of a vector of this many bytes, all
    // of them initialised.
    Some(unsafe { Vec::from_raw_parts(start.as_ptr(), layout.size(), layout.size()) })
}

/// The zeroed memory of a plan. The work items of one job share it and write to separate places: every access names its
/// span, and no item accesses a span that another item of the same job writes.
pub(crate) struct Arena<T> {
    start: *mut T,
    len: usize,
    memory: PhantomData<T>,
    _owner: Vec<u8>,
}

// SAFETY: plain numbers; the contracts of the accessors keep writers apart.
unsafe impl<T: Send> Send for Arena<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Arena<T> {}

impl<T: bytemuck::Pod> Arena<T> {
    /// An arena without memory.
    pub(crate) fn empty() -> Self {
        Self { start: std::ptr::dangling_mut(), len: 0, memory: PhantomData, _owner: Vec::new() }
    }

    /// Allocates the memory for everything that `measure` counted; `None` if the system refuses. The system provides
    /// pages when they are first touched, as huge pages if it supports them, so memory that a step never uses costs
    /// nothing.
    pub(crate) fn new(measure: &Measure) -> Option<Self> {
        let bytes = measure.taken.checked_mul(size_of::<T>())?;
        let align = if bytes < HUGE_PAGE { 64 } else { HUGE_PAGE };
        let mut owner = zeroed(bytes.checked_add(align)?)?;
        let start = owner.as_mut_ptr();
        let start = start.wrapping_add(start.align_offset(align));
        #[cfg(target_os = "linux")]
        if align == HUGE_PAGE {
            // SAFETY: the range is ours and begins at a page; the advice changes no content.
            unsafe { libc::madvise(start.cast(), bytes, libc::MADV_HUGEPAGE) };
        }
        Some(Self { start: start.cast(), len: measure.taken, memory: PhantomData, _owner: owner })
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

    /// The values of `span`, for writing.
    ///
    /// # Safety
    /// Nobody else reads or writes the span meanwhile.
    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    pub(crate) unsafe fn write(&self, span: Span) -> &mut [T] {
        // SAFETY: inside the memory, as `pointer` checks; unaliased by the contract.
        unsafe { std::slice::from_raw_parts_mut(self.pointer(span), span.len) }
    }

    /// The values of `span`, while no work item runs.
    pub(crate) fn get(&self, span: Span) -> &[T] {
        // SAFETY: work items only run inside `&mut` methods of the plan.
        unsafe { self.read(span) }
    }

    /// The values of `span` for writing, while no work item runs.
    pub(crate) fn get_mut(&mut self, span: Span) -> &mut [T] {
        // SAFETY: `&mut self` is exclusive.
        unsafe { self.write(span) }
    }

    /// A pointer to the first element of `span`, for kernels that take pointers. Panics if the span is not inside the
    /// memory.
    #[inline(always)]
    pub(crate) fn pointer(&self, span: Span) -> *mut T {
        assert!(span.start <= self.len && span.len <= self.len - span.start);
        // SAFETY: inside the memory.
        unsafe { self.start.add(span.start) }
    }
}
