//! A convolution (or dense layer) with what follows it: maximum over the pool's window, bias, activation.

use error::Result;

use crate::cpu::infer::fold::Folded;
use crate::cpu::infer::geometry::Geometry;
use crate::cpu::infer::item::Item;
use crate::cpu::infer::map::{MapId, Maps};
use crate::cpu::infer::scheme::Scheme;
use crate::cpu::infer::work::Work;
use crate::cpu::kernels::panels::Panels;
use crate::cpu::kernels::simd::{run, PANEL};

/// Most rows of a micro-kernel at any level.
const MAX_ROWS: usize = 16;

/// What is applied to an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activation {
    None,
    Relu,
    Sigmoid,
}

/// What a layer reads.
pub(crate) enum Source<'a> {
    /// An activation in memory.
    Map(MapId),
    /// The output of a convolution with ReLU over a waveform, which is computed inside the layer's work items, so that it
    /// exists only in cache.
    Inner(MapId, &'a Folded, Geometry),
}

/// The layer inside.
pub(crate) struct Inner {
    pub(crate) panels: Panels,
    pub(crate) bias: Vec<f32>,
    pub(crate) geometry: Geometry,
    /// Floats in a row of its output.
    pub(crate) width: usize,
}

/// Convolution -> maximum -> bias -> activation.
pub(crate) struct Conv {
    input: MapId,
    output: MapId,
    pub(crate) panels: Panels,
    /// Padded to whole panels.
    pub(crate) bias: Vec<f32>,
    pub(crate) kernel: usize,
    pub(crate) geometry: Geometry,
    pub(crate) activation: Activation,
    pub(crate) inner: Option<Inner>,
    /// Floats in a row of what the layer reads.
    pub(crate) width: usize,
    pub(crate) scheme: Scheme,
    /// Windows of one unit of work, and units of one segment.
    pub(crate) per_unit: usize,
    pub(crate) units: usize,
}

/// Where the parts of a worker's scratch memory begin, in floats.
pub(crate) struct Layout {
    /// Products of one panel.
    pub(crate) products: usize,
    /// Transformed rows, or rows of the view gathered from several segments.
    pub(crate) rows: usize,
    /// The inner layer's output.
    pub(crate) inner: usize,
    /// The sum.
    pub(crate) total: usize,
}

impl Conv {
    /// A layer at place `step` of a plan, which writes a new activation of `windows` positions.
    pub(crate) fn new(
        maps: &mut Maps,
        step: usize,
        source: Source,
        folded: &Folded,
        geometry: Geometry,
        windows: usize,
        activation: Activation,
    ) -> Self {
        let scheme = match source {
            // One channel leaves nothing to transform.
            Source::Map(input) if maps.maps[input].width == 1 => Scheme::Direct,
            _ if activation == Activation::Sigmoid => Scheme::Direct,
            _ => Scheme::choose(&geometry, folded.kernel, windows),
        };
        let per_unit = scheme.windows_per_unit(&geometry);
        let units = windows.div_ceil(per_unit);
        let output = maps.add(step, folded.output(), windows);
        let (input, inner, width) = match source {
            Source::Map(input) => {
                let (first, last) = geometry.span(folded.kernel, 0, units * per_unit);
                maps.read(input, step, first, last);
                (input, None, maps.maps[input].width)
            }
            Source::Inner(input, first_layer, within) => {
                let (first, last) = within.span(first_layer.kernel, 0, within.length);
                maps.read(input, step, first, last);
                let panels = Scheme::Direct.pack(first_layer, maps.maps[input].width);
                let width = panels.count() * PANEL;
                let bias = first_layer.padded_bias(width);
                (input, Some(Inner { panels, bias, geometry: within, width }), width)
            }
        };
        let panels = scheme.pack(folded, width);
        let bias = folded.padded_bias(panels.count() * PANEL);
        let kernel = folded.kernel;
        Self { input, output, panels, bias, kernel, geometry, activation, inner, width, scheme, per_unit, units }
    }

    /// The activation that this layer writes.
    pub(crate) fn output(&self) -> MapId {
        self.output
    }

    /// The least value that the layer writes: the ReLU's 0, or none.
    pub(crate) fn floor(&self) -> f32 {
        if self.activation == Activation::Relu {
            0.0
        } else {
            f32::NEG_INFINITY
        }
    }

    fn units_per_item(&self) -> usize {
        self.scheme.units_per_item(&self.geometry, self.width)
    }

    /// Floats from the rows of one Winograd point to those of the next; not a multiple of 4 KiB, so that the points' rows
    /// do not compete for the same cache lines.
    pub(crate) fn plane(&self) -> usize {
        self.units_per_item() * self.width + 16
    }

    /// How a worker's scratch memory is used.
    pub(crate) fn layout(&self) -> Layout {
        let units = self.units_per_item();
        let unpooled = units * self.geometry.pool;
        let (products, rows) = match self.scheme {
            Scheme::Direct => (unpooled * PANEL, unpooled * self.kernel * self.width),
            Scheme::Winograd(m, k) => ((m + k - 1) * MAX_ROWS * PANEL, (m + k - 1) * self.plane()),
        };
        let (first, last) = self.geometry.span(self.kernel, 0, units * self.per_unit);
        let inner = self.inner.as_ref().map_or(0, |inner| (last - first + 1) as usize * inner.width);
        Layout { products: 0, rows: products, inner: products + rows, total: products + rows + inner }
    }

    /// Computes the first `n` segments of the batch.
    pub(crate) fn run(&self, maps: &Maps, n: usize, work: &Work) -> Result<()> {
        let per_item = self.units_per_item();
        // A short layer takes the units of several segments together, unless an item has to stay in one segment.
        let across = self.units < per_item && self.inner.is_none();
        let (groups, units) = if across { (1, n * self.units) } else { (n, self.units) };
        let blocks = units.div_ceil(per_item);
        let panels = self.panels.count();
        let split = if groups * blocks >= 4 * work.pool.threads() { 1 } else { panels.min(4 * work.pool.threads()) };
        work.pool.run(groups * blocks * split, |item, worker| {
            let (block, part) = (item / split, item % split);
            let (group, index) = (block / blocks, block % blocks);
            let start = group * self.units;
            let item = Item {
                conv: self,
                input: &maps.maps[self.input],
                output: &maps.maps[self.output],
                units: [start + index * units / blocks, start + (index + 1) * units / blocks],
                panels: [part * panels / split, (part + 1) * panels / split],
                arena: work.arena.start(),
                scratch: work.scratch[worker].start(),
            };
            // SAFETY: the level was found on this processor; input and output are different activations inside the
            // arena, items write apart (other units or other panels), a worker's scratch is its own.
            unsafe { run(work.level, item) }
        })
    }
}
