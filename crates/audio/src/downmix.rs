//! Chooses how the channels of a file become one, from the levels of the channels.

/// How a file's channels become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Downmix {
    /// Their mean.
    #[default]
    Mean,
    /// The loudest channel, by its index from 0: in the mean the channels would cancel each other.
    Loudest(usize),
}

impl Downmix {
    /// The text in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Downmix::Mean => "mean",
            Downmix::Loudest(_) => "loudest channel",
        }
    }
}

/// No recording exceeds this level, +20 dB above full scale: the samples are damaged, or in another format than stated.
const PLAUSIBLE: f32 = 10.0;
/// The channels cancel each other if the energy of their mean is below this share of the energy that uncorrelated
/// channels would give. For two channels, this means that their difference is 13 dB above their mean, over the whole
/// clip.
const LEFT: f64 = 0.1;

/// Levels of the audio decoded so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Levels {
    /// Energy of each channel.
    channels: Vec<f64>,
    /// Energy of the mean.
    mean: f64,
    /// Energy that the mean would have if the channels were uncorrelated.
    unrelated: f64,
    /// Peak of all channels, for sample formats in which implausible levels are possible.
    peak: f32,
    /// Some samples were not finite numbers.
    not_finite: bool,
}

impl Levels {
    /// Adds the levels of one packet: those of each channel, and the energy of their mean.
    pub(crate) fn add(&mut self, channels: &[Level], mean: f64) {
        for level in channels {
            self.peak = self.peak.max(level.peak);
            self.not_finite |= !level.energy.is_finite();
        }
        let count = channels.len() as f64;
        let sum: f64 = channels.iter().map(|level| level.energy).sum();
        if !(sum.is_finite() && mean.is_finite()) {
            return;
        }
        self.channels.resize(self.channels.len().max(channels.len()), 0.0);
        for (total, level) in self.channels.iter_mut().zip(channels) {
            *total += level.energy;
        }
        self.mean += mean;
        self.unrelated += sum / (count * count);
    }

    /// The downmix to use instead of the mean, if the channels cancel each other in the mean.
    pub(crate) fn instead_of_mean(&self) -> Option<Downmix> {
        if self.mean >= LEFT * self.unrelated {
            return None;
        }
        let loudest = (0..self.channels.len()).rev().max_by(|&a, &b| self.channels[a].total_cmp(&self.channels[b]));
        loudest.map(Downmix::Loudest)
    }

    /// Why the samples are doubtful, if they exceed any plausible level.
    pub(crate) fn doubt(&self) -> Option<String> {
        if self.not_finite {
            return Some("some of its samples are not finite numbers".to_string());
        }
        let decibels = 20.0 * self.peak.log10();
        (self.peak > PLAUSIBLE).then(|| {
            format!(
                "its samples reach {:.0} times full scale (+{decibels:.0} dB), louder than any recording",
                self.peak
            )
        })
    }
}

/// Energy and peak of one channel of a packet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Level {
    /// Sum of the squares; not finite if a sample is not.
    pub(crate) energy: f64,
    /// Largest magnitude.
    pub(crate) peak: f32,
}

impl Level {
    /// The level of `samples`, which `convert` scales to full scale 1.
    pub(crate) fn of<S: Copy>(samples: &[S], convert: impl Fn(S) -> f32) -> Self {
        const LANES: usize = 8;
        let (mut energy, mut peak) = ([0.0_f32; LANES], [0.0_f32; LANES]);
        // The remainder is shorter than a block; the lanes after it stay unchanged.
        for part in samples.chunks(LANES) {
            for ((&sample, energy), peak) in part.iter().zip(&mut energy).zip(&mut peak) {
                let sample = convert(sample);
                *energy += sample * sample;
                *peak = peak.max(sample.abs());
            }
        }
        Self {
            energy: energy.iter().map(|&lane| f64::from(lane)).sum(),
            peak: peak.iter().fold(0.0, |peak, &lane| lane.max(peak)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Downmix, Level, Levels};

    fn levels(channels: &[&[f32]]) -> Levels {
        let mean: Vec<f32> = (0..channels[0].len())
            .map(|i| channels.iter().map(|channel| channel[i]).sum::<f32>() / channels.len() as f32)
            .collect();
        let mut levels = Levels::default();
        let each: Vec<_> = channels.iter().map(|channel| Level::of(channel, |s| s)).collect();
        levels.add(&each, Level::of(&mean, |s| s).energy);
        levels
    }

    /// Noise of its own for each `seed`.
    fn noise(seed: u32) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        };
        (0..5_000).map(|_| next()).collect()
    }

    fn scaled(samples: &[f32], factor: f32) -> Vec<f32> {
        samples.iter().map(|s| s * factor).collect()
    }

    #[test]
    fn ordinary_channels_keep_their_mean() {
        let (a, b, none) = (noise(1), noise(2), vec![0.0; 5_000]);
        for channels in [
            vec![&a[..]],
            vec![&a, &a],
            vec![&a, &b],
            vec![&a, &none],
            vec![&none, &none],
            vec![&none, &none, &none, &none, &none, &a, &none, &none],
            vec![&a, &scaled(&b, 0.01), &scaled(&a, -0.5)],
        ] {
            assert_eq!(levels(&channels).instead_of_mean(), None, "{} channels", channels.len());
        }
    }

    #[test]
    fn channels_that_cancel_give_the_loudest() {
        let (a, b) = (noise(1), noise(2));
        let (inverted, nearly) = (scaled(&a, -1.0), scaled(&a, -0.9));
        assert_eq!(levels(&[&a, &inverted]).instead_of_mean(), Some(Downmix::Loudest(0)));
        assert_eq!(levels(&[&nearly, &a]).instead_of_mean(), Some(Downmix::Loudest(1)));
        let noisy: Vec<_> = inverted.iter().zip(&b).map(|(s, n)| s + 0.1 * n).collect();
        assert!(levels(&[&a, &noisy]).instead_of_mean().is_some());
        assert_eq!(levels(&[&a, &inverted, &inverted, &a]).instead_of_mean(), Some(Downmix::Loudest(0)));
    }

    #[test]
    fn levels_beyond_any_recording_are_doubted() {
        assert_eq!(levels(&[&[0.5, -9.9]]).doubt(), None);
        assert!(levels(&[&[0.5, -41.0]]).doubt().is_some_and(|doubt| doubt.contains("41 times full scale (+32 dB)")));
        for odd in [f32::NAN, f32::INFINITY, 1e30] {
            assert!(levels(&[&[0.5, 0.1], &[odd, 0.0]]).doubt().is_some(), "{odd}");
        }
    }
}
