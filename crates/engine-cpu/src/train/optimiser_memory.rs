//! The memory of updates beyond the velocity: Adam's squared gradients, and the gradient of several batches. A plan has
//! it only if its updates need it.

use engine_core::{memory, Optimiser, UpdateRule};
use error::Result;

use super::arena::{Arena, Measure, Span};

/// The number of values in one item of an update.
pub(super) const RUN: usize = 1 << 15;

/// A vector with a value for every trainable parameter, or none.
struct Flat {
    memory: Arena<f32>,
    span: Span,
}

impl Flat {
    fn none() -> Self {
        Self { memory: Arena::empty(), span: Span::default() }
    }

    /// Allocates `len` zeros, unless they are there.
    fn need(&mut self, len: usize) -> Result<()> {
        if self.span.len == len {
            return Ok(());
        }
        let mut measure = Measure::default();
        let span = measure.take(len);
        let refused = || memory::refused("training", len as u128 * size_of::<f32>() as u128);
        *self = Self { memory: Arena::new(&measure).ok_or_else(refused)?, span };
        Ok(())
    }
}

/// The memory of updates beyond the velocity.
pub(super) struct OptimiserMemory {
    squares: Flat,
    accumulated: Flat,
    /// The sum of squares of every run of the gradient.
    sums: Arena<f64>,
    sums_span: Span,
}

impl Default for OptimiserMemory {
    fn default() -> Self {
        Self { squares: Flat::none(), accumulated: Flat::none(), sums: Arena::empty(), sums_span: Span::default() }
    }
}

impl OptimiserMemory {
    /// Allocates what updates of `len` parameters by `rule` need.
    pub(super) fn prepare(&mut self, rule: UpdateRule, len: usize) -> Result<()> {
        if rule.optimiser != Optimiser::SgdNesterov {
            self.squares.need(len)?;
        }
        if rule.accumulates {
            self.accumulated.need(len)?;
        }
        if rule.largest_norm.is_some() && self.sums_span.len == 0 {
            let mut measure = Measure::default();
            self.sums_span = measure.take(len.div_ceil(RUN));
            let refused = || memory::refused("training", (len.div_ceil(RUN) * size_of::<f64>()) as u128);
            self.sums = Arena::new(&measure).ok_or_else(refused)?;
        }
        Ok(())
    }

    /// Adam's mean of the squared gradients; empty if there is none.
    pub(super) fn squares(&self) -> &[f32] {
        self.squares.memory.get(self.squares.span)
    }

    pub(super) fn squares_mut(&mut self) -> &mut [f32] {
        self.squares.memory.get_mut(self.squares.span)
    }

    /// The gradient of several batches; empty if there is none.
    pub(super) fn accumulated(&self) -> &[f32] {
        self.accumulated.memory.get(self.accumulated.span)
    }

    pub(super) fn accumulated_mut(&mut self) -> &mut [f32] {
        self.accumulated.memory.get_mut(self.accumulated.span)
    }

    /// The sums of squares, while no work item runs.
    pub(super) fn sums(&self) -> &[f64] {
        self.sums.get(self.sums_span)
    }

    /// `count` squared gradients from `start` on, for writing by a work item.
    ///
    /// # Safety
    /// Nobody else reads or writes them meanwhile.
    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    pub(super) unsafe fn squares_part(&self, start: usize, count: usize) -> &mut [f32] {
        // SAFETY: by the contract.
        unsafe { self.squares.memory.write(self.squares.span.part(start, count)) }
    }

    /// `count` accumulated gradients from `start` on, for writing by a work item.
    ///
    /// # Safety
    /// Nobody else reads or writes them meanwhile.
    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    pub(super) unsafe fn accumulated_part(&self, start: usize, count: usize) -> &mut [f32] {
        // SAFETY: by the contract.
        unsafe { self.accumulated.memory.write(self.accumulated.span.part(start, count)) }
    }

    /// The sum of squares of run `run`, for writing by a work item.
    ///
    /// # Safety
    /// Nobody else reads or writes it meanwhile.
    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    pub(super) unsafe fn sum_of(&self, run: usize) -> &mut [f64] {
        // SAFETY: by the contract.
        unsafe { self.sums.write(self.sums_span.part(run, 1)) }
    }
}
