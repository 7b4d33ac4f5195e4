//! The CPU backend: a thread pool of the plan's own, and the operations that run on it.

#[allow(dead_code)] // The plans come next.
pub(crate) mod pool;
