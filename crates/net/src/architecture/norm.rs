//! Batch normalisation.

use limits::PRESET_NORM_MOMENTUM;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Batch normalisation after every convolution.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Norm {
    /// `batch` for batch normalisation, `none` for no normalisation. Default: `batch`.
    #[ts(optional, inline, as = "Option<_>")]
    pub kind: NormKind,
    /// Constant added to the variance. Default: 1e-5.
    #[ts(optional, as = "Option<_>")]
    pub eps: f64,
    /// Weight of the new batch in the running statistics. Default: 0.01.
    #[ts(optional, as = "Option<_>")]
    pub momentum: f64,
}

/// The kind of normalisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum NormKind {
    /// With the statistics of the batch in training, with the running statistics in evaluation.
    Batch,
    /// No normalisation.
    None,
}

impl Default for Norm {
    fn default() -> Self {
        Self { kind: NormKind::Batch, eps: 1e-5, momentum: PRESET_NORM_MOMENTUM }
    }
}
