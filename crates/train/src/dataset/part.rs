//! The parts of a dataset, and the words for them in file names and lists.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A part of a dataset: the purpose of its clips.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The network is trained on it.
    Train,
    /// It decides when stages end, and chooses the best weights and the thresholds.
    Valid,
    /// It is used only to evaluate the result.
    Test,
}

impl Part {
    /// All parts, in order.
    pub const ALL: [Part; 3] = [Part::Train, Part::Valid, Part::Test];

    /// `train`, `valid` or `test`, as in files and options.
    pub fn as_str(self) -> &'static str {
        match self {
            Part::Train => "train",
            Part::Valid => "valid",
            Part::Test => "test",
        }
    }
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A number of clips, or of segments, in each part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PartCounts {
    /// In the training part.
    pub train: usize,
    /// In the validation part.
    pub valid: usize,
    /// In the test part.
    pub test: usize,
}

impl PartCounts {
    /// The count of `part`.
    pub fn of(&mut self, part: Part) -> &mut usize {
        match part {
            Part::Train => &mut self.train,
            Part::Valid => &mut self.valid,
            Part::Test => &mut self.test,
        }
    }
}

/// A word for a part. The meaning of two of the words depends on the other words of the dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PartWord {
    /// A word with one meaning.
    Is(Part),
    /// `dev`: the validation part if there is a training part; otherwise ambiguous.
    Dev,
    /// `eval`: the validation part if there is a test part, else the test part.
    Eval,
}

impl PartWord {
    /// Reads `Train`, `validation`, `test_set` and similar spellings; `None` for any other word.
    pub(super) fn read(text: &str) -> Option<Self> {
        let word: String =
            text.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).flat_map(char::to_lowercase).collect();
        let word = ["set", "split", "data"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(&word);
        match word {
            "train" | "training" => Some(PartWord::Is(Part::Train)),
            "valid" | "validation" | "validate" | "val" => Some(PartWord::Is(Part::Valid)),
            "test" | "testing" | "tests" => Some(PartWord::Is(Part::Test)),
            "dev" | "development" => Some(PartWord::Dev),
            "eval" | "evaluation" => Some(PartWord::Eval),
            _ => None,
        }
    }

    /// The meaning of the word in a dataset that uses the words `all`; `None` if it is ambiguous.
    pub(super) fn part(self, all: &[PartWord]) -> Option<Part> {
        let has = |part| all.contains(&PartWord::Is(part));
        match self {
            PartWord::Is(part) => Some(part),
            PartWord::Dev => has(Part::Train).then_some(Part::Valid),
            PartWord::Eval if !has(Part::Test) => Some(Part::Test),
            PartWord::Eval => (!has(Part::Valid) && !all.contains(&PartWord::Dev)).then_some(Part::Valid),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(words: &[&str]) -> Vec<Option<Part>> {
        let all: Vec<PartWord> = words.iter().map(|word| PartWord::read(word).unwrap()).collect();
        all.iter().map(|word| word.part(&all)).collect()
    }

    #[test]
    fn the_usual_spellings_are_known() {
        let (train, valid, test) = (Some(Part::Train), Some(Part::Valid), Some(Part::Test));
        for words in [
            ["train", "valid", "test"],
            ["Train", "Validation", "TEST"],
            ["training", "val", "testing"],
            ["train_set", "validation-set", "Test Set"],
            ["train", "dev", "test"],
            ["train", "dev", "eval"],
            ["train", "eval", "test"],
        ] {
            assert_eq!(parts(&words), [train, valid, test], "{words:?}");
        }
        for other in ["trains", "rock", "tset", "set", "", "traincar", "evil"] {
            assert_eq!(PartWord::read(other), None, "{other}");
        }
    }

    #[test]
    fn words_with_two_meanings_are_not_guessed() {
        assert_eq!(parts(&["dev", "eval"])[0], None, "ambiguous: development and evaluation, or validation and test");
        assert_eq!(parts(&["train", "valid", "eval", "test"])[2], None);
    }
}
