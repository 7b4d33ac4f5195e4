//! A convolution or dense layer with the operations that follow it: maximum over the pool's window, bias, activation.

pub(crate) mod activation;
pub(crate) mod arithmetic;
pub(crate) mod fold;
mod forms;
pub(crate) mod geometry;
mod item;
mod run;
pub(crate) mod scheme;

use error::Result;

use crate::infer::conv::activation::Activation;
use crate::infer::conv::arithmetic::{Arithmetic, Weights, INT8_POINTS};
use crate::infer::conv::fold::Folded;
use crate::infer::conv::geometry::Geometry;
use crate::infer::conv::scheme::Scheme;
use crate::infer::map::{MapId, Maps};
use crate::kernels::panels::Panels;
use crate::kernels::simd::PANEL;
use crate::kernels::winograd::MAX_POINTS;

/// The largest number of rows of a micro-kernel at any level.
const MAX_ROWS: usize = 16;

/// What a layer reads.
pub(crate) enum ConvInput<'a> {
    /// An activation in memory.
    Map(MapId),
    /// The output of an inner layer: a convolution with ReLU over a waveform. It is computed inside the work items of
    /// the layer that reads it, so that it exists only in cache.
    Inner(MapId, &'a Folded, Geometry),
}

/// The inner layer; see [`Source::Inner`].
pub(crate) struct Inner {
    pub(crate) panels: Panels,
    pub(crate) bias: Vec<f32>,
    pub(crate) geometry: Geometry,
    /// Floats in a row of its output.
    pub(crate) width: usize,
}

/// Convolution -> maximum -> bias -> activation.
pub(crate) struct Conv {
    pub(crate) input: MapId,
    output: MapId,
    pub(crate) weights: Weights,
    /// The bias, padded to whole panels.
    pub(crate) bias: Vec<f32>,
    pub(crate) kernel: usize,
    pub(crate) geometry: Geometry,
    pub(crate) activation: Activation,
    pub(crate) inner: Option<Inner>,
    /// The number of floats in a row of the layer's input.
    pub(crate) width: usize,
    pub(crate) scheme: Scheme,
    /// The number of windows in one unit of work, and the number of units in one segment.
    pub(crate) per_unit: usize,
    pub(crate) units: usize,
}

/// The layout of a worker's scratch memory: the offset of each part, in floats.
pub(crate) struct Layout {
    /// The products of one panel.
    pub(crate) products: usize,
    /// Transformed or quantised rows, or rows of the view gathered from several segments.
    pub(crate) rows: usize,
    /// The quantisation steps of quantised rows.
    pub(crate) steps: usize,
    /// The transformed rows of one tile before quantisation.
    pub(crate) transformed: usize,
    /// The output of the inner layer.
    pub(crate) inner: usize,
    /// The total size.
    pub(crate) total: usize,
}

impl Conv {
    /// Creates the layer at position `step` of a plan; it writes a new activation of `windows` positions.
    pub(crate) fn new(
        maps: &mut Maps,
        step: usize,
        source: ConvInput,
        folded: &Folded,
        geometry: Geometry,
        windows: usize,
        activation: Activation,
        arithmetic: &Arithmetic,
    ) -> Result<Self> {
        let (width, nonnegative) = match source {
            ConvInput::Map(input) => (maps.maps[input].width, maps.maps[input].nonnegative),
            ConvInput::Inner(_, first_layer, _) => (first_layer.output().next_multiple_of(PANEL), true),
        };
        let int8 = arithmetic.is_int8(folded, &geometry, width, nonnegative, activation);
        let scheme = match source {
            _ if int8 => Scheme::choose_int8(&geometry, folded.kernel, windows),
            // One channel leaves nothing to transform.
            ConvInput::Map(_) if width == 1 => Scheme::Direct,
            _ if activation == Activation::Sigmoid => Scheme::Direct,
            _ => Scheme::choose(&geometry, folded.kernel, windows),
        };
        let per_unit = scheme.windows_per_unit(&geometry);
        let units = windows.div_ceil(per_unit);
        let output = maps.add(step, folded.output(), windows);
        maps.maps[output].nonnegative = activation != Activation::None;
        let (input, inner) = match source {
            ConvInput::Map(input) => {
                let (first, last) = geometry.span(folded.kernel, 0, units * per_unit);
                maps.read(input, step, first, last);
                (input, None)
            }
            ConvInput::Inner(input, first_layer, within) => {
                let (first, last) = within.span(first_layer.kernel, 0, within.length);
                maps.read(input, step, first, last);
                let panels = Scheme::Direct.pack(first_layer, maps.maps[input].width)?;
                let bias = first_layer.padded_bias(width);
                (input, Some(Inner { panels, bias, geometry: within, width }))
            }
        };
        let weights = arithmetic.pack(scheme, folded, width, int8)?;
        let bias = folded.padded_bias(weights.count() * PANEL);
        let kernel = folded.kernel;
        Ok(Self { input, output, weights, bias, kernel, geometry, activation, inner, width, scheme, per_unit, units })
    }

    /// The activation that this layer writes.
    pub(crate) fn output(&self) -> MapId {
        self.output
    }

    /// The smallest value that the layer writes: 0 with ReLU, otherwise minus infinity.
    pub(crate) fn floor(&self) -> f32 {
        if self.activation == Activation::Relu {
            0.0
        } else {
            f32::NEG_INFINITY
        }
    }

    /// Whether a work item takes units of several segments. This is the case for a short layer, unless every item must
    /// stay in one segment.
    pub(crate) fn across(&self) -> bool {
        self.units < self.units_per_item() && self.inner.is_none()
    }

    /// Units of one work item, about.
    pub(crate) fn units_per_item(&self) -> usize {
        self.scheme.units_per_item(&self.geometry, self.width)
    }

    /// The number of values from the rows of one Winograd point to those of the next. It is not a multiple of 4 KiB, so
    /// that the rows of the points do not compete for the same cache lines.
    pub(crate) fn plane(&self) -> usize {
        match (&self.weights, self.scheme) {
            (Weights::Int8(_), Scheme::Winograd(m, _)) => self.units_per_item() * m / 2 * self.width + 64,
            _ => self.units_per_item() * self.width + 32,
        }
    }

    /// The layout of a worker's scratch memory.
    pub(crate) fn layout(&self) -> Layout {
        let units = self.units_per_item();
        let pool = self.geometry.pool;
        let (first, last) = self.geometry.span(self.kernel, 0, units * self.per_unit);
        let span = (last - first + 1) as usize;
        let [products, rows, steps, transformed] = match (&self.weights, self.scheme) {
            (Weights::Int8(bytes), Scheme::Winograd(m, _)) => {
                let rows = INT8_POINTS * self.plane() / bytes.parts;
                [INT8_POINTS * MAX_ROWS * PANEL, rows, units * m / 2 * INT8_POINTS, 0]
            }
            (Weights::Int8(bytes), _) => {
                let rows = span.max(units * pool * self.kernel) * self.width / bytes.parts;
                [MAX_ROWS.max(pool) * PANEL, rows, units, 0]
            }
            (_, Scheme::Direct) => [units * pool * PANEL, units * pool * self.kernel * self.width, 0, 0],
            (Weights::Fixed14(..), Scheme::Winograd(m, k)) => {
                let points = m + k - 1;
                [points * MAX_ROWS * PANEL, points * self.plane() / 2, units * MAX_POINTS, points * self.width]
            }
            (_, Scheme::Winograd(m, k)) => [(m + k - 1) * MAX_ROWS * PANEL, (m + k - 1) * self.plane(), 0, 0],
        };
        let inner = self.inner.as_ref().map_or(0, |inner| span * inner.width);
        let mut total = 0;
        let mut place = |floats: usize| {
            total += floats.next_multiple_of(16);
            total - floats.next_multiple_of(16)
        };
        let [products, rows, steps, transformed, inner] = [products, rows, steps, transformed, inner].map(&mut place);
        Layout { products, rows, steps, transformed, inner, total }
    }
}
