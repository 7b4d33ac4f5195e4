//! Training and inference on an NVIDIA GPU.
//!
//! The tape's operations become launches of our kernels (`kernels/`) and matrix products of cuBLAS, queued on one
//! stream in memory that is laid out once. The driver and cuBLAS are opened when a GPU is requested and are never
//! linked.
//!
//! Everything except the driver also runs in the tests without a GPU: the kernels compile as plain C++ as well, and a
//! stand-in for the driver runs them and the matrix products on the CPU. Without the feature `cuda` there are only
//! these tests.
//!
//! - `gpu` has the traits of a GPU; `driver` implements them with NVIDIA's driver, `emulated` with the CPU.
//! - `memory` is the layout of the GPU's memory; `network` is a network in this layout.
//! - `ops` launches the operations of the tape; `feed` brings segments to the GPU.
//! - `training` and `inference` are the backends of plans; `recorded` replays their launches.
#![cfg(any(test, feature = "cuda"))]

mod check;
#[cfg(feature = "cuda")]
mod cuda;
#[cfg(feature = "cuda")]
mod driver;
#[cfg(test)]
mod emulated;
mod feed;
mod gpu;
mod inference;
mod memory;
mod network;
#[cfg(feature = "cuda")]
mod opened;
mod ops;
mod recorded;
mod tapped;
#[cfg(test)]
mod tests;
mod training;

#[cfg(feature = "cuda")]
pub use crate::cuda::Cuda;
#[cfg(feature = "cuda")]
pub use driver::devices::{devices, usable, CudaDevice};
#[cfg(feature = "cuda")]
pub use driver::peaks::peaks;
