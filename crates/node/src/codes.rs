//! The lists of codes from which `src/codes.ts` is generated.

use error::{Code, WarningCode};
use napi_derive::napi;

/// A code and its meaning.
#[napi(object)]
pub struct CodeEntry {
    /// The code, such as `ERR_DECODE`.
    pub code: String,
    /// The meaning in one line.
    pub meaning: String,
}

/// Every error code.
#[napi]
pub fn error_codes() -> Vec<CodeEntry> {
    Code::ALL.iter().map(|code| entry(code.as_str(), code.meaning())).collect()
}

/// Every warning code.
#[napi]
pub fn warning_codes() -> Vec<CodeEntry> {
    WarningCode::ALL.iter().map(|code| entry(code.as_str(), code.meaning())).collect()
}

fn entry(code: &str, meaning: &str) -> CodeEntry {
    CodeEntry { code: code.into(), meaning: meaning.trim().into() }
}
