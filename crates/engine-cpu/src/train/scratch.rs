//! The size of the workers' scratch memory, which is that of the operation with the largest demand.

use engine_core::tape::Operation;

use super::state::State;
use super::{conv, global_pool, residual_add};

/// The number of elements of scratch memory that the largest item of any operation of this plan takes. Every operation
/// defines its own number, next to the code that takes the memory.
pub(super) fn most(state: &State) -> usize {
    let of = |operation: &Operation| match *operation {
        Operation::Conv(id) => conv::scratch(&state.convs[id]),
        Operation::ResidualAdd(id) => residual_add::scratch(&state.residual_adds[id]),
        Operation::GlobalPool => {
            state.global_pool.as_ref().map_or(0, |global_pool| global_pool::scratch(state, global_pool))
        }
        // The items of these operations take no scratch memory.
        Operation::Excite(_) | Operation::Dropout(_) | Operation::Output => 0,
    };
    state.tape.operations.iter().map(of).max().unwrap_or(0)
}
