//! Rules that merge tags with the same meaning: `male vocal = male voice = man`.

use std::collections::HashMap;
use std::path::Path;

use error::{Code, Error, Result};

use super::text::{entries, read_text};
use super::{broken, Selection};

/// Which tag replaces which.
#[derive(Debug, Default)]
pub struct MergeRules {
    /// The tag that stays, by every tag of its rule.
    kept: HashMap<String, String>,
    /// All tags of the rules, in order.
    pub(super) named: Vec<String>,
}

impl MergeRules {
    /// The rules of the options and of the file that they name.
    ///
    /// # Errors
    /// Those of [`MergeRules::of_option`].
    pub(super) fn read(selection: &Selection) -> Result<Self> {
        Self::of_option("mergeTags", &selection.merge_tags, selection.merge_file.as_deref())
    }

    /// The `rules` of the option `option`, and those of `file`, one per line.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] or, for the file, [`Code::Dataset`] with its line, for a rule of fewer than two tags and
    /// for a tag that occurs twice; [`Code::FileNotFound`].
    pub fn of_option(option: &str, rules: &[String], file: Option<&Path>) -> Result<Self> {
        let mut read = Self::default();
        for rule in rules {
            read.add(rule)
                .map_err(|why| Error::new(Code::InvalidOption, format!("{option}: {why}, received \"{rule}\"")))?;
        }
        if let Some(file) = file {
            read.add_file(file)?;
        }
        Ok(read)
    }

    /// Every tag of the rules in their order, each with the tag that stays.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.named.iter().map(|tag| (tag.as_str(), self.of(tag)))
    }

    fn add_file(&mut self, file: &Path) -> Result<()> {
        for (line, rule) in entries(&read_text(file)?) {
            self.add(rule).map_err(|why| broken(file, format!("line {line}: {why}, received \"{rule}\"")))?;
        }
        Ok(())
    }

    fn add(&mut self, rule: &str) -> Result<(), String> {
        let tags: Vec<&str> = rule.split('=').map(str::trim).collect();
        let [first, _, ..] = tags.as_slice() else {
            return Err("a rule needs at least two tags, such as man = male voice".to_owned());
        };
        if tags.contains(&"") {
            return Err("a rule has a tag on each side of =, such as man = male voice".to_owned());
        }
        for tag in &tags {
            if self.kept.insert((*tag).to_owned(), (*first).to_owned()).is_some() {
                return Err(format!("the tag {tag} occurs twice in the rules: write one rule for all its spellings"));
            }
            self.named.push((*tag).to_owned());
        }
        Ok(())
    }

    /// The tag that stays in place of `tag`.
    pub(super) fn of<'a>(&'a self, tag: &'a str) -> &'a str {
        self.kept.get(tag).map_or(tag, String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(texts: &[&str]) -> Result<MergeRules> {
        let merge_tags = texts.iter().map(|&text| text.to_owned()).collect();
        MergeRules::read(&Selection { merge_tags, ..Selection::default() })
    }

    #[test]
    fn the_first_tag_of_a_rule_stays() {
        let rules = rules(&["male vocal = male voice=man", "beat = beats"]).unwrap();
        for (tag, kept) in [("man", "male vocal"), ("male vocal", "male vocal"), ("beats", "beat"), ("rock", "rock")] {
            assert_eq!(rules.of(tag), kept);
        }
    }

    #[test]
    fn rules_that_say_nothing_or_two_things_are_refused() {
        for (wrong, why) in [
            (vec!["man"], "at least two tags"),
            (vec!["man ="], "each side of ="),
            (vec!["a = b", "c = b"], "the tag b occurs twice"),
            (vec!["a = a"], "occurs twice"),
        ] {
            let refused = rules(&wrong).unwrap_err();
            assert!(refused.code == Code::InvalidOption && refused.message.contains(why), "{refused}");
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rules.txt");
        std::fs::write(&file, "# voices\nman = male\r\n\nwoman\n").unwrap();
        let refused =
            MergeRules::read(&Selection { merge_file: Some(file.clone()), ..Selection::default() }).unwrap_err();
        assert_eq!(refused.code, Code::Dataset);
        assert!(refused.message.contains("rules.txt: line 4") && refused.message.contains("woman"), "{refused}");
    }
}
