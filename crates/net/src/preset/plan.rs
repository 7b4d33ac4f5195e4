//! The networks with a channel plan: m^n, m^n/s, mixed digits, frame level (reference: the paper, Tables 1 to 5).

use crate::architecture::{Architecture, Block, Head, InputNormalisation, Norm, Side, Stem, StemKind};

/// The number of channels of the stem, and the number of mel bands.
const STEM: usize = 128;

/// The FFT size of the paper's spectrograms, for every window (the paper, 5.3).
const FFT: usize = 729;

/// The digits for each sampling rate (the paper, Table 3): the stem, then nine blocks from the first to the last.
const MIXED: [(usize, [usize; 10]); 7] = [
    (2_000, [3, 3, 3, 3, 2, 2, 2, 2, 2, 2]),
    (4_000, [3, 3, 3, 3, 2, 2, 2, 4, 2, 2]),
    (8_000, [3, 3, 3, 3, 2, 2, 4, 4, 2, 2]),
    (12_000, [3, 3, 3, 3, 3, 2, 4, 4, 2, 2]),
    (16_000, [3, 3, 3, 3, 3, 3, 3, 5, 2, 2]),
    (20_000, [3, 3, 3, 3, 3, 3, 3, 3, 4, 2]),
    (22_050, [3, 3, 3, 3, 3, 3, 3, 3, 3, 3]),
];

/// The channel plan that a name selects.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Widths {
    /// 128, 128, 256 ..., 512, 512 (the paper, Table 1); raw and mel use the end of the plan.
    Paper,
    /// 128, 128, 256 ..., 512, counted from the first block (the 2017 paper's code).
    Position2017,
}

impl Widths {
    /// The widths of `n` blocks, counted from the first block.
    fn by_position(self, n: usize) -> Result<Vec<usize>, String> {
        match (self, n) {
            (_, 0) => Err("at least one module is needed".into()),
            (_, 33..) => Err(format!("{n} modules are more than a segment can have; at most 32")),
            (Widths::Position2017, 1..=2) => Err(format!("the 2017 plan starts at 3 modules, got {n}")),
            (Widths::Position2017, _) => Ok([vec![128, 128], vec![256; n - 3], vec![512]].concat()),
            // The paper has no network with fewer than four blocks; these are an extension for tests.
            (Widths::Paper, 1) => Ok(vec![512]),
            (Widths::Paper, 2) => Ok(vec![512, 512]),
            (Widths::Paper, 3) => Ok(vec![128, 512, 512]),
            (Widths::Paper, _) => Ok([vec![128, 128], vec![256; n - 4], vec![512, 512]].concat()),
        }
    }

    /// The widths of `n` blocks after a frame-level stem: the paper's network without its first blocks.
    fn by_top(self, n: usize) -> Result<Vec<usize>, String> {
        if self == Widths::Paper && (1..9).contains(&n) {
            Ok(self.by_position(9)?.split_off(9 - n))
        } else {
            self.by_position(n)
        }
    }
}

/// `m^n/stride`; `m^n` if `stride` is `m`.
pub(super) fn power(m: usize, n: usize, stride: usize, widths: Widths) -> Result<Architecture, String> {
    if m < 2 {
        return Err(format!("filters and pools have at least 2 samples, got {m}"));
    }
    let channels = widths.by_position(n)?;
    let input = segment(stride, m, n)?;
    let modules: Vec<_> = channels.into_iter().map(|width| (m, width)).collect();
    Ok(network(22_050, input, conv_stem(stride, stride), &modules))
}

/// The model for one sampling rate; `None` if the paper has no model for it.
pub(super) fn mixed_digits(rate: usize, widths: Widths) -> Option<Architecture> {
    let (rate, digits) = MIXED.iter().find(|(known, _)| *known == rate)?;
    let channels = widths.by_position(9).ok()?;
    let modules: Vec<_> = digits[1..].iter().copied().zip(channels).collect();
    Some(network(*rate as u32, digits.iter().product(), conv_stem(digits[0], digits[0]), &modules))
}

/// `n` blocks of 3 over frames of `window` samples every `hop` samples, on the waveform or on its mel spectrogram.
pub(super) fn frames(n: usize, window: usize, hop: usize, mel: bool, widths: Widths) -> Result<Architecture, String> {
    let channels = widths.by_top(n)?;
    let input = segment(hop, 3, n)?;
    let stem = if mel {
        Stem { kind: StemKind::Mel, fft: FFT.max(window), ..conv_stem(window, hop) }
    } else {
        // Without these zeros, a window longer than the hop gives too few frames for the pools; half of them go on each
        // side.
        let more = window.saturating_sub(hop);
        Stem { padding: [more / 2, more - more / 2], ..conv_stem(window, hop) }
    };
    let modules: Vec<_> = channels.into_iter().map(|width| (3, width)).collect();
    Ok(network(22_050, input, stem, &modules))
}

/// The number of samples of a segment that `n` pools of `m` over frames of `hop` samples reduce to length 1.
fn segment(hop: usize, m: usize, n: usize) -> Result<usize, String> {
    if hop == 0 {
        return Err("the stem's stride (hop) must be at least 1, got 0".into());
    }
    let frames = u32::try_from(n).ok().and_then(|n| m.checked_pow(n));
    frames
        .and_then(|frames| frames.checked_mul(hop))
        .ok_or_else(|| format!("a segment of {hop} x {m}^{n} samples is longer than memory"))
}

/// A stem without padding.
pub(super) fn conv_stem(kernel: usize, stride: usize) -> Stem {
    Stem::conv(kernel, stride, STEM)
}

/// A stem, plain blocks of (filter and pool, width), and the convolutional head of width 512.
pub(super) fn network(rate: u32, input: usize, stem: Stem, modules: &[(usize, usize)]) -> Architecture {
    Architecture {
        sampling_rate: rate,
        input_length: input,
        input_normalisation: InputNormalisation::None,
        stem: Some(stem),
        same: Side::Right,
        norm: Norm::default(),
        blocks: modules.iter().map(|&(digit, channels)| Block::module(digit, channels)).collect(),
        head: Head::conv(1, 512),
    }
}
