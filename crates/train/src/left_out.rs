//! How much of a dataset could not be used.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::dataset::PartCounts;

/// How much of a dataset could not be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LeftOut {
    /// Number of clips in the dataset that are left out because their files are missing or cannot be decoded.
    pub clips: PartCounts,
    /// Number of clips that are used although parts of them are damaged.
    pub damaged_clips: PartCounts,
    /// Number of packets of these clips that could not be decoded and were skipped.
    pub damaged_packets: u64,
}
