//! The normalisation of the waveform.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The constant mu of the signed logarithm: 255, as in the mu-law companding of ITU-T G.711.
pub const SIGNED_LOG_MU: f64 = 255.0;

/// The normalisation of a waveform: a function of each sample x, which is in -1..1.
///
/// The papers feed the waveform as it is (SampleCNN, section 5.3). Their latest code (tae-jun/sampleaudio) standardises
/// it with one mean and one deviation of the dataset. The signed logarithm is ours, for comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum InputNormalisation {
    /// x, as decoded.
    #[default]
    None,
    /// (x - mean) / deviation, with one mean and one standard deviation of all samples of the training set (statistics
    /// `input.mean`, `input.deviation`).
    Standardise,
    /// sign(x) ln(1 + mu |x|) / ln(1 + mu) with mu = [`SIGNED_LOG_MU`], which is in -1..1 and has no parameters.
    SignedLog,
}

impl InputNormalisation {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::None, Self::Standardise, Self::SignedLog];

    /// The name in JSON and, after `+`, in the name of a preset.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Standardise => "standardise",
            Self::SignedLog => "signed-log",
        }
    }
}
