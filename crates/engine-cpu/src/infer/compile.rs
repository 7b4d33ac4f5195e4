//! From an architecture and its parameters to the steps of a plan.

use engine_core::Mel;
use error::Result;
use net::{Architecture, Block, BlockKind, HeadKind, Pooling, StemKind};

use crate::infer::activation::Activation;
use crate::infer::arithmetic::Arithmetic;
use crate::infer::conv::{Conv, Source};
use crate::infer::fold::Tensors;
use crate::infer::geometry::Geometry;
use crate::infer::map::{MapId, Maps};
use crate::infer::spectrogram::Spectrogram;
use crate::infer::time::{Join, Scale, Squeeze, SqueezeKind};

/// One step of a plan.
pub(crate) enum Step {
    Spectrogram(Box<Spectrogram>),
    Conv(Box<Conv>),
    Squeeze(Squeeze),
    Scale(Scale),
    Join(Join),
}

impl Steps {
    /// Floats of its scratch that a worker has for all of them.
    pub(crate) fn scratch(&self) -> usize {
        self.steps.iter().map(Step::scratch).max().unwrap_or(0)
    }
}

impl Step {
    /// Floats of its worker's scratch that an item of the step takes.
    fn scratch(&self) -> usize {
        match self {
            Step::Conv(conv) => conv.layout().total,
            // The mel stem's workers have memory of their own; the others' items take none.
            Step::Spectrogram(_) | Step::Squeeze(_) | Step::Scale(_) | Step::Join(_) => 0,
        }
    }
}

/// The waveform is always the first activation.
pub(crate) const WAVEFORM: MapId = 0;

/// A plan without its memory: steps in order, activations, and which of them holds the logits.
#[derive(Default)]
pub(crate) struct Steps {
    pub(crate) steps: Vec<Step>,
    /// What each of them computes: the layer's canonical name, or what is done to the block's output.
    pub(crate) names: Vec<String>,
    pub(crate) maps: Maps,
    pub(crate) logits: MapId,
}

/// Lays out the steps of a network.
pub(crate) fn compile(architecture: &Architecture, tensors: &Tensors, arithmetic: Arithmetic) -> Result<Steps> {
    let mut compiler = Compiler { architecture, tensors, arithmetic, plan: Steps::default() };
    compiler.network()?;
    Ok(compiler.plan)
}

struct Compiler<'a> {
    architecture: &'a Architecture,
    tensors: &'a Tensors<'a>,
    arithmetic: Arithmetic,
    plan: Steps,
}

impl Compiler<'_> {
    fn network(&mut self) -> Result<()> {
        let architecture = self.architecture;
        let (blocks, head) = (&architecture.blocks, &architecture.head);
        let mut map = self.plan.maps.add_rows(0, 1, architecture.input_length);
        // The first layer waits for the block inside of which it can be computed.
        let mut waiting = None;
        if let Some(stem) = &architecture.stem {
            let length = stem.output_length(architecture.input_length);
            let geometry = Geometry { stride: stem.stride, left: stem.padding[0], length, pool: 1, pool_padding: 0 };
            if stem.kind == StemKind::Mel {
                map = self.spectrogram(map)?;
            } else if blocks.first().is_some_and(|block| block.kind != BlockKind::Res) {
                waiting = Some(geometry);
            } else {
                map = self.conv(Source::Map(map), "stem.conv", "stem.norm", geometry, length, Activation::Relu)?;
            }
        }
        let dense_head = head.kind == HeadKind::Dense;
        let features = if dense_head { Some(self.plan.maps.add(0, architecture.head_input(), 1)) } else { None };
        let mut at = 0;
        for (index, block) in blocks.iter().enumerate() {
            map = match block.kind {
                BlockKind::Res => self.residual(index, map)?,
                _ => self.plain(index, map, waiting.take())?,
            };
            if let (Some(features), true) = (features, index + head.levels >= blocks.len()) {
                let kind = match head.pooling {
                    Pooling::Max => SqueezeKind::Max,
                    Pooling::MaxMean => SqueezeKind::MaxPlusMean,
                };
                self.squeeze(format!("blocks.{index}.global"), map, block.channels, features, at, kind);
                at += block.channels;
            }
        }
        let hidden = match features {
            Some(features) => self.dense(features, "head.hidden", "head.norm", Activation::Relu)?,
            None => {
                let length = architecture.block_input(blocks.len()).1;
                let left = architecture.same.padding(head.kernel)[0];
                let geometry = Geometry { left, length, ..Geometry::DENSE };
                self.conv(Source::Map(map), "head.conv", "head.norm", geometry, length, Activation::Relu)?
            }
        };
        let logits = self.dense(hidden, "head.out", "", Activation::None)?;
        self.plan.logits = logits;
        let end = self.plan.steps.len();
        self.plan.maps.read(logits, end, 0, 0);
        Ok(())
    }

    fn spectrogram(&mut self, input: MapId) -> Result<MapId> {
        let mel = Mel::new(self.architecture)?;
        let step = self.plan.steps.len();
        self.plan.maps.read(input, step, 0, 0);
        let output = self.plan.maps.add(step, mel.bands(), mel.frames());
        let statistic = |name: &str| self.tensors.find(name).and_then(|v| v.first().copied());
        let mean = statistic("stem.mel.mean").unwrap_or(0.0);
        let deviation = statistic("stem.mel.deviation").unwrap_or(1.0);
        Mel::check_statistics(mean, deviation)?;
        let scratch = Vec::new();
        let spectrogram = Spectrogram { mel, input, output, mean, deviation, scratch };
        self.push("stem.mel".into(), Step::Spectrogram(Box::new(spectrogram)));
        Ok(output)
    }

    /// (conv -> norm -> ReLU) x convs -> pool, and the excitation of a `se` block.
    fn plain(&mut self, index: usize, mut map: MapId, mut stem: Option<Geometry>) -> Result<MapId> {
        let block = &self.architecture.blocks[index];
        let length = self.architecture.block_input(index).1;
        let first_layer = match stem {
            Some(_) => Some(self.tensors.folded("stem.conv", "stem.norm")?),
            None => None,
        };
        for conv in 0..block.convs {
            let suffix = if block.convs > 1 { (conv + 1).to_string() } else { String::new() };
            let last = conv + 1 == block.convs;
            let geometry = self.geometry(block, length, conv == 0, last);
            let windows = if last { block.output_length(length) } else { geometry.length };
            let source = match (stem.take(), &first_layer) {
                (Some(geometry), Some(folded)) => Source::Inner(map, folded, geometry),
                _ => Source::Map(map),
            };
            let (name, norm) = (format!("blocks.{index}.conv{suffix}"), format!("blocks.{index}.norm{suffix}"));
            map = self.conv(source, &name, &norm, geometry, windows, Activation::Relu)?;
        }
        if block.kind == BlockKind::Se && block.excite_width() > 0 {
            let excitation = self.excitation(index, map, block.channels)?;
            let step = self.plan.steps.len();
            self.plan.maps.read(map, step, 0, 0);
            self.plan.maps.read(excitation, step, 0, 0);
            self.push(format!("blocks.{index}.scale"), Step::Scale(Scale { map, excitation }));
        }
        Ok(map)
    }

    /// shortcut + branch [x excitation] -> ReLU -> pool.
    fn residual(&mut self, index: usize, map: MapId) -> Result<MapId> {
        let block = &self.architecture.blocks[index];
        let (channels, length) = self.architecture.block_input(index);
        let mut branch = map;
        for conv in 0..block.convs {
            let geometry = self.geometry(block, length, conv == 0, false);
            let activation = if conv + 1 == block.convs { Activation::None } else { Activation::Relu };
            let (name, norm) = (format!("blocks.{index}.conv{}", conv + 1), format!("blocks.{index}.norm{}", conv + 1));
            branch = self.conv(Source::Map(branch), &name, &norm, geometry, geometry.length, activation)?;
        }
        let excited = block.excite_width() > 0;
        let excitation = if excited { Some(self.excitation(index, branch, block.channels)?) } else { None };
        let shortcut = if block.has_shortcut_conv(channels) {
            let left = self.architecture.same.padding(block.shortcut_kernel)[0];
            let length = block.conv_length(length);
            let geometry = Geometry { stride: block.stride, left, length, pool: 1, pool_padding: 0 };
            let (name, norm) = (format!("blocks.{index}.shortcut.conv"), format!("blocks.{index}.shortcut.norm"));
            self.conv(Source::Map(map), &name, &norm, geometry, length, Activation::None)?
        } else {
            map
        };
        let step = self.plan.steps.len();
        for id in [branch, shortcut].into_iter().chain(excitation) {
            self.plan.maps.read(id, step, 0, 0);
        }
        let output = self.plan.maps.add(step, block.channels, block.output_length(length));
        self.plan.maps.maps[output].nonnegative = true;
        let (pool, pool_padding) = (block.pool, block.pool_padding);
        let join = Join { branch, excitation, shortcut, output, pool, pool_padding };
        self.push(format!("blocks.{index}.join"), Step::Join(join));
        Ok(output)
    }

    /// Mean over time -> dense -> ReLU -> dense -> sigmoid: one value per channel and segment.
    fn excitation(&mut self, index: usize, map: MapId, channels: usize) -> Result<MapId> {
        let mean = self.plan.maps.add(self.plan.steps.len(), channels, 1);
        self.squeeze(format!("blocks.{index}.excite.mean"), map, channels, mean, 0, SqueezeKind::Mean);
        let hidden = self.dense(mean, &format!("blocks.{index}.excite.fc1"), "", Activation::Relu)?;
        self.dense(hidden, &format!("blocks.{index}.excite.fc2"), "", Activation::Sigmoid)
    }

    fn squeeze(&mut self, name: String, input: MapId, channels: usize, output: MapId, at: usize, kind: SqueezeKind) {
        let step = self.plan.steps.len();
        self.plan.maps.read(input, step, 0, 0);
        self.plan.maps.read(output, step, 0, 0);
        self.push(name, Step::Squeeze(Squeeze { input, output, channels, at, kind }));
    }

    fn dense(&mut self, input: MapId, name: &str, norm: &str, activation: Activation) -> Result<MapId> {
        self.conv(Source::Map(input), name, norm, Geometry::DENSE, 1, activation)
    }

    fn conv(
        &mut self,
        source: Source,
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

    /// The geometry of a block's convolution over `length` positions; only the first strides, only the last is pooled.
    fn geometry(&self, block: &Block, length: usize, first: bool, last: bool) -> Geometry {
        Geometry {
            stride: if first { block.stride } else { 1 },
            left: self.architecture.same.padding(block.kernel)[0],
            length: block.conv_length(length),
            pool: if last { block.pool } else { 1 },
            pool_padding: if last { block.pool_padding } else { 0 },
        }
    }
}
