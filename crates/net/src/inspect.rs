//! The layer table of a network: sizes, parameters, receptive fields, operations.

mod layers;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::architecture::{Architecture, InputNormalisation};
use crate::graph::Graph;
use crate::model::{Card, WeightType};

pub use layers::Layer;

/// One convolution with its norm and pool, one dense layer, or the spectrogram.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LayerRow {
    /// Canonical name, such as `blocks.0.conv`.
    pub name: String,
    /// The kind of layer.
    #[ts(inline)]
    pub kind: LayerKind,
    /// Filter length in positions of its input (samples, for the first layer); 1 for a dense layer.
    pub kernel: usize,
    /// Stride of the filter in positions of its input.
    pub stride: usize,
    /// Window and stride of the max pool that follows; 1 for no pool.
    pub pool: usize,
    /// Output length, after the pool.
    pub length: usize,
    /// Output length before the pool; together with `length`, the output column of the paper's Table 1.
    pub conv_length: usize,
    /// Output channels.
    pub channels: usize,
    /// Weights, biases, gamma and beta; running statistics are not counted.
    pub parameters: u64,
    /// Weights and biases only, as counted in the paper's Table 1.
    pub parameters_without_norm: u64,
    /// Samples that one output position depends on, including padding: r + (kernel - 1) * jump for each filter and pool
    /// below. A dense layer on a globally pooled map depends on all of it.
    pub receptive_field: usize,
    /// Operations of the forward pass of one segment: 2 per multiply-add of the filter. Norm, ReLU, pools and the
    /// spectrogram of a mel stem are not counted.
    pub flops: u64,
}

/// The kind of a layer.
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
    /// The name of the preset, or the file.
    pub name: String,
    /// Sampling rate in Hz.
    pub sampling_rate: u32,
    /// Samples of one segment.
    pub input_length: usize,
    /// The normalisation of the waveform. It is no layer and has no parameters.
    #[ts(inline)]
    pub input_normalisation: InputNormalisation,
    /// Sum over `layers`.
    pub parameters: u64,
    /// Sum of the weights and biases only. The paper's Table 1 lists the layers in this way, but its total includes the
    /// norms.
    pub parameters_without_norm: u64,
    /// Operations of the forward pass of one segment, 2 per multiply-add.
    pub flops: u64,
    /// The layers in the order of the forward pass.
    pub layers: Vec<LayerRow>,
    /// Names of the outputs; null for an architecture without a model.
    pub tags: Option<Vec<String>>,
    /// Licence of the weights; null if it is unknown, and without a model file.
    pub licence: Option<String>,
    /// SHA-256 of the model file, hexadecimal; null without one.
    pub sha256: Option<String>,
    /// The number types of the weights in the model file; null without one.
    #[ts(inline)]
    pub weights: Option<WeightType>,
    /// The card of the model; null for a model without one.
    pub card: Option<Card>,
    /// The fields of the model file that this version does not know and ignores, such as `card.mood`: a later version of
    /// samplecnn wrote the file. Empty without a model file.
    pub unknown_fields: Vec<String>,
}

/// What is known about a model file besides its network.
#[derive(Clone, Debug, PartialEq)]
pub struct InspectedFile {
    /// Licence of the weights, if it is known.
    pub licence: Option<String>,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// The number types of the weights in the file.
    pub weights: WeightType,
    /// The card, if the model has one.
    pub card: Option<Card>,
    /// The fields of the file that this version does not know.
    pub unknown_fields: Vec<String>,
}

/// The number of outputs that is assumed if no tags are given: 50, as in the papers.
pub const DEFAULT_TAGS: usize = 50;

impl Architecture {
    /// The `inspect` record; without `tags`, counts use [`DEFAULT_TAGS`] outputs.
    pub fn inspect(&self, name: &str, tags: Option<&[String]>) -> Inspection {
        let layers = self.layers(tags.map_or(DEFAULT_TAGS, <[String]>::len));
        Inspection {
            name: name.to_string(),
            sampling_rate: self.sampling_rate,
            input_length: self.input_length,
            input_normalisation: self.input_normalisation,
            parameters: layers.iter().map(|row| row.parameters).sum(),
            parameters_without_norm: layers.iter().map(|row| row.parameters_without_norm).sum(),
            flops: layers.iter().map(|row| row.flops).sum(),
            layers,
            tags: tags.map(<[String]>::to_vec),
            licence: None,
            sha256: None,
            weights: None,
            card: None,
            unknown_fields: Vec::new(),
        }
    }

    /// The rows of [`Graph::layers`] for `tags` outputs. The architecture must be valid.
    pub fn layers(&self, tags: usize) -> Vec<LayerRow> {
        Graph::new(self, tags).layers().into_iter().map(|layer| layer.row).collect()
    }
}
