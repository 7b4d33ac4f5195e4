//! Scratch of the workers.

use super::State;
use crate::train::arena::{Measure, Span};

impl State {
    /// The scratch of a worker, for the item that it does now. Taking more of it than the plan was laid out with panics.
    #[inline(always)]
    pub(in crate::train) fn scratch(&self, worker: usize) -> Measure {
        Measure::within(self.scratch[worker])
    }
}

/// The number of elements that `take` takes.
pub(in crate::train) fn measured<T>(take: impl FnOnce(&mut Measure) -> T) -> usize {
    let mut measure = Measure::default();
    take(&mut measure);
    measure.taken()
}

/// The scratch memory of each of `threads` workers.
pub(super) fn workers(threads: usize, most: usize, floats: &mut Measure) -> Vec<Span> {
    (0..threads).map(|_| floats.take(most)).collect()
}
