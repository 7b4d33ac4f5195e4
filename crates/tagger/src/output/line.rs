//! A JSON value as one line.

use error::{Code, Error, Result};
use serde::Serialize;

/// `value` as a line, including its line feed.
pub fn line(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value).map_err(|reason| Error::new(Code::Internal, reason.to_string()))?;
    line.push(b'\n');
    Ok(line)
}
