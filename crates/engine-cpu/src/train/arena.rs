//! The plan's memory: one block laid out once, handed to work items in spans.

use std::alloc::{alloc_zeroed, Layout};
use std::marker::PhantomData;
use std::ptr::NonNull;

/// Memory of many pages begins at a huge page.
const HUGE_PAGE: usize = 2 << 20;

/// A buffer inside an [`Arena`], in elements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub start: usize,
    pub len: usize,
}

impl Span {
    /// The part of `len` elements from `from`. Panics where that is not inside, whatever the build: what lies behind may belong to
    /// another thread.
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

/// Spans begin at multiples of this many elements.
const ALIGN: usize = 64;

/// Lays spans out one behind the other: before the memory exists, to know how much it must be, or inside a span that does.
pub(crate) struct Measure {
    room: Span,
    taken: usize,
}

impl Default for Measure {
    /// As much as is asked for, from 0 on.
    fn default() -> Self {
        Self::within(Span { start: 0, len: isize::MAX as usize })
    }
}

impl Measure {
    /// Inside `room` and no farther.
    #[inline(always)]
    pub(crate) fn within(room: Span) -> Self {
        Self { room, taken: 0 }
    }

    /// A new span of `len` elements. Panics where the room is too small for it.
    #[inline(always)]
    pub(crate) fn take(&mut self, len: usize) -> Span {
        let span = self.room.part(self.taken, len.next_multiple_of(ALIGN).max(ALIGN));
        self.taken += span.len;
        Span { len, ..span }
    }

    /// Elements that were taken.
    pub(crate) fn taken(&self) -> usize {
        self.taken
    }
}

/// So many zeros, untouched; none where the system does not give them.
fn zeroed(bytes: usize) -> Option<Vec<u8>> {
    let layout = Layout::array::<u8>(bytes.max(1)).ok()?;
    // SAFETY: the size is not zero.
    let start = NonNull::new(unsafe { alloc_zeroed(layout) })?;
    // SAFETY: of the allocator that vectors use, with the layout of a vector of so many bytes, all of them initialised.
    Some(unsafe { Vec::from_raw_parts(start.as_ptr(), layout.size(), layout.size()) })
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
    /// No memory at all.
    pub(crate) fn empty() -> Self {
        Self { start: std::ptr::dangling_mut(), len: 0, memory: PhantomData, _owner: Vec::new() }
    }

    /// The memory for everything that `measure` counted. Pages come from the system when they are first touched, as huge ones
    /// where it has them: what a step never uses costs nothing. None where the system does not give it.
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
