//! Everything a CPU training plan holds, laid out once.

use error::Result;

use super::arena::{Arena, Measure, Span};
use super::partition::{is_same, Cut, Partition};
use super::wave::{self, Wave};
use super::winograd::{plane, Size};
use crate::cpu::kernels::simd::PANEL;
use crate::tape::{self, Excited, Shortcut, Taker, Tape, Value};

/// Floats of a block's input or output: with a share of the weights they stay in a core's own cache.
const BLOCK: usize = 40_000;
/// Tiles of a Winograd block for up to 128 channels, and for more.
const TILES: [usize; 2] = [56, 42];
/// Rows of the tallest micro-kernel.
const TALLEST: usize = 14;

/// Buffers of a map. `data` and the affine belong to whoever makes the map.
pub(crate) struct Map {
    pub spec: tape::Map,
    /// Raw pooled values of a convolution, else the values themselves.
    pub data: Span,
    /// `[channels]`: value = ReLU(scale data + shift), where a convolution makes it.
    pub affine: Option<(Span, Span)>,
    /// `[batch, channels]`: factors of an excitation.
    pub factors: Option<Span>,
    /// In bytes: 1 where dropout keeps.
    pub mask: Option<Span>,
    /// `[batch, length, channels]`.
    pub gradient: Span,
}

/// Buffers of a convolution. Raw output is that of weights with the sign of gamma folded in, so that norm and ReLU never
/// fall and may come after the maximum.
pub(crate) struct Conv {
    pub spec: tape::Conv,
    pub blocks: Partition,
    /// Where it is repeated instead of stored.
    pub wave: Option<Wave>,
    /// How it is multiplied; none: directly.
    pub winograd: Option<Size>,
    /// `[batch, length, to]`; empty where it is repeated.
    pub raw: Span,
    /// `[batch, pooled, to]`, the maximum of every window; `raw` itself without a pool.
    pub peak: Span,
    /// `[to]`: sign of gamma; raw -> scale raw + shift; mean and 1 / deviation of raw.
    pub sign: Span,
    pub scale: Span,
    pub shift: Span,
    pub mean: Span,
    pub inverse: Span,
    /// `[to]`: the gradient of raw is `slope` times that of the output, plus `tilt` raw plus `level`.
    pub slope: Span,
    pub tilt: Span,
    pub level: Span,
    /// `[kernel, from, to]`, sign folded in; transformed `[panel, point, from, 32]`.
    pub forward: Span,
    /// `[kernel, to, from]`, taps reversed, sign folded in; transformed `[panel, point, to, 32]`. Only where the data
    /// gradient is a convolution of stride 1.
    pub backward: Option<Span>,
    /// `[batch, blocks of a segment, 2, to]`: mean of a block and its squared deviations; going backward its two sums.
    pub moments: Span,
}

/// Buffers of an excitation.
pub(crate) struct Excite {
    pub spec: tape::Excite,
    /// `[batch, channels]`, `[batch, hidden]`, `[batch, channels]`.
    pub squeezed: Span,
    pub hidden: Span,
    pub factors: Span,
    /// `[batch, channels]`: gradient of the factors; then of the mean, divided by its length.
    pub gradient: Span,
    pub hidden_gradient: Span,
}

/// Buffers of the end of a residual block.
pub(crate) struct Join {
    pub spec: tape::Join,
    /// In bytes, `[batch, pooled, channels]`: which row of its window is the maximum, [`CLOSED`] where ReLU is shut.
    pub winner: Span,
    /// `[batch, blocks of the branch, 3, channels]`: sums of the gradient, of it times the centred branch, and of it times the
    /// centred shortcut.
    pub sums: Span,
}

/// No row of the window passes ReLU.
pub(crate) const CLOSED: u8 = 255;

/// Buffers of the global pooling.
pub(crate) struct Gather {
    pub spec: tape::Gather,
    /// `[batch, channels of all levels]`: the position of the maximum, as an exact float.
    pub winner: Span,
}

/// Scratch of one worker.
#[derive(Clone, Copy, Default)]
pub(crate) struct Scratch {
    pub input: Span,
    pub gradient: Span,
    pub product: Span,
    /// Transformed input or gradient, transformed gradient as taps, products of a few tiles.
    pub values: Span,
    pub taps: Span,
    pub products: Span,
}

/// Everything of a plan but its threads.
pub(crate) struct State {
    pub tape: Tape,
    pub memory: Arena<f32>,
    pub bytes: Arena<u8>,
    pub doubles: Arena<f64>,
    /// The flat vectors: convolution weights `[kernel, from, to]`, everything else as in the file.
    pub values: Span,
    pub velocity: Span,
    pub gradients: Span,
    pub statistics: Span,
    pub maps: Vec<Map>,
    pub convs: Vec<Conv>,
    pub excites: Vec<Excite>,
    pub joins: Vec<Join>,
    pub gather: Option<Gather>,
    /// `[batch, width]`, `[batch, tags]`, `[batch, tags]`.
    pub hidden: Span,
    pub logits: Span,
    pub logits_gradient: Span,
    /// Sums of weight gradients, one for each group of the layer at work.
    pub weight_sums: Span,
    pub scratch: Vec<Scratch>,
}

impl State {
    /// Lays out `tape` for `batch` segments and `threads` workers.
    pub(crate) fn new(tape: Tape, batch: usize, threads: usize) -> Result<Self> {
        let mut floats = Measure::default();
        let mut bytes = Measure::default();
        let values = floats.take(tape.layout.trainable);
        let velocity = floats.take(tape.layout.trainable);
        let gradients = floats.take(tape.layout.trainable);
        let statistics = floats.take(tape.layout.statistics);
        let mut doubles = Measure::default();
        let readers: Vec<Option<usize>> = (0..tape.convs.len()).map(|id| wave::reader(&tape, id)).collect();
        let mut convs: Vec<Conv> = std::iter::zip(&tape.convs, &readers)
            .map(|(spec, reader)| Conv::new(spec, reader.is_some(), batch, &mut floats))
            .collect();
        for (id, reader) in readers.into_iter().enumerate() {
            convs[id].wave = reader.map(|reader| {
                let (spec, terms) = (&tape.convs[id], 1 + tape.convs[id].kernel);
                Wave {
                    scaled: floats.take(spec.kernel * spec.to),
                    frames: doubles.take(batch * spec.kernel * terms),
                    sums: floats.take(batch * convs[reader].blocks.per_segment * terms * spec.to),
                    reader,
                }
            });
        }
        let excites: Vec<Excite> = tape.excites.iter().map(|spec| Excite::new(spec, batch, &mut floats)).collect();
        let joins = tape
            .joins
            .iter()
            .map(|spec| Join {
                winner: bytes.take(batch * spec.pooled * spec.channels),
                sums: floats.take(batch * convs[spec.branch].blocks.per_segment * 3 * spec.channels),
                spec: spec.clone(),
            })
            .collect();
        let maps = tape
            .maps
            .iter()
            .map(|spec| {
                let size = batch * spec.length * spec.channels;
                let (data, affine) = match spec.value {
                    Value::Conv(id) => (convs[id].peak, Some((convs[id].scale, convs[id].shift))),
                    Value::Input | Value::Join(_) | Value::Gather => (floats.take(size), None),
                };
                Map {
                    data,
                    affine,
                    factors: spec.excite.map(|id| excites[id].factors),
                    mask: (spec.dropout > 0.0).then(|| bytes.take(size)),
                    gradient: floats.take(size),
                    spec: spec.clone(),
                }
            })
            .collect();
        let gather = tape
            .gather
            .as_ref()
            .map(|spec| Gather { winner: floats.take(batch * tape.maps[spec.output].channels), spec: spec.clone() });
        let width = tape.maps[tape.output_input].channels;
        let hidden = floats.take(batch * width);
        let logits = floats.take(batch * tape.tags);
        let logits_gradient = floats.take(batch * tape.tags);
        let largest = |size: fn(&Conv) -> usize| convs.iter().map(size).max().unwrap_or(0);
        let weight_sums = floats.take(largest(Conv::weight_sums));
        let (input, gradient, product) =
            (largest(Conv::input_block), largest(Conv::gradient_block), largest(Conv::product_block));
        let scratch = (0..threads)
            .map(|_| Scratch {
                input: floats.take(input),
                gradient: floats.take(gradient),
                product: floats.take(product),
                values: floats.take(largest(Conv::values_block)),
                taps: floats.take(largest(Conv::taps_block)),
                products: floats.take(super::winograd::MAX_PRODUCTS * TALLEST * PANEL),
            })
            .collect();
        Ok(Self {
            memory: Arena::new(&floats),
            bytes: Arena::new(&bytes),
            doubles: Arena::new(&doubles),
            values,
            velocity,
            gradients,
            statistics,
            maps,
            convs,
            excites,
            joins,
            gather,
            hidden,
            logits,
            logits_gradient,
            weight_sums,
            scratch,
            tape,
        })
    }

    /// The flat vector's values from `start`.
    #[inline(always)]
    pub(crate) fn value(&self, start: usize, len: usize) -> Span {
        self.values.part(start, len)
    }

    /// The place of their gradient.
    #[inline(always)]
    pub(crate) fn slope_of(&self, start: usize, len: usize) -> Span {
        self.gradients.part(start, len)
    }

    /// The excitation of what a convolution feeds, if any.
    #[inline(always)]
    pub(crate) fn excite_of(&self, conv: &Conv) -> Option<&Excite> {
        match conv.spec.taker {
            Taker::Map(map) => self.maps[map].spec.excite.map(|id| &self.excites[id]),
            Taker::Branch(join) => self.joins[join].spec.excite.map(|id| &self.excites[id]),
            Taker::Shortcut(_) => None,
        }
    }

    /// The shortcut convolution of a residual block, if any.
    pub(crate) fn shortcut_of(&self, join: &Join) -> Option<&Conv> {
        match join.spec.shortcut {
            Shortcut::Conv(id) => Some(&self.convs[id]),
            Shortcut::Identity { .. } => None,
        }
    }
}

impl Conv {
    fn new(spec: &tape::Conv, repeated: bool, batch: usize, floats: &mut Measure) -> Self {
        let winograd = Size::of(spec);
        let widest = spec.from.max(spec.to);
        let cut = match winograd {
            None => {
                let rows = (BLOCK / widest).clamp(64, 512);
                Cut { rows, windows: 1, segment: spec.length + spec.kernel - 1 }
            }
            Some(size) => {
                let outputs = size.outputs();
                let tiles = TILES[usize::from(widest > 128)];
                let segment = spec.length.div_ceil(outputs) * outputs;
                Cut { rows: tiles * outputs, windows: outputs / spec.pool, segment }
            }
        };
        let blocks = Partition::new(spec, batch, cut);
        let raw = floats.take(if repeated { 0 } else { batch * spec.length * spec.to });
        let backward = is_same(spec);
        let weights = |from: usize, to: usize| match winograd {
            None => spec.kernel * from * to,
            Some(size) => size.points() * from * to.next_multiple_of(PANEL),
        };
        Self {
            raw,
            peak: if spec.pool == 1 { raw } else { floats.take(batch * spec.pooled * spec.to) },
            sign: floats.take(spec.to),
            scale: floats.take(spec.to),
            shift: floats.take(spec.to),
            mean: floats.take(spec.to),
            inverse: floats.take(spec.to),
            slope: floats.take(spec.to),
            tilt: floats.take(spec.to),
            level: floats.take(spec.to),
            forward: floats.take(weights(spec.from, spec.to)),
            backward: backward.then(|| floats.take(weights(spec.to, spec.from))),
            moments: floats.take(batch * blocks.per_segment * 2 * spec.to),
            blocks,
            wave: None,
            winograd,
            spec: spec.clone(),
        }
    }

    /// Floats of one weight gradient's sum.
    pub(crate) fn weight_sum(&self) -> usize {
        self.winograd.map_or(self.spec.kernel, Size::points) * self.spec.from * self.spec.to
    }

    fn weight_sums(&self) -> usize {
        self.blocks.groups.len() * self.weight_sum()
    }

    /// Tiles of the largest block.
    fn tiles(&self, outputs: usize) -> usize {
        self.blocks.blocks.iter().map(|b| b.segments * b.rows.len().div_ceil(outputs)).max().unwrap_or(0)
    }

    fn values_block(&self) -> usize {
        let widest = self.spec.from.max(self.spec.to);
        self.winograd.map_or(0, |size| size.points() * plane(self.tiles(size.outputs()), widest))
    }

    fn taps_block(&self) -> usize {
        let wide = self.spec.to.next_multiple_of(PANEL);
        self.winograd.map_or(0, |size| size.points() * (self.tiles(size.outputs()) * wide + 16))
    }

    /// Rows of the largest block in scratch, with what lies around and between its segments.
    fn rows(&self) -> usize {
        let direct = self.blocks.largest(&self.spec) + self.spec.kernel;
        self.winograd.map_or(direct, |size| {
            let segments = self.blocks.blocks.iter().map(|b| b.segments).max().unwrap_or(1);
            self.tiles(size.outputs()) * size.outputs() + segments * self.spec.kernel
        })
    }

    /// Rows of gradient before a block that its data gradient needs.
    pub(crate) fn rows_before(&self) -> usize {
        if self.backward.is_some() {
            self.spec.kernel - 1 - self.spec.padding
        } else {
            (self.spec.kernel - 1).div_ceil(self.spec.stride)
        }
    }

    /// Rows of gradient behind a block that its data gradient needs.
    pub(crate) fn rows_after(&self) -> usize {
        if self.backward.is_some() {
            self.spec.padding
        } else {
            0
        }
    }

    fn input_block(&self) -> usize {
        self.rows() * self.spec.stride * self.spec.from
    }

    fn gradient_block(&self) -> usize {
        self.rows() * self.spec.to
    }

    fn product_block(&self) -> usize {
        let back = if self.backward.is_some() { self.spec.from } else { self.spec.from * self.spec.kernel };
        self.rows() * self.spec.to.max(back).max(PANEL)
    }
}

impl Excite {
    fn new(spec: &tape::Excite, batch: usize, floats: &mut Measure) -> Self {
        Self {
            squeezed: floats.take(batch * spec.channels),
            hidden: floats.take(batch * spec.hidden),
            factors: floats.take(batch * spec.channels),
            gradient: floats.take(batch * spec.channels),
            hidden_gradient: floats.take(batch * spec.hidden),
            spec: spec.clone(),
        }
    }

    /// Whether it looks at the branch of a residual block.
    pub(crate) fn on_branch(&self) -> bool {
        matches!(self.spec.of, Excited::Branch(_))
    }
}
