//! JSON files.

use std::path::Path;

use error::{Code, Error, Result};
use serde::Serialize;

use crate::atomic::write_atomic;

/// Writes `value` as indented JSON with a line feed at its end, atomically.
///
/// # Errors
/// [`Code::Output`]; [`Code::Internal`] for a value that JSON cannot represent.
pub fn write_json(path: impl AsRef<Path>, value: &impl Serialize) -> Result<()> {
    let mut text = serde_json::to_vec_pretty(value).map_err(|reason| Error::new(Code::Internal, reason.to_string()))?;
    text.push(b'\n');
    write_atomic(path, &text)
}
