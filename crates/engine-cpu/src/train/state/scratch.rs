//! The scratch memory of the workers, as large as the operation with the largest demand needs.

use engine_core::tape::Operation;

use super::State;
use crate::train::arena::{Measure, Span};
use crate::train::{conv, gather, join};

impl State {
    /// The number of elements of scratch memory that the largest item of any operation of this plan takes. Every
    /// operation defines its own number, next to the code that takes the memory.
    pub(super) fn most_scratch(&self) -> usize {
        let of = |operation: &Operation| match *operation {
            Operation::Conv(id) => conv::scratch(&self.convs[id]),
            Operation::Join(id) => join::scratch(&self.joins[id]),
            Operation::Gather => self.gather.as_ref().map_or(0, |gather| gather::scratch(self, gather)),
            // The items of these operations take no scratch memory.
            Operation::Excite(_) | Operation::Dropout(_) | Operation::Output => 0,
        };
        self.tape.operations.iter().map(of).max().unwrap_or(0)
    }

    /// The scratch memory of a worker, for its current item. Taking more than [`State::most_scratch`] panics.
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
