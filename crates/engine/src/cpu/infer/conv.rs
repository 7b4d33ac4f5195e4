//! A convolution (or dense layer) with what follows it: maximum over the pool's window, bias, activation.

use error::Result;

use crate::cpu::infer::fold::Folded;
use crate::cpu::infer::geometry::Geometry;
use crate::cpu::infer::map::{Map, MapId, Maps};
use crate::cpu::infer::work::Work;
use crate::cpu::kernels::panels::Panels;
use crate::cpu::kernels::simd::{run, Kernel, Simd, PANEL};

/// Rows of the unpooled output that one work item makes, about.
const ROWS_PER_ITEM: usize = 168;

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
struct Inner {
    panels: Panels,
    bias: Vec<f32>,
    geometry: Geometry,
    /// Floats in a row of its output.
    width: usize,
}

/// Convolution -> maximum -> bias -> activation.
pub(crate) struct Conv {
    input: MapId,
    output: MapId,
    panels: Panels,
    bias: Vec<f32>,
    kernel: usize,
    geometry: Geometry,
    activation: Activation,
    inner: Option<Inner>,
    /// Floats in a row of what the layer reads.
    width: usize,
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
        let output = maps.add(step, folded.output(), windows);
        let (input, inner, width) = match source {
            Source::Map(input) => {
                let (first, last) = geometry.span(folded.kernel, 0, windows);
                maps.read(input, step, first, last);
                (input, None, maps.maps[input].width)
            }
            Source::Inner(input, first_layer, within) => {
                let (first, last) = within.span(first_layer.kernel, 0, within.length);
                maps.read(input, step, first, last);
                let (panels, bias) = pack(first_layer, maps.maps[input].width);
                let width = panels.count() * PANEL;
                (input, Some(Inner { panels, bias, geometry: within, width }), width)
            }
        };
        let (panels, bias) = pack(folded, width);
        Self { input, output, panels, bias, kernel: folded.kernel, geometry, activation, inner, width }
    }

    /// The activation that this layer writes.
    pub(crate) fn output(&self) -> MapId {
        self.output
    }

    fn windows_per_item(&self) -> usize {
        (ROWS_PER_ITEM / self.geometry.pool).max(1)
    }

    /// Floats of scratch memory that a worker needs.
    pub(crate) fn scratch(&self) -> usize {
        let windows = self.windows_per_item();
        let rows = windows * self.geometry.pool;
        let (first, last) = self.geometry.span(self.kernel, 0, windows);
        let inner = self.inner.as_ref().map_or(0, |inner| ((last - first + 1) as usize + rows) * inner.width);
        rows * PANEL + inner.max(rows * self.kernel * self.width)
    }

    /// Computes the first `n` segments of the batch.
    pub(crate) fn run(&self, maps: &Maps, n: usize, work: &Work) -> Result<()> {
        let output = &maps.maps[self.output];
        let per_item = self.windows_per_item();
        // A short layer takes the windows of several segments together, unless each item has to stay in one segment.
        let across = output.length < per_item && self.inner.is_none();
        let (groups, windows) = if across { (1, n * output.length) } else { (n, output.length) };
        let blocks = windows.div_ceil(per_item);
        let panels = self.panels.count();
        let split = if groups * blocks >= 4 * work.pool.threads() { 1 } else { panels.min(4 * work.pool.threads()) };
        work.pool.run(groups * blocks * split, |item, worker| {
            let (block, part) = (item / split, item % split);
            let (group, index) = (block / blocks, block % blocks);
            let start = group * output.length;
            let item = Item {
                conv: self,
                input: &maps.maps[self.input],
                output,
                windows: [start + index * windows / blocks, start + (index + 1) * windows / blocks],
                panels: [part * panels / split, (part + 1) * panels / split],
                arena: work.arena.start(),
                scratch: work.scratch[worker].start(),
            };
            // SAFETY: the level was found on this processor; input and output are different activations inside the
            // arena, items write apart (other windows or other panels), a worker's scratch is its own.
            unsafe { run(work.level, item) }
        })
    }
}

fn pack(folded: &Folded, width: usize) -> (Panels, Vec<f32>) {
    let panels = Panels::pack(folded.kernel * width, folded.output(), |row, column| {
        folded.at(column, row % width, row / width) as f32
    });
    let bias = folded.padded_bias(panels.count() * PANEL);
    (panels, bias)
}

/// Some windows (counted over all segments) and panels of a layer.
struct Item<'a> {
    conv: &'a Conv,
    input: &'a Map,
    output: &'a Map,
    windows: [usize; 2],
    panels: [usize; 2],
    arena: *mut f32,
    scratch: *mut f32,
}

impl Kernel for Item<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let (conv, geometry) = (self.conv, &self.conv.geometry);
        let [first, end] = self.windows;
        let (pool, length) = (geometry.pool, self.output.length);
        let rows = (end - first) * pool;
        let k = conv.panels.rows();
        // SAFETY: `Conv::scratch` has room for the products and the rows; `Maps::read` has provided for every position
        // that the windows need.
        unsafe {
            let products = self.scratch;
            let gathered = products.add(rows * PANEL);
            let (a, lda) = if let Some(inner) = &conv.inner {
                self.inner_rows::<S>(inner, gathered);
                (gathered.cast_const(), geometry.stride * inner.width)
            } else if first / length == (end - 1) / length {
                let (position, _) = geometry.span(conv.kernel, first % length, first % length + 1);
                let from = self.input.at(first / length, position);
                (self.arena.add(from).cast_const(), geometry.stride * self.input.width)
            } else if rows == end - first && length == 1 {
                // One row for each segment, as in a dense layer: the segments are the rows.
                let (position, _) = geometry.span(conv.kernel, 0, 1);
                (self.arena.add(self.input.at(first, position)).cast_const(), self.input.segment())
            } else {
                self.gather(gathered, k);
                (gathered.cast_const(), k)
            };
            for panel in self.panels[0]..self.panels[1] {
                let weights = conv.panels.panel(panel).as_ptr();
                let mut row = 0;
                while row < rows {
                    let take = S::ROWS.min(rows - row);
                    S::tile(take, a.add(row * lda), lda, k, weights, products.add(row * PANEL));
                    row += take;
                }
                for window in first..end {
                    let to = self.output.at(window / length, (window % length) as isize) + panel * PANEL;
                    let products = products.add((window - first) * pool * PANEL);
                    self.finish::<S>(window % length, products, panel, self.arena.add(to));
                }
            }
        }
    }
}

impl Item<'_> {
    /// The rows of the view, one after the other.
    #[inline(always)]
    unsafe fn gather(&self, to: *mut f32, k: usize) {
        let (geometry, length) = (&self.conv.geometry, self.output.length);
        let [first, end] = self.windows;
        // SAFETY: `to` has room for the item's rows; `Maps::read` has provided for every position.
        unsafe {
            for window in first..end {
                let (position, _) = geometry.span(self.conv.kernel, window % length, window % length + 1);
                let from = self.arena.add(self.input.at(window / length, position));
                for r in 0..geometry.pool {
                    let to = to.add(((window - first) * geometry.pool + r) * k);
                    from.add(r * geometry.stride * self.input.width).copy_to_nonoverlapping(to, k);
                }
            }
        }
    }

    /// The inner layer's output for the positions that this item needs, zeros outside its length.
    #[inline(always)]
    unsafe fn inner_rows<S: Simd>(&self, inner: &Inner, to: *mut f32) {
        let length = self.output.length;
        let [first, end] = [self.windows[0] % length, (self.windows[1] - 1) % length + 1];
        let (from, last) = self.conv.geometry.span(self.conv.kernel, first, end);
        let inside = |t: isize| t.clamp(0, inner.geometry.length as isize);
        let (start, stop) = (inside(from), inside(last + 1));
        let count = (stop - start) as usize;
        // SAFETY: `to` has room for all positions and, behind them, for the products of one panel; see `Conv::scratch`.
        unsafe {
            to.write_bytes(0, (start - from) as usize * inner.width);
            to.add((stop - from) as usize * inner.width).write_bytes(0, (last + 1 - stop) as usize * inner.width);
            let products = to.add((last - from + 1) as usize * inner.width);
            let at = inner.geometry.stride as isize * start - inner.geometry.left as isize;
            let a = self.arena.add(self.input.at(self.windows[0] / length, at)).cast_const();
            let lda = inner.geometry.stride * self.input.width;
            let rows = to.add((start - from) as usize * inner.width);
            for panel in 0..inner.panels.count() {
                let weights = inner.panels.panel(panel).as_ptr();
                let mut row = 0;
                while row < count {
                    let take = S::ROWS.min(count - row);
                    S::tile(take, a.add(row * lda), lda, inner.panels.rows(), weights, products);
                    for r in 0..take {
                        for c in (0..PANEL).step_by(S::LANES) {
                            let bias = S::load(inner.bias.as_ptr().add(panel * PANEL + c));
                            let y = S::add(S::load(products.add(r * PANEL + c)), bias);
                            S::store(rows.add((row + r) * inner.width + panel * PANEL + c), S::max(y, S::splat(0.0)));
                        }
                    }
                    row += take;
                }
            }
        }
    }

    /// One pooled row of one panel from the products of its window.
    #[inline(always)]
    unsafe fn finish<S: Simd>(&self, window: usize, products: *const f32, panel: usize, to: *mut f32) {
        let conv = self.conv;
        let (from, until) = conv.geometry.inside(window);
        // SAFETY: `products` holds `pool` rows of a panel, `to` a panel, the biases are padded to panels.
        unsafe {
            for c in (0..PANEL).step_by(S::LANES) {
                let mut y = S::load(products.add(from * PANEL + c));
                for r in from + 1..until {
                    y = S::max(y, S::load(products.add(r * PANEL + c)));
                }
                y = S::add(y, S::load(conv.bias.as_ptr().add(panel * PANEL + c)));
                if conv.activation == Activation::Relu {
                    y = S::max(y, S::splat(0.0));
                }
                S::store(to.add(c), y);
            }
            if conv.activation == Activation::Sigmoid {
                for value in std::slice::from_raw_parts_mut(to, PANEL) {
                    *value = 1.0 / (1.0 + (-*value).exp());
                }
            }
        }
    }
}
