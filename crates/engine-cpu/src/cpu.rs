//! The CPU as what plans run on.

use engine_core::Precision;

/// This machine's processor, with the settings of a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cpu {
    /// Threads of the plan's own pool; 0: all physical cores.
    pub threads: usize,
    /// The number format of its products.
    pub precision: Precision,
}
