//! The CPU backend: a thread pool for each plan, and the operations that run on it.
//!
//! [`Cpu`] creates the backends of plans. [`CpuLevel`], [`cpu_features`] and [`instructions`] describe the instruction
//! sets of the processor; [`check_training`] checks that it can train in a precision.

mod arena;
mod backends;
mod cpu;
mod features;
mod infer;
mod inference;
mod instructions;
mod kernels;
mod train;

pub use backends::check_training;
pub use cpu::Cpu;
pub use features::{cpu_features, CpuLevel, CPU_LEVEL_VARIABLE};
pub use instructions::instructions;
