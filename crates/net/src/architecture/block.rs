//! The blocks between stem and head.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::defaults::{is_default, is_one, is_yes, one, yes};
use super::pool::Pool;

/// A block. `basic`: (conv -> norm -> ReLU) x convs -> pool. `se`: basic, then each channel of the pooled map scaled by
/// its excitation. `res`: shortcut + (conv -> norm [-> ReLU -> dropout -> conv -> norm]) [x excitation] -> ReLU ->
/// pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Block {
    /// The kind of block.
    #[ts(inline)]
    pub kind: BlockKind,
    /// Filter length of its convolutions, which are zero-padded so that the length does not change.
    pub kernel: usize,
    /// Window and stride of the max pool at its end; 1 for no pool. An incomplete last window is dropped.
    pub pool: usize,
    /// Output channels.
    pub channels: usize,
    /// Number of consecutive convolutions. In a residual block the first one changes the number of channels. Default:
    /// 1.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    #[ts(optional, type = "1 | 2")]
    pub convs: usize,
    /// Hidden width of the squeeze-and-excitation, as a multiple of `channels`; absent for no excitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub excite: Option<f64>,
    /// Stride of the first convolution. Default: 1.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    #[ts(optional, as = "Option<_>")]
    pub stride: usize,
    /// Padding of the pool's input with minus infinity on both sides. Default: 0.
    #[serde(default, skip_serializing_if = "is_default")]
    #[ts(optional, as = "Option<_>")]
    pub pool_padding: usize,
    /// Whether its convolutions have biases. Default: true.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    #[ts(optional, as = "Option<_>")]
    pub bias: bool,
    /// Dropout rate: between the convolutions of a residual block, after the pool of other blocks. Default: 0.
    #[serde(default, skip_serializing_if = "is_default")]
    #[ts(optional, as = "Option<_>")]
    pub dropout: f64,
    /// Filter length of a residual block's shortcut convolution, which exists if the number of channels or the stride
    /// changes. Default: 1.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    #[ts(optional, as = "Option<_>")]
    pub shortcut_kernel: usize,
}

/// The kind of block, which determines its wiring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum BlockKind {
    /// A plain block.
    Basic,
    /// A plain block with an excitation after the pool.
    Se,
    /// A residual block; with `excite` the branch is scaled before the addition.
    Res,
}

impl Block {
    /// A plain block of one convolution, followed by a pool of the same size as its filter.
    pub fn module(size: usize, channels: usize) -> Self {
        Self {
            kind: BlockKind::Basic,
            kernel: size,
            pool: size,
            channels,
            convs: 1,
            excite: None,
            stride: 1,
            pool_padding: 0,
            bias: true,
            dropout: 0.0,
            shortcut_kernel: 1,
        }
    }

    /// Length after the convolutions, before the pool.
    pub(crate) fn conv_length(&self, input: usize) -> usize {
        if input == 0 {
            0
        } else {
            (input - 1) / self.stride.max(1) + 1
        }
    }

    /// The length after the pool.
    pub fn output_length(&self, input: usize) -> usize {
        self.max_pool().output_length(self.conv_length(input))
    }

    /// The pool at its end.
    pub(crate) fn max_pool(&self) -> Pool {
        Pool { size: self.pool, padding: self.pool_padding }
    }

    /// Hidden width of the excitation, 0 without one.
    pub(crate) fn excitation_width(&self) -> usize {
        self.excite.map_or(0, |ratio| ((self.channels as f64 * ratio).round() as usize).max(1))
    }

    /// Whether a residual block over `input` channels has a shortcut convolution.
    pub(crate) fn has_shortcut_conv(&self, input: usize) -> bool {
        self.kind == BlockKind::Res && (input != self.channels || self.stride != 1)
    }
}
