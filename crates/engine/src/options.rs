//! How a plan runs.

use crate::device::Device;

/// Number format of the products. Parameters, statistics and accumulation are always f32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// 32-bit floating point: the default and the truth.
    #[default]
    F32,
}

/// How a plan runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Where.
    pub device: Device,
    /// Threads of the plan's own pool; 0: all physical cores. Results are bit-identical for the same number.
    pub threads: usize,
    /// In which number format.
    pub precision: Precision,
}
