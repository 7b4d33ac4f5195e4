//! The first layer.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::defaults::{is_default, is_yes, yes};

/// The first layer: a strided convolution with norm and ReLU but no pool, or a mel spectrogram.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stem {
    /// Convolution or spectrogram. Default: `conv`.
    #[serde(default, skip_serializing_if = "is_default")]
    #[ts(optional, inline, as = "Option<_>")]
    pub kind: StemKind,
    /// Filter length in samples; the window length of a spectrogram.
    pub kernel: usize,
    /// Hop in samples.
    pub stride: usize,
    /// Filters, or mel bands.
    pub channels: usize,
    /// Zeros before and after the segment. Default: none.
    #[serde(default)]
    #[ts(optional, type = "[left: number, right: number]")]
    pub padding: [usize; 2],
    /// Whether the convolution has a bias. Default: true.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    #[ts(optional, as = "Option<_>")]
    pub bias: bool,
    /// FFT size of a spectrogram, at least `kernel`; 0 for a convolution.
    #[serde(default, skip_serializing_if = "is_default")]
    #[ts(optional, as = "Option<_>")]
    pub fft: usize,
}

/// The kind of first layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum StemKind {
    /// Strided convolution -> norm -> ReLU.
    #[default]
    Conv,
    /// log(1 + 10 |mel|) of a centred STFT, standardised with the mean and standard deviation of the training set
    /// (statistics `stem.mel.mean`, `stem.mel.deviation`); it has no parameters.
    Mel,
}

impl Stem {
    /// A strided convolution with a bias and without padding.
    pub fn conv(kernel: usize, stride: usize, channels: usize) -> Self {
        Self { kind: StemKind::Conv, kernel, stride, channels, padding: [0, 0], bias: true, fft: 0 }
    }

    /// The output length for `input` samples; 0 if the input is too short.
    pub fn output_length(&self, input: usize) -> usize {
        match self.kind {
            StemKind::Mel => input / self.stride.max(1),
            StemKind::Conv => {
                let padded = input + self.padding[0] + self.padding[1];
                if padded < self.kernel {
                    0
                } else {
                    (padded - self.kernel) / self.stride.max(1) + 1
                }
            }
        }
    }
}
