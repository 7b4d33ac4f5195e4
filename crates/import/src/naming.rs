//! The names and memory layouts of a layer's tensors in each framework.

use error::{Code, Error, Result};
use net::TensorRole;

use crate::checkpoint::Checkpoint;

/// The framework that wrote a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// `weight` `[out, in, k]`, `bias`, `running_mean`, `running_var`: as in a model file.
    Torch,
    /// `kernel` `[k, in, out]`, `gamma`, `beta`, `moving_mean`, `moving_variance`.
    Keras2,
    /// `W` `[k, 1, in, out]` (1.1 to 1.2), `b`, `gamma`, `beta`, `running_mean`, and `running_std`, which is in fact
    /// the variance.
    Keras1 {
        /// Whether the filter is reversed in time, as in Theano's convolution.
        reversed: bool,
    },
    /// As `Keras1`, with `W` `[out, in, k, 1]`.
    Keras10 {
        /// As for `Keras1`.
        reversed: bool,
    },
}

impl Naming {
    /// The name of a tensor within its layer.
    fn part(self, role: TensorRole) -> &'static str {
        let keras2 = self == Naming::Keras2;
        match (self, role) {
            (
                Naming::Torch,
                TensorRole::ConvWeight | TensorRole::ShortcutWeight | TensorRole::DenseWeight | TensorRole::NormWeight,
            ) => "weight",
            (Naming::Torch, TensorRole::Bias | TensorRole::NormBias) => "bias",
            (Naming::Torch, TensorRole::RunningVar) => "running_var",
            (Naming::Torch, TensorRole::RunningMean) => "running_mean",
            (_, TensorRole::ConvWeight | TensorRole::ShortcutWeight | TensorRole::DenseWeight) => {
                if keras2 {
                    "kernel"
                } else {
                    "W"
                }
            }
            (_, TensorRole::Bias) => {
                if keras2 {
                    "bias"
                } else {
                    "b"
                }
            }
            (_, TensorRole::NormWeight) => "gamma",
            (_, TensorRole::NormBias) => "beta",
            (_, TensorRole::RunningMean) => {
                if keras2 {
                    "moving_mean"
                } else {
                    "running_mean"
                }
            }
            (_, TensorRole::RunningVar) => {
                if keras2 {
                    "moving_variance"
                } else {
                    "running_std"
                }
            }
            (_, TensorRole::InputMean | TensorRole::MelMean) => "mean",
            (_, TensorRole::InputDeviation | TensorRole::MelDeviation) => "deviation",
        }
    }

    /// The full name of a tensor of `layer`.
    pub fn tensor(self, layer: &str, role: TensorRole) -> String {
        format!("{layer}.{}", self.part(role))
    }

    /// Converts the shape of a tensor to its shape in a model file; `None` if the rank is wrong.
    pub fn canonical(self, role: TensorRole, shape: &[usize]) -> Option<Vec<usize>> {
        let conv = matches!(role, TensorRole::ConvWeight | TensorRole::ShortcutWeight);
        match (self, role, shape) {
            (Naming::Torch, _, _) => Some(shape.to_vec()),
            (Naming::Keras2, _, &[k, from, to]) if conv => Some(vec![to, from, k]),
            (Naming::Keras1 { .. }, _, &[k, 1, from, to]) if conv => Some(vec![to, from, k]),
            (Naming::Keras10 { .. }, _, &[to, from, k, 1]) if conv => Some(vec![to, from, k]),
            (_, TensorRole::DenseWeight, &[from, to]) => Some(vec![to, from]),
            (_, _, &[width]) if !conv && role != TensorRole::DenseWeight => Some(vec![width]),
            _ => None,
        }
    }

    /// Converts the values of a tensor to the order of a model file; `shape` is the shape in the model file.
    pub fn values(self, role: TensorRole, shape: &[usize], values: Vec<f32>) -> Vec<f32> {
        let reversed = matches!(self, Naming::Keras1 { reversed: true } | Naming::Keras10 { reversed: true });
        match (self, role, shape) {
            (Naming::Torch, ..) => values,
            (_, TensorRole::ConvWeight | TensorRole::ShortcutWeight, &[to, from, k]) => {
                let mut turned = Vec::with_capacity(values.len());
                for o in 0..to {
                    for i in 0..from {
                        for t in 0..k {
                            let t = if reversed { k - 1 - t } else { t };
                            let at = match self {
                                Naming::Keras10 { .. } => (o * from + i) * k + t,
                                _ => (t * from + i) * to + o,
                            };
                            turned.push(values[at]);
                        }
                    }
                }
                turned
            }
            (_, TensorRole::DenseWeight, &[to, from]) => {
                (0..to).flat_map(|o| (0..from).map(move |i| (o, i))).map(|(o, i)| values[i * to + o]).collect()
            }
            _ => values,
        }
    }
}

/// The layers of a checkpoint and their sizes.
pub struct Layers<'a> {
    /// The checkpoint.
    pub checkpoint: &'a Checkpoint,
    /// The naming of the checkpoint.
    pub naming: Naming,
    /// The prefix of all names.
    pub prefix: String,
}

impl Layers<'_> {
    /// The name of a tensor in the checkpoint.
    pub fn tensor(&self, layer: &str, role: TensorRole) -> String {
        self.naming.tensor(&format!("{}{layer}", self.prefix), role)
    }

    /// Whether the layer has weights of this kind.
    pub fn has(&self, layer: &str, role: TensorRole) -> bool {
        self.checkpoint.has(&self.tensor(layer, role))
    }

    /// `[out, in, kernel]` of a convolution.
    pub fn conv(&self, layer: &str) -> Result<[usize; 3]> {
        match self.shape(layer, TensorRole::ConvWeight)?[..] {
            [to, from, k] if to > 0 && from > 0 && k > 0 => Ok([to, from, k]),
            _ => Err(self.unexpected(layer, TensorRole::ConvWeight, "a convolution")),
        }
    }

    /// `[out, in]` of a dense layer.
    pub fn dense(&self, layer: &str) -> Result<[usize; 2]> {
        match self.shape(layer, TensorRole::DenseWeight)?[..] {
            [to, from] if to > 0 && from > 0 => Ok([to, from]),
            _ => Err(self.unexpected(layer, TensorRole::DenseWeight, "a dense layer")),
        }
    }

    fn shape(&self, layer: &str, role: TensorRole) -> Result<Vec<usize>> {
        let name = self.tensor(layer, role);
        let shape = self.checkpoint.shape(&name).ok_or_else(|| mismatch(format!("tensor {name} is missing")))?;
        self.naming.canonical(role, shape).ok_or_else(|| self.unexpected(layer, role, "the weights of a layer"))
    }

    fn unexpected(&self, layer: &str, role: TensorRole, what: &str) -> Error {
        let name = self.tensor(layer, role);
        mismatch(format!("tensor {name} has shape {:?}, expected {what}", self.checkpoint.shape(&name).unwrap_or(&[])))
    }
}

/// The error for a complete checkpoint that does not match the expected source or network.
pub fn mismatch(why: impl Into<String>) -> Error {
    Error::new(Code::CheckpointMismatch, why)
}
