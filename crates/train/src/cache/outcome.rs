//! What became of a file that was decoded.

use std::path::{Path, PathBuf};

use error::Code;
use serde::{Deserialize, Serialize};

use super::hash::AudioHash;
use crate::event::Failure;

/// The result of decoding a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", untagged)]
pub(super) enum Outcome {
    /// It has samples.
    Ready(Ready),
    /// It cannot be used.
    Failed {
        /// The reason.
        error: Failure,
    },
}

/// The samples of a file, and the damage found in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Ready {
    /// Number of samples.
    pub(super) samples: u64,
    /// SHA-256 of the samples.
    pub(super) audio: AudioHash,
    /// [`audio::Decoded::settled`].
    pub(super) settled: u64,
    /// Packets that could not be decoded and were skipped.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) damaged_packets: u32,
    /// Other damage; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) damage: Option<String>,
}

impl Ready {
    /// Whether the file has no damage.
    pub(super) fn is_intact(&self) -> bool {
        self.damaged_packets == 0 && self.damage.is_none()
    }
}

/// A file that cannot be used or is damaged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BadFile {
    /// The file, absolute.
    #[serde(serialize_with = "readable")]
    pub file: PathBuf,
    /// The reason why the file cannot be used; absent if it is used in spite of damage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// Packets that could not be decoded and were skipped.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub damaged_packets: u32,
    /// Other damage, for example that the audio is shorter than its container states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub damage: Option<String>,
}

impl BadFile {
    /// Whether the reason is temporary: the file could not be read this time.
    pub fn passes(&self) -> bool {
        self.error.as_ref().is_some_and(|error| error.code == Code::Io.as_str())
    }
}

/// Writes a path as text; parts that are not Unicode are replaced.
fn readable<S: serde::Serializer>(path: &Path, to: S) -> std::result::Result<S::Ok, S::Error> {
    to.serialize_str(&path.to_string_lossy())
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}
