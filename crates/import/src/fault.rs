//! What is wrong with a file that is to be read.

use error::{Code, Error};

/// The file is damaged, hostile, or not what it seems: `why` goes on where "the file" began.
pub fn fault(why: impl Into<String>) -> Error {
    Error::new(Code::ModelFormat, why)
}
