//! Compiles the graph of a network to its tape, node by node in the order of the forward pass.

use error::Result;
use net::graph::{Operation as Layer, Part, Shape};
use net::{Architecture, Graph, Layout, Pooling};

use super::check::check;
use super::record::{dense, Place, Places};
use super::{Dense, GlobalPool, MelStatistics, NodePlace, Operation, Shortcut, Tape, Value};
use crate::fine_tuning::FineTuning;

impl Tape {
    /// Compiles `architecture` with `tags` outputs. An invalid architecture is [`error::Code::InvalidOption`].
    pub fn compile(architecture: &Architecture, tags: usize) -> Result<Self> {
        Self::fine_tuned(architecture, tags, &FineTuning::default())
    }

    /// As [`Tape::compile`], for a network that is fine-tuned. Also refuses what [`FineTuning::check`] refuses.
    pub fn fine_tuned(architecture: &Architecture, tags: usize, tuning: &FineTuning) -> Result<Self> {
        check(architecture, tags)?;
        tuning.check(architecture)?;
        let graph = Graph::new(architecture, tags);
        let samples = architecture.input_length;
        let mut tape = Self {
            samples,
            mel: None,
            operations: Vec::new(),
            frozen: 0,
            rates: tuning.rates(&graph, architecture.blocks.len()),
            nodes: Vec::new(),
            maps: vec![],
            convs: Vec::new(),
            excites: Vec::new(),
            residual_adds: Vec::new(),
            global_pool: None,
            output: Dense { weight: 0, bias: 0 },
            output_input: 0,
            tags,
            eps: architecture.norm.eps,
            momentum: architecture.norm.momentum,
            layout: Layout::of(&graph),
        };
        tape.map(Shape { channels: 1, length: samples }, Value::Input);
        let is_frozen = |part: Part| tuning.is_frozen(part, architecture.blocks.len());
        tape.record(&graph, is_frozen)?;
        tape.mark_accumulation();
        tape.mark_frozen(tuning);
        Ok(tape)
    }

    /// Adds every node to the tape; `is_frozen` tells the parts whose operations are frozen.
    fn record(&mut self, graph: &Graph, is_frozen: impl Fn(Part) -> bool) -> Result<()> {
        let mut places = Places::default();
        for node in &graph.nodes {
            let excite = matches!(node.operation, Layer::Excitation(_)).then_some(self.excites.len());
            let place = match &node.operation {
                // A backend receives the waveform normalised.
                Layer::Input | Layer::Standardisation(_) | Layer::SignedLog(_) => Place::Map(0),
                // The frames are the input of the tape.
                Layer::MelSpectrogram(mel) => {
                    self.mel = Some(MelStatistics { mean: mel.mean.offset, deviation: mel.deviation.offset });
                    (self.maps[0].channels, self.maps[0].length) = (node.output.channels, node.output.length);
                    Place::Map(0)
                }
                Layer::Conv(conv) => self.conv(conv, node.output, places.map(conv.input)?),
                Layer::Excitation(excitation) => self.excitation(excitation, places.of(excitation.input)?)?,
                Layer::ResidualAdd(add) => self.residual_add(add, node.output, &places)?,
                Layer::Dropout(dropout) if is_frozen(node.part) => Place::Map(places.map(dropout.input)?),
                Layer::Dropout(dropout) => {
                    let map = places.map(dropout.input)?;
                    self.maps[map].dropout = dropout.rate;
                    self.operations.push(Operation::Dropout(map));
                    Place::Map(map)
                }
                Layer::GlobalPool(pool) => {
                    let levels = pool.levels.iter().map(|&level| places.map(level)).collect::<Result<_>>()?;
                    let output = self.map(node.output, Value::GlobalPool);
                    self.global_pool = Some(GlobalPool { levels, mean: pool.pooling == Pooling::MaxMean, output });
                    self.operations.push(Operation::GlobalPool);
                    Place::Map(output)
                }
                Layer::Dense(hidden) if hidden.relu => self.hidden(hidden, node.output, places.map(hidden.input)?),
                Layer::Dense(output) => {
                    (self.output, self.output_input) = (dense(&output.linear), places.map(output.input)?);
                    self.operations.push(Operation::Output);
                    Place::Logits
                }
            };
            if is_frozen(node.part) {
                self.frozen = self.operations.len();
            }
            let map = match place {
                Place::Map(map) => Some(map),
                Place::Conv(_) | Place::Excited(..) | Place::Logits => None,
            };
            if let Layer::Excitation(excitation) = &node.operation {
                // Its map holds the scaled values.
                self.nodes[excitation.input].map = None;
            }
            self.nodes.push(NodePlace { map, excite });
            places.push(place);
        }
        Ok(())
    }

    /// In the backward pass, the first consumer of a map writes its gradient, and the others accumulate into it.
    fn mark_accumulation(&mut self) {
        let mut written = vec![false; self.maps.len()];
        for operation in self.operations.iter().rev() {
            match *operation {
                Operation::Conv(id) => {
                    let conv = &mut self.convs[id];
                    conv.accumulate = std::mem::replace(&mut written[conv.input], true);
                }
                Operation::ResidualAdd(id) => {
                    if let Shortcut::Identity { map, accumulate } = &mut self.residual_adds[id].shortcut {
                        *accumulate = std::mem::replace(&mut written[*map], true);
                    }
                }
                Operation::GlobalPool => {
                    for &level in self.global_pool.iter().flat_map(|g| &g.levels) {
                        written[level] = true;
                    }
                }
                Operation::Output => written[self.output_input] = true,
                Operation::Excite(_) | Operation::Dropout(_) => {}
            }
        }
    }
}
