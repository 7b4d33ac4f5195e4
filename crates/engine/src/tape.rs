//! The tape: a network as a fixed list of fused operations, for any backend.
//!
//! Forward runs the list, backward runs it in reverse. The unit is a convolution with its statistics and pool: it keeps its raw
//! output and the raw maximum of every window; norm, ReLU, excitation and dropout are applied when the next operation loads it.

use error::{Code, Error, Result};
use net::{Architecture, BlockKind, HeadKind, Layout, NormKind, Pooling, StemKind};

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

impl Tape {
    /// Compiles `architecture` with `tags` outputs. An architecture that cannot work is [`Code::InvalidOption`].
    pub(crate) fn compile(architecture: &Architecture, tags: usize) -> Result<Self> {
        check(architecture, tags)?;
        let layout = Layout::new(architecture, tags);
        let output = dense(&layout, "head.out")?;
        let mel = mel_statistics(architecture, &layout)?;
        let (channels, length) = match mel {
            Some(_) => architecture.block_input(0),
            None => (1, architecture.input_length),
        };
        let mut tape = Self {
            samples: architecture.input_length,
            mel,
            operations: Vec::new(),
            maps: vec![Map { channels, length, value: Value::Input, excite: None, dropout: 0.0 }],
            convs: Vec::new(),
            excites: Vec::new(),
            joins: Vec::new(),
            gather: None,
            output,
            output_input: 0,
            tags,
            eps: architecture.norm.eps,
            momentum: architecture.norm.momentum,
            layout,
        };
        let mut at: MapId = 0;
        if let Some(stem) = architecture.stem.as_ref().filter(|stem| stem.kind == StemKind::Conv) {
            let shape = Shape::new(stem.channels, stem.kernel, stem.stride, stem.padding[0]);
            at =
                tape.conv_to_map("stem.conv", "stem.norm", at, shape, stem.output_length(architecture.input_length))?;
        }
        let mut levels = Vec::new();
        for index in 0..architecture.blocks.len() {
            at = match architecture.blocks[index].kind {
                BlockKind::Res => tape.residual_block(architecture, index, at)?,
                BlockKind::Basic | BlockKind::Se => tape.plain_block(architecture, index, at)?,
            };
            levels.push(at);
        }
        tape.head(architecture, at, &levels)?;
        tape.mark_accumulation();
        Ok(tape)
    }

    fn plain_block(&mut self, architecture: &Architecture, index: usize, mut at: MapId) -> Result<MapId> {
        let block = &architecture.blocks[index];
        for conv in 0..block.convs {
            let suffix = if block.convs > 1 { (conv + 1).to_string() } else { String::new() };
            let (name, norm) = (format!("blocks.{index}.conv{suffix}"), format!("blocks.{index}.norm{suffix}"));
            let stride = if conv == 0 { block.stride } else { 1 };
            let mut shape =
                Shape::new(block.channels, block.kernel, stride, architecture.same.padding(block.kernel)[0]);
            if conv + 1 == block.convs {
                shape = shape.pooled(block.pool, block.pool_padding);
            }
            let length = if conv == 0 { block.conv_length(self.maps[at].length) } else { self.maps[at].length };
            at = self.conv_to_map(&name, &norm, at, shape, length)?;
        }
        if block.excite_width() > 0 {
            let conv = self.convs.len() - 1;
            let length = self.maps[at].length;
            let excite = self.excite(index, Excited::Map(at), conv, block.excite_width(), length)?;
            self.maps[at].excite = Some(excite);
        }
        self.dropout(at, block.dropout);
        Ok(at)
    }

    fn residual_block(&mut self, architecture: &Architecture, index: usize, input: MapId) -> Result<MapId> {
        let block = &architecture.blocks[index];
        let join = self.joins.len();
        let length = block.conv_length(self.maps[input].length);
        let mut at = input;
        for conv in 0..block.convs {
            let (name, norm) = (format!("blocks.{index}.conv{}", conv + 1), format!("blocks.{index}.norm{}", conv + 1));
            let stride = if conv == 0 { block.stride } else { 1 };
            let shape = Shape::new(block.channels, block.kernel, stride, architecture.same.padding(block.kernel)[0]);
            if conv + 1 == block.convs {
                self.conv(&name, &norm, at, shape, length, Taker::Branch(join))?;
            } else {
                at = self.conv_to_map(&name, &norm, at, shape, length)?;
                self.dropout(at, block.dropout);
            }
        }
        let branch = self.convs.len() - 1;
        let excite = match block.excite_width() {
            0 => None,
            hidden => Some(self.excite(index, Excited::Branch(join), branch, hidden, length)?),
        };
        let shortcut = if block.has_shortcut_conv(self.maps[input].channels) {
            let kernel = block.shortcut_kernel;
            let shape = Shape::new(block.channels, kernel, block.stride, architecture.same.padding(kernel)[0]);
            let (name, norm) = (format!("blocks.{index}.shortcut.conv"), format!("blocks.{index}.shortcut.norm"));
            Shortcut::Conv(self.conv(&name, &norm, input, shape, length, Taker::Shortcut(join))?)
        } else {
            Shortcut::Identity { map: input, accumulate: false }
        };
        let pooled = block.output_length(self.maps[input].length);
        let output = self.map(block.channels, pooled, Value::Join(join));
        self.joins.push(Join {
            branch,
            excite,
            shortcut,
            output,
            channels: block.channels,
            length,
            pool: block.pool,
            pool_padding: block.pool_padding,
            pooled,
        });
        self.operations.push(Operation::Join(join));
        Ok(output)
    }

    fn head(&mut self, architecture: &Architecture, last: MapId, levels: &[MapId]) -> Result<()> {
        let head = &architecture.head;
        let width = architecture.head_width();
        match head.kind {
            HeadKind::Conv => {
                let shape = Shape::new(width, head.kernel, 1, architecture.same.padding(head.kernel)[0]);
                let at = self.conv_to_map("head.conv", "head.norm", last, shape, 1)?;
                self.dropout(at, head.dropout);
                self.output_input = at;
            }
            HeadKind::Dense => {
                let seen = levels[levels.len() - head.levels.min(levels.len())..].to_vec();
                let gathered = self.map(architecture.head_input(), 1, Value::Gather);
                self.gather = Some(Gather { levels: seen, mean: head.pooling == Pooling::MaxMean, output: gathered });
                self.operations.push(Operation::Gather);
                if !head.norm {
                    self.dropout(gathered, head.dropout);
                }
                let at = self.conv_to_map("head.hidden", "head.norm", gathered, Shape::new(width, 1, 1, 0), 1)?;
                if head.norm {
                    self.dropout(at, head.dropout);
                }
                self.output_input = at;
            }
        }
        self.operations.push(Operation::Output);
        Ok(())
    }

    fn map(&mut self, channels: usize, length: usize, value: Value) -> MapId {
        self.maps.push(Map { channels, length, value, excite: None, dropout: 0.0 });
        self.maps.len() - 1
    }

    fn dropout(&mut self, map: MapId, rate: f64) {
        if rate > 0.0 {
            self.maps[map].dropout = rate;
            self.operations.push(Operation::Dropout(map));
        }
    }

    fn conv_to_map(&mut self, name: &str, norm: &str, input: MapId, shape: Shape, length: usize) -> Result<MapId> {
        let id = self.convs.len();
        let map = self.maps.len();
        self.conv(name, norm, input, shape, length, Taker::Map(map))?;
        Ok(self.map(shape.channels, self.convs[id].pooled, Value::Conv(id)))
    }

    fn conv(
        &mut self,
        name: &str,
        norm: &str,
        input: MapId,
        shape: Shape,
        length: usize,
        taker: Taker,
    ) -> Result<ConvId> {
        let start = |tensor: String| self.layout.find(&tensor).map(|t| t.offset);
        let weight = start(format!("{name}.weight")).ok_or_else(|| missing(name))?;
        let norm = match (
            start(format!("{norm}.weight")),
            start(format!("{norm}.bias")),
            start(format!("{norm}.running_mean")),
            start(format!("{norm}.running_var")),
        ) {
            (Some(gamma), Some(beta), Some(mean), Some(variance)) => Some(Norm { gamma, beta, mean, variance }),
            _ => None,
        };
        let map = &self.maps[input];
        self.convs.push(Conv {
            input,
            from: map.channels,
            to: shape.channels,
            kernel: shape.kernel,
            stride: shape.stride,
            padding: shape.padding,
            input_length: map.length,
            length,
            pool: shape.pool,
            pool_padding: shape.pool_padding,
            pooled: (length + 2 * shape.pool_padding - shape.pool) / shape.pool + 1,
            weight,
            bias: start(format!("{name}.bias")),
            norm,
            taker,
            accumulate: false,
        });
        self.operations.push(Operation::Conv(self.convs.len() - 1));
        Ok(self.convs.len() - 1)
    }

    fn excite(&mut self, index: usize, of: Excited, conv: ConvId, hidden: usize, length: usize) -> Result<ExciteId> {
        self.excites.push(Excite {
            of,
            conv,
            channels: self.convs[conv].to,
            hidden,
            length,
            squeeze: dense(&self.layout, &format!("blocks.{index}.excite.fc1"))?,
            expand: dense(&self.layout, &format!("blocks.{index}.excite.fc2"))?,
        });
        self.operations.push(Operation::Excite(self.excites.len() - 1));
        Ok(self.excites.len() - 1)
    }

    /// Backward, the first consumer of a map to come writes its gradient, the others add.
    fn mark_accumulation(&mut self) {
        let mut written = vec![false; self.maps.len()];
        for operation in self.operations.iter().rev() {
            match *operation {
                Operation::Conv(id) => {
                    let conv = &mut self.convs[id];
                    conv.accumulate = std::mem::replace(&mut written[conv.input], true);
                }
                Operation::Join(id) => {
                    if let Shortcut::Identity { map, accumulate } = &mut self.joins[id].shortcut {
                        *accumulate = std::mem::replace(&mut written[*map], true);
                    }
                }
                Operation::Gather => {
                    for &level in self.gather.iter().flat_map(|g| &g.levels) {
                        written[level] = true;
                    }
                }
                Operation::Output => written[self.output_input] = true,
                Operation::Excite(_) | Operation::Dropout(_) => {}
            }
        }
    }
}

/// A convolution's own numbers.
#[derive(Clone, Copy)]
struct Shape {
    channels: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
    pool: usize,
    pool_padding: usize,
}

impl Shape {
    fn new(channels: usize, kernel: usize, stride: usize, padding: usize) -> Self {
        Self { channels, kernel, stride, padding, pool: 1, pool_padding: 0 }
    }

    fn pooled(self, pool: usize, pool_padding: usize) -> Self {
        Self { pool, pool_padding, ..self }
    }
}

fn missing(name: &str) -> Error {
    Error::new(Code::Internal, format!("the layout has no tensor for {name}; please report it"))
}

fn mel_statistics(architecture: &Architecture, layout: &Layout) -> Result<Option<MelStatistics>> {
    if architecture.stem.as_ref().is_none_or(|stem| stem.kind != StemKind::Mel) {
        return Ok(None);
    }
    match (layout.find("stem.mel.mean"), layout.find("stem.mel.deviation")) {
        (Some(mean), Some(deviation)) => Ok(Some(MelStatistics { mean: mean.offset, deviation: deviation.offset })),
        _ => Err(missing("stem.mel")),
    }
}

fn dense(layout: &Layout, name: &str) -> Result<Dense> {
    match (layout.find(&format!("{name}.weight")), layout.find(&format!("{name}.bias"))) {
        (Some(weight), Some(bias)) => Ok(Dense { weight: weight.offset, bias: bias.offset }),
        _ => Err(missing(name)),
    }
}

/// Refuses what no plan can run, in words.
fn check(architecture: &Architecture, tags: usize) -> Result<()> {
    let refuse = |why: String| Err(Error::new(Code::InvalidOption, why));
    if tags == 0 {
        return refuse("a network needs at least one tag, received 0".into());
    }
    if architecture.blocks.is_empty() {
        return refuse("the architecture has no blocks; give at least one".into());
    }
    if let Some(stem) = &architecture.stem {
        if stem.kernel == 0 || stem.stride == 0 || stem.channels == 0 {
            return refuse(format!(
                "the stem's kernel, stride and channels must be at least 1, received {}, {}, {}",
                stem.kernel, stem.stride, stem.channels
            ));
        }
    }
    for (index, block) in architecture.blocks.iter().enumerate() {
        if block.kernel == 0
            || block.channels == 0
            || block.convs == 0
            || block.stride == 0
            || block.shortcut_kernel == 0
        {
            return refuse(format!("block {index}: kernel, channels, convs and stride must be at least 1"));
        }
        if block.pool == 0 || block.pool > 254 || 2 * block.pool_padding > block.pool {
            return refuse(format!(
                "block {index}: the pool must be 1 to 254 and its padding at most half of it, received {} and {}",
                block.pool, block.pool_padding
            ));
        }
        if !(0.0..1.0).contains(&block.dropout) {
            return refuse(format!("block {index}: dropout must be in 0..1, received {}", block.dropout));
        }
        let (_, length) = architecture.block_input(index);
        if block.output_length(length) == 0 {
            return refuse(format!(
                "block {index}: nothing is left of its {length} positions after a pool of {}; use a longer input or fewer \
                 blocks",
                block.pool
            ));
        }
    }
    let head = &architecture.head;
    let (_, length) = architecture.block_input(architecture.blocks.len());
    if head.kind == HeadKind::Conv && length != 1 {
        return refuse(format!(
            "the conv head needs one position after the last block, but {length} are left; add blocks or use a dense head"
        ));
    }
    if head.kernel == 0 || head.levels == 0 || !(0.0..1.0).contains(&head.dropout) {
        return refuse(format!(
            "the head's kernel and levels must be at least 1 and its dropout in 0..1, received {}, {}, {}",
            head.kernel, head.levels, head.dropout
        ));
    }
    if architecture.norm.kind == NormKind::Batch && (architecture.norm.eps.is_nan() || architecture.norm.eps <= 0.0) {
        return refuse(format!("the norm's eps must be above 0, received {}", architecture.norm.eps));
    }
    Ok(())
}
