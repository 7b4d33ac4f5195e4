//! Training and inference on an NVIDIA GPU.
//!
//! The tape's operations become launches of our kernels (`kernels/`) and matrix products of cuBLAS, queued on one stream in a
//! memory that is laid out once. The driver and cuBLAS are opened when a GPU is asked for, never linked.
//!
//! Everything but the driver runs in the tests without a GPU: the kernels compile as plain C++ too, and a stand-in for the driver
//! runs them and the matrix products on the CPU. Without the feature `cuda` there are only these tests.
#![cfg(any(test, feature = "cuda"))]

#[cfg(feature = "cuda")]
mod context;
mod conv;
mod conv_backward;
mod conv_gradients;
#[cfg(test)]
mod counted;
#[cfg(feature = "cuda")]
mod cublas;
#[cfg(feature = "cuda")]
mod cuda;
mod dense;
#[cfg(feature = "cuda")]
mod driver;
#[cfg(test)]
mod emulated;
mod excite;
mod feed;
mod fused;
mod geometry;
mod gpu;
#[cfg(test)]
mod guard;
mod head;
mod inference;
mod join;
mod launches;
#[cfg(feature = "cuda")]
mod library;
mod measure;
mod network;
mod packet;
#[cfg(feature = "cuda")]
mod peak;
mod places;
mod plan;
#[cfg(feature = "cuda")]
mod probe;
mod recorded;
mod room;
mod spectrogram;
mod stem;
mod structs;
mod taps;
#[cfg(test)]
mod tests;
#[cfg(feature = "cuda")]
mod trace;
mod training;
mod transfer;

#[cfg(feature = "cuda")]
pub use crate::cuda::Cuda;
#[cfg(feature = "cuda")]
pub use peak::peaks;
#[cfg(feature = "cuda")]
pub use probe::{devices, usable, CudaDevice};
