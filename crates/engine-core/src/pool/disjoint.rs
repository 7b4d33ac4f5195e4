//! A slice that several threads write to.

use std::marker::PhantomData;

/// A slice whose elements are divided among the items of one job; no two items write to the same element.
pub struct Disjoint<'a, T> {
    start: *mut T,
    len: usize,
    life: PhantomData<&'a mut [T]>,
}

// SAFETY: the type only gives out parts of the slice, and the contract of `part` keeps these parts apart.
unsafe impl<T: Send> Sync for Disjoint<'_, T> {}
// SAFETY: as a `&mut [T]`.
unsafe impl<T: Send> Send for Disjoint<'_, T> {}

impl<'a, T> Disjoint<'a, T> {
    /// Wraps `slice`, to be written in parts.
    #[inline]
    pub fn new(slice: &'a mut [T]) -> Self {
        Self { start: slice.as_mut_ptr(), len: slice.len(), life: PhantomData }
    }

    /// The number of elements in the slice.
    #[inline]
    pub fn length(&self) -> usize {
        self.len
    }

    /// A pointer to the first element. The parts read and written through it must not overlap, as in
    /// [`Disjoint::part`].
    #[inline]
    pub fn start(&self) -> *mut T {
        self.start
    }

    /// The part of `len` elements from `from` on; panics if it goes beyond the end.
    ///
    /// # Safety
    /// Parts that live at the same time must not overlap.
    #[inline]
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn part(&self, from: usize, len: usize) -> &mut [T] {
        assert!(from <= self.len && len <= self.len - from, "part {from}+{len} of {}", self.len);
        // SAFETY: the part is inside the slice by the assertion, and unaliased by the contract.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(from), len) }
    }
}
