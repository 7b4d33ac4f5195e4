//! The layer table of a network: sizes, parameters, receptive fields, operations.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::architecture::{Architecture, Block, BlockKind, HeadKind, NormKind, StemKind};

/// One convolution with its norm and pool, one dense layer, or the spectrogram.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LayerRow {
    /// Canonical name, such as `blocks.0.conv`.
    pub name: String,
    /// What it is.
    #[ts(inline)]
    pub kind: LayerKind,
    /// Filter length in positions of its input (samples, for the first layer); 1 for a dense layer.
    pub kernel: usize,
    /// Stride of the filter in positions of its input.
    pub stride: usize,
    /// Window and stride of the max pool that follows; 1 for none.
    pub pool: usize,
    /// Output length, after the pool.
    pub length: usize,
    /// Output length before the pool: with `length` the output column of the paper's Table 1.
    pub conv_length: usize,
    /// Output channels.
    pub channels: usize,
    /// Weights, biases, gamma and beta; running statistics are not counted.
    pub parameters: u64,
    /// Weights and biases alone: the paper's Table 1 counts so.
    pub parameters_without_norm: u64,
    /// Samples that one output position depends on, padding included: r + (kernel - 1) * jump for each filter and pool below. A
    /// dense layer on a globally pooled map sees all of it.
    pub receptive_field: usize,
    /// Operations of one segment's forward pass: 2 per multiply-add of the filter; norm, ReLU and pools not counted, nor the
    /// spectrogram of a mel stem.
    pub flops: u64,
}

/// What a layer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum LayerKind {
    /// Convolution over time.
    Conv,
    /// Dense layer.
    Dense,
    /// Mel spectrogram.
    Mel,
}

/// The result of `inspect`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename = "architecture", rename_all = "camelCase")]
pub struct Inspection {
    /// The preset's name, or the file.
    pub name: String,
    /// Hz.
    pub sampling_rate: u32,
    /// Samples of one segment.
    pub input_length: usize,
    /// Sum over `layers`.
    pub parameters: u64,
    /// Sum of the weights and biases alone. The paper's Table 1 lists layers so, but its total counts the norms.
    pub parameters_without_norm: u64,
    /// Operations of one segment's forward pass, 2 per multiply-add.
    pub flops: u64,
    /// In the order of the forward pass.
    pub layers: Vec<LayerRow>,
    /// Names of the outputs; null for an architecture without a model.
    pub tags: Option<Vec<String>>,
}

/// Outputs that are assumed where no tags are given: the papers' 50.
pub const DEFAULT_TAGS: usize = 50;

impl Architecture {
    /// The `inspect` record; without `tags`, counts use [`DEFAULT_TAGS`] outputs.
    pub fn inspect(&self, name: &str, tags: Option<&[String]>) -> Inspection {
        let layers = self.layers(tags.map_or(DEFAULT_TAGS, <[String]>::len));
        Inspection {
            name: name.to_string(),
            sampling_rate: self.sampling_rate,
            input_length: self.input_length,
            parameters: layers.iter().map(|row| row.parameters).sum(),
            parameters_without_norm: layers.iter().map(|row| row.parameters_without_norm).sum(),
            flops: layers.iter().map(|row| row.flops).sum(),
            layers,
            tags: tags.map(<[String]>::to_vec),
        }
    }

    /// One row per convolution or dense layer, for `tags` outputs, in the order of the forward pass; a residual block's
    /// shortcut comes before its branch, an excitation after the convolutions. The architecture must be valid.
    pub fn layers(&self, tags: usize) -> Vec<LayerRow> {
        let mut walk = Walk {
            rows: Vec::new(),
            norm: if self.norm.kind == NormKind::Batch { 2 } else { 0 },
            field: 1,
            jump: 1,
            length: self.input_length,
            channels: 1,
        };
        if let Some(stem) = &self.stem {
            match stem.kind {
                StemKind::Conv => {
                    let length = stem.output_length(self.input_length);
                    walk.conv("stem.conv", stem.kernel, stem.stride, stem.channels, stem.bias, length);
                }
                StemKind::Mel => walk.mel(stem.kernel, stem.stride, stem.channels, self.input_length / stem.stride),
            }
        }
        for (index, block) in self.blocks.iter().enumerate() {
            walk.block(&format!("blocks.{index}"), block);
        }
        let (input, width) = (self.head_input(), self.head_width());
        match self.head.kind {
            HeadKind::Conv => {
                walk.conv("head.conv", self.head.kernel, 1, width, true, walk.length);
            }
            HeadKind::Dense => {
                let norm = if self.head.norm { walk.norm } else { 0 };
                walk.dense("head.hidden", input, width, norm);
            }
        }
        walk.dense("head.out", width, tags, 0);
        walk.rows
    }
}

/// The position in a network while its rows are written down.
struct Walk {
    rows: Vec<LayerRow>,
    /// Parameters of a norm, per channel.
    norm: usize,
    /// Receptive field of one position, in samples.
    field: usize,
    /// Samples between two positions.
    jump: usize,
    length: usize,
    channels: usize,
}

impl Walk {
    fn block(&mut self, name: &str, block: &Block) {
        let input = self.channels;
        let length = block.conv_length(self.length);
        if block.has_shortcut_conv(input) {
            let (field, jump, before) = (self.field, self.jump, self.length);
            let kernel = block.shortcut_kernel;
            self.conv(&format!("{name}.shortcut.conv"), kernel, block.stride, block.channels, block.bias, length);
            (self.field, self.jump, self.length, self.channels) = (field, jump, before, input);
        }
        let numbered = block.kind == BlockKind::Res || block.convs > 1;
        for conv in 0..block.convs {
            let suffix = if numbered { (conv + 1).to_string() } else { String::new() };
            let stride = if conv == 0 { block.stride } else { 1 };
            let name = format!("{name}.conv{suffix}");
            self.conv(&name, block.kernel, stride, block.channels, block.bias, length);
        }
        let hidden = block.excite_width();
        // A residual block's excitation looks at the branch before the pool, which does not change what it sees.
        self.pool(block);
        if hidden > 0 {
            self.dense(&format!("{name}.excite.fc1"), block.channels, hidden, 0);
            self.dense(&format!("{name}.excite.fc2"), hidden, block.channels, 0);
        }
    }

    fn conv(&mut self, name: &str, kernel: usize, stride: usize, channels: usize, bias: bool, length: usize) {
        let weights = kernel * self.channels * channels;
        self.field = self.field.saturating_add((kernel - 1).saturating_mul(self.jump));
        self.jump = self.jump.saturating_mul(stride);
        self.rows.push(LayerRow {
            name: name.to_string(),
            kind: LayerKind::Conv,
            kernel,
            stride,
            pool: 1,
            length,
            conv_length: length,
            channels,
            parameters: (weights + (usize::from(bias) + self.norm) * channels) as u64,
            parameters_without_norm: (weights + usize::from(bias) * channels) as u64,
            receptive_field: self.field,
            flops: 2 * weights as u64 * length as u64,
        });
        self.length = length;
        self.channels = channels;
    }

    /// Puts the pool of `block` on the last row, its last convolution.
    fn pool(&mut self, block: &Block) {
        self.field = self.field.saturating_add((block.pool - 1).saturating_mul(self.jump));
        self.jump = self.jump.saturating_mul(block.pool);
        self.length = (self.length + 2 * block.pool_padding - block.pool) / block.pool + 1;
        if let Some(row) = self.rows.last_mut() {
            row.pool = block.pool;
            row.length = self.length;
            row.receptive_field = self.field;
        }
    }

    fn mel(&mut self, window: usize, hop: usize, bands: usize, frames: usize) {
        (self.field, self.jump, self.length, self.channels) = (window, hop, frames, bands);
        self.rows.push(LayerRow {
            name: "stem.mel".into(),
            kind: LayerKind::Mel,
            kernel: window,
            stride: hop,
            pool: 1,
            length: frames,
            conv_length: frames,
            channels: bands,
            parameters: 0,
            parameters_without_norm: 0,
            receptive_field: window,
            flops: 0,
        });
    }

    /// A dense layer on a map that has no time left, or has just been pooled over all of it.
    fn dense(&mut self, name: &str, from: usize, to: usize, norm: usize) {
        let weights = from * to;
        let rest = (self.length - 1).saturating_mul(self.jump);
        self.rows.push(LayerRow {
            name: name.to_string(),
            kind: LayerKind::Dense,
            kernel: 1,
            stride: 1,
            pool: 1,
            length: 1,
            conv_length: 1,
            channels: to,
            parameters: (weights + (1 + norm) * to) as u64,
            parameters_without_norm: (weights + to) as u64,
            receptive_field: self.field.saturating_add(rest),
            flops: 2 * weights as u64,
        });
    }
}
