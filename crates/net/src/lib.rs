//! What a SampleCNN network is: architectures, presets, parameter names, model files.
//!
//! Nothing here computes: the engine does. Shapes are written `[out, in, kernel]` as users know them from PyTorch.

mod architecture;
mod layout;

pub use architecture::{Architecture, Block, BlockKind, Head, HeadKind, Norm, NormKind, Pooling, Side, Stem, StemKind};
pub use layout::{Layout, Parameters, Role, TensorSpec};

/// How tags relate to each other, which decides loss and scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// Any number of tags at once: sigmoid scores, mean binary cross-entropy over batch and tags.
    MultiLabel,
    /// Exactly one tag: softmax scores, mean cross-entropy over the batch.
    SingleLabel,
}
