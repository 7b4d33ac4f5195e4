//! The tape: a network as a fixed list of fused operations, for any backend.
//!
//! Forward runs the list, backward runs it in reverse. The unit is a convolution with its statistics and pool: it keeps its raw
//! output and the raw maximum of every window; norm, ReLU, excitation and dropout are applied when the next operation loads it.

mod check;
mod compile;
mod name;
mod record;

use net::Layout;

/// Index of a [`Map`].
pub type MapId = usize;
/// Index of a [`Conv`].
pub type ConvId = usize;
/// Index of an [`Excite`].
pub type ExciteId = usize;
/// Index of a [`Join`].
pub type JoinId = usize;

/// One fused operation, forward and backward.
#[derive(Clone, Copy, Debug)]
pub enum Operation {
    /// Convolution, batch statistics, raw maximum of every window.
    Conv(ConvId),
    /// Mean over time, two dense layers, sigmoid: a factor for every segment and channel.
    Excite(ExciteId),
    /// Residual addition, ReLU and pool.
    Join(JoinId),
    /// Dropout of a map.
    Dropout(MapId),
    /// Global pooling of the levels that the dense head sees, side by side.
    Gather,
    /// Output layer and loss.
    Output,
}

/// An activation `[batch, length, channels]` as later operations see it.
#[derive(Clone, Debug)]
pub struct Map {
    /// Channels of a position.
    pub channels: usize,
    /// Positions of a segment.
    pub length: usize,
    /// Where its values come from.
    pub value: Value,
    /// Factors of a squeeze-and-excitation on it.
    pub excite: Option<ExciteId>,
    /// Dropout rate, 0 for none.
    pub dropout: f64,
}

/// Where a map's values come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// What a segment is fed as: the waveform, or its standardised log-mel frames.
    Input,
    /// ReLU of the normalised, pooled output of a convolution.
    Conv(ConvId),
    /// A residual block's output.
    Join(JoinId),
    /// The pooled levels.
    Gather,
}

/// First elements of a norm's tensors, in the trainable vector and in the statistics.
#[derive(Clone, Copy, Debug)]
pub struct Norm {
    /// Scale of every channel.
    pub gamma: usize,
    /// Bias of every channel.
    pub beta: usize,
    /// Running mean of every channel.
    pub mean: usize,
    /// Running variance of every channel.
    pub variance: usize,
}

/// First elements of a dense layer's tensors in the trainable vector.
#[derive(Clone, Copy, Debug)]
pub struct Dense {
    /// `[out, in]`.
    pub weight: usize,
    /// `[out]`.
    pub bias: usize,
}

/// Who takes a convolution's output, and so where its gradient comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taker {
    /// It becomes a map: ReLU, pooled.
    Map(MapId),
    /// The branch of a residual block: no ReLU, unpooled.
    Branch(JoinId),
    /// Its shortcut.
    Shortcut(JoinId),
}

/// A convolution (a dense layer is one of kernel 1 on length 1) with its norm and pool.
#[derive(Clone, Debug)]
pub struct Conv {
    /// The map it reads.
    pub input: MapId,
    /// Input channels.
    pub from: usize,
    /// Output channels.
    pub to: usize,
    /// Taps of a filter.
    pub kernel: usize,
    /// Input positions from one output to the next.
    pub stride: usize,
    /// Zeros in front.
    pub padding: usize,
    /// Positions of its input.
    pub input_length: usize,
    /// Output length before the pool.
    pub length: usize,
    /// Positions of a window of the pool after it, 1 for none.
    pub pool: usize,
    /// Padding of the pool, on either side.
    pub pool_padding: usize,
    /// Output length after the pool.
    pub pooled: usize,
    /// First element of its weights in the trainable vector.
    pub weight: usize,
    /// First element of its bias in the trainable vector.
    pub bias: Option<usize>,
    /// Its norm.
    pub norm: Option<Norm>,
    /// Who takes its output.
    pub taker: Taker,
    /// Whether the input's gradient already holds another consumer's share.
    pub accumulate: bool,
}

/// What an excitation looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excited {
    /// A pooled map; the factors become part of it.
    Map(MapId),
    /// The unpooled branch of a residual block.
    Branch(JoinId),
}

/// A squeeze-and-excitation.
#[derive(Clone, Debug)]
pub struct Excite {
    /// What it looks at.
    pub of: Excited,
    /// The convolution whose output that is.
    pub conv: ConvId,
    /// Channels of what it looks at.
    pub channels: usize,
    /// Outputs of its first dense layer.
    pub hidden: usize,
    /// Positions in the mean.
    pub length: usize,
    /// The first dense layer.
    pub squeeze: Dense,
    /// The second dense layer, whose outputs are the factors.
    pub expand: Dense,
}

/// What a residual block adds to its branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortcut {
    /// The block's input.
    Identity {
        /// That input.
        map: MapId,
        /// Whether its gradient already holds another consumer's share.
        accumulate: bool,
    },
    /// A normalised convolution of it.
    Conv(ConvId),
}

/// The end of a residual block.
#[derive(Clone, Debug)]
pub struct Join {
    /// The last convolution of the branch.
    pub branch: ConvId,
    /// The excitation of the branch.
    pub excite: Option<ExciteId>,
    /// What is added to the branch.
    pub shortcut: Shortcut,
    /// The map it makes.
    pub output: MapId,
    /// Channels of a position.
    pub channels: usize,
    /// Positions before the pool.
    pub length: usize,
    /// Positions of a window of the pool, 1 for none.
    pub pool: usize,
    /// Padding of the pool, on either side.
    pub pool_padding: usize,
    /// Positions after the pool.
    pub pooled: usize,
}

/// Global pooling for the dense head.
#[derive(Clone, Debug)]
pub struct Gather {
    /// The maps that are pooled.
    pub levels: Vec<MapId>,
    /// Whether the mean over time is added to the maximum.
    pub mean: bool,
    /// The map it makes.
    pub output: MapId,
}

/// First elements of a mel stem's mean and deviation in the statistics.
#[derive(Clone, Copy, Debug)]
pub struct MelStatistics {
    /// The mean's place.
    pub mean: usize,
    /// The deviation's place.
    pub deviation: usize,
}

/// The whole network.
#[derive(Clone, Debug)]
pub struct Tape {
    /// Samples of a segment.
    pub samples: usize,
    /// Where the input map is a mel spectrogram.
    pub mel: Option<MelStatistics>,
    /// In the order of the forward pass.
    pub operations: Vec<Operation>,
    /// All activations; the first is the input.
    pub maps: Vec<Map>,
    /// All convolutions, the layers of the head among them.
    pub convs: Vec<Conv>,
    /// All squeeze-and-excitations.
    pub excites: Vec<Excite>,
    /// The ends of all residual blocks.
    pub joins: Vec<Join>,
    /// The pooling before a dense head.
    pub gather: Option<Gather>,
    /// The output layer.
    pub output: Dense,
    /// The map that the output layer reads.
    pub output_input: MapId,
    /// Outputs of the network.
    pub tags: usize,
    /// What is added to the variance of a norm.
    pub eps: f64,
    /// Share of a batch's statistics in the new running ones.
    pub momentum: f64,
    /// Where every tensor lies in the trainable vector and in the statistics.
    pub layout: Layout,
}
