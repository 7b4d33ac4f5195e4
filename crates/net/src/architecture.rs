//! The value that describes a network completely.

use serde::{Deserialize, Serialize};

/// A network: stem, blocks, head, input length, sampling rate. Serialisable; equality is structural. The number of tags is
/// not part of it: it belongs to the model.
///
/// Data flow: waveform `[batch, input_length]` -> stem -> blocks -> head -> logits `[batch, tags]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Architecture {
    /// Hz of the waveform the network hears.
    pub sampling_rate: u32,
    /// Samples of one segment, the network's input.
    pub input_length: usize,
    /// The first layer; absent where the first block takes the waveform itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stem: Option<Stem>,
    /// The side on which an even kernel pads one more zero.
    #[serde(default)]
    pub same: Side,
    /// Batch normalisation of every convolution, and of the dense head.
    #[serde(default)]
    pub norm: Norm,
    /// The modules, bottom to top.
    pub blocks: Vec<Block>,
    /// What turns the last block (or blocks) into logits.
    pub head: Head,
}

/// The first layer: a strided convolution with norm and ReLU and no pool, or a mel spectrogram.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stem {
    /// Convolution or spectrogram.
    #[serde(default, skip_serializing_if = "is_default")]
    pub kind: StemKind,
    /// Filter length in samples; the window length of a spectrogram.
    pub kernel: usize,
    /// Hop in samples.
    pub stride: usize,
    /// Filters, or mel bands.
    pub channels: usize,
    /// Zeros put before and after the segment.
    #[serde(default)]
    pub padding: [usize; 2],
    /// Whether the convolution has a bias.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub bias: bool,
    /// FFT size of a spectrogram, at least `kernel`; 0 for a convolution.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fft: usize,
}

/// What the first layer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StemKind {
    /// Strided convolution -> norm -> ReLU.
    #[default]
    Conv,
    /// log(1 + 10 |mel|) of a centred STFT, standardised by the mean and deviation of the training set
    /// (statistics `stem.mel.mean`, `stem.mel.deviation`); no parameters.
    Mel,
}

/// The side on which an even "same" kernel pads one more zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// floor(k/2) zeros left, the rest right: Keras on Theano.
    Left,
    /// floor((k-1)/2) zeros left, floor(k/2) right: TensorFlow SAME and PyTorch padding="same".
    #[default]
    Right,
}

/// Batch normalisation after every convolution.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Norm {
    /// Batch normalisation, or none.
    pub kind: NormKind,
    /// Added to the variance.
    pub eps: f64,
    /// Weight of the NEW batch in the running statistics.
    pub momentum: f64,
}

/// Whether layers are normalised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NormKind {
    /// By the batch in training, by running statistics in evaluation.
    Batch,
    /// Not at all.
    None,
}

impl Default for Norm {
    fn default() -> Self {
        Self { kind: NormKind::Batch, eps: 1e-5, momentum: 0.01 }
    }
}

/// A module. `basic`: (conv -> norm -> ReLU) x convs -> pool. `se`: basic, then each channel of the pooled map scaled by its
/// excitation. `res`: shortcut + (conv -> norm [-> ReLU -> dropout -> conv -> norm]) [x excitation] -> ReLU -> pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Block {
    /// Which wiring.
    pub kind: BlockKind,
    /// Filter length of its convolutions, zero-padded to keep the length.
    pub kernel: usize,
    /// Window and stride of the max pool at its end; 1 for none. An incomplete last window is dropped.
    pub pool: usize,
    /// Output channels.
    pub channels: usize,
    /// Convolutions in a row: 1 or 2. In a residual block the first changes the width.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub convs: usize,
    /// Hidden width of the squeeze-and-excitation, as a multiple of `channels`; absent for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excite: Option<f64>,
    /// Stride of the first convolution.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub stride: usize,
    /// Implicit minus infinities on both sides of the pool's input.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pool_padding: usize,
    /// Whether its convolutions have biases.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub bias: bool,
    /// Dropout rate: between the convolutions of a residual block, after the pool of the others.
    #[serde(default, skip_serializing_if = "is_default")]
    pub dropout: f64,
    /// Filter length of a residual block's shortcut convolution, which exists where width or stride change.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub shortcut_kernel: usize,
}

/// The wiring of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BlockKind {
    /// Plain module.
    Basic,
    /// Excitation after the pool.
    Se,
    /// Residual; with `excite` the branch is scaled before the addition.
    Res,
}

/// What turns blocks into logits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Head {
    /// Convolutional or dense.
    pub kind: HeadKind,
    /// Width of the hidden layer; 0: the width of its input (dense head).
    #[serde(default, skip_serializing_if = "is_default")]
    pub channels: usize,
    /// Filter length of the convolutional head.
    #[serde(default = "one")]
    pub kernel: usize,
    /// How many of the last blocks the dense head sees.
    #[serde(default = "one")]
    pub levels: usize,
    /// Dropout rate before the output layer; before the hidden layer where `norm` is false.
    #[serde(default = "half")]
    pub dropout: f64,
    /// How the dense head pools each level over time.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pooling: Pooling,
    /// Whether the hidden layer of the dense head is normalised.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub norm: bool,
}

/// The kind of head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HeadKind {
    /// conv -> norm -> ReLU -> dropout -> dense, on a last block of length 1.
    Conv,
    /// Global pooling of the last levels, concatenated in block order -> dense -> norm -> ReLU -> dropout -> dense.
    Dense,
}

/// Global pooling over time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// The maximum.
    #[default]
    Max,
    /// Maximum plus mean (PANNs).
    MaxMean,
}

fn yes() -> bool {
    true
}

fn one() -> usize {
    1
}

fn half() -> f64 {
    0.5
}

fn is_yes(value: &bool) -> bool {
    *value
}

fn is_one(value: &usize) -> bool {
    *value == 1
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Side {
    /// Zeros left and right of a "same" convolution with `kernel` taps.
    pub fn padding(self, kernel: usize) -> [usize; 2] {
        let more = kernel / 2;
        let less = (kernel.max(1) - 1) / 2;
        match self {
            Side::Left => [more, less],
            Side::Right => [less, more],
        }
    }
}

impl Stem {
    /// A strided convolution with a bias and without padding.
    pub fn conv(kernel: usize, stride: usize, channels: usize) -> Self {
        Self { kind: StemKind::Conv, kernel, stride, channels, padding: [0, 0], bias: true, fft: 0 }
    }

    /// Output length for `input` samples; 0 where the input is too short.
    pub fn output_length(&self, input: usize) -> usize {
        match self.kind {
            StemKind::Mel => input / self.stride.max(1),
            StemKind::Conv => {
                let padded = input + self.padding[0] + self.padding[1];
                if padded < self.kernel {
                    0
                } else {
                    (padded - self.kernel) / self.stride.max(1) + 1
                }
            }
        }
    }
}

impl Block {
    /// A plain module: one convolution, then a pool of its size.
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
    pub fn conv_length(&self, input: usize) -> usize {
        if input == 0 {
            0
        } else {
            (input - 1) / self.stride.max(1) + 1
        }
    }

    /// Length after the pool.
    pub fn output_length(&self, input: usize) -> usize {
        let length = self.conv_length(input) + 2 * self.pool_padding;
        if length < self.pool {
            0
        } else {
            (length - self.pool) / self.pool.max(1) + 1
        }
    }

    /// Hidden width of the excitation, 0 without one.
    pub fn excite_width(&self) -> usize {
        self.excite.map_or(0, |ratio| ((self.channels as f64 * ratio).round() as usize).max(1))
    }

    /// Whether a residual block over `input` channels has a shortcut convolution.
    pub fn has_shortcut_conv(&self, input: usize) -> bool {
        self.kind == BlockKind::Res && (input != self.channels || self.stride != 1)
    }
}

impl Head {
    /// A convolutional head: convolution, norm, ReLU, dropout 0.5, dense.
    pub fn conv(kernel: usize, channels: usize) -> Self {
        Self { kind: HeadKind::Conv, channels, kernel, levels: 1, dropout: 0.5, pooling: Pooling::Max, norm: true }
    }
}

impl Architecture {
    /// Channels and length that enter block `index`; for `index == blocks.len()` those that leave the last one.
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

    /// Width of what the head's first layer sees.
    pub fn head_input(&self) -> usize {
        match self.head.kind {
            HeadKind::Conv => self.block_input(self.blocks.len()).0,
            HeadKind::Dense => {
                let levels = self.head.levels.min(self.blocks.len());
                self.blocks[self.blocks.len() - levels..].iter().map(|b| b.channels).sum()
            }
        }
    }

    /// Width of the head's hidden layer, which the output layer sees.
    pub fn head_width(&self) -> usize {
        if self.head.channels == 0 {
            self.head_input()
        } else {
            self.head.channels
        }
    }
}
