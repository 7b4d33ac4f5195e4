//! How much scratch the workers of a plan need: as much as the operation that takes most.

use engine_core::tape::Operation;

use super::state::State;
use super::{conv, global_pool, residual_add};

/// Elements of scratch that any item of any operation of this plan takes. Every operation says so itself, beside the code
/// that takes it.
pub(super) fn most(state: &State) -> usize {
    let of = |operation: &Operation| match *operation {
        Operation::Conv(id) => conv::scratch(&state.convs[id]),
        Operation::ResidualAdd(id) => residual_add::scratch(&state.residual_adds[id]),
        Operation::GlobalPool => {
            state.global_pool.as_ref().map_or(0, |global_pool| global_pool::scratch(state, global_pool))
        }
        // Their items take none.
        Operation::Excite(_) | Operation::Dropout(_) | Operation::Output => 0,
    };
    state.tape.operations.iter().map(of).max().unwrap_or(0)
}
