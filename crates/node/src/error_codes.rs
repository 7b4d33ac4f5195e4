//! The list of error codes, from which the TypeScript union `ErrorCode` is generated.

use error::Code;
use napi_derive::napi;

/// A code and what it means.
#[napi(object)]
pub struct ErrorCodeEntry {
    /// Such as `ERR_DECODE`.
    pub code: String,
    /// One line.
    pub meaning: String,
}

/// Every error code.
#[napi]
pub fn error_codes() -> Vec<ErrorCodeEntry> {
    Code::ALL
        .iter()
        .map(|code| ErrorCodeEntry { code: code.as_str().into(), meaning: code.meaning().trim().into() })
        .collect()
}
