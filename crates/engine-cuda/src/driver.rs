//! GPUs through NVIDIA's driver and cuBLAS. Both libraries are opened when a GPU is requested and are never linked.

mod context;
mod cublas;
pub(crate) mod devices;
mod functions;
mod library;
pub(crate) mod peaks;
mod trace;
