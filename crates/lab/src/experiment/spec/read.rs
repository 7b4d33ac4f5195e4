//! Reads the declaration of an experiment.

use std::path::Path;

use error::{shown, shown_path, Code, Error, Result};
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

/// The message of serde for an unknown name, with the name that was probably meant.
pub(crate) fn with_suggestion(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = message.starts_with("unknown field") || message.starts_with("unknown variant");
    let meant = quoted.next().filter(|_| unknown).and_then(|word| nearest(word, quoted));
    match meant {
        Some(meant) => format!("{message}; did you mean \"{meant}\"?"),
        None => message.to_owned(),
    }
}

/// The name that is most similar to `word`, if any is similar enough.
pub(crate) fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |name: &str| strsim::damerau_levenshtein(&word.to_lowercase(), &name.to_lowercase());
    let (steps, name) = names.into_iter().map(|name| (distance(name), name)).min_by_key(|(steps, _)| *steps)?;
    (steps <= (word.len() / 3).max(1)).then_some(name)
}

/// What to do about the unknown name `word`: the name that was probably meant, or all `names`, after `list`.
pub(crate) fn advice(word: &str, names: &[&str], list: &str) -> String {
    match nearest(word, names.iter().copied()) {
        Some(meant) => format!("did you mean \"{meant}\"?"),
        None => format!("{list} {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_comes_with_the_nearest_known_one() {
        let message = "unknown field `axs`, expected one of `format`, `axes`, `columns` at line 3 column 8";
        assert!(with_suggestion(message).ends_with("at line 3 column 8; did you mean \"axes\"?"));
        assert!(!with_suggestion("unknown field `zzzzzz`, expected `format`").contains("mean"));
    }
}
