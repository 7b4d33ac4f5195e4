//! The place of a clip in the list that names it.

use std::path::Path;
use std::sync::Arc;

use error::{shown, Code, Error};

use super::file_names::suffix;

/// A line of a list. For lists that are not texts, such as NumPy arrays, the number of the entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The list.
    pub file: Arc<Path>,
    /// Number of the line, from 1.
    pub line: u64,
}

impl Place {
    /// An error about this line. Control characters in names that `message` quotes are escaped.
    pub(super) fn broken(&self, message: &str) -> Error {
        Error::new(Code::Dataset, shown(&format!("{self}: {message}"))).with_file(&self.file)
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unit =
            if matches!(suffix(&self.file).as_str(), "cp" | "pkl" | "pickle" | "npy") { "entry" } else { "line" };
        write!(f, "{}: {unit} {}", self.file.display(), self.line)
    }
}
