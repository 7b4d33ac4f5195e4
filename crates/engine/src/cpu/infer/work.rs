//! What every step of a plan runs with.

use crate::cpu::features::CpuLevel;
use crate::cpu::pool::{Disjoint, Pool};

/// Threads, memory and instructions of a plan.
pub(crate) struct Work<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) level: CpuLevel,
    /// All activations.
    pub(crate) arena: Disjoint<'a, f32>,
    /// One for each worker.
    pub(crate) scratch: Vec<Disjoint<'a, f32>>,
}
