//! Batch normalisation.

use limits::PRESET_NORM_MOMENTUM;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Batch normalisation after every convolution.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Norm {
    /// By the batch, or not at all. Default: `batch`.
    #[ts(optional, inline, as = "Option<_>")]
    pub kind: NormKind,
    /// Added to the variance. Default: 1e-5.
    #[ts(optional, as = "Option<_>")]
    pub eps: f64,
    /// Weight of the new batch in the running statistics. Default: 0.01.
    #[ts(optional, as = "Option<_>")]
    pub momentum: f64,
}

/// Whether layers are normalised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
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
