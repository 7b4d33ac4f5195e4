//! The options of a dataset: its kind and location.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Which clips of MagnaTagATune belong to the split (protocols.md 1.1). In every case the folders decide the part: 0 to
/// b train, c valid, d to f test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MtatSplit {
    /// Clips of at least [`limits::MTAT_SHORTEST_SECONDS`] with any of the 50 tags: the 15,244 / 1,529 / 4,332 clips of
    /// the papers.
    #[default]
    Kaist,
    /// Clips with any of the 50 tags, of any length.
    Tagged,
    /// All clips, also those without any of the 50 tags. Results of this split must not be compared with those of the
    /// others.
    Pons,
}

impl MtatSplit {
    /// `kaist`, `tagged` or `pons`, as in options.
    pub fn as_str(self) -> &'static str {
        match self {
            MtatSplit::Kaist => "kaist",
            MtatSplit::Tagged => "tagged",
            MtatSplit::Pons => "pons",
        }
    }
}

/// The location and layout of a dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum DatasetOptions {
    /// A list of files. The suffix decides the format: CSV with the columns `path,tags,split` (tags joined by `|`), or
    /// JSONL with the same keys, where `tags` is a list, or an object of weights in 0..1 (soft targets); with the key
    /// `targets`, an array file `[segments, tags]` of weights, `tags` names its columns. Paths are relative to the manifest; `split` is train, valid or
    /// test; an empty split is drawn. Multi-label unless the task is set.
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// The mean weight from which a soft target counts as a tag of the clip: in metrics, counts and thresholds, not
        /// in the loss. In 0..1; default: [`POSITIVE_FROM`](super::POSITIVE_FROM).
        #[serde(default, rename = "positiveFrom", skip_serializing_if = "Option::is_none")]
        positive_from: Option<f64>,
    },
    /// One folder per class, searched recursively. The class folders may be inside a folder for each part: `train`,
    /// `valid` and `test` in any usual spelling. Single-label unless the task is set.
    Folders {
        /// The folder that holds the class folders.
        root: PathBuf,
    },
    /// MagnaTagATune: `annotations_final.csv` and the folders `0` to `f`, which decide the split. Tags in order B.
    /// Multi-label.
    Mtat {
        /// The folder that holds `annotations_final.csv`.
        root: PathBuf,
        /// Which clips belong to the split. Default: `kaist`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        split: Option<MtatSplit>,
    },
    /// GTZAN: ten genre folders, in `root` or up to three folders below it, and the fault-filtered lists
    /// `{train,valid,test}_filtered.txt` beside them or in `lists`; without lists the split is drawn. Single-label.
    Gtzan {
        /// The folder that holds the genre folders, or the outermost folder of an unpacked archive.
        root: PathBuf,
        /// The folder that holds the lists.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lists: Option<PathBuf>,
    },
}

impl DatasetOptions {
    /// `manifest`, `folders`, `mtat` or `gtzan`.
    pub fn kind(&self) -> &'static str {
        match self {
            DatasetOptions::Manifest { .. } => "manifest",
            DatasetOptions::Folders { .. } => "folders",
            DatasetOptions::Mtat { .. } => "mtat",
            DatasetOptions::Gtzan { .. } => "gtzan",
        }
    }

    /// The path of the manifest or the root folder.
    pub fn location(&self) -> &Path {
        match self {
            DatasetOptions::Manifest { path, .. } => path,
            DatasetOptions::Folders { root }
            | DatasetOptions::Mtat { root, .. }
            | DatasetOptions::Gtzan { root, .. } => root,
        }
    }

    /// The mean weight from which a soft target counts as a tag of the clip.
    pub(super) fn positive_from(&self) -> f64 {
        match self {
            DatasetOptions::Manifest { positive_from: Some(limit), .. } => *limit,
            _ => super::POSITIVE_FROM,
        }
    }

    /// A manifest with the usual limits.
    pub fn manifest(path: impl Into<PathBuf>) -> Self {
        DatasetOptions::Manifest { path: path.into(), positive_from: None }
    }

    /// The folder to which the names of the clips are relative.
    pub(super) fn folder(&self) -> &Path {
        match self {
            DatasetOptions::Manifest { path, .. } => path.parent().unwrap_or(Path::new("")),
            _ => self.location(),
        }
    }

    /// The same options with absolute paths.
    #[must_use]
    pub fn absolute(&self) -> Self {
        let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
        match self {
            DatasetOptions::Manifest { path, positive_from } => {
                DatasetOptions::Manifest { path: absolute(path), positive_from: *positive_from }
            }
            DatasetOptions::Folders { root } => DatasetOptions::Folders { root: absolute(root) },
            DatasetOptions::Mtat { root, split } => DatasetOptions::Mtat { root: absolute(root), split: *split },
            DatasetOptions::Gtzan { root, lists } => {
                DatasetOptions::Gtzan { root: absolute(root), lists: lists.as_ref().map(absolute) }
            }
        }
    }
}
