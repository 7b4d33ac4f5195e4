//! The description of SampleCNN networks: architectures, presets, parameter names, model files.
//!
//! This crate computes nothing; the engine does. Shapes are written `[out, in, kernel]` as in PyTorch.

mod architecture;
mod architecture_option;
pub mod graph;
mod inspect;
mod json;
mod layout;
mod model;
mod named_network;
mod preset;
mod suggestion;
mod tag_order;
mod tensor;
mod validate;

pub use architecture::{
    Architecture, Block, BlockKind, Head, HeadKind, InputNormalisation, Norm, NormKind, Pooling, Side, Stem, StemKind,
    SIGNED_LOG_MU,
};
pub use architecture_option::ArchitectureOption;
pub use graph::Graph;
pub use inspect::{InspectedFile, Inspection, Layer, LayerKind, LayerRow, DEFAULT_TAGS};
pub use layout::{Layout, Parameters};
pub use model::{
    log, logit, Calibration, Card, CardOutput, CardScores, CardSource, CardTagScores, CardTeacher, CardWithheld,
    DefaultOutput, Model, PlattLine, WeightType,
};
pub use named_network::NamedNetwork;
pub use preset::EXAMPLES as PRESET_EXAMPLES;
pub use suggestion::{did_you_mean, nearest, with_suggestion};
pub use tag_order::{TagOrder, JAMENDO_TAGS, MSD_TAGS, MTAT_TAGS};
pub use tensor::{TensorRole, TensorSpec};
pub use validate::validate_tags;

/// The relation between the tags, which determines loss and scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// Any number of tags at once: sigmoid scores, mean binary cross-entropy over batch and tags.
    MultiLabel,
    /// Exactly one tag: softmax scores, mean cross-entropy over the batch.
    SingleLabel,
}
