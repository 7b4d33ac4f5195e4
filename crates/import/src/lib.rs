//! Checkpoints published by others become SampleCNN models, and models become files for others.
//!
//! [`import`] reads PyTorch (zip and legacy), Keras HDF5 and safetensors, recognises whose network it is by the names of the
//! tensors, takes sizes from their shapes, and names what does not fit tensor by tensor. Nothing in a file is ever executed.

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
pub use export::{export, to_onnx, to_pytorch, ExportFormat, PytorchExport};
pub use format::Format;
pub use import::{convert, import};
pub use options::{ImportOptions, Tags};
