//! Presets: names for the networks of the papers and of the public repositories that implement them.

mod grammar;
mod plan;
mod published;
mod squeeze;

use error::{shown, Code, Error, Result};

use crate::architecture::Architecture;

/// Examples of preset names for users, each with a description. Every name is valid.
pub const EXAMPLES: &[(&str, &str)] = &[
    ("3^9", "the paper's SampleCNN: filters and pools of 3, 9 modules, 59,049 samples"),
    ("2^13", "the same with filters and pools of 2, 13 modules, 16,384 samples"),
    ("3^7/27", "m^n/s: a stem whose filter and stride are 27 samples"),
    ("3^7@8000", "@R sets the sampling rate of any preset"),
    ("3^9+standardise", "+standardise and +signed-log normalise the waveform of any preset but mel"),
    ("rate:8000", "the mixed-digit model of one rate: 2000, 4000, 8000, 12000, 16000, 20000 or 22050"),
    ("raw:5,729,243", "raw:n,window,hop: a frame-level network on the waveform"),
    ("mel:5,729,243", "mel:n,window,hop: a network on the mel spectrogram"),
    ("2017:3^9", "the channel plan of the 2017 paper; valid with m^n, m^n/s, rate, raw and mel"),
    ("basic", "the SE paper's frame without excitation; also se, res1, res2, rese1, rese2"),
    ("rese2-multi", "-multi: the head sees the last three blocks"),
    ("se-small", "-small: excitation of 1/8 instead of 16 times the width"),
    ("minzwon", "SampleCNN of minzwon/sota-music-tagging-models, 16 kHz"),
    ("minzwon-se", "its SampleCNNSE: eleven residual blocks with excitation"),
    ("clmr", "the encoder of CLMR with a linear head"),
    ("kyungyunlee", "kyungyunlee/sampleCNN-pytorch"),
    ("msd", "jongpillee/musicTagging_MSD, trained on the Million Song Dataset"),
    ("leenet11", "LeeNet11 of PANNs, 32 kHz, any length"),
    ("leenet24", "LeeNet24 of PANNs, 32 kHz, any length"),
];

impl Architecture {
    /// Creates the network of the preset `name`: `m^n`, `m^n/s`, `rate:R`, `raw:n,window,hop`, `mel:n,window,hop`;
    /// `basic`, `se`, `res1`, `res2`, `rese1`, `rese2`, each with `-multi` and `-small`; `minzwon`, `minzwon-se`,
    /// `clmr`, `kyungyunlee`, `msd`, `leenet11`, `leenet24`. The prefix `2017:` selects the widths of the 2017 paper,
    /// the suffix `@R` sets the sampling rate in Hz, the suffixes `+standardise` and `+signed-log` set the
    /// normalisation of the waveform.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for an unknown name (with the nearest known name), or for numbers that give no valid
    /// network.
    pub fn preset(name: &str) -> Result<Self> {
        let architecture = grammar::parse(name.trim())?;
        architecture.validate().map_err(|reason| {
            Error::new(Code::InvalidOption, format!("preset \"{}\" is not a valid network: {reason}", shown(name)))
        })?;
        Ok(architecture)
    }
}
