//! The JSON in the metadata of a model file.
//!
//! A later version may add fields. Those that change nothing of what this version computes keep the number of the
//! format; this version ignores them and names them in [`super::Model::unknown`]. Everything else needs a new number,
//! which this version refuses. In the architecture, which describes the computation, an unknown field is always
//! refused.

use std::borrow::Cow;

use error::{Code, Error, Result};
use serde::{Deserialize, Serialize};

use super::calibration::Calibration;
use super::card::Card;
use super::damaged;
use super::unknown_fields::unknown_fields;
use crate::architecture::Architecture;
use crate::Task;

/// The oldest format: F32 tensors. It is written where it is enough, so that older versions read the file.
pub(super) const OLDEST: u64 = 1;
/// The newest format that this version reads and writes: tensors may be F16, and a card may have an output rule.
pub(super) const NEWEST: u64 = 2;

/// The JSON value of the metadata key.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metadata<'a> {
    pub(super) format: u64,
    pub(super) architecture: Cow<'a, Architecture>,
    pub(super) tags: Cow<'a, [String]>,
    pub(super) task: Task,
    pub(super) sampling_rate: u32,
    #[serde(default)]
    pub(super) licence: Cow<'a, Option<String>>,
    #[serde(default)]
    pub(super) training: Cow<'a, serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) thresholds: Cow<'a, Option<Vec<Option<f32>>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) calibration: Cow<'a, Option<Calibration>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) card: Cow<'a, Option<Card>>,
    /// The SHA-256 of the tensors' bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) hash: Option<String>,
}

/// Parses the metadata; also returns the fields that this version does not know. The format number is read before all
/// fields that a newer version may have changed.
pub(super) fn read_metadata(text: &str) -> Result<(Metadata<'static>, Vec<String>)> {
    let json: serde_json::Value =
        serde_json::from_str(text).map_err(|why| damaged(format!("its metadata is not JSON: {why}")))?;
    match json.get("format").and_then(serde_json::Value::as_u64) {
        Some(OLDEST..=NEWEST) => {}
        Some(newer) if newer > NEWEST => {
            return Err(Error::new(
                Code::ModelVersion,
                format!(
                    "was written by a newer samplecnn (format {newer}, this version reads up to {NEWEST}): update \
                     samplecnn"
                ),
            ));
        }
        _ => return Err(damaged("its metadata has no valid \"format\"")),
    }
    let metadata = Metadata::deserialize(&json).map_err(|why| {
        let why = why.to_string();
        match why.starts_with("unknown field") || why.starts_with("unknown variant") {
            true => {
                let message = format!("was written by a newer samplecnn ({why}): update samplecnn");
                Error::new(Code::ModelVersion, message)
            }
            false => damaged(format!("its metadata is not valid: {why}")),
        }
    })?;
    let mut unknown = unknown_fields(&json, &metadata);
    // All fields of the architecture are known; those that have their default are not written.
    unknown.retain(|place| !place.starts_with("architecture."));
    Ok((metadata, unknown))
}
