//! The tape: a network as a fixed list of fused operations, for any backend.
//!
//! Forward runs the list, backward runs it in reverse. The unit is a convolution with its statistics and pool: it keeps its raw
//! output and the raw maximum of every window; norm, ReLU, excitation and dropout are applied when the next operation loads it.

mod check;
mod compile;
mod record;

use net::Layout;

/// Index of a [`Map`].
pub(crate) type MapId = usize;
/// Index of a [`Conv`].
pub(crate) type ConvId = usize;
/// Index of an [`Excite`].
pub(crate) type ExciteId = usize;
/// Index of a [`Join`].
pub(crate) type JoinId = usize;

/// One fused operation, forward and backward.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Operation {
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
pub(crate) struct Map {
    pub channels: usize,
    pub length: usize,
    pub value: Value,
    /// Factors of a squeeze-and-excitation on it.
    pub excite: Option<ExciteId>,
    /// Dropout rate, 0 for none.
    pub dropout: f64,
}

/// Where a map's values come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
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
pub(crate) struct Norm {
    pub gamma: usize,
    pub beta: usize,
    pub mean: usize,
    pub variance: usize,
}

/// First elements of a dense layer's tensors in the trainable vector.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dense {
    pub weight: usize,
    pub bias: usize,
}

/// Who takes a convolution's output, and so where its gradient comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taker {
    /// It becomes a map: ReLU, pooled.
    Map(MapId),
    /// The branch of a residual block: no ReLU, unpooled.
    Branch(JoinId),
    /// Its shortcut.
    Shortcut(JoinId),
}

/// A convolution (a dense layer is one of kernel 1 on length 1) with its norm and pool.
#[derive(Clone, Debug)]
pub(crate) struct Conv {
    pub input: MapId,
    pub from: usize,
    pub to: usize,
    pub kernel: usize,
    pub stride: usize,
    /// Zeros in front.
    pub padding: usize,
    pub input_length: usize,
    /// Output length before the pool.
    pub length: usize,
    pub pool: usize,
    pub pool_padding: usize,
    /// Output length after the pool.
    pub pooled: usize,
    pub weight: usize,
    pub bias: Option<usize>,
    pub norm: Option<Norm>,
    pub taker: Taker,
    /// Whether the input's gradient already holds another consumer's share.
    pub accumulate: bool,
}

/// What an excitation looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Excited {
    /// A pooled map; the factors become part of it.
    Map(MapId),
    /// The unpooled branch of a residual block.
    Branch(JoinId),
}

/// A squeeze-and-excitation.
#[derive(Clone, Debug)]
pub(crate) struct Excite {
    pub of: Excited,
    pub conv: ConvId,
    pub channels: usize,
    pub hidden: usize,
    /// Positions in the mean.
    pub length: usize,
    pub squeeze: Dense,
    pub expand: Dense,
}

/// What a residual block adds to its branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shortcut {
    /// The block's input.
    Identity { map: MapId, accumulate: bool },
    /// A normalised convolution of it.
    Conv(ConvId),
}

/// The end of a residual block.
#[derive(Clone, Debug)]
pub(crate) struct Join {
    pub branch: ConvId,
    pub excite: Option<ExciteId>,
    pub shortcut: Shortcut,
    pub output: MapId,
    pub channels: usize,
    pub length: usize,
    pub pool: usize,
    pub pool_padding: usize,
    pub pooled: usize,
}

/// Global pooling for the dense head.
#[derive(Clone, Debug)]
pub(crate) struct Gather {
    pub levels: Vec<MapId>,
    pub mean: bool,
    pub output: MapId,
}

/// First elements of a mel stem's mean and deviation in the statistics.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MelStatistics {
    pub mean: usize,
    pub deviation: usize,
}

/// The whole network.
#[derive(Clone, Debug)]
pub(crate) struct Tape {
    /// Samples of a segment.
    pub samples: usize,
    /// Where the input map is a mel spectrogram.
    pub mel: Option<MelStatistics>,
    pub operations: Vec<Operation>,
    pub maps: Vec<Map>,
    pub convs: Vec<Conv>,
    pub excites: Vec<Excite>,
    pub joins: Vec<Join>,
    pub gather: Option<Gather>,
    /// The output layer and the map it reads.
    pub output: Dense,
    pub output_input: MapId,
    pub tags: usize,
    pub eps: f64,
    pub momentum: f64,
    pub layout: Layout,
}
