//! The arithmetic precision of a plan, and the packed weights of a layer in that precision.

use engine_core::Precision;
use error::Result;

use crate::infer::conv::activation::Activation;
use crate::infer::conv::fold::Folded;
use crate::infer::conv::geometry::Geometry;
use crate::infer::conv::scheme::Scheme;
use crate::kernels::integer::panels::IntegerPanels;
use crate::kernels::integer::unit::UnitKernel;
use crate::kernels::integer::{Integer, Kernel};
use crate::kernels::panels::Panels;
use crate::kernels::simd::PANEL;
use crate::kernels::winograd::transforms;

/// The largest transformed activation of `fixed14`, in quantisation steps: 14 bits including the sign.
pub(crate) const FIXED_TOP: f32 = 8191.0;
/// The largest activation of `int8`, in quantisation steps.
pub(crate) const BYTE_TOP: f32 = 255.0;
/// The number of points of the Winograd tiles of `int8`.
pub(crate) const INT8_POINTS: usize = 4;
/// The offset added to transformed activations of `int8`, in quantisation steps. It is 0 at point 1, the only point
/// whose values are never negative.
pub(crate) const INT8_OFFSETS: [i32; INT8_POINTS] = [128, 0, 128, 128];
/// The largest weight of `int8`, in quantisation steps.
const WEIGHT_TOP: f64 = 127.0;

/// The arithmetic precision of a plan, and the integer kernels that it uses.
#[derive(Clone, Copy)]
pub(crate) struct Arithmetic {
    pub(crate) precision: Precision,
    pub(crate) integer: Integer,
}

/// The packed weights of a layer.
pub(crate) enum Weights {
    Floats(Panels),
    /// 16-bit weights in words of two, with one plane for each Winograd point.
    Fixed14(IntegerPanels, Integer),
    Int8(Bytes),
}

/// 8-bit weights: four to a word if the processor has an instruction for such words, otherwise two 16-bit numbers to a
/// word.
pub(crate) struct Bytes {
    /// One plane for each Winograd point, or a single plane for the direct form.
    pub(crate) panels: IntegerPanels,
    /// The initial values of the sums, `[panels][points][PANEL]`. They cancel the contribution of [`INT8_OFFSETS`].
    pub(crate) starts: Vec<i32>,
    pub(crate) kernel: Kernel,
    /// The kernel of whole units, if there is one.
    pub(crate) units: Option<UnitKernel>,
    /// The largest number of rows in a call of the kernel.
    pub(crate) rows: usize,
    /// The number of activations in a word.
    pub(crate) parts: usize,
}

impl Arithmetic {
    /// Whether a layer is computed in 8 bits. This is true of a convolution with several input channels that are never
    /// negative. Dense layers, the first layer and the layer after a spectrogram stay in f32, as does a layer whose
    /// sums could overflow.
    pub(crate) fn is_int8(
        &self,
        folded: &Folded,
        geometry: &Geometry,
        width: usize,
        nonnegative: bool,
        activation: Activation,
    ) -> bool {
        let dense = geometry.length == 1 && folded.kernel == 1;
        let largest_sum = folded.kernel as f64 * width as f64 * f64::from(BYTE_TOP) * WEIGHT_TOP;
        self.precision == Precision::Int8
            && nonnegative
            && !dense
            && width.is_multiple_of(PANEL)
            && activation != Activation::Sigmoid
            && largest_sum < f64::from(i32::MAX)
    }

    /// Packs the weights of a layer whose input has rows of `width` floats.
    pub(crate) fn pack(&self, scheme: Scheme, folded: &Folded, width: usize, int8: bool) -> Result<Weights> {
        Ok(match scheme {
            _ if int8 => Weights::Int8(self.bytes(scheme, folded, width)?),
            Scheme::Winograd(m, k) if self.precision == Precision::Fixed14 => {
                let weight = transforms(m, k).weight;
                // The sum of the absolute weights, each rounded up, times the largest activation must fit 31 bits.
                let limit = f64::from(i32::MAX) / f64::from(FIXED_TOP) - width as f64;
                let panels = IntegerPanels::pack(
                    2,
                    [m + k - 1, width, folded.output()],
                    |largest, sum| (sum / limit).max(largest / f64::from(i16::MAX)),
                    |point, input, output| (0..k).map(|tap| weight[point][tap] * folded.at(output, input, tap)).sum(),
                )?;
                Weights::Fixed14(panels, self.integer)
            }
            _ => Weights::Floats(scheme.pack(folded, width)?),
        })
    }

    /// Packs the weights of a layer in 8 bits; for tiles, the transformed weights of F(2, 3).
    fn bytes(&self, scheme: Scheme, folded: &Folded, width: usize) -> Result<Bytes> {
        let (kernel, parts) = match self.integer.quads {
            Some((quads, _)) => (quads, 4),
            None => (self.integer.pairs, 2),
        };
        let step = |largest: f64, _: f64| largest / WEIGHT_TOP;
        let (panels, offsets) = match scheme {
            Scheme::Direct => {
                let size = [1, folded.kernel * width, folded.output()];
                let value = |_, row, output| folded.at(output, row % width, row / width);
                (IntegerPanels::pack(parts, size, step, value)?, &[0][..])
            }
            Scheme::Winograd(..) => {
                let value = |point, input, output| {
                    let [a, b, c] = [0, 1, 2].map(|tap| folded.at(output, input, tap));
                    [a, (a + b + c) / 2.0, (a - b + c) / 2.0, c][point]
                };
                let size = [INT8_POINTS, width, folded.output()];
                (IntegerPanels::pack(parts, size, step, value)?, &INT8_OFFSETS[..])
            }
        };
        let mut starts = Vec::new();
        for panel in 0..panels.count() {
            for (point, offset) in offsets.iter().enumerate() {
                starts.extend(panels.sums(panel, point, parts).map(|sum| -offset * sum));
            }
        }
        Ok(Bytes { panels, starts, kernel, units: self.integer.units, rows: self.integer.rows, parts })
    }
}

impl Weights {
    /// The number of panels.
    pub(crate) fn count(&self) -> usize {
        match self {
            Weights::Floats(panels) => panels.count(),
            Weights::Fixed14(panels, _) => panels.count(),
            Weights::Int8(bytes) => bytes.panels.count(),
        }
    }
}
