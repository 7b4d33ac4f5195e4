//! The nodes of a network's graph: one type for each kind of layer.

use std::fmt;

use crate::architecture::{Pool, Pooling};
use crate::tensor::TensorSpec;

/// The index of a node in [`Graph::nodes`](super::Graph::nodes).
pub type NodeId = usize;

/// One layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The canonical name, such as `blocks.0.conv1`. It is the prefix of the names of the layer's tensors.
    pub name: String,
    /// The part of the network that it belongs to.
    pub part: Part,
    /// Its operation, with the nodes that it reads and its tensors.
    pub operation: Operation,
    /// The shape of its output for one segment, after the pool.
    pub output: Shape,
}

/// The parts of a network. As text, they are the prefixes of the canonical names: `stem`, `blocks.0`, `head`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The waveform and its normalisation.
    Input,
    /// The first layer, if it precedes the blocks.
    Stem,
    /// A block, by its index.
    Block(usize),
    /// The head, which computes the logits.
    Head,
}

/// The shape of an activation `[length, channels]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The number of channels.
    pub channels: usize,
    /// The number of positions in time; 1 after the global pool.
    pub length: usize,
}

/// The operation of a node.
#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    /// The waveform of a segment: one channel.
    Input,
    /// The standardised waveform.
    Standardisation(Standardisation),
    /// The signed logarithm of the waveform.
    SignedLog(SignedLog),
    /// Standardised log-mel frames.
    MelSpectrogram(MelSpectrogram),
    /// Convolution -> norm -> ReLU -> pool.
    Conv(Conv),
    /// Squeeze-and-excitation.
    Excitation(Excitation),
    /// Sum of branch and shortcut -> ReLU -> pool.
    ResidualAdd(ResidualAdd),
    /// Sets random values to zero in training and does nothing in inference. A rate of 0 has no node.
    Dropout(Dropout),
    /// Pooling of each level over the whole time; the channels of the levels are concatenated.
    GlobalPool(GlobalPool),
    /// Dense layer -> norm -> ReLU, on one position. The last node of a graph is a dense layer without norm and ReLU:
    /// the output layer.
    Dense(Dense),
}

/// (x - mean) / deviation of every sample x of the waveform.
#[derive(Clone, Debug, PartialEq)]
pub struct Standardisation {
    /// The waveform.
    pub input: NodeId,
    /// The mean, `[1]`, a statistic.
    pub mean: TensorSpec,
    /// The standard deviation, `[1]`, a statistic.
    pub deviation: TensorSpec,
}

/// sign(x) ln(1 + mu |x|) / ln(1 + mu) of every sample x of the waveform, with mu =
/// [`SIGNED_LOG_MU`](crate::SIGNED_LOG_MU).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SignedLog {
    /// The waveform.
    pub input: NodeId,
}

/// log(1 + 10 |mel|) of a centred short-time Fourier transform, minus the mean, divided by the standard deviation.
/// Output channels are the mel bands, output positions the frames.
#[derive(Clone, Debug, PartialEq)]
pub struct MelSpectrogram {
    /// The waveform.
    pub input: NodeId,
    /// The length of the window in samples.
    pub window: usize,
    /// The number of samples from one frame to the next.
    pub hop: usize,
    /// The size of the Fourier transform, at least the window.
    pub fft: usize,
    /// The mean, `[1]`, a statistic.
    pub mean: TensorSpec,
    /// The standard deviation, `[1]`, a statistic.
    pub deviation: TensorSpec,
}

/// A convolution over time, followed by norm, ReLU and pool in this order.
#[derive(Clone, Debug, PartialEq)]
pub struct Conv {
    /// The node that it reads.
    pub input: NodeId,
    /// The filter length in positions.
    pub kernel: usize,
    /// The number of input positions from one output position to the next.
    pub stride: usize,
    /// The number of zeros before and after the input.
    pub padding: [usize; 2],
    /// The number of output positions before the pool.
    pub length: usize,
    /// The weight, `[out, in, kernel]`.
    pub weight: TensorSpec,
    /// The bias, `[out]`.
    pub bias: Option<TensorSpec>,
    /// The following norm.
    pub norm: Option<BatchNorm>,
    /// Whether a ReLU follows. The end of a residual branch and its shortcut have no ReLU; it follows the addition.
    pub relu: bool,
    /// The pool at its end.
    pub pool: Pool,
}

/// Scales each channel of a map by a factor in 0..1: mean over time -> dense -> ReLU -> dense -> sigmoid. The output is
/// the scaled map, with the same shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Excitation {
    /// The map: the pooled output of a plain block's last convolution, or the unpooled branch of a residual block.
    pub input: NodeId,
    /// The dense layer from the channels to the hidden width; a ReLU follows.
    pub squeeze: Linear,
    /// The dense layer from the hidden width to the channels; a sigmoid follows.
    pub expand: Linear,
}

/// The end of a residual block: ReLU of the sum of branch and shortcut, then the pool.
#[derive(Clone, Debug, PartialEq)]
pub struct ResidualAdd {
    /// The last convolution of the branch, or its excitation.
    pub branch: NodeId,
    /// The shortcut, which is added to the branch.
    pub shortcut: Shortcut,
    /// The number of positions of branch and shortcut, before the pool.
    pub length: usize,
    /// The pool at its end.
    pub pool: Pool,
}

/// The shortcut of a residual block, which is added to its branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortcut {
    /// The block's input.
    Identity(NodeId),
    /// A normalised convolution of the block's input, if the number of channels or the stride changes.
    Conv(NodeId),
}

/// Dropout.
#[derive(Clone, Debug, PartialEq)]
pub struct Dropout {
    /// The node that it reads.
    pub input: NodeId,
    /// The fraction of the values that are set to zero, above 0.
    pub rate: f64,
}

/// Pooling over the whole time. The channels of the levels are concatenated in the output.
#[derive(Clone, Debug, PartialEq)]
pub struct GlobalPool {
    /// The outputs of the last blocks, in the order of the blocks.
    pub levels: Vec<NodeId>,
    /// The kind of pooling for each level.
    pub pooling: Pooling,
}

/// A dense layer on one position, followed by norm and ReLU.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// The node that it reads.
    pub input: NodeId,
    /// Its tensors.
    pub linear: Linear,
    /// The following norm.
    pub norm: Option<BatchNorm>,
    /// Whether a ReLU follows.
    pub relu: bool,
}

/// The tensors of a dense layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// The canonical name, such as `blocks.0.excite.fc1`.
    pub name: String,
    /// The weight, `[out, in]`.
    pub weight: TensorSpec,
    /// The bias, `[out]`.
    pub bias: TensorSpec,
}

/// The tensors of a batch normalisation, each `[channels]`.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchNorm {
    /// The canonical name, such as `blocks.0.norm1`.
    pub name: String,
    /// The scale: the tensor `weight`.
    pub gamma: TensorSpec,
    /// The offset: the tensor `bias`.
    pub beta: TensorSpec,
    /// The running mean, a statistic.
    pub running_mean: TensorSpec,
    /// The running variance, a statistic.
    pub running_var: TensorSpec,
}

impl Shortcut {
    /// The node that is added to the branch.
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
            Operation::Standardisation(standardisation) => vec![standardisation.input],
            Operation::SignedLog(log) => vec![log.input],
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
            Operation::Input
            | Operation::SignedLog(_)
            | Operation::ResidualAdd(_)
            | Operation::Dropout(_)
            | Operation::GlobalPool(_) => Vec::new(),
            Operation::Standardisation(standardisation) => vec![&standardisation.mean, &standardisation.deviation],
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
