//! Adds one entry to the tape at a time: activations, convolutions and excitations, with the places of their tensors.

use error::{Code, Error, Result};
use net::graph::{self, BatchNorm, Excitation, Linear, NodeId, Shape};
use net::TensorRole;

use super::{
    Consumer, Conv, ConvId, Dense, Excite, ExciteId, Excited, Map, MapId, Norm, Operation, ResidualAdd, Shortcut, Tape,
    Value,
};

/// The entry of a node of the graph on the tape.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// An activation.
    Map(MapId),
    /// A convolution without ReLU, for the end of a residual block.
    Conv(ConvId),
    /// A convolution without ReLU, with the excitation that scales it.
    Excited(ConvId, ExciteId),
    /// The output layer.
    Logits,
}

/// The places of the nodes so far, in order.
#[derive(Default)]
pub(super) struct Places(Vec<Place>);

impl Places {
    pub(super) fn push(&mut self, place: Place) {
        self.0.push(place);
    }

    pub(super) fn of(&self, node: NodeId) -> Result<Place> {
        self.0.get(node).copied().ok_or_else(|| misplaced(node))
    }

    /// The activation of a node.
    pub(super) fn map(&self, node: NodeId) -> Result<MapId> {
        match self.of(node)? {
            Place::Map(map) => Ok(map),
            _ => Err(misplaced(node)),
        }
    }

    /// The convolution of a node, with its excitation.
    fn branch(&self, node: NodeId) -> Result<(ConvId, Option<ExciteId>)> {
        match self.of(node)? {
            Place::Conv(conv) => Ok((conv, None)),
            Place::Excited(conv, excite) => Ok((conv, Some(excite))),
            _ => Err(misplaced(node)),
        }
    }
}

impl Tape {
    /// Adds an activation.
    pub(super) fn map(&mut self, Shape { channels, length }: Shape, value: Value) -> MapId {
        let stream = self.maps.len() as u64;
        self.maps.push(Map { channels, length, value, excite: None, dropout: 0.0, stream, is_frozen: false });
        self.maps.len() - 1
    }

    /// Adds a convolution; its output becomes a map if a ReLU follows.
    pub(super) fn conv(&mut self, conv: &graph::Conv, output: Shape, input: MapId) -> Place {
        let consumer = match (conv.relu, conv.weight.role) {
            (true, _) => Consumer::Map(self.maps.len()),
            (false, TensorRole::ShortcutWeight) => Consumer::Shortcut(self.residual_adds.len()),
            (false, _) => Consumer::Branch(self.residual_adds.len()),
        };
        let map = &self.maps[input];
        let entry = Conv {
            input,
            from: map.channels,
            to: output.channels,
            kernel: conv.kernel,
            stride: conv.stride,
            padding: conv.padding[0],
            input_length: map.length,
            length: conv.length,
            pool: conv.pool.size,
            pool_padding: conv.pool.padding,
            pooled: output.length,
            weight: conv.weight.offset,
            bias: conv.bias.as_ref().map(|bias| bias.offset),
            norm: conv.norm.as_ref().map(norm),
            is_norm_fixed: false,
            consumer,
            accumulate: false,
        };
        self.layer(entry, output)
    }

    /// Adds the hidden layer of a dense head: a convolution of one tap over one position.
    pub(super) fn hidden(&mut self, hidden: &graph::Dense, output: Shape, input: MapId) -> Place {
        let entry = Conv {
            input,
            from: self.maps[input].channels,
            to: output.channels,
            kernel: 1,
            stride: 1,
            padding: 0,
            input_length: 1,
            length: 1,
            pool: 1,
            pool_padding: 0,
            pooled: 1,
            weight: hidden.linear.weight.offset,
            bias: Some(hidden.linear.bias.offset),
            norm: hidden.norm.as_ref().map(norm),
            is_norm_fixed: false,
            consumer: Consumer::Map(self.maps.len()),
            accumulate: false,
        };
        self.layer(entry, output)
    }

    fn layer(&mut self, conv: Conv, output: Shape) -> Place {
        let (id, consumer) = (self.convs.len(), conv.consumer);
        self.convs.push(conv);
        self.operations.push(Operation::Conv(id));
        match consumer {
            Consumer::Map(_) => Place::Map(self.map(output, Value::Conv(id))),
            Consumer::Branch(_) | Consumer::Shortcut(_) => Place::Conv(id),
        }
    }

    /// Adds a squeeze-and-excitation of a plain block's map, or of a residual block's branch.
    pub(super) fn excitation(&mut self, excitation: &Excitation, input: Place) -> Result<Place> {
        let id = self.excites.len();
        let (of, conv, length, place) = match input {
            Place::Map(map) => {
                let Value::Conv(conv) = self.maps[map].value else { return Err(misplaced(excitation.input)) };
                self.maps[map].excite = Some(id);
                (Excited::Map(map), conv, self.maps[map].length, Place::Map(map))
            }
            Place::Conv(conv) => {
                (Excited::Branch(self.residual_adds.len()), conv, self.convs[conv].length, Place::Excited(conv, id))
            }
            Place::Excited(..) | Place::Logits => return Err(misplaced(excitation.input)),
        };
        self.excites.push(Excite {
            of,
            conv,
            channels: self.convs[conv].to,
            hidden: excitation.squeeze.bias.len(),
            length,
            squeeze: dense(&excitation.squeeze),
            expand: dense(&excitation.expand),
        });
        self.operations.push(Operation::Excite(id));
        Ok(place)
    }

    /// Adds the end of a residual block.
    pub(super) fn residual_add(&mut self, add: &graph::ResidualAdd, output: Shape, places: &Places) -> Result<Place> {
        let addition = self.residual_adds.len();
        let (branch, excite) = places.branch(add.branch)?;
        let shortcut = match add.shortcut {
            graph::Shortcut::Identity(node) => Shortcut::Identity { map: places.map(node)?, accumulate: false },
            graph::Shortcut::Conv(node) => Shortcut::Conv(places.branch(node)?.0),
        };
        let map = self.map(output, Value::ResidualAdd(addition));
        self.residual_adds.push(ResidualAdd {
            branch,
            excite,
            shortcut,
            output: map,
            channels: output.channels,
            length: add.length,
            pool: add.pool.size,
            pool_padding: add.pool.padding,
            pooled: output.length,
        });
        self.operations.push(Operation::ResidualAdd(addition));
        Ok(Place::Map(map))
    }
}

/// The internal error for a graph whose nodes are not in the order of a network.
fn misplaced(node: NodeId) -> Error {
    Error::new(Code::Internal, format!("node {node} of the network's graph has no place on the tape; please report it"))
}

/// The places of the tensors of a dense layer.
pub(super) fn dense(linear: &Linear) -> Dense {
    Dense { weight: linear.weight.offset, bias: linear.bias.offset }
}

/// The places of the tensors of a norm.
fn norm(norm: &BatchNorm) -> Norm {
    let [gamma, beta, mean, variance] = norm.tensors().map(|spec| spec.offset);
    Norm { gamma, beta, mean, variance }
}
