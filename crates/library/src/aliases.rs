//! Alias rules, such as `hip hop = rap = hip-hop`, for tags in any spelling.

use std::collections::HashMap;

use error::{shown, Code, Error, Result};
use train::dataset::{folded, MergeRules};

use crate::options::LibraryOptions;

/// Which tag stands for which, independent of the spelling.
#[derive(Debug, Default)]
pub(crate) struct Aliases {
    /// The tag that stays, by the folded form of every tag of its rule.
    kept: HashMap<String, String>,
}

impl Aliases {
    /// The rules of the options and of the file that they name. The grammar is that of `mergeTags`.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] or, for the file, [`Code::Dataset`] with its line, for a rule of fewer than two tags and
    /// for a tag that occurs twice; [`Code::InvalidOption`] for two rules with the same tag in different spellings and
    /// for a tag without letters and digits; [`Code::FileNotFound`].
    pub(crate) fn read(options: &LibraryOptions) -> Result<Self> {
        let rules = MergeRules::of_option("aliases", &options.aliases, options.aliases_file.as_deref())?;
        let mut kept: HashMap<String, String> = HashMap::new();
        for (tag, name) in rules.pairs() {
            let key = folded(tag);
            if key.is_empty() {
                return Err(wrong(format!("aliases: a tag needs letters, digits or other signs, received \"{tag}\"")));
            }
            if let Some(other) = kept.insert(key, name.to_owned()).filter(|other| other != name) {
                return Err(wrong(format!(
                    "aliases: \"{tag}\" belongs to two rules, that of \"{other}\" and that of \"{name}\" (case, spaces \
                     and hyphens do not distinguish tags): write one rule for all its spellings"
                )));
            }
        }
        Ok(Self { kept })
    }

    /// The tag that stays in place of a tag with this folded form, if a rule names it.
    pub(crate) fn of(&self, key: &str) -> Option<&str> {
        self.kept.get(key).map(String::as_str)
    }
}

fn wrong(message: String) -> Error {
    Error::new(Code::InvalidOption, shown(&message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aliases(rules: &[&str]) -> Result<Aliases> {
        let aliases = rules.iter().map(|&rule| rule.to_owned()).collect();
        Aliases::read(&LibraryOptions { aliases, ..LibraryOptions::default() })
    }

    #[test]
    fn a_rule_holds_for_every_spelling() {
        let aliases = aliases(&["Hip Hop = hip-hop = Rap", "Drum & Bass = DnB"]).unwrap();
        for (tag, kept) in [("RAP", Some("Hip Hop")), ("hiphop", Some("Hip Hop")), ("d n b", Some("Drum & Bass"))] {
            assert_eq!(aliases.of(&folded(tag)), kept, "{tag}");
        }
        assert_eq!(aliases.of("rock"), None);
    }

    #[test]
    fn rules_that_contradict_each_other_are_refused() {
        for (rules, part) in [
            (vec!["Rock"], "at least two tags"),
            (vec!["Rock = rock 'n' roll", "Metal = ROCK"], "belongs to two rules"),
            (vec!["- = _"], "needs letters"),
        ] {
            let error = aliases(&rules).unwrap_err();
            assert!(error.code == Code::InvalidOption && error.message.contains(part), "{error}");
        }
    }

    #[test]
    fn a_rule_of_the_file_is_refused_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("aliases.txt");
        std::fs::write(&file, "# mine\nHip Hop = Rap\nRock\n").unwrap();
        let options = LibraryOptions { aliases_file: Some(file), ..LibraryOptions::default() };
        let error = Aliases::read(&options).unwrap_err();
        assert!(error.code == Code::Dataset && error.message.contains("aliases.txt: line 3"), "{error}");
    }
}
