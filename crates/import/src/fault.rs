//! The errors of files that are read.

use error::{Code, Error};

/// The error for a damaged, hostile or unexpected file. `why` continues a sentence whose subject is the file.
pub fn fault(why: impl Into<String>) -> Error {
    Error::new(Code::ModelFormat, why)
}
