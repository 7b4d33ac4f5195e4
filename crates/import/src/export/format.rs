//! The targets of an export.

use serde::Deserialize;

/// The target of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    /// One ONNX file.
    #[default]
    Onnx,
    /// A folder with `weights.safetensors` and `model.py`, which loads it.
    Pytorch,
    /// A model file of samplecnn.
    Model,
}

impl ExportFormat {
    /// Every target with its name.
    pub const ALL: [(ExportFormat, &'static str); 3] =
        [(Self::Onnx, "onnx"), (Self::Pytorch, "pytorch"), (Self::Model, "model")];

    /// Returns the name of the target.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(format, _)| *format == self).map_or("", |(_, name)| name)
    }
}
