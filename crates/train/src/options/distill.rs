//! The options of making soft targets from the scores of a teacher.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Options of [`crate::distill`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DistillOptions {
    /// The scores of the teacher: the JSON lines that `tag` writes with `all`, with or without `timeline`.
    pub scores: PathBuf,
    /// The manifest to write, whose name ends in `.jsonl`. The targets of segments go into a folder beside it.
    pub out: PathBuf,
    /// A manifest whose splits the clips get. Default: none, the training draws the split.
    #[serde(default)]
    pub splits: Option<PathBuf>,
    /// Whether to replace existing files. Default: false.
    #[serde(default)]
    pub force: bool,
}
