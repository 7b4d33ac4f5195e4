//! A trained classifier: its file, and its predictions.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use engine::segment_scores;
use error::{shown_path, Code, Error, Result};
use net::Task;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use super::compute::coded;
use super::examples::Examples;
use super::network::Network;
use super::protocol::Protocol;
use super::standardisation::Standardisation;

/// Clips that are computed at once outside of training steps.
pub(super) const CHUNK: usize = 512;
/// The only metadata key of a classifier file.
const KEY: &str = "samplecnnProbe";
/// Name of the mean of the standardisation in files.
const MEAN: &str = "standardise.mean";
/// Name of the deviation of the standardisation in files.
const DEVIATION: &str = "standardise.deviation";

/// What a classifier is: the JSON in the metadata of its file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// Format of the file.
    pub format: u32,
    /// Number of features of a clip.
    pub width: usize,
    /// The names of the outputs, in order.
    pub tags: Vec<String>,
    /// Whether the tags exclude each other.
    pub task: Task,
    /// The settings of the training; `hidden` and `norm` describe the network.
    pub protocol: Protocol,
    /// The seed of the training.
    pub seed: u64,
    /// Hash of the model that computed the features; null if it is unknown.
    pub model_hash: Option<String>,
    /// The levels of the features, joined in this order; null if they are unknown.
    pub levels: Option<Vec<i32>>,
}

/// A trained classifier.
pub struct Classifier {
    /// What it is.
    pub header: Header,
    standardisation: Standardisation,
    network: Network,
}

impl Classifier {
    pub(super) fn new(header: Header, standardisation: Standardisation, network: Network) -> Self {
        Self { header, standardisation, network }
    }

    /// The scores `[clips, tags]` of `features` `[clips, width]`, each 0..1: sigmoids, or softmaxes when single-label.
    ///
    /// # Errors
    /// [`Code::Dataset`] for features of another width; [`Code::CudaOutOfMemory`].
    pub fn scores(&self, features: &[f32]) -> Result<Vec<f32>> {
        let Header { width, tags, task, .. } = &self.header;
        if !features.len().is_multiple_of(*width) {
            let message = format!("{} values are not rows of {width} features", features.len());
            return Err(Error::new(Code::Dataset, message));
        }
        let mut scores = Vec::with_capacity(features.len() / width * tags.len());
        let mut of_clip = vec![0.0f64; tags.len()];
        for chunk in features.chunks(CHUNK * width) {
            let mut values = Vec::with_capacity(chunk.len());
            chunk.chunks_exact(*width).for_each(|row| self.standardisation.append(row, &mut values));
            let rows = chunk.len() / width;
            let logits = Tensor::from_vec(values, (rows, *width), self.network.device())
                .and_then(|values| self.network.predict(&values.to_dtype(self.network.dtype())?))
                .and_then(|logits| logits.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>());
            for row in logits.map_err(coded)?.chunks_exact(tags.len()) {
                segment_scores(*task, row, &mut of_clip);
                scores.extend(of_clip.iter().map(|&score| score as f32));
            }
        }
        Ok(scores)
    }

    /// The scores `[rows, tags]` of the clips `rows` of `examples`, which have the features that it was trained on.
    ///
    /// # Errors
    /// Those of [`Classifier::scores`].
    pub fn scores_of(&self, examples: &Examples, rows: &[usize]) -> Result<Vec<f32>> {
        let width = examples.width;
        let mut scores = Vec::with_capacity(rows.len() * examples.tags.len());
        for chunk in rows.chunks(CHUNK) {
            let row = |&row: &usize| &examples.features[row * width..(row + 1) * width];
            let features: Vec<f32> = chunk.iter().flat_map(row).copied().collect();
            scores.extend(self.scores(&features)?);
        }
        Ok(scores)
    }

    /// The dense layers from the input on, each with its weights `[out, in]` and biases, for features as they are: the
    /// standardisation, which has one mean and deviation for each feature, is in the first layer. For classifiers
    /// without norms.
    ///
    /// # Errors
    /// [`Code::Internal`].
    pub(crate) fn layers(&self) -> Result<Vec<(Vec<f32>, Vec<f32>)>> {
        let values = |named: &super::network::Named| -> Result<Vec<f32>> {
            let tensor = named.var.as_detached_tensor().to_dtype(DType::F32);
            tensor.and_then(|tensor| tensor.flatten_all()?.to_vec1()).map_err(coded)
        };
        let mut layers = Vec::new();
        for pair in self.network.trainable_tensors().chunks_exact(2) {
            layers.push((values(&pair[0])?, values(&pair[1])?));
        }
        let Standardisation { mean, deviation } = &self.standardisation;
        if let Some((weights, biases)) = layers.first_mut().filter(|_| !mean.is_empty()) {
            for (row, bias) in weights.chunks_exact_mut(self.header.width).zip(biases) {
                row.iter_mut().zip(deviation).for_each(|(weight, by)| *weight /= by);
                let shift: f64 = row.iter().zip(mean).map(|(&weight, &mean)| f64::from(weight * mean)).sum();
                *bias -= shift as f32;
            }
        }
        Ok(layers)
    }

    /// Writes the classifier as a safetensors file, atomically: the weights `[out, in]` and biases under
    /// `hidden.N.{weight,bias}` and `out.{weight,bias}`, norms under `hidden.N.norm.*`, the statistics of the
    /// standardisation under `standardise.{mean,deviation}`, all F32, and [`Header`] as JSON under the metadata key
    /// `samplecnnProbe`.
    ///
    /// # Errors
    /// [`Code::Output`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let internal = |reason: &dyn std::fmt::Display| Error::new(Code::Internal, reason.to_string());
        let mut tensors: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
        for named in self.network.tensors() {
            let values = named.var.as_detached_tensor().to_dtype(DType::F32).and_then(|t| t.flatten_all()?.to_vec1());
            let values: Vec<f32> = values.map_err(coded)?;
            tensors.push((named.name.clone(), named.var.dims().to_vec(), bytes(&values)));
        }
        for (name, values) in [(MEAN, &self.standardisation.mean), (DEVIATION, &self.standardisation.deviation)] {
            if !values.is_empty() {
                tensors.push((name.to_owned(), vec![values.len()], bytes(values)));
            }
        }
        let mut views = Vec::with_capacity(tensors.len());
        for (name, shape, data) in &tensors {
            views.push((name, TensorView::new(Dtype::F32, shape.clone(), data).map_err(|reason| internal(&reason))?));
        }
        let header = serde_json::to_string(&self.header).map_err(|reason| internal(&reason))?;
        let metadata = HashMap::from([(KEY.to_owned(), header)]);
        let file = safetensors::serialize(views, Some(metadata)).map_err(|reason| internal(&reason))?;
        files::write_atomic(path, &file)
    }

    /// Reads a file of [`Classifier::save`], for the CPU.
    ///
    /// # Errors
    /// [`Code::FileNotFound`]; [`Code::ModelFormat`] for a file that is not a classifier, or damaged;
    /// [`Code::ModelVersion`] for a file of a newer version. All errors name the file.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let file = std::fs::read(path).map_err(|reason| Error::input(path, Code::ModelFormat, &reason))?;
        Self::from_bytes(&file).map_err(|failure| {
            Error::new(failure.code, format!("{}: {}", shown_path(path), failure.message)).with_file(path)
        })
    }

    fn from_bytes(file: &[u8]) -> Result<Self> {
        let damaged = |why: &dyn std::fmt::Display| {
            let message = format!("is not a classifier that `samplecnn probe` wrote, or is damaged: {why}");
            Error::new(Code::ModelFormat, message).shown()
        };
        let (_, metadata) = SafeTensors::read_metadata(file).map_err(|reason| damaged(&reason))?;
        let json = metadata.metadata().as_ref().and_then(|entries| entries.get(KEY));
        let json = json.ok_or_else(|| damaged(&format!("it has no metadata \"{KEY}\"")))?;
        let format = serde_json::from_str::<serde_json::Value>(json).map_err(|reason| damaged(&reason))?["format"]
            .as_u64()
            .unwrap_or(0);
        if format > 1 {
            let message = format!("was written by a newer version of samplecnn (format {format}, this one knows 1)");
            return Err(Error::new(Code::ModelVersion, message));
        }
        let header: Header = serde_json::from_str(json).map_err(|reason| damaged(&reason))?;
        header.protocol.validate().map_err(|reason| damaged(&reason.message))?;
        net::validate_tags(&header.tags).map_err(|reason| damaged(&reason))?;
        let tensors = SafeTensors::deserialize(file).map_err(|reason| damaged(&reason))?;
        // Every size is bounded by the file before a network of these sizes is made.
        let parameters = header.protocol.parameters(header.width, header.tags.len());
        if parameters > file.len() / 4 || header.width == 0 {
            return Err(damaged(&format!("it holds less than the {parameters} parameters of its sizes")));
        }
        let read = |name: &str, shape: &[usize]| -> Result<Vec<f32>> {
            let view = tensors.tensor(name).map_err(|reason| damaged(&reason))?;
            if view.dtype() != Dtype::F32 || view.shape() != shape {
                let found = view.shape();
                return Err(damaged(&format!("tensor {name} must be F32 {shape:?}, found {found:?}")));
            }
            let word = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            let values: Vec<f32> = view.data().chunks_exact(4).map(word).collect();
            match values.iter().all(|value| value.is_finite()) {
                true => Ok(values),
                false => Err(damaged(&format!("tensor {name} has values that are not finite"))),
            }
        };
        let (width, outputs) = (header.width, header.tags.len());
        let network = Network::new(&header.protocol, width, outputs, 0, DType::F32, &Device::Cpu).map_err(coded)?;
        for named in network.tensors() {
            let values = read(&named.name, named.var.dims())?;
            let value = Tensor::from_vec(values, named.var.dims(), &Device::Cpu);
            value.and_then(|value| named.var.set(&value)).map_err(coded)?;
        }
        let statistics = |name: &str| match tensors.tensor(name) {
            Err(_) => Ok(Vec::new()),
            Ok(view) if view.shape() == [1] => read(name, &[1]),
            Ok(_) => read(name, &[width]),
        };
        let standardisation = Standardisation { mean: statistics(MEAN)?, deviation: statistics(DEVIATION)? };
        if standardisation.mean.len() != standardisation.deviation.len() {
            return Err(damaged(&format!("{MEAN} and {DEVIATION} have different lengths")));
        }
        Ok(Self { header, standardisation, network })
    }
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}
