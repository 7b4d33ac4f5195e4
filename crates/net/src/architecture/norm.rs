//! Batch normalisation.

use limits::PRESET_NORM_MOMENTUM;
use serde::{Deserialize, Serialize};

/// Batch normalisation after every convolution.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Norm {
    /// Batch normalisation, or none.
    pub kind: NormKind,
    /// Added to the variance.
    pub eps: f64,
    /// Weight of the NEW batch in the running statistics.
    pub momentum: f64,
}

/// Whether layers are normalised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NormKind {
    /// By the batch in training, by running statistics in evaluation.
    Batch,
    /// Not at all.
    None,
}

impl Default for Norm {
    fn default() -> Self {
        Self { kind: NormKind::Batch, eps: 1e-5, momentum: PRESET_NORM_MOMENTUM }
    }
}
