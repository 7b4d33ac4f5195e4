//! What every step of a plan runs with.

use engine_core::pool::{Disjoint, Pool};

use crate::features::CpuLevel;
use crate::infer::map::Map;

/// Threads, memory and instructions of a plan.
pub(crate) struct Work<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) level: CpuLevel,
    /// All activations.
    pub(crate) arena: Disjoint<'a, f32>,
    /// One for each worker.
    pub(crate) scratch: Vec<Disjoint<'a, f32>>,
}

impl Work<'_> {
    /// Panics where the first `n` segments of `map` are not in the memory, before anybody takes pointers to them.
    pub(crate) fn covers(&self, map: &Map, n: usize) {
        let end = map.offset + n * map.segment();
        assert!(end <= self.arena.length(), "an activation ends at {end} of {}", self.arena.length());
    }
}
