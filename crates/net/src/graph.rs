//! The wiring of a network, defined once: every layer in the order of the forward pass, with its inputs, its shapes and
//! its tensors.
//!
//! ```text
//! network     waveform -> [input normalisation] -> [stem] -> block 0 -> ... -> block n-1 -> head -> logits
//!
//! stem        conv -> norm -> ReLU, or a mel spectrogram
//! basic, se   (conv -> norm -> ReLU) once or twice -> pool -> [excitation] -> [dropout]
//! res         x -> conv1 -> norm1 [-> ReLU -> dropout -> conv2 -> norm2] [-> excitation] -> + -> ReLU -> pool
//!             x -> identity, or shortcut.conv -> shortcut.norm ---------------------------> +
//! conv head   conv -> norm -> ReLU -> [dropout] -> dense
//! dense head  global pool of the last levels -> dense -> [norm] -> ReLU -> [dropout] -> dense
//! ```
//!
//! The parameter layout, the layer table, the figures, the ONNX export and the engine's plans read the graph; none of
//! them derives names, lengths or shortcuts from the blocks again. A convolution's node includes its norm, ReLU and
//! pool, because every reader treats them as one layer.

mod builder;
mod node;
mod receptive_field;

use crate::architecture::{Architecture, Block, BlockKind, Head, HeadKind, InputNormalisation, Stem, StemKind};
use builder::{Builder, Filter};

pub use crate::architecture::Pool;
pub use node::{
    BatchNorm, Conv, Dense, Dropout, Excitation, GlobalPool, Linear, MelSpectrogram, Node, NodeId, Operation, Part,
    ResidualAdd, Shape, Shortcut, SignedLog, Standardisation,
};
pub use receptive_field::ReceptiveField;

/// A network as a list of layers.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// The layers in the order of the forward pass: a node reads only earlier nodes. The first node is the waveform,
    /// the last node computes the logits.
    pub nodes: Vec<Node>,
    /// The output of each block, from the first block to the last: the levels that a dense head can pool.
    pub levels: Vec<NodeId>,
}

impl Graph {
    /// The graph of `architecture`, which must be valid, with `tags` outputs.
    pub fn new(architecture: &Architecture, tags: usize) -> Self {
        let mut builder = Builder::new(architecture);
        let mut at = builder.input(architecture.input_length);
        at = match architecture.input_normalisation {
            InputNormalisation::None => at,
            InputNormalisation::Standardise => builder.standardisation(at),
            InputNormalisation::SignedLog => builder.signed_log(at),
        };
        if let Some(stem) = &architecture.stem {
            at = builder.stem(stem, at);
        }
        let mut levels = Vec::new();
        for (index, block) in architecture.blocks.iter().enumerate() {
            builder.part = Part::Block(index);
            at = match block.kind {
                BlockKind::Basic | BlockKind::Se => builder.plain_block(block, at),
                BlockKind::Res => builder.residual_block(block, at),
            };
            levels.push(at);
        }
        builder.part = Part::Head;
        let hidden = match architecture.head.kind {
            HeadKind::Conv => builder.conv_head(&architecture.head, at),
            HeadKind::Dense => builder.dense_head(&architecture.head, &levels),
        };
        builder.dense("out", hidden, tags, false, false);
        Self { nodes: builder.nodes, levels }
    }

    /// The node of a hidden layer, counted from the end as in the paper (section 4.1): -1 is the head's hidden layer
    /// after ReLU, -2 the output of the last block, -3 that of the block before it, and so on. `None` if there is no
    /// such level.
    pub fn level(&self, level: i32) -> Option<NodeId> {
        let from_end = usize::try_from(level.checked_neg()?).ok()?;
        match from_end {
            0 => None,
            1 => self.hidden(),
            _ => self.levels.len().checked_sub(from_end - 1).map(|index| self.levels[index]),
        }
    }

    /// The number of levels of [`Graph::level`]: the blocks, and the head's hidden layer.
    pub fn level_count(&self) -> usize {
        self.levels.len() + 1
    }

    /// The squeeze-and-excitations, from the first block to the last.
    pub fn excitations(&self) -> impl Iterator<Item = NodeId> + '_ {
        let excitation = |node: &Node| matches!(node.operation, Operation::Excitation(_));
        self.nodes.iter().enumerate().filter(move |(_, node)| excitation(node)).map(|(id, _)| id)
    }

    /// The layer that the output layer reads, before dropout.
    fn hidden(&self) -> Option<NodeId> {
        let mut at = self.nodes.len().checked_sub(1)?;
        loop {
            at = *self.nodes[at].inputs().first()?;
            if !matches!(self.nodes[at].operation, Operation::Dropout(_)) {
                return Some(at);
            }
        }
    }

    /// The nodes that read the output of `node`, in order.
    pub fn readers(&self, node: NodeId) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(move |reader| reader.inputs().contains(&node))
    }
}

impl Builder {
    /// A convolution without pool, or a mel spectrogram.
    fn stem(&mut self, stem: &Stem, input: NodeId) -> NodeId {
        self.part = Part::Stem;
        match stem.kind {
            StemKind::Mel => self.mel_spectrogram(stem, input),
            StemKind::Conv => {
                let filter = Filter {
                    channels: stem.channels,
                    kernel: stem.kernel,
                    stride: stem.stride,
                    padding: stem.padding,
                    bias: stem.bias,
                };
                let length = stem.output_length(self.nodes[input].output.length);
                self.conv("", input, filter, length, true, Pool::NONE)
            }
        }
    }

    /// (conv -> norm -> ReLU) x convs -> pool [-> excitation] [-> dropout].
    fn plain_block(&mut self, block: &Block, input: NodeId) -> NodeId {
        let length = block.conv_length(self.nodes[input].output.length);
        let mut at = input;
        for index in 0..block.convs {
            let suffix = if block.convs > 1 { (index + 1).to_string() } else { String::new() };
            let pool = if index + 1 == block.convs { block.max_pool() } else { Pool::NONE };
            at = self.conv(&suffix, at, self.filter(block, index), length, true, pool);
        }
        at = self.excitation(block.excitation_width(), at);
        self.dropout(block.dropout, at)
    }

    /// conv -> norm [-> ReLU -> dropout -> conv -> norm] [-> excitation], plus the shortcut, -> ReLU -> pool.
    fn residual_block(&mut self, block: &Block, input: NodeId) -> NodeId {
        let length = block.conv_length(self.nodes[input].output.length);
        let mut branch = input;
        for index in 0..block.convs {
            let last = index + 1 == block.convs;
            branch = self.conv(&(index + 1).to_string(), branch, self.filter(block, index), length, !last, Pool::NONE);
            if !last {
                branch = self.dropout(block.dropout, branch);
            }
        }
        branch = self.excitation(block.excitation_width(), branch);
        let shortcut = if block.has_shortcut_conv(self.nodes[input].output.channels) {
            Shortcut::Conv(self.shortcut_conv(block, input, length))
        } else {
            Shortcut::Identity(input)
        };
        self.residual_add(branch, shortcut, block.max_pool())
    }

    /// conv -> norm -> ReLU [-> dropout], on a last block of length 1.
    fn conv_head(&mut self, head: &Head, input: NodeId) -> NodeId {
        let filter = Filter {
            channels: self.width(head, input),
            kernel: head.kernel,
            stride: 1,
            padding: self.same.padding(head.kernel),
            bias: true,
        };
        let length = self.nodes[input].output.length;
        let hidden = self.conv("", input, filter, length, true, Pool::NONE);
        self.dropout(head.dropout, hidden)
    }

    /// Global pool of the last levels -> dense -> norm -> ReLU -> dropout; without norm, the dropout comes before the
    /// dense layer.
    fn dense_head(&mut self, head: &Head, levels: &[NodeId]) -> NodeId {
        let seen = &levels[levels.len() - head.levels.min(levels.len())..];
        let pooled = self.global_pool(seen, head.pooling);
        let width = self.width(head, pooled);
        if head.norm {
            let hidden = self.dense("hidden", pooled, width, true, true);
            self.dropout(head.dropout, hidden)
        } else {
            let pooled = self.dropout(head.dropout, pooled);
            self.dense("hidden", pooled, width, false, true)
        }
    }

    /// The number of channels of the head's hidden layer; by default, the number of channels of its input.
    fn width(&self, head: &Head, input: NodeId) -> usize {
        if head.channels == 0 {
            self.nodes[input].output.channels
        } else {
            head.channels
        }
    }

    /// The filter of convolution `index` of a block; only the first convolution is strided.
    fn filter(&self, block: &Block, index: usize) -> Filter {
        Filter {
            channels: block.channels,
            kernel: block.kernel,
            stride: if index == 0 { block.stride } else { 1 },
            padding: self.same.padding(block.kernel),
            bias: block.bias,
        }
    }
}
