//! Distortions of audio, for experiments on robustness: what a listener still understands, and a network perhaps not.
//!
//! Every distortion has a strength in its own unit. It changes the samples of one clip, mono at the sampling rate of
//! the model, and depends on nothing else than samples, strength, seed and the name of the clip.

mod gain;
mod low_pass;
mod mp3;
mod noise;
mod pitch;
mod stretch;

use error::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use mp3::Encoder;

/// A kind of distortion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Distortion {
    /// White noise is added; the strength is the signal-to-noise ratio in dB.
    Noise,
    /// The level is changed by the strength in dB; samples beyond full scale are clipped.
    Gain,
    /// The pitch is shifted by the strength in semitones; the duration stays.
    Pitch,
    /// The duration is multiplied by the strength; the pitch stays.
    Stretch,
    /// The clip is encoded as MP3 and decoded again; the strength is the bit rate in kbit/s.
    Mp3,
    /// Frequencies above the strength in Hz are removed.
    LowPass,
}

/// A clip after a distortion.
#[derive(Clone, Debug, PartialEq)]
pub struct Distorted {
    /// The samples, mono at the sampling rate of the input.
    pub samples: Vec<f32>,
    /// The number of samples that were clipped at full scale; `None` for a distortion that does not clip.
    pub clipped: Option<usize>,
}

impl Distortion {
    /// Every distortion.
    pub const ALL: [Self; 6] = [Self::Noise, Self::Gain, Self::Pitch, Self::Stretch, Self::Mp3, Self::LowPass];

    /// The name in specs, and the name of its axis.
    pub fn name(self) -> &'static str {
        match self {
            Distortion::Noise => "noise",
            Distortion::Gain => "gain",
            Distortion::Pitch => "pitch",
            Distortion::Stretch => "stretch",
            Distortion::Mp3 => "mp3",
            Distortion::LowPass => "low-pass",
        }
    }

    /// The name of the strength for people.
    pub fn label(self) -> &'static str {
        match self {
            Distortion::Noise => "white noise, signal-to-noise ratio",
            Distortion::Gain => "gain",
            Distortion::Pitch => "pitch shift",
            Distortion::Stretch => "time stretch, factor of the duration",
            Distortion::Mp3 => "MP3, bit rate",
            Distortion::LowPass => "low-pass, cutoff frequency",
        }
    }

    /// The unit of the strength; `None` for a factor.
    pub fn unit(self) -> Option<&'static str> {
        match self {
            Distortion::Noise | Distortion::Gain => Some("dB"),
            Distortion::Pitch => Some("semitones"),
            Distortion::Stretch => None,
            Distortion::Mp3 => Some("kbit/s"),
            Distortion::LowPass => Some("Hz"),
        }
    }

    /// Refuses a strength that the distortion cannot have.
    ///
    /// # Errors
    /// What was expected, and the value received.
    pub fn check(self, strength: f64) -> Result<(), String> {
        let (low, high) = match self {
            Distortion::Noise => (-60.0, 120.0),
            Distortion::Gain => (-120.0, 60.0),
            Distortion::Pitch => (-24.0, 24.0),
            Distortion::Stretch => (0.25, 4.0),
            Distortion::Mp3 => return mp3::check(strength),
            Distortion::LowPass => (20.0, f64::from(limits::HIGHEST_SAMPLING_RATE)),
        };
        if (low..=high).contains(&strength) {
            return Ok(());
        }
        let unit = self.unit().map_or_else(String::new, |unit| format!(" {unit}"));
        Err(format!("{}: the strength must be from {low} to {high}{unit}, received {strength}", self.name()))
    }

    /// Distorts `samples`, the clip `name` at `rate` Hz. `seed` determines what is random. `encoder` is the program for
    /// [`Distortion::Mp3`].
    ///
    /// # Errors
    /// [`error::Code::Io`] if a program or a temporary file fails; those of decoding.
    pub fn apply(
        self,
        strength: f64,
        name: &str,
        samples: Vec<f32>,
        rate: u32,
        seed: u64,
        encoder: Option<&Encoder>,
    ) -> Result<Distorted> {
        let only = |samples: Vec<f32>| Distorted { samples, clipped: None };
        Ok(match self {
            Distortion::Noise => only(noise::add(samples, strength, name, seed)),
            Distortion::Gain => {
                let (samples, clipped) = gain::amplify(samples, strength);
                Distorted { samples, clipped: Some(clipped) }
            }
            Distortion::Pitch => only(pitch::shift(&samples, strength, rate)?),
            Distortion::Stretch => only(stretch::stretch(&samples, strength, rate)?),
            Distortion::Mp3 => only(mp3::encode_and_decode(&samples, strength, rate, encoder)?),
            Distortion::LowPass => only(low_pass::filter(samples, strength, rate)?),
        })
    }
}

#[cfg(test)]
mod tests;
