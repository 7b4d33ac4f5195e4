//! The resources of a plan that every step uses.

use engine_core::pool::{Disjoint, Pool};

use crate::features::CpuLevel;
use crate::infer::map::Map;

/// The threads, memory and instruction set of a plan.
pub(crate) struct Work<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) level: CpuLevel,
    /// The memory of all activations.
    pub(crate) arena: Disjoint<'a, f32>,
    /// The scratch memory, one part for each worker.
    pub(crate) scratch: Vec<Disjoint<'a, f32>>,
}

impl Work<'_> {
    /// Panics if the first `n` segments of `map` are not inside the memory. It is called before any code takes pointers
    /// to them.
    pub(crate) fn covers(&self, map: &Map, n: usize) {
        let end = map.offset + n * map.segment();
        assert!(end <= self.arena.length(), "an activation ends at {end} of {}", self.arena.length());
    }
}
