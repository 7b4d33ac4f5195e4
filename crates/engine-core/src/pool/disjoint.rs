//! A slice that several threads write to.

use std::marker::PhantomData;

/// A slice that the items of one job write to apart from each other.
pub struct Disjoint<'a, T> {
    start: *mut T,
    len: usize,
    life: PhantomData<&'a mut [T]>,
}

// SAFETY: it only hands out parts of the slice, and `part` asks its caller to keep them apart.
unsafe impl<T: Send> Sync for Disjoint<'_, T> {}
// SAFETY: as a `&mut [T]`.
unsafe impl<T: Send> Send for Disjoint<'_, T> {}

impl<'a, T> Disjoint<'a, T> {
    /// All of `slice`, to be written in parts.
    #[inline]
    pub fn new(slice: &'a mut [T]) -> Self {
        Self { start: slice.as_mut_ptr(), len: slice.len(), life: PhantomData }
    }

    /// Elements of the slice.
    #[inline]
    pub fn length(&self) -> usize {
        self.len
    }

    /// The first element. What is read and written through it must be kept apart as in [`Disjoint::part`].
    #[inline]
    pub fn start(&self) -> *mut T {
        self.start
    }

    /// `len` elements from `from`; panics beyond the end.
    ///
    /// # Safety
    /// Parts that live at the same time must not overlap.
    #[inline]
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn part(&self, from: usize, len: usize) -> &mut [T] {
        assert!(from <= self.len && len <= self.len - from, "part {from}+{len} of {}", self.len);
        // SAFETY: inside the slice by the assertion, unaliased by the contract.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(from), len) }
    }
}
