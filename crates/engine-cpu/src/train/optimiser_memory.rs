//! The memory of updates beyond the velocity: Adam's squared gradients, and the gradient of several batches. A plan has
//! it only if its updates need it.

use engine_core::{memory, UpdateRule};
use error::Result;

use super::arena::{Arena, Measure, Span};

/// The number of values in one item of an update.
pub(super) const RUN: usize = 1 << 15;

/// A vector of values that is allocated when it is first needed; empty before.
pub(super) struct Flat<T> {
    memory: Arena<T>,
    span: Span,
}

impl<T: bytemuck::Pod> Default for Flat<T> {
    fn default() -> Self {
        Self { memory: Arena::empty(), span: Span::default() }
    }
}

impl<T: bytemuck::Pod> Flat<T> {
    /// Allocates `len` zeros, unless they are there.
    fn need(&mut self, len: usize) -> Result<()> {
        if self.span.len == len {
            return Ok(());
        }
        let mut measure = Measure::default();
        let span = measure.take(len);
        let refused = || memory::refused("training", len as u128 * size_of::<T>() as u128);
        *self = Self { memory: Arena::new(&measure).ok_or_else(refused)?, span };
        Ok(())
    }

    /// The values, while no work item runs.
    pub(super) fn get(&self) -> &[T] {
        self.memory.get(self.span)
    }

    /// The values for writing, while no work item runs.
    pub(super) fn get_mut(&mut self) -> &mut [T] {
        self.memory.get_mut(self.span)
    }

    /// `count` values from `start` on, for writing by a work item.
    ///
    /// # Safety
    /// Nobody else reads or writes them meanwhile.
    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    pub(super) unsafe fn part(&self, start: usize, count: usize) -> &mut [T] {
        // SAFETY: by the contract.
        unsafe { self.memory.write(self.span.part(start, count)) }
    }
}

/// The memory of updates beyond the velocity.
#[derive(Default)]
pub(super) struct OptimiserMemory {
    /// Adam's mean of the squared gradients.
    pub(super) squares: Flat<f32>,
    /// The gradient of several batches.
    pub(super) accumulated: Flat<f32>,
    /// The sum of squares of every run of the gradient.
    pub(super) sums: Flat<f64>,
}

impl OptimiserMemory {
    /// Allocates what updates of `len` parameters by `rule` need.
    pub(super) fn prepare(&mut self, rule: UpdateRule, len: usize) -> Result<()> {
        if rule.optimiser.keeps_squares() {
            self.squares.need(len)?;
        }
        if rule.accumulates {
            self.accumulated.need(len)?;
        }
        if rule.largest_norm.is_some() {
            self.sums.need(len.div_ceil(RUN))?;
        }
        Ok(())
    }
}
