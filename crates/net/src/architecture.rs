//! The description of a network: a value that determines it completely.

mod block;
mod defaults;
mod head;
mod input_normalisation;
mod norm;
mod pool;
mod stem;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use defaults::is_default;

pub use block::{Block, BlockKind};
pub use head::{Head, HeadKind, Pooling};
pub use input_normalisation::{InputNormalisation, SIGNED_LOG_MU};
pub use norm::{Norm, NormKind};
pub use pool::Pool;
pub use stem::{Stem, StemKind};

/// A network as a value: stem, blocks, head, input length, sampling rate. `architecture` options take such a value, or
/// the name of a preset such as `3^9`. The number of tags is not part of the value: it belongs to the model.
///
/// Data flow: waveform `[batch, length]` -> input normalisation -> stem -> blocks -> head -> logits `[batch, tags]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Architecture {
    /// Sampling rate of the input waveform in Hz.
    pub sampling_rate: u32,
    /// Samples of one segment, the network's input.
    pub input_length: usize,
    /// The normalisation of every sample of the waveform before the first layer. A mel spectrogram has a normalisation of
    /// its own, so with a mel stem it must be `none`. Default: `none`.
    #[serde(default, skip_serializing_if = "is_default")]
    #[ts(optional, inline, as = "Option<_>")]
    pub input_normalisation: InputNormalisation,
    /// The first layer; absent if the first block reads the waveform itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub stem: Option<Stem>,
    /// The side on which an even kernel has one more zero of padding. Default: `right`.
    #[serde(default)]
    #[ts(optional, inline, as = "Option<_>")]
    pub same: Side,
    /// Batch normalisation of every convolution, and of the dense head.
    #[serde(default)]
    #[ts(optional, as = "Option<_>")]
    pub norm: Norm,
    /// The blocks, from the first to the last.
    pub blocks: Vec<Block>,
    /// The head: computes the logits from the output of the last block or of the last blocks.
    pub head: Head,
}

/// The side on which an even kernel with "same" padding has one more zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// floor(k/2) zeros left, the rest right: Keras on Theano.
    Left,
    /// floor((k-1)/2) zeros left, floor(k/2) right: TensorFlow SAME and PyTorch padding="same".
    #[default]
    Right,
}

impl Side {
    /// The number of zeros left and right of a "same" convolution with `kernel` taps.
    pub fn padding(self, kernel: usize) -> [usize; 2] {
        let more = kernel / 2;
        let less = (kernel.max(1) - 1) / 2;
        match self {
            Side::Left => [more, less],
            Side::Right => [less, more],
        }
    }
}

impl Architecture {
    /// The channels and length of the input of block `index`; for `index == blocks.len()`, of the last block's output.
    pub fn block_input(&self, index: usize) -> (usize, usize) {
        let (mut channels, mut length) = match &self.stem {
            Some(stem) => (stem.channels, stem.output_length(self.input_length)),
            None => (1, self.input_length),
        };
        for block in self.blocks.iter().take(index) {
            length = block.output_length(length);
            channels = block.channels;
        }
        (channels, length)
    }

    /// The number of channels that the head's first layer reads.
    pub(crate) fn head_input(&self) -> usize {
        match self.head.kind {
            HeadKind::Conv => self.block_input(self.blocks.len()).0,
            HeadKind::Dense => {
                let levels = self.head.levels.min(self.blocks.len());
                self.blocks[self.blocks.len() - levels..].iter().map(|b| b.channels).sum()
            }
        }
    }

    /// The width of the head's hidden layer, which the output layer reads.
    pub(crate) fn head_width(&self) -> usize {
        if self.head.channels == 0 {
            self.head_input()
        } else {
            self.head.channels
        }
    }
}
