//! The rows of the layer table, read from the graph.

use super::{LayerKind, LayerRow};
use crate::graph::{BatchNorm, Conv, Graph, Linear, Node, NodeId, Operation, Part, ReceptiveField};
use crate::tensor::{TensorRole, TensorSpec};

/// A row of the layer table, with the node of its layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The row.
    pub row: LayerRow,
    /// The node that computes it. The two dense layers of an excitation share one node.
    pub node: NodeId,
    /// The number of samples between two output positions, after the pool; for a dense layer, the whole segment.
    pub hop: usize,
}

impl Graph {
    /// One row per convolution or dense layer, in the order of the forward pass. The shortcut of a residual block comes
    /// before its branch, an excitation after the convolutions. The pool of a residual block is in the row of the last
    /// convolution of its branch.
    pub fn layers(&self) -> Vec<Layer> {
        let fields = self.receptive_fields();
        let mut layers: Vec<Layer> = Vec::new();
        for (id, node) in self.nodes.iter().enumerate() {
            match &node.operation {
                Operation::MelSpectrogram(mel) => {
                    let row = LayerRow { kernel: mel.window, stride: mel.hop, ..map_row(node, LayerKind::Mel) };
                    layers.push(layer(id, row, fields[id]));
                }
                Operation::Conv(conv) => {
                    let block = layers.iter().position(|layer| self.nodes[layer.node].part == node.part);
                    let at = block.filter(|_| conv.weight.role == TensorRole::ShortcutWeight).unwrap_or(layers.len());
                    layers.insert(at, layer(id, conv_row(node, conv), fields[id]));
                }
                Operation::Excitation(excitation) => {
                    // In a residual block, the excitation reads the branch before the pool; the row shows the shape of
                    // the block's output.
                    let map = if let Part::Block(index) = node.part { self.levels[index] } else { id };
                    let field = self.whole_field(&fields, map);
                    for linear in [&excitation.squeeze, &excitation.expand] {
                        layers.push(layer(id, dense_row(linear, None), field));
                    }
                }
                Operation::ResidualAdd(add) => {
                    let conv = match &self.nodes[add.branch].operation {
                        Operation::Excitation(excitation) => excitation.input,
                        _ => add.branch,
                    };
                    if let Some(last) = layers.iter_mut().find(|layer| layer.node == conv) {
                        let row = LayerRow { pool: add.pool.size, length: node.output.length, ..last.row.clone() };
                        *last = layer(conv, row, fields[id]);
                    }
                }
                Operation::Dense(dense) => {
                    layers.push(layer(id, dense_row(&dense.linear, dense.norm.as_ref()), fields[id]));
                }
                Operation::Input
                | Operation::Standardisation(_)
                | Operation::SignedLog(_)
                | Operation::Dropout(_)
                | Operation::GlobalPool(_) => {}
            }
        }
        layers
    }
}

fn layer(node: NodeId, row: LayerRow, field: ReceptiveField) -> Layer {
    Layer { row: LayerRow { receptive_field: field.samples, ..row }, node, hop: field.hop }
}

fn conv_row(node: &Node, conv: &Conv) -> LayerRow {
    let (weights, biases) = (conv.weight.len(), conv.bias.as_ref().map_or(0, TensorSpec::len));
    LayerRow {
        kernel: conv.kernel,
        stride: conv.stride,
        pool: conv.pool.size,
        conv_length: conv.length,
        parameters: (weights + biases + norm_parameters(conv.norm.as_ref())) as u64,
        parameters_without_norm: (weights + biases) as u64,
        flops: 2 * weights as u64 * conv.length as u64,
        ..map_row(node, LayerKind::Conv)
    }
}

/// The row of a layer on one position.
fn dense_row(linear: &Linear, norm: Option<&BatchNorm>) -> LayerRow {
    let (weights, biases) = (linear.weight.len(), linear.bias.len());
    LayerRow {
        parameters: (weights + biases + norm_parameters(norm)) as u64,
        parameters_without_norm: (weights + biases) as u64,
        flops: 2 * weights as u64,
        ..row(&linear.name, LayerKind::Dense, 1, biases)
    }
}

/// The row of a layer with the output shape of `node` and without parameters.
fn map_row(node: &Node, kind: LayerKind) -> LayerRow {
    row(&node.name, kind, node.output.length, node.output.channels)
}

fn row(name: &str, kind: LayerKind, length: usize, channels: usize) -> LayerRow {
    LayerRow {
        name: name.to_string(),
        kind,
        kernel: 1,
        stride: 1,
        pool: 1,
        length,
        conv_length: length,
        channels,
        parameters: 0,
        parameters_without_norm: 0,
        receptive_field: 1,
        flops: 0,
    }
}

/// The number of scales and offsets of a norm; running statistics are not parameters.
fn norm_parameters(norm: Option<&BatchNorm>) -> usize {
    norm.map_or(0, |norm| norm.gamma.len() + norm.beta.len())
}
