//! What is done with a transformed vector at every point of a tile, while it is in a register.

use std::marker::PhantomData;

use super::matrices::MAX_POINTS;
use crate::kernels::numbers::Numbers;
use crate::kernels::simd::Simd;

/// Takes the transformed vectors of a tile.
///
/// # Safety
/// The function may be called only if the implementation's memory is writable, on a processor with the instructions of
/// `S`.
pub(crate) trait Points<S: Simd> {
    /// Takes the vector of point `point`.
    unsafe fn put(&mut self, point: usize, v: S::V);
}

/// Stores the values of a vector one after the other, in words of the format `W`, with `plane` words from one point to
/// the next.
pub(crate) struct Stored<W> {
    to: *mut f32,
    plane: usize,
    numbers: PhantomData<W>,
}

impl<W> Stored<W> {
    #[inline(always)]
    pub(crate) fn new(to: *mut f32, plane: usize) -> Self {
        Self { to, plane, numbers: PhantomData }
    }
}

impl<S: Simd, W: Numbers<S>> Points<S> for Stored<W> {
    #[inline(always)]
    unsafe fn put(&mut self, point: usize, v: S::V) {
        // SAFETY: by the contract of `Points`.
        unsafe { W::store(self.to.add(point * self.plane), v) }
    }
}

/// Stores a vector as one of the values of words.
pub(crate) struct Part<W> {
    pub(crate) to: Stored<W>,
    /// Which of the values; see [`Numbers::store_part`].
    pub(crate) part: usize,
}

impl<S: Simd, W: Numbers<S>> Points<S> for Part<W> {
    #[inline(always)]
    unsafe fn put(&mut self, point: usize, v: S::V) {
        // SAFETY: by the contract of `Points`.
        unsafe { W::store_part(self.to.to.add(point * self.to.plane), v, self.part) }
    }
}

/// Keeps the vectors.
pub(crate) struct Held<S: Simd>(pub(crate) [S::V; MAX_POINTS]);

impl<S: Simd> Points<S> for Held<S> {
    #[inline(always)]
    unsafe fn put(&mut self, point: usize, v: S::V) {
        self.0[point] = v;
    }
}

/// Stores a vector as the second value of words whose first value was kept.
pub(crate) struct Joined<S: Simd, W> {
    pub(crate) to: Stored<W>,
    pub(crate) first: Held<S>,
}

impl<S: Simd, W: Numbers<S>> Points<S> for Joined<S, W> {
    #[inline(always)]
    unsafe fn put(&mut self, point: usize, v: S::V) {
        // SAFETY: by the contract of `Points`.
        unsafe { W::store_two(self.to.to.add(point * self.to.plane), self.first.0[point], v) }
    }
}
