//! What is selected of a dataset: its tags, the groups that stay in one part, and the fold for the test.

use std::path::PathBuf;

use error::Result;
use options::dataset_properties as properties;
use serde::{Deserialize, Serialize};

use super::text::{entries, read_text};

/// Selects tags and parts of a dataset of any kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Selection {
    /// A file that lists the tags, in the order of the outputs: one per line, a JSON list, or a NumPy array of texts.
    /// Other tags are left out. Default: all tags, in the order of the dataset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag_list: Option<PathBuf>,
    /// The tags, in the order of the outputs, instead of a file: those of a model. Tags that no clip has are left out.
    /// It is not an option of users. Default: none.
    #[serde(skip)]
    pub tags: Option<Vec<String>>,
    /// Keep only this many tags, those with the most clips. Default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_tags: Option<usize>,
    /// Keep only tags of at least this many clips. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_positives: Option<usize>,
    /// Rules such as `male vocal = male voice = man`: the tags of a rule become its first one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub merge_tags: Vec<String>,
    /// A file with one such rule per line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merge_file: Option<PathBuf>,
    /// `artist`, `album` or a column of the list: clips with the same value are in the same part. All parts are drawn
    /// by the seed. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The number of the fold that is the test part; the next fold is the validation part, the others are the training
    /// part. Default: 1 for datasets with folds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fold: Option<usize>,
}

/// A selection of everything.
pub(super) static NOTHING: Selection = Selection {
    tag_list: None,
    tags: None,
    top_tags: None,
    min_positives: None,
    merge_tags: Vec::new(),
    merge_file: None,
    group: None,
    fold: None,
};

impl Selection {
    /// The names of the properties in JSON.
    pub(super) const KEYS: [&'static str; 7] =
        ["tagList", "topTags", "minPositives", "mergeTags", "mergeFile", "group", "fold"];

    /// Refuses values out of bounds.
    ///
    /// # Errors
    /// [`error::Code::InvalidOption`], naming the option and the value received.
    pub(super) fn validate(&self) -> Result<()> {
        properties::TOP_TAGS.check(self.top_tags)?;
        properties::MIN_POSITIVES.check(self.min_positives)?;
        properties::FOLD.check(self.fold)
    }

    /// Whether the number of tags can change, so that all tags of the source are needed to count them.
    pub(super) fn chooses_tags(&self) -> bool {
        self.tag_list.is_some() || self.tags.is_some() || self.top_tags.is_some() || self.min_positives.is_some()
    }

    /// The rules that merge tags, those of the file included.
    ///
    /// # Errors
    /// Those of reading the file.
    pub(crate) fn merge_rules(&self) -> Result<Vec<String>> {
        let mut rules = self.merge_tags.clone();
        if let Some(file) = &self.merge_file {
            rules.extend(entries(&read_text(file)?).map(|(_, rule)| rule.to_owned()));
        }
        Ok(rules)
    }

    /// Whether the tags differ from those of the dataset.
    pub(crate) fn changes_tags(&self) -> bool {
        self.chooses_tags() || !self.merge_tags.is_empty() || self.merge_file.is_some()
    }
}
