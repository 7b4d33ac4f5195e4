//! The CPU backend: a thread pool of the plan's own, and the operations that run on it.
//!
//! [`Cpu`] makes the backends of plans. Beside it stands which instructions the processor has: [`CpuLevel`], [`cpu_features`] and
//! [`instructions`].

mod arena;
mod backends;
mod cpu;
mod features;
mod infer;
mod inference;
mod instructions;
mod kernels;
mod train;

pub use cpu::Cpu;
pub use features::{cpu_features, CpuLevel, CPU_LEVEL_VARIABLE};
pub use instructions::instructions;
