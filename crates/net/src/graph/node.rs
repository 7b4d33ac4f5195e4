//! What a network is made of: one type for each kind of layer.

use std::fmt;

use crate::architecture::{Pool, Pooling};
use crate::tensor::TensorSpec;

/// Index of a node in [`Graph::nodes`](super::Graph::nodes).
pub type NodeId = usize;

/// One layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Canonical name, such as `blocks.0.conv1`. The tensors of the layer have it as prefix.
    pub name: String,
    /// Where in the network it is.
    pub part: Part,
    /// What it computes, from which nodes, with which tensors.
    pub operation: Operation,
    /// Its output for one segment, after the pool.
    pub output: Shape,
}

/// The parts of a network. As text they are the prefixes of the canonical names: `stem`, `blocks.0`, `head`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The waveform.
    Input,
    /// The first layer, where it stands before the blocks.
    Stem,
    /// A block, by its index.
    Block(usize),
    /// What turns blocks into logits.
    Head,
}

/// Size of an activation `[length, channels]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Channels.
    pub channels: usize,
    /// Positions in time; 1 after the global pool.
    pub length: usize,
}

/// What a node computes.
#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    /// The waveform of a segment: one channel.
    Input,
    /// Standardised log-mel frames.
    MelSpectrogram(MelSpectrogram),
    /// Convolution -> norm -> ReLU -> pool.
    Conv(Conv),
    /// Squeeze-and-excitation.
    Excitation(Excitation),
    /// Sum of branch and shortcut -> ReLU -> pool.
    ResidualAdd(ResidualAdd),
    /// Zeroes values at random in training; does nothing in inference. Rates of 0 have no node.
    Dropout(Dropout),
    /// Each level pooled over all of time, side by side.
    GlobalPool(GlobalPool),
    /// Dense layer -> norm -> ReLU, on one position. The last node of a graph is one without either: the output layer.
    Dense(Dense),
}

/// log(1 + 10 |mel|) of a centred short-time Fourier transform, minus the mean, divided by the deviation. Output
/// channels are the mel bands, output positions the frames.
#[derive(Clone, Debug, PartialEq)]
pub struct MelSpectrogram {
    /// The waveform.
    pub input: NodeId,
    /// Window in samples.
    pub window: usize,
    /// Samples from one frame to the next.
    pub hop: usize,
    /// Size of the Fourier transform, at least the window.
    pub fft: usize,
    /// `[1]`, a statistic.
    pub mean: TensorSpec,
    /// `[1]`, a statistic.
    pub deviation: TensorSpec,
}

/// A convolution over time with what follows it. Norm, ReLU and pool are applied in this order.
#[derive(Clone, Debug, PartialEq)]
pub struct Conv {
    /// What it reads.
    pub input: NodeId,
    /// Filter length in positions.
    pub kernel: usize,
    /// Input positions from one output position to the next.
    pub stride: usize,
    /// Zeros before and after the input.
    pub padding: [usize; 2],
    /// Output positions before the pool.
    pub length: usize,
    /// `[out, in, kernel]`.
    pub weight: TensorSpec,
    /// `[out]`.
    pub bias: Option<TensorSpec>,
    /// The norm after it.
    pub norm: Option<BatchNorm>,
    /// Whether a ReLU follows: not at the end of a residual branch nor on its shortcut, where the ReLU follows the
    /// addition.
    pub relu: bool,
    /// The pool at its end.
    pub pool: Pool,
}

/// Each channel of a map scaled by a factor in 0..1: mean over time -> dense -> ReLU -> dense -> sigmoid. The output is
/// the scaled map, of the same shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Excitation {
    /// The map: the pooled output of a plain block's last convolution, or the unpooled branch of a residual block.
    pub input: NodeId,
    /// From the channels to the hidden width; ReLU follows.
    pub squeeze: Linear,
    /// From the hidden width to the channels; sigmoid follows.
    pub expand: Linear,
}

/// The end of a residual block: ReLU of the sum of branch and shortcut, then the pool.
#[derive(Clone, Debug, PartialEq)]
pub struct ResidualAdd {
    /// The last convolution of the branch, or the excitation of it.
    pub branch: NodeId,
    /// What is added to the branch.
    pub shortcut: Shortcut,
    /// Positions of branch and shortcut, before the pool.
    pub length: usize,
    /// The pool at its end.
    pub pool: Pool,
}

/// What a residual block adds to its branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortcut {
    /// The block's input.
    Identity(NodeId),
    /// A normalised convolution of the block's input, where width or stride change.
    Conv(NodeId),
}

/// Dropout.
#[derive(Clone, Debug, PartialEq)]
pub struct Dropout {
    /// What it reads.
    pub input: NodeId,
    /// Share of the values that become zero, above 0.
    pub rate: f64,
}

/// Pooling over all of time. The channels of the levels follow each other in the output.
#[derive(Clone, Debug, PartialEq)]
pub struct GlobalPool {
    /// The last blocks' outputs, in block order.
    pub levels: Vec<NodeId>,
    /// How each of them is pooled.
    pub pooling: Pooling,
}

/// A dense layer on one position with what follows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// What it reads.
    pub input: NodeId,
    /// Its tensors.
    pub linear: Linear,
    /// The norm after it.
    pub norm: Option<BatchNorm>,
    /// Whether a ReLU follows.
    pub relu: bool,
}

/// The tensors of a dense layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// Canonical name, such as `blocks.0.excite.fc1`.
    pub name: String,
    /// `[out, in]`.
    pub weight: TensorSpec,
    /// `[out]`.
    pub bias: TensorSpec,
}

/// The tensors of a batch normalisation, each `[channels]`.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchNorm {
    /// Canonical name, such as `blocks.0.norm1`.
    pub name: String,
    /// Scale: the tensor `weight`.
    pub gamma: TensorSpec,
    /// Offset: the tensor `bias`.
    pub beta: TensorSpec,
    /// A statistic.
    pub running_mean: TensorSpec,
    /// A statistic.
    pub running_var: TensorSpec,
}

impl Shortcut {
    /// The node that is added.
    pub fn node(self) -> NodeId {
        match self {
            Self::Identity(node) | Self::Conv(node) => node,
        }
    }
}

impl Node {
    /// The nodes that it reads, in the order of its operation.
    pub fn inputs(&self) -> Vec<NodeId> {
        match &self.operation {
            Operation::Input => Vec::new(),
            Operation::MelSpectrogram(mel) => vec![mel.input],
            Operation::Conv(conv) => vec![conv.input],
            Operation::Excitation(excitation) => vec![excitation.input],
            Operation::ResidualAdd(add) => vec![add.branch, add.shortcut.node()],
            Operation::Dropout(dropout) => vec![dropout.input],
            Operation::GlobalPool(pool) => pool.levels.clone(),
            Operation::Dense(dense) => vec![dense.input],
        }
    }

    /// Its tensors, in the order in which the flat vectors hold them.
    pub fn tensors(&self) -> Vec<&TensorSpec> {
        match &self.operation {
            Operation::Input | Operation::ResidualAdd(_) | Operation::Dropout(_) | Operation::GlobalPool(_) => {
                Vec::new()
            }
            Operation::MelSpectrogram(mel) => vec![&mel.mean, &mel.deviation],
            Operation::Conv(conv) => {
                let norm = conv.norm.iter().flat_map(BatchNorm::tensors);
                std::iter::once(&conv.weight).chain(&conv.bias).chain(norm).collect()
            }
            Operation::Excitation(excitation) => {
                excitation.squeeze.tensors().into_iter().chain(excitation.expand.tensors()).collect()
            }
            Operation::Dense(dense) => {
                dense.linear.tensors().into_iter().chain(dense.norm.iter().flat_map(BatchNorm::tensors)).collect()
            }
        }
    }
}

impl Linear {
    /// Its tensors, in the order in which the flat vectors hold them.
    pub fn tensors(&self) -> [&TensorSpec; 2] {
        [&self.weight, &self.bias]
    }
}

impl BatchNorm {
    /// Its tensors, in the order in which the flat vectors hold them.
    pub fn tensors(&self) -> [&TensorSpec; 4] {
        [&self.gamma, &self.beta, &self.running_mean, &self.running_var]
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input => f.write_str("input"),
            Self::Stem => f.write_str("stem"),
            Self::Block(index) => write!(f, "blocks.{index}"),
            Self::Head => f.write_str("head"),
        }
    }
}
