//! The interpretation of a checkpoint by its source, and the conversion to a model.

use std::collections::BTreeSet;

use error::Result;
use net::{Architecture, Layout, Parameters, TagOrder, Task, TensorRole};

use crate::limits;
use crate::naming::{mismatch, Layers};

/// The most problems that one message lists.
const LISTED: usize = 20;

/// An interpreted checkpoint: the network, and the mapping of its layers.
pub struct Draft {
    /// The network, with the sizes of the tensors.
    pub architecture: Architecture,
    /// Multi-label, except for a softmax network.
    pub task: Task,
    /// Canonical layer, such as `blocks.0.conv`, and its name in the checkpoint without the prefix.
    pub layers: Vec<(String, String)>,
    /// The number of outputs; 0 if the checkpoint has no classifier.
    pub outputs: usize,
    /// The order of the outputs, if it is always the same in this source.
    pub order: Option<TagOrder>,
    /// Licence of the source's code, if it states one.
    pub licence: Option<&'static str>,
    /// Mean and deviation with which the source standardised its input.
    pub standardised: Option<[f64; 2]>,
    /// Notes for the user.
    pub notes: Vec<String>,
}

impl Draft {
    /// A multi-label network without notes or other facts.
    pub fn new(architecture: Architecture, layers: Vec<(String, String)>, outputs: usize) -> Self {
        Self {
            architecture,
            task: Task::MultiLabel,
            layers,
            outputs,
            order: None,
            licence: None,
            standardised: None,
            notes: Vec::new(),
        }
    }

    /// Reads every tensor of the network.
    ///
    /// # Errors
    /// [`error::Code::CheckpointMismatch`] with a list of the first 20 tensors that are missing, have a different
    /// shape, or are unexpected; [`error::Code::ModelFormat`] for values that are not finite.
    pub fn parameters(&self, from: &Layers<'_>, tags: usize) -> Result<Parameters> {
        let layout = Layout::new(&self.architecture, tags);
        let size = layout.trainable.saturating_add(layout.statistics);
        if size > limits::VALUES {
            return Err(mismatch(format!(
                "its tensors give a network of {size} values; at most {} are supported",
                limits::VALUES
            )));
        }
        let mut parameters = Parameters::zeros(&layout);
        let mut used = BTreeSet::new();
        let mut problems = Vec::new();
        for spec in &layout.tensors {
            let layer = spec.name.rsplit_once('.').map_or("", |(layer, _)| layer);
            let Some((_, foreign)) = self.layers.iter().find(|(canonical, _)| canonical == layer) else {
                // Only a missing classifier has no tensor in the checkpoint; its weights stay zero.
                continue;
            };
            let name = from.tensor(foreign, spec.role);
            let Some(shape) = from.checkpoint.shape(&name) else {
                problems.push(format!("tensor {name} is missing (for {} {:?})", spec.name, spec.shape));
                continue;
            };
            used.insert(name.clone());
            if from.naming.canonical(spec.role, shape).as_deref() != Some(&spec.shape[..]) {
                problems.push(format!(
                    "tensor {name} has shape {shape:?}, which does not fit {} {:?}",
                    spec.name, spec.shape
                ));
                continue;
            }
            let values = from.naming.values(spec.role, &spec.shape, from.checkpoint.values(&name)?);
            if values.len() != spec.len() {
                problems.push(format!("tensor {name} has {} values, expected {}", values.len(), spec.len()));
                continue;
            }
            if spec.role == TensorRole::RunningVar {
                if let Some(index) = values.iter().position(|&value| value < 0.0) {
                    problems
                        .push(format!("tensor {name} has the negative variance {} at index {index}", values[index]));
                }
            }
            parameters.tensor_mut(spec).copy_from_slice(&values);
        }
        for name in from.checkpoint.names() {
            let Some(rest) = name.strip_prefix(&from.prefix) else { continue };
            let extra = rest.ends_with(".num_batches_tracked") || EXTRAS.iter().any(|extra| rest.starts_with(extra));
            if !used.contains(name) && !extra {
                problems.push(format!("tensor {name} is unexpected"));
            }
        }
        if problems.is_empty() {
            if let Some(input) = self.standardised {
                fold_standardisation(&layout, &mut parameters, input);
            }
            return Ok(parameters);
        }
        let more = problems.len().saturating_sub(LISTED);
        problems.truncate(LISTED);
        if more > 0 {
            problems.push(format!("and {more} more problems"));
        }
        Err(mismatch(format!("does not fit the network: {}", problems.join("; "))))
    }
}

/// Tensors that some sources store in addition to the network: projectors of contrastive training, second copies of the
/// encoder, linear heads, spectrogram buffers.
const EXTRAS: &[&str] = &["projector.", "model.", "encoder.", "spec.", "0."];

/// Folds (x - mean) / deviation into the stem, which has no padding: w' = w / d, b' = b - m / d * sum(w).
fn fold_standardisation(layout: &Layout, parameters: &mut Parameters, [mean, deviation]: [f64; 2]) {
    let (Some(weight), Some(bias)) = (layout.find("stem.conv.weight"), layout.find("stem.conv.bias")) else { return };
    let taps: Vec<f32> = parameters.tensor(weight).to_vec();
    let per_filter = weight.len() / bias.len().max(1);
    for (filter, bias) in parameters.tensor_mut(bias).iter_mut().enumerate() {
        let sum: f64 = taps[filter * per_filter..][..per_filter].iter().map(|&tap| f64::from(tap)).sum();
        *bias = (f64::from(*bias) - mean / deviation * sum) as f32;
    }
    for tap in parameters.tensor_mut(weight) {
        *tap = (f64::from(*tap) / deviation) as f32;
    }
}
