//! In which numbers a plan multiplies, and the weights of a layer packed for it.

use crate::cpu::infer::conv::Activation;
use crate::cpu::infer::fold::Folded;
use crate::cpu::infer::geometry::Geometry;
use crate::cpu::infer::scheme::Scheme;
use crate::cpu::kernels::integer::panels::IntegerPanels;
use crate::cpu::kernels::integer::{Integer, Kernel};
use crate::cpu::kernels::panels::Panels;
use crate::cpu::kernels::simd::PANEL;
use crate::cpu::kernels::winograd::transforms;
use crate::options::Precision;

/// Largest transformed activation of `fixed14`, in steps: 14 bits with the sign.
pub(crate) const FIXED_TOP: f32 = 8191.0;
/// Largest activation of `int8`, in steps.
pub(crate) const BYTE_TOP: f32 = 255.0;
/// Largest weight of `int8`, in steps.
const WEIGHT_TOP: f64 = 127.0;

/// The precision of a plan and the integer kernels for it.
#[derive(Clone, Copy)]
pub(crate) struct Arithmetic {
    pub(crate) precision: Precision,
    pub(crate) integer: Integer,
}

/// Weights of a layer.
pub(crate) enum Weights {
    Floats(Panels),
    /// A plane for each Winograd point, in pairs.
    Fixed14(IntegerPanels, Integer),
    Int8(Bytes),
}

/// 8-bit weights: in words of four where an instruction takes them, else as pairs of 16-bit numbers.
pub(crate) struct Bytes {
    pub(crate) panels: IntegerPanels,
    pub(crate) kernel: Kernel,
    /// Most rows of a call of the kernel.
    pub(crate) rows: usize,
    /// Activations in a word.
    pub(crate) parts: usize,
}

impl Arithmetic {
    /// Whether a layer is computed in 8 bits: a convolution with several inputs, none of them negative. Dense layers, the first layer
    /// and what follows a spectrogram stay in f32, as does a layer whose sums could overflow.
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
    pub(crate) fn pack(&self, scheme: Scheme, folded: &Folded, width: usize, int8: bool) -> Weights {
        match scheme {
            Scheme::Winograd(m, k) if self.precision == Precision::Fixed14 => {
                let weight = transforms(m, k).weight;
                // The sum of the sizes, times the largest activation, must fit 31 bits with every weight rounded up.
                let limit = f64::from(i32::MAX) / f64::from(FIXED_TOP) - width as f64;
                let panels = IntegerPanels::pack(
                    2,
                    [m + k - 1, width, folded.output()],
                    |largest, sum| (sum / limit).max(largest / f64::from(i16::MAX)),
                    |point, input, output| (0..k).map(|tap| weight[point][tap] * folded.at(output, input, tap)).sum(),
                );
                Weights::Fixed14(panels, self.integer)
            }
            Scheme::Direct if int8 => {
                let (kernel, parts) = match self.integer.quads {
                    Some((quads, _)) => (quads, 4),
                    None => (self.integer.pairs, 2),
                };
                let panels = IntegerPanels::pack(
                    parts,
                    [1, folded.kernel * width, folded.output()],
                    |largest, _| largest / WEIGHT_TOP,
                    |_, row, output| folded.at(output, row % width, row / width),
                );
                Weights::Int8(Bytes { panels, kernel, rows: self.integer.rows, parts })
            }
            _ => Weights::Floats(scheme.pack(folded, width)),
        }
    }
}

impl Weights {
    /// How many panels there are.
    pub(crate) fn count(&self) -> usize {
        match self {
            Weights::Floats(panels) => panels.count(),
            Weights::Fixed14(panels, _) => panels.count(),
            Weights::Int8(bytes) => bytes.panels.count(),
        }
    }
}
