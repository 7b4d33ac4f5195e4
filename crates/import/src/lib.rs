//! Imports checkpoints of other programs, and exports models to the formats of other programs.
//!
//! [`import`] reads PyTorch (zip and legacy), Keras HDF5 and safetensors. It recognises the source of the network by
//! the names of the tensors, reads the sizes from their shapes, and lists the first 20 tensors that do not fit.
//! Nothing in a file is ever executed.

mod archive;
mod checkpoint;
mod classifier;
mod detect;
mod draft;
mod export;
mod fault;
mod format;
mod import;
mod keras;
mod limits;
mod naming;
mod open;
mod options;
mod pickle;
mod safetensors_file;
mod source;
mod torch;

pub use checkpoint::{Checkpoint, Container};
pub use export::{export, to_model, to_onnx, to_pytorch, ExportFormat, ExportOptions, PytorchExport};
pub use format::Format;
pub use import::{convert, import};
pub use options::{ImportOptions, Tags};
