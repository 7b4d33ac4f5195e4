//! What a change does to a segment.

use super::biquad::Biquad;
use super::delay::add_echo;
use super::draws::Draws;
use super::noise::add_noise;

/// What a change does to a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Turns the sign of every sample.
    Polarity,
    /// Multiplies by a gain in dB. Samples are not limited to -1..1.
    Gain,
    /// Adds white Gaussian noise, at a signal-to-noise ratio in dB. Silence stays silence.
    Noise,
    /// Removes low frequencies: a second-order Butterworth filter with a cut-off frequency in Hz.
    HighPass,
    /// Removes high frequencies, in the same way.
    LowPass,
    /// Adds an echo of half the amplitude after a delay in milliseconds, and halves the sum.
    Delay,
    /// Mixes the segment, and its targets, with another segment of the batch. The share of the segment is drawn from
    /// Beta(alpha, alpha).
    Mixup,
}

/// Name, default range and widest range of the value of an effect.
pub(super) struct Facts {
    pub(super) name: &'static str,
    /// What the value is, in words; empty if the effect has none.
    pub(super) value: &'static str,
    pub(super) default: (f64, f64),
    pub(super) widest: (f64, f64),
}

impl Effect {
    /// Every effect.
    pub const ALL: [Effect; 7] = [
        Effect::Polarity,
        Effect::Gain,
        Effect::Noise,
        Effect::HighPass,
        Effect::LowPass,
        Effect::Delay,
        Effect::Mixup,
    ];

    /// Default ranges as in CLMR (protocols.md 3), alpha of mixup as in PANNs.
    pub(super) fn facts(self) -> Facts {
        let (name, value, default, widest) = match self {
            Effect::Polarity => ("polarity", "", (0.0, 0.0), (0.0, 0.0)),
            Effect::Gain => ("gain", "a gain in dB", (-20.0, -1.0), (-60.0, 24.0)),
            Effect::Noise => ("noise", "a signal-to-noise ratio in dB", (40.0, 80.0), (-20.0, 120.0)),
            Effect::HighPass => ("high-pass", "a frequency in Hz", (200.0, 1200.0), (1.0, 96_000.0)),
            Effect::LowPass => ("low-pass", "a frequency in Hz", (2200.0, 4000.0), (1.0, 96_000.0)),
            Effect::Delay => ("delay", "a delay in milliseconds", (200.0, 450.0), (1.0, 10_000.0)),
            Effect::Mixup => ("mixup", "the alpha of Beta(alpha, alpha)", (1.0, 1.0), (0.05, 4.0)),
        };
        Facts { name, value, default, widest }
    }

    /// The name in options and files.
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// Whether the value is the cut-off frequency of a filter.
    pub(super) fn is_filter(self) -> bool {
        matches!(self, Effect::HighPass | Effect::LowPass)
    }

    /// Changes `segment` at `rate` Hz in place; further random numbers come from `draws`. Mixup needs a second segment
    /// and does nothing here.
    pub(super) fn apply(self, value: f64, rate: u32, draws: &mut Draws, segment: &mut [f32]) {
        match self {
            Effect::Polarity => segment.iter_mut().for_each(|sample| *sample = -*sample),
            Effect::Gain => {
                let factor = 10f64.powf(value / 20.0) as f32;
                segment.iter_mut().for_each(|sample| *sample *= factor);
            }
            Effect::Noise => add_noise(value, draws, segment),
            Effect::HighPass => Biquad::high_pass(value, f64::from(rate)).filter(segment),
            Effect::LowPass => Biquad::low_pass(value, f64::from(rate)).filter(segment),
            Effect::Delay => add_echo((value * f64::from(rate) / 1000.0).round() as usize, segment),
            Effect::Mixup => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::{Philox, Purpose};

    use super::*;

    #[test]
    fn gain_and_polarity_multiply() {
        let mut draws = Draws::new(Philox::new(0, Purpose::Augment, 0), 0);
        let mut segment = [0.5, -0.25];
        Effect::Gain.apply(-20.0, 8000, &mut draws, &mut segment);
        assert_eq!(segment, [0.05, -0.025]);
        Effect::Polarity.apply(0.0, 8000, &mut draws, &mut segment);
        assert_eq!(segment, [-0.05, 0.025]);
        Effect::Delay.apply(0.125, 8000, &mut draws, &mut segment);
        assert_eq!(segment, [-0.025, 0.0]);
    }
}
