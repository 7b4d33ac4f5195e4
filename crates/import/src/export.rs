//! Exports models to the formats of other programs.

mod files;
mod fold;
mod onnx;
mod onnx_graph;
mod protobuf;
mod pytorch;
mod spectrogram;

pub use files::{export, ExportFormat};
pub use onnx::to_onnx;
pub use pytorch::{to_pytorch, PytorchExport};
