//! The head of a network, which follows the blocks.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::defaults::{half, is_default, is_yes, one, yes};

/// The head: computes the logits from the output of the blocks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Head {
    /// Convolutional or dense.
    #[ts(inline)]
    pub kind: HeadKind,
    /// Width of the hidden layer; 0 for the width of its input. Default: 0.
    #[serde(default, skip_serializing_if = "is_default")]
    #[ts(optional, as = "Option<_>")]
    pub channels: usize,
    /// Filter length of the convolutional head. Default: 1.
    #[serde(default = "one")]
    #[ts(optional, as = "Option<_>")]
    pub kernel: usize,
    /// How many of the last blocks the dense head reads. Default: 1.
    #[serde(default = "one")]
    #[ts(optional, as = "Option<_>")]
    pub levels: usize,
    /// Dropout rate before the output layer, or before the hidden layer if `norm` is false. Default: 0.5.
    #[serde(default = "half")]
    #[ts(optional, as = "Option<_>")]
    pub dropout: f64,
    /// How the dense head pools each level over time. Default: `max`.
    #[serde(default, skip_serializing_if = "is_default")]
    #[ts(optional, inline, as = "Option<_>")]
    pub pooling: Pooling,
    /// Whether the hidden layer of the dense head is normalised. Default: true.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    #[ts(optional, as = "Option<_>")]
    pub norm: bool,
}

/// The kind of head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum HeadKind {
    /// conv -> norm -> ReLU -> dropout -> dense; the last block must have length 1.
    Conv,
    /// Global pooling of the last levels, concatenated in block order -> dense -> norm -> ReLU -> dropout -> dense.
    Dense,
}

/// Global pooling over time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// The maximum.
    #[default]
    Max,
    /// Maximum plus mean (PANNs).
    MaxMean,
}

impl Head {
    /// A convolutional head: convolution, norm, ReLU, dropout 0.5, dense.
    pub fn conv(kernel: usize, channels: usize) -> Self {
        Self { kind: HeadKind::Conv, channels, kernel, levels: 1, dropout: 0.5, pooling: Pooling::Max, norm: true }
    }
}
