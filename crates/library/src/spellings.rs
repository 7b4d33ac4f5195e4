//! Numbers for the texts of tags: every different text is stored once.

use std::collections::HashMap;

/// The texts that were found, as they are written.
#[derive(Debug, Default)]
pub(crate) struct Spellings {
    numbers: HashMap<String, u32>,
    texts: Vec<String>,
}

impl Spellings {
    /// The number of `text`.
    pub(crate) fn number(&mut self, text: String) -> u32 {
        if let Some(&number) = self.numbers.get(&text) {
            return number;
        }
        // A library has fewer songs and texts than u32 has numbers.
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.numbers.insert(text.clone(), number);
        self.texts.push(text);
        number
    }

    /// All texts; the positions are their numbers.
    pub(crate) fn texts(&self) -> &[String] {
        &self.texts
    }
}
