//! Files of a run whose field `format` tells the version of their format.

use std::path::Path;

use error::{Code, Error, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads the JSON file at `path`, whose format is at most `newest`. `what` it is and the `remedy` for a file that is
/// something else are parts of the error message.
///
/// # Errors
/// [`Code::FileNotFound`], [`Code::Io`]; [`Code::CheckpointMismatch`] if it cannot be understood;
/// [`Code::ModelVersion`] for a file of a newer version.
pub(super) fn read_versioned<T: DeserializeOwned>(path: &Path, newest: u32, what: &str, remedy: &str) -> Result<T> {
    let bytes = std::fs::read(path).map_err(|reason| Error::input(path, Code::CheckpointMismatch, &reason))?;
    let broken = |reason: serde_json::Error| {
        let message = format!("{}: not {what}: {reason}; {remedy}", path.display());
        Error::new(Code::CheckpointMismatch, message).with_file(path)
    };
    let value: Value = serde_json::from_slice(&bytes).map_err(broken)?;
    let format = value.get("format").and_then(Value::as_u64).unwrap_or(0);
    if format > u64::from(newest) {
        let message =
            format!("{}: format {format}, this version reads up to {newest}: update samplecnn", path.display());
        return Err(Error::new(Code::ModelVersion, message).with_file(path));
    }
    serde_json::from_value(value).map_err(broken)
}
