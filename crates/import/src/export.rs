//! Exports models to the formats of other programs, and as model files with other contents.

mod files;
mod fold;
mod model_file;
mod onnx;
mod onnx_graph;
mod options;
mod protobuf;
mod pytorch;
mod spectrogram;

pub use files::{export, ExportFormat};
pub use model_file::to_model;
pub use onnx::to_onnx;
pub use options::ExportOptions;
pub use pytorch::{to_pytorch, PytorchExport};
