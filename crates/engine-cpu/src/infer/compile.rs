//! Compiles the graph of a network and its parameters to the steps of a plan.

use engine_core::{Mel, Reduction, Tap};
use error::Result;
use net::graph::{self, BatchNorm, Excitation, GlobalPool, MelSpectrogram, Node, NodeId, Operation, Part};
use net::{Architecture, Graph, Pooling};

use crate::infer::conv::activation::Activation;
use crate::infer::conv::arithmetic::Arithmetic;
use crate::infer::conv::fold::{Folded, Tensors};
use crate::infer::conv::geometry::Geometry;
use crate::infer::conv::{Conv, ConvInput};
use crate::infer::map::{MapId, Maps};
use crate::infer::spectrogram::Spectrogram;
use crate::infer::time::{ResidualAdd, Scale, Squeeze, SqueezeKind};

/// One step of a plan.
pub(crate) enum Step {
    Spectrogram(Box<Spectrogram>),
    Conv(Box<Conv>),
    Squeeze(Squeeze),
    Scale(Scale),
    ResidualAdd(ResidualAdd),
}

impl Steps {
    /// The number of floats of scratch memory that a worker needs for all steps.
    pub(crate) fn scratch(&self) -> usize {
        self.steps.iter().map(Step::scratch).max().unwrap_or(0)
    }

    /// The number of values of all taps for one segment.
    pub(crate) fn tapped_width(&self) -> usize {
        self.tapped.iter().map(|tapped| tapped.channels).sum()
    }
}

impl Step {
    /// The number of floats of scratch memory that an item of the step needs.
    fn scratch(&self) -> usize {
        match self {
            Step::Conv(conv) => conv.layout().total,
            // The workers of the mel stem have separate memory; the items of the other steps need none.
            Step::Spectrogram(_) | Step::Squeeze(_) | Step::Scale(_) | Step::ResidualAdd(_) => 0,
        }
    }
}

/// The waveform is always the first activation.
pub(crate) const WAVEFORM: MapId = 0;

/// A plan without its memory: the steps in order, the activations, and the activation that holds the logits.
#[derive(Default)]
pub(crate) struct Steps {
    pub(crate) steps: Vec<Step>,
    /// The name of each step: the layer's canonical name, or the name of the block's output followed by the operation.
    pub(crate) names: Vec<String>,
    pub(crate) maps: Maps,
    pub(crate) logits: MapId,
    /// The values of the taps, in the order of the taps.
    pub(crate) tapped: Vec<TappedMap>,
}

/// The activation that holds the values of a tap: one position per segment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TappedMap {
    pub(crate) map: MapId,
    pub(crate) channels: usize,
}

/// Lays out the steps of a network with `tags` outputs and `taps`.
pub(crate) fn compile(
    architecture: &Architecture,
    tags: usize,
    tensors: &Tensors,
    arithmetic: Arithmetic,
    taps: &[Tap],
) -> Result<Steps> {
    let graph = Graph::new(architecture, tags);
    let mut compiler = Compiler {
        architecture,
        graph: &graph,
        tensors,
        arithmetic,
        plan: Steps { tapped: vec![TappedMap::default(); taps.len()], ..Steps::default() },
        taps,
        outputs: Vec::new(),
        features: None,
        first_layer: None,
    };
    compiler.network()?;
    Ok(compiler.plan)
}

/// The place of a node's output.
#[derive(Clone, Copy)]
struct Output {
    map: MapId,
    /// The factors by which every reader of the map must scale it.
    excitation: Option<MapId>,
}

/// The output of the global pool. Each level is pooled into its own channels as soon as it has been computed.
struct Features<'a> {
    pool: &'a GlobalPool,
    map: MapId,
    /// The first channel of the next level.
    first: usize,
}

/// A first layer that will be computed inside the layer that reads it.
struct FirstLayer {
    node: NodeId,
    folded: Folded,
    geometry: Geometry,
}

struct Compiler<'a> {
    architecture: &'a Architecture,
    graph: &'a Graph,
    tensors: &'a Tensors<'a>,
    arithmetic: Arithmetic,
    plan: Steps,
    taps: &'a [Tap],
    /// The outputs of the nodes so far, in order.
    outputs: Vec<Output>,
    features: Option<Features<'a>>,
    first_layer: Option<FirstLayer>,
}

impl<'a> Compiler<'a> {
    fn network(&mut self) -> Result<()> {
        let graph = self.graph;
        let waveform = self.plan.maps.add_rows(0, 1, graph.nodes[0].output.length);
        let first_block = graph.nodes.iter().position(|node| matches!(node.part, Part::Block(_)));
        for (id, node) in graph.nodes.iter().enumerate() {
            if Some(id) == first_block {
                self.add_features();
            }
            let map = match &node.operation {
                // The segments arrive normalised.
                Operation::Input | Operation::Standardisation(_) | Operation::SignedLog(_) => waveform,
                Operation::MelSpectrogram(mel) => self.spectrogram(&node.name, mel)?,
                Operation::Conv(conv) if self.is_inside(id) => {
                    let folded = self.tensors.folded(&node.name, norm_name(conv.norm.as_ref()))?;
                    self.first_layer = Some(FirstLayer { node: id, folded, geometry: geometry(conv) });
                    self.outputs[conv.input].map
                }
                Operation::Conv(conv) => self.conv(node, conv)?,
                Operation::Excitation(excitation) => {
                    let map = self.outputs[excitation.input].map;
                    let factors = self.excitation(&node.name, excitation, map)?;
                    self.tap_factors(id, factors, node.output.channels);
                    // The addition that ends a residual block applies the factors of its own branch. A plain block's
                    // map is scaled here, also where the next block adds it as its shortcut.
                    let is_branch =
                        |node: &Node| matches!(&node.operation, Operation::ResidualAdd(add) if add.branch == id);
                    if graph.readers(id).any(is_branch) {
                        self.outputs.push(Output { map, excitation: Some(factors) });
                        continue;
                    }
                    self.scale(node, map, factors)
                }
                Operation::ResidualAdd(add) => self.residual_add(node, add),
                Operation::Dropout(dropout) => self.outputs[dropout.input].map,
                Operation::GlobalPool(_) => self.features.as_ref().map_or(waveform, |features| features.map),
                Operation::Dense(dense) => {
                    let activation = if dense.relu { Activation::Relu } else { Activation::None };
                    let input = self.outputs[dense.input].map;
                    self.dense(&dense.linear.name, dense.norm.as_ref(), input, activation)?
                }
            };
            self.outputs.push(Output { map, excitation: None });
            self.pool_level(id, node, map);
            self.tap_output(id, node, map);
        }
        self.plan.logits = self.outputs.last().map_or(waveform, |output| output.map);
        let end = self.plan.steps.len();
        self.plan.maps.read(self.plan.logits, end, 0, 0);
        for tapped in &self.plan.tapped {
            self.plan.maps.read(tapped.map, end, 0, 0);
        }
        Ok(())
    }

    /// Adds the activation that the levels are pooled into, if the head has a global pool.
    fn add_features(&mut self) {
        for node in &self.graph.nodes {
            if let Operation::GlobalPool(pool) = &node.operation {
                let map = self.plan.maps.add(0, node.output.channels, 1);
                self.features = Some(Features { pool, map, first: 0 });
            }
        }
    }

    /// Whether a convolution is computed inside its only reader: this is the case for a first layer before a plain
    /// block, unless a tap reads it.
    fn is_inside(&self, id: NodeId) -> bool {
        let readers: Vec<&Node> = self.graph.readers(id).collect();
        let tapped = self.taps.iter().any(|tap| tap.node() == id);
        !tapped
            && self.graph.nodes[id].part == Part::Stem
            && matches!(readers[..], [Node { operation: Operation::Conv(_), .. }])
    }

    fn spectrogram(&mut self, name: &str, spectrogram: &MelSpectrogram) -> Result<MapId> {
        let mel = Mel::new(self.architecture)?;
        let (input, step) = (self.outputs[spectrogram.input].map, self.plan.steps.len());
        self.plan.maps.read(input, step, 0, 0);
        let output = self.plan.maps.add(step, mel.bands(), mel.frames());
        let [mean, deviation] =
            [&spectrogram.mean, &spectrogram.deviation].map(|spec| self.tensors.parameters.tensor(spec)[0]);
        Mel::check_statistics(mean, deviation)?;
        let scratch = Vec::new();
        let spectrogram = Spectrogram { mel, input, output, mean, deviation, scratch };
        self.push(name.into(), Step::Spectrogram(Box::new(spectrogram)));
        Ok(output)
    }

    /// Adds convolution -> norm -> ReLU -> pool. If the first layer is computed inside this one, it is included.
    fn conv(&mut self, node: &Node, conv: &graph::Conv) -> Result<MapId> {
        let first_layer = self.first_layer.take_if(|first| first.node == conv.input);
        let map = self.outputs[conv.input].map;
        let source = match &first_layer {
            Some(FirstLayer { folded, geometry, .. }) => ConvInput::Inner(map, folded, *geometry),
            None => ConvInput::Map(map),
        };
        let activation = if conv.relu { Activation::Relu } else { Activation::None };
        let norm = norm_name(conv.norm.as_ref());
        self.layer(source, &node.name, norm, geometry(conv), node.output.length, activation)
    }

    /// Adds shortcut + branch [x excitation] -> ReLU -> pool.
    fn residual_add(&mut self, node: &Node, add: &graph::ResidualAdd) -> MapId {
        let Output { map: branch, excitation } = self.outputs[add.branch];
        let shortcut = self.outputs[add.shortcut.node()].map;
        let step = self.plan.steps.len();
        for id in [branch, shortcut].into_iter().chain(excitation) {
            self.plan.maps.read(id, step, 0, 0);
        }
        let output = self.plan.maps.add(step, node.output.channels, node.output.length);
        self.plan.maps.maps[output].nonnegative = true;
        let (pool, pool_padding) = (add.pool.size, add.pool.padding);
        let addition = ResidualAdd { branch, excitation, shortcut, output, pool, pool_padding };
        self.push(format!("{}.add", node.part), Step::ResidualAdd(addition));
        output
    }

    /// Adds mean over time -> dense -> ReLU -> dense -> sigmoid: one factor per channel and segment.
    fn excitation(&mut self, name: &str, excitation: &Excitation, map: MapId) -> Result<MapId> {
        let channels = excitation.expand.bias.len();
        let mean = self.plan.maps.add(self.plan.steps.len(), channels, 1);
        self.squeeze(format!("{name}.mean"), map, channels, mean, 0, SqueezeKind::Mean);
        let hidden = self.dense(&excitation.squeeze.name, None, mean, Activation::Relu)?;
        self.dense(&excitation.expand.name, None, hidden, Activation::Sigmoid)
    }

    /// Multiplies a plain block's map by its factors, in-place.
    fn scale(&mut self, node: &Node, map: MapId, excitation: MapId) -> MapId {
        let step = self.plan.steps.len();
        self.plan.maps.read(map, step, 0, 0);
        self.plan.maps.read(excitation, step, 0, 0);
        self.push(format!("{}.scale", node.part), Step::Scale(Scale { map, excitation }));
        map
    }

    /// Pools a level of the head as soon as it has been computed, so that its memory can be reused.
    fn pool_level(&mut self, id: NodeId, node: &Node, map: MapId) {
        let Some(features) = self.features.as_mut().filter(|features| features.pool.levels.contains(&id)) else {
            return;
        };
        let kind = match features.pool.pooling {
            Pooling::Max => SqueezeKind::Max,
            Pooling::MaxMean => SqueezeKind::MaxPlusMean,
        };
        let (output, at, channels) = (features.map, features.first, node.output.channels);
        features.first += channels;
        self.squeeze(format!("{}.global", node.part), map, channels, output, at, kind);
    }

    /// Reduces the output of a node over time for the taps that read it.
    fn tap_output(&mut self, id: NodeId, node: &Node, map: MapId) {
        for (index, tap) in self.taps.iter().enumerate() {
            let Tap::Output { reduction, .. } = *tap else { continue };
            if tap.node() == id {
                let kind = match reduction {
                    Reduction::Max => SqueezeKind::Max,
                    Reduction::Mean => SqueezeKind::Mean,
                };
                let channels = node.output.channels;
                let to = self.plan.maps.add(self.plan.steps.len(), channels, 1);
                self.squeeze(format!("{}.tap", node.name), map, channels, to, 0, kind);
                self.plan.tapped[index] = TappedMap { map: to, channels };
            }
        }
    }

    /// Keeps the factors of an excitation for the taps that read them.
    fn tap_factors(&mut self, id: NodeId, factors: MapId, channels: usize) {
        for (index, tap) in self.taps.iter().enumerate() {
            if matches!(tap, Tap::Factors { node } if *node == id) {
                self.plan.tapped[index] = TappedMap { map: factors, channels };
            }
        }
    }

    fn squeeze(&mut self, name: String, input: MapId, channels: usize, output: MapId, at: usize, kind: SqueezeKind) {
        let step = self.plan.steps.len();
        self.plan.maps.read(input, step, 0, 0);
        self.plan.maps.read(output, step, 0, 0);
        self.push(name, Step::Squeeze(Squeeze { input, output, channels, at, kind }));
    }

    fn dense(&mut self, name: &str, norm: Option<&BatchNorm>, input: MapId, activation: Activation) -> Result<MapId> {
        self.layer(ConvInput::Map(input), name, norm_name(norm), Geometry::DENSE, 1, activation)
    }

    fn layer(
        &mut self,
        source: ConvInput,
        name: &str,
        norm: &str,
        geometry: Geometry,
        windows: usize,
        activation: Activation,
    ) -> Result<MapId> {
        let folded = self.tensors.folded(name, norm)?;
        let step = self.plan.steps.len();
        let maps = &mut self.plan.maps;
        let layer = Conv::new(maps, step, source, &folded, geometry, windows, activation, &self.arithmetic)?;
        let output = layer.output();
        self.push(name.into(), Step::Conv(Box::new(layer)));
        Ok(output)
    }

    fn push(&mut self, name: String, step: Step) {
        self.plan.steps.push(step);
        self.plan.names.push(name);
    }
}

fn geometry(conv: &graph::Conv) -> Geometry {
    Geometry {
        stride: conv.stride,
        left: conv.padding[0],
        length: conv.length,
        pool: conv.pool.size,
        pool_padding: conv.pool.padding,
    }
}

/// The name of the norm. Without a norm, this is an empty name, which no tensor has.
fn norm_name(norm: Option<&BatchNorm>) -> &str {
    norm.map_or("", |norm| &norm.name)
}
