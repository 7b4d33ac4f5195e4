//! Nesterov SGD over the flat vector, run by run with the rate of each.

use engine_core::Update;

use super::state::State;
use super::work::Work;
use crate::kernels::simd::Simd;

/// The number of values in one item.
const RUN: usize = 1 << 15;

/// `g += weight_decay w; v = momentum v + g; w -= learning_rate (g + momentum v)`, with one item for each run of
/// values.
pub(crate) struct Nesterov<'a> {
    pub state: &'a State,
    pub update: &'a Update,
}

impl Nesterov<'_> {
    /// The number of work items.
    pub(crate) fn items(&self) -> usize {
        self.state.values.len.div_ceil(RUN)
    }
}

impl Work for Nesterov<'_> {
    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, _worker: usize) {
        let state = self.state;
        let (start, count) = (item * RUN, RUN.min(state.values.len - item * RUN));
        let Update { learning_rate, momentum, weight_decay } = *self.update;
        for rate in &state.tape.rates {
            let (from, end) = (rate.values.start.max(start), rate.values.end.min(start + count));
            if from >= end {
                continue;
            }
            let (learning_rate, count) = (learning_rate * rate.factor, end - from);
            // SAFETY: an item writes its own run.
            unsafe {
                let values = state.memory.write(state.values.part(from, count));
                let velocity = state.memory.write(state.velocity.part(from, count));
                let gradients = state.memory.read(state.gradients.part(from, count));
                for i in 0..count {
                    let g = gradients[i] + weight_decay * values[i];
                    velocity[i] = momentum * velocity[i] + g;
                    values[i] -= learning_rate * (g + momentum * velocity[i]);
                }
            }
        }
    }
}
