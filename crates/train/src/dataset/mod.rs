//! What is trained on: clips, their tags, and which part each belongs to.

mod assemble;
mod folders;
mod gtzan;
mod manifest;
mod mtat;
mod split;

use std::path::{Path, PathBuf};

use error::{Code, Error, Result};
use net::Task;
use serde::{Deserialize, Serialize};

/// What a clip is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The network learns from it.
    Train,
    /// Ends the stages and chooses the best weights and thresholds.
    Valid,
    /// Only the result is measured on it.
    Test,
}

impl Part {
    /// All parts, in order.
    pub const ALL: [Part; 3] = [Part::Train, Part::Valid, Part::Test];

    /// `train`, `valid` or `test`, as files and options write it.
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

/// Where a dataset is and how it is laid out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum DatasetOptions {
    /// A list of files. CSV with the columns `path,tags,split` (tags joined by `|`), or JSONL with the same keys and `tags` a
    /// list, by the suffix. Paths are relative to the file; `split` is train, valid or test, or empty to be drawn. Multi-label
    /// unless the task says otherwise.
    Manifest {
        /// The list.
        path: PathBuf,
    },
    /// One folder per class, searched recursively, or `train`, `valid` and `test` folders of such. Single-label unless the task
    /// says otherwise.
    Folders {
        /// The folder that holds the class folders.
        root: PathBuf,
    },
    /// MagnaTagATune: `annotations_final.csv` and the folders `0` to `f`. Split by folder, tags in order B, clips without one of
    /// the 50 tags left out (protocols.md 1.1, K). Multi-label.
    Mtat {
        /// The folder that holds `annotations_final.csv`.
        root: PathBuf,
    },
    /// GTZAN: ten genre folders (also inside `genres` or `genres_original`), and the fault-filtered lists
    /// `{train,valid,test}_filtered.txt` beside them or in `lists`; without lists the split is drawn. Single-label.
    Gtzan {
        /// The folder that holds the genre folders.
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

    /// The manifest, or the root folder.
    pub fn location(&self) -> &Path {
        match self {
            DatasetOptions::Manifest { path } => path,
            DatasetOptions::Folders { root } | DatasetOptions::Mtat { root } | DatasetOptions::Gtzan { root, .. } => {
                root
            }
        }
    }

    /// The same dataset with absolute paths.
    #[must_use]
    pub fn absolute(&self) -> Self {
        let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
        match self {
            DatasetOptions::Manifest { path } => DatasetOptions::Manifest { path: absolute(path) },
            DatasetOptions::Folders { root } => DatasetOptions::Folders { root: absolute(root) },
            DatasetOptions::Mtat { root } => DatasetOptions::Mtat { root: absolute(root) },
            DatasetOptions::Gtzan { root, lists } => {
                DatasetOptions::Gtzan { root: absolute(root), lists: lists.as_ref().map(absolute) }
            }
        }
    }
}

/// One audio file of a dataset.
#[derive(Clone, Debug, PartialEq)]
pub struct Clip {
    /// As the dataset names it: relative to the root or the manifest. Unique.
    pub name: String,
    /// Where the file is, absolute.
    pub path: PathBuf,
    /// Indices into [`Dataset::tags`], rising; exactly one when single-label.
    pub tags: Vec<u32>,
    /// What it is used for.
    pub part: Part,
}

/// Clips, tags and split.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// `manifest`, `folders`, `mtat` or `gtzan`.
    pub kind: &'static str,
    /// How the parts came about, for reports: results of two names must not share a table.
    pub split: String,
    /// How the tags relate to each other.
    pub task: Task,
    /// Tag names, in the order of the outputs.
    pub tags: Vec<String>,
    /// Every clip, in the order of the source.
    pub clips: Vec<Clip>,
    /// Seconds of each clip that are used, from its start; `None`: all.
    pub clip_seconds: Option<f64>,
    /// What is odd but does not hinder.
    pub warnings: Vec<String>,
}

impl Dataset {
    /// Reads the lists of a dataset; audio files are not opened. `task` overrides the kind's own; `seed` draws a split that is
    /// missing.
    ///
    /// # Errors
    /// [`Code::FileNotFound`] for a missing list or folder; [`Code::Dataset`] for a row that cannot be understood (with its line),
    /// a file that is listed twice or in two parts, a clip without its one tag, or no clips at all.
    pub fn load(options: &DatasetOptions, task: Option<Task>, seed: u64) -> Result<Self> {
        let location = options.location();
        if let Err(reason) = std::fs::metadata(location) {
            return Err(Error::input(location, Code::Dataset, &reason));
        }
        let source = match options {
            DatasetOptions::Manifest { path } => manifest::read(path)?,
            DatasetOptions::Folders { root } => folders::read(root)?,
            DatasetOptions::Mtat { root } => mtat::read(root)?,
            DatasetOptions::Gtzan { root, lists } => gtzan::read(root, lists.as_deref())?,
        };
        assemble::assemble(options, source, task, seed)
    }

    /// Clips of one part.
    pub fn part(&self, part: Part) -> impl Iterator<Item = &Clip> {
        self.clips.iter().filter(move |clip| clip.part == part)
    }
}

/// What a reader found, before tags are numbered and splits drawn.
struct Source {
    rows: Vec<Row>,
    task: Task,
    /// The order of the tags where it is fixed; else code points.
    tags: Option<Vec<String>>,
    split: String,
    clip_seconds: Option<f64>,
    warnings: Vec<String>,
}

/// One file, as a reader found it.
struct Row {
    name: String,
    path: PathBuf,
    tags: Vec<String>,
    part: Option<Part>,
    /// Line of the list, from 1.
    line: Option<u64>,
}

/// A failure of the dataset at `file`.
fn broken(file: &Path, message: impl std::fmt::Display) -> Error {
    Error::new(Code::Dataset, format!("{}: {message}", file.display())).with_file(file)
}
