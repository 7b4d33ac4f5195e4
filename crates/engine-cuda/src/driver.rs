//! GPUs through NVIDIA's driver and cuBLAS, which are opened when a GPU is asked for and never linked.

mod context;
mod cublas;
pub(crate) mod devices;
mod functions;
mod library;
pub(crate) mod peaks;
mod trace;
