//! Models as files for others.

mod fold;
mod onnx;
mod onnx_graph;
mod protobuf;
mod pytorch;
mod spectrogram;

pub use onnx::to_onnx;
pub use pytorch::{to_pytorch, PytorchExport};
