//! The CPU backend: a thread pool of the plan's own, and the operations that run on it.

pub(crate) mod arena;
pub(crate) mod features;
pub(crate) mod infer;
pub(crate) mod kernels;
pub(crate) mod pool;
pub(crate) mod train;
