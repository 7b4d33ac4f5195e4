//! Suggestions for misspelt names.

/// The message of serde for an unknown field or variant, with the name that was probably meant.
pub fn with_suggestion(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = message.starts_with("unknown field") || message.starts_with("unknown variant");
    let advice = quoted.next().filter(|_| unknown).map(|word| did_you_mean(word, quoted));
    format!("{message}{}", advice.unwrap_or_default())
}

/// The end of a message: a question with the name that is most similar to `word`; empty if none is similar enough.
pub fn did_you_mean<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, names).map_or_else(String::new, |meant| format!("; did you mean {meant:?}?"))
}

/// The name that is most similar to `word`, if any is similar enough.
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |name: &str| strsim::damerau_levenshtein(&word.to_lowercase(), &name.to_lowercase());
    let (steps, name) = names.into_iter().map(|name| (distance(name), name)).min_by_key(|(steps, _)| *steps)?;
    (steps <= (word.len() / 3).max(1)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_comes_with_the_nearest_known_one() {
        let message = "unknown field `axs`, expected one of `format`, `axes`, `columns` at line 3 column 8";
        assert!(with_suggestion(message).ends_with("at line 3 column 8; did you mean \"axes\"?"));
        assert!(!with_suggestion("unknown field `zzzzzz`, expected `format`").contains("mean"));
        assert!(!with_suggestion("missing field `format`").contains("mean"));
    }
}
