//! The CPU as a device of plans.

use engine_core::Precision;

/// The CPU of this machine, with the settings of a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cpu {
    /// The number of threads of the plan's own pool; 0 for one per physical core.
    pub threads: usize,
    /// The arithmetic precision of the plan.
    pub precision: Precision,
}
