//! Reads the declaration of an experiment.

use std::path::Path;

use error::{shown, shown_path, Code, Error, Result};
use net::{nearest, with_suggestion};
use serde_json::Value;

use super::{Spec, FORMAT};

impl Spec {
    /// Reads `text`, the content of `file`.
    ///
    /// # Errors
    /// [`Code::InvalidOption`], which names the file, the key and its place, and the key that was probably meant.
    pub fn parse(text: &str, file: &Path) -> Result<Self> {
        let refuse = |why: String| {
            let message = format!("{}: {why}", shown_path(file));
            Error::new(Code::InvalidOption, shown(&message)).with_file(file)
        };
        let value: Value = serde_json::from_str(text).map_err(|reason| refuse(format!("it is not JSON: {reason}")))?;
        match value.get("format").and_then(Value::as_u64) {
            Some(format) if format == u64::from(FORMAT) => (),
            Some(format) => return Err(refuse(format!("format {format}, this version reads format {FORMAT}"))),
            None => return Err(refuse(format!("\"format\": {FORMAT} is missing"))),
        }
        let spec: Spec = serde_json::from_str(text).map_err(|reason| refuse(with_suggestion(&reason.to_string())))?;
        spec.check().map_err(refuse)?;
        Ok(spec)
    }
}

/// What to do about the unknown name `word`: the name that was probably meant, or all `names`, after `list`.
pub(crate) fn advice(word: &str, names: &[&str], list: &str) -> String {
    match nearest(word, names.iter().copied()) {
        Some(meant) => format!("did you mean \"{meant}\"?"),
        None => format!("{list} {}", names.join(", ")),
    }
}
