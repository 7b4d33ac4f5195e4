//! Scratch of the workers: as much as the operation that takes most.

use engine_core::tape::Operation;

use super::State;
use crate::train::arena::{Measure, Span};
use crate::train::{conv, gather, join};

impl State {
    /// Elements of scratch that any item of any operation of this plan takes. Every operation says so itself, beside the code
    /// that takes it.
    pub(super) fn most_scratch(&self) -> usize {
        let of = |operation: &Operation| match *operation {
            Operation::Conv(id) => conv::scratch(&self.convs[id]),
            Operation::Join(id) => join::scratch(&self.joins[id]),
            Operation::Gather => self.gather.as_ref().map_or(0, |gather| gather::scratch(self, gather)),
            // Their items take none.
            Operation::Excite(_) | Operation::Dropout(_) | Operation::Output => 0,
        };
        self.tape.operations.iter().map(of).max().unwrap_or(0)
    }

    /// The scratch of a worker, for the item that it does now. Taking more of it than [`State::most_scratch`] panics.
    #[inline(always)]
    pub(in crate::train) fn scratch(&self, worker: usize) -> Measure {
        Measure::within(self.scratch[worker])
    }
}

/// Elements that `take` takes.
pub(in crate::train) fn measured<T>(take: impl FnOnce(&mut Measure) -> T) -> usize {
    let mut measure = Measure::default();
    take(&mut measure);
    measure.taken()
}

/// The scratch of each of `threads` workers.
pub(super) fn workers(threads: usize, most: usize, floats: &mut Measure) -> Vec<Span> {
    (0..threads).map(|_| floats.take(most)).collect()
}
