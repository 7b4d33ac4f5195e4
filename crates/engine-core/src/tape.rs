//! The tape: a network as a fixed list of fused operations, for any backend.
//!
//! The forward pass runs the list in order, the backward pass in reverse order. The main operation is a convolution
//! with its batch statistics and pool: it keeps its raw output and the raw maximum of every window. The next operation
//! applies norm, ReLU, excitation and dropout when it loads these values.

mod check;
mod compile;
mod frozen;
mod name;
mod record;

use net::Layout;

use crate::fine_tuning::Rate;

/// The index of a [`Map`].
pub type MapId = usize;
/// The index of a [`Conv`].
pub type ConvId = usize;
/// The index of an [`Excite`].
pub type ExciteId = usize;
/// The index of a [`ResidualAdd`].
pub type ResidualAddId = usize;

/// The place of the output of a node of the network's graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodePlace {
    /// The map that holds the output; `None` if it is only an intermediate result of an operation.
    pub map: Option<MapId>,
    /// The squeeze-and-excitation that computes the node's factors, if it is one.
    pub excite: Option<ExciteId>,
}

/// One fused operation with its forward and backward computation.
#[derive(Clone, Copy, Debug)]
pub enum Operation {
    /// A convolution with batch statistics and the raw maximum of every pooling window.
    Conv(ConvId),
    /// Mean over time, two dense layers and a sigmoid: a factor for every segment and channel.
    Excite(ExciteId),
    /// Residual addition, ReLU and pool.
    ResidualAdd(ResidualAddId),
    /// Dropout on a map.
    Dropout(MapId),
    /// Global pooling of the levels that the dense head reads; their channels are concatenated.
    GlobalPool,
    /// The output layer and the loss.
    Output,
}

/// An activation `[batch, length, channels]`, as later operations read it.
#[derive(Clone, Debug)]
pub struct Map {
    /// The number of channels.
    pub channels: usize,
    /// The number of positions in a segment.
    pub length: usize,
    /// The source of its values.
    pub value: Value,
    /// The squeeze-and-excitation whose factors scale the map.
    pub excite: Option<ExciteId>,
    /// The dropout rate; 0 for no dropout.
    pub dropout: f64,
    /// The number of the stream that its dropout mask is drawn from.
    pub stream: u64,
    /// Whether only frozen operations lead to it, so that nothing needs its gradient.
    pub is_frozen: bool,
}

/// The source of a map's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// The network's input: the waveform, normalised where the network has a normalisation, or its standardised log-mel
    /// frames.
    Input,
    /// The ReLU of the normalised, pooled output of a convolution.
    Conv(ConvId),
    /// The output of a residual block.
    ResidualAdd(ResidualAddId),
    /// The pooled levels.
    GlobalPool,
}

/// The first elements of a norm's tensors: gamma and beta in the trainable vector, mean and variance in the statistics.
#[derive(Clone, Copy, Debug)]
pub struct Norm {
    /// The scale of every channel.
    pub gamma: usize,
    /// The bias of every channel.
    pub beta: usize,
    /// The running mean of every channel.
    pub mean: usize,
    /// The running variance of every channel.
    pub variance: usize,
}

/// The first elements of a dense layer's tensors in the trainable vector.
#[derive(Clone, Copy, Debug)]
pub struct Dense {
    /// `[out, in]`.
    pub weight: usize,
    /// `[out]`.
    pub bias: usize,
}

/// The operation that reads a convolution's output, which is also the source of the gradient of that output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consumer {
    /// The output becomes a map: pooled, with ReLU.
    Map(MapId),
    /// The output is the branch of a residual block: without ReLU, unpooled.
    Branch(ResidualAddId),
    /// The output is the shortcut of a residual block.
    Shortcut(ResidualAddId),
}

/// A convolution with its norm and pool. A dense layer is a convolution of kernel 1 on length 1.
#[derive(Clone, Debug)]
pub struct Conv {
    /// The map that it reads.
    pub input: MapId,
    /// Input channels.
    pub from: usize,
    /// Output channels.
    pub to: usize,
    /// The number of taps of a filter.
    pub kernel: usize,
    /// The number of input positions from one output to the next.
    pub stride: usize,
    /// The number of zeros before the first input position.
    pub padding: usize,
    /// The number of positions of the input.
    pub input_length: usize,
    /// The number of output positions before the pool.
    pub length: usize,
    /// The number of positions in a window of the following pool; 1 for no pool.
    pub pool: usize,
    /// The padding of the pool on each side.
    pub pool_padding: usize,
    /// The number of output positions after the pool.
    pub pooled: usize,
    /// The first element of its weights in the trainable vector.
    pub weight: usize,
    /// The first element of its bias in the trainable vector.
    pub bias: Option<usize>,
    /// Its norm.
    pub norm: Option<Norm>,
    /// Whether its norm applies the running statistics and leaves them as they are.
    pub is_norm_fixed: bool,
    /// The operation that reads its output.
    pub consumer: Consumer,
    /// Whether this convolution accumulates into the gradient of its input, which already holds the gradient of another
    /// consumer.
    pub accumulate: bool,
}

/// The input of an excitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excited {
    /// A pooled map; its values are scaled by the factors.
    Map(MapId),
    /// The unpooled branch of a residual block.
    Branch(ResidualAddId),
}

/// A squeeze-and-excitation.
#[derive(Clone, Debug)]
pub struct Excite {
    /// Its input.
    pub of: Excited,
    /// The convolution that computes its input.
    pub conv: ConvId,
    /// The number of channels of its input.
    pub channels: usize,
    /// The number of outputs of its first dense layer.
    pub hidden: usize,
    /// The number of positions that the mean is taken over.
    pub length: usize,
    /// The first dense layer.
    pub squeeze: Dense,
    /// The second dense layer, whose outputs are the factors.
    pub expand: Dense,
}

/// The shortcut of a residual block, which is added to its branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortcut {
    /// The block's input.
    Identity {
        /// The map of that input.
        map: MapId,
        /// Whether the block accumulates into the gradient of this map, which already holds the gradient of another
        /// consumer.
        accumulate: bool,
    },
    /// A normalised convolution of the block's input.
    Conv(ConvId),
}

/// The end of a residual block.
#[derive(Clone, Debug)]
pub struct ResidualAdd {
    /// The last convolution of the branch.
    pub branch: ConvId,
    /// The excitation of the branch, if any.
    pub excite: Option<ExciteId>,
    /// The shortcut, which is added to the branch.
    pub shortcut: Shortcut,
    /// The map that the block produces.
    pub output: MapId,
    /// The number of channels.
    pub channels: usize,
    /// The number of positions before the pool.
    pub length: usize,
    /// The number of positions in a window of the pool; 1 for no pool.
    pub pool: usize,
    /// The padding of the pool on each side.
    pub pool_padding: usize,
    /// The number of positions after the pool.
    pub pooled: usize,
}

/// Global pooling for the dense head.
#[derive(Clone, Debug)]
pub struct GlobalPool {
    /// The maps that are pooled.
    pub levels: Vec<MapId>,
    /// Whether the mean over time is added to the maximum.
    pub mean: bool,
    /// The map that the pooling produces.
    pub output: MapId,
}

/// The elements of the statistics that hold the mean and the standard deviation of a mel stem.
#[derive(Clone, Copy, Debug)]
pub struct MelStatistics {
    /// The index of the mean.
    pub mean: usize,
    /// The index of the standard deviation.
    pub deviation: usize,
}

/// The whole network.
#[derive(Clone, Debug)]
pub struct Tape {
    /// The number of samples in a segment.
    pub samples: usize,
    /// The statistics of the mel stem; `None` for a network on waveforms.
    pub mel: Option<MelStatistics>,
    /// The operations in the order of the forward pass.
    pub operations: Vec<Operation>,
    /// How many of the first operations are frozen: they run forward only, and without dropout.
    pub frozen: usize,
    /// The values that the optimiser changes, with their learning rates, in order.
    pub rates: Vec<Rate>,
    /// The places of the outputs of the graph's nodes, in the order of the graph.
    pub nodes: Vec<NodePlace>,
    /// All activations; the first is the input.
    pub maps: Vec<Map>,
    /// All convolutions, including the layers of the head.
    pub convs: Vec<Conv>,
    /// All squeeze-and-excitations.
    pub excites: Vec<Excite>,
    /// The ends of all residual blocks.
    pub residual_adds: Vec<ResidualAdd>,
    /// The pooling before a dense head.
    pub global_pool: Option<GlobalPool>,
    /// The output layer.
    pub output: Dense,
    /// The map that the output layer reads.
    pub output_input: MapId,
    /// The number of outputs of the network.
    pub tags: usize,
    /// The constant that is added to the variance of a norm.
    pub eps: f64,
    /// The weight of a batch's statistics when the running statistics are updated.
    pub momentum: f64,
    /// The place of every tensor in the trainable vector and in the statistics.
    pub layout: Layout,
}
