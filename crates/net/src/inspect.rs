//! The layer table of a network: sizes, parameters, receptive fields, operations.

mod layers;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::architecture::Architecture;
use crate::graph::Graph;

pub use layers::Layer;

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

    /// The rows of [`Graph::layers`] for `tags` outputs. The architecture must be valid.
    pub fn layers(&self, tags: usize) -> Vec<LayerRow> {
        Graph::new(self, tags).layers().into_iter().map(|layer| layer.row).collect()
    }
}
