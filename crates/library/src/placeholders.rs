//! Texts that stand in the place of a tag but are none.

use std::collections::HashSet;

use train::dataset::folded;

/// What programs write for "no tag", in folded form.
const PLACEHOLDERS: [&str; 22] = [
    "other",
    "others",
    "unknown",
    "unknowngenre",
    "none",
    "nogenre",
    "genre",
    "mood",
    "misc",
    "miscellaneous",
    "various",
    "undefined",
    "default",
    "unclassifiable",
    "unclassified",
    "notset",
    "nan",
    "null",
    "n/a",
    "na",
    "nil",
    "?",
];

/// The longest tag, in characters. A longer text is a sentence.
pub(crate) const LONGEST: usize = 60;

/// The texts that are no tags.
#[derive(Debug)]
pub(crate) struct Placeholders {
    /// The texts of the options, in folded form.
    named: HashSet<String>,
}

impl Placeholders {
    /// The usual placeholders and `further` ones.
    pub(crate) fn new(further: &[String]) -> Self {
        Self { named: further.iter().map(|text| folded(text)).collect() }
    }

    /// Whether `text`, whose folded form is `key`, is no tag: a placeholder, a number, punctuation, or a sentence.
    pub(crate) fn has(&self, text: &str, key: &str) -> bool {
        let number = !key.is_empty() && key.chars().all(|c| c.is_numeric() || matches!(c, '.' | ',' | '(' | ')'));
        let punctuation = !key.chars().any(char::is_alphanumeric);
        is_usual(key) || self.named.contains(key) || number || punctuation || text.chars().count() > LONGEST
    }
}

/// Whether the folded text `key` is a usual placeholder, perhaps in brackets.
pub(crate) fn is_usual(key: &str) -> bool {
    PLACEHOLDERS.contains(&key.trim_matches(|c| matches!(c, '(' | ')' | '[' | ']' | '<' | '>' | '"' | '.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_tag_is_known_in_every_spelling() {
        let placeholders = Placeholders::new(&["My Favourites".into()]);
        let has = |text: &str| placeholders.has(text, &folded(text));
        for text in
            ["Other", "UNKNOWN", "(none)", "N/A", "unknown genre", "<unknown>", "1999", "12.5", "--", "my favourites"]
        {
            assert!(has(text), "{text}");
        }
        assert!(has(&"a long sentence ".repeat(5)));
        for text in ["Rock", "80s", "2-step", "rating 5", "Nu Metal", "R&B", "その他", "Another"] {
            assert!(!has(text), "{text}");
        }
    }
}
