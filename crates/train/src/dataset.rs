//! What is trained on: clips, their tags, and which part each belongs to.

mod assemble;
mod file_names;
mod folders;
mod gtzan;
mod joined_tags;
mod length;
mod manifest;
mod mtat;
mod options;
mod part;
mod split;
mod tag_findings;
mod text;

use std::path::{Path, PathBuf};

use error::{Code, Error, Result};
use net::Task;

use crate::event::Warning;

pub use joined_tags::{join_tags, split_tags};
pub use options::{DatasetOptions, MtatSplit};
pub use part::{Part, PartCounts};
pub use split::SplitRules;
pub(crate) use tag_findings::folded;

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
    /// By which rules they came about.
    pub rules: SplitRules,
    /// How the tags relate to each other.
    pub task: Task,
    /// Tag names, in the order of the outputs.
    pub tags: Vec<String>,
    /// Every clip, in the order of the source.
    pub clips: Vec<Clip>,
    /// Seconds of each clip that are used, from its start; `None`: all.
    pub clip_seconds: Option<f64>,
    /// Clips of fewer seconds do not belong to the split.
    pub shortest_seconds: Option<f64>,
    /// A seed that gives every part a clip, where the one that drew the split does not.
    pub other_seed: Option<u64>,
    /// What is odd but does not hinder.
    pub warnings: Vec<Warning>,
}

impl Dataset {
    /// Reads the lists of a dataset; audio files are not opened. `task` overrides the kind's own; `seed` draws a split that is
    /// missing.
    ///
    /// # Errors
    /// [`Code::FileNotFound`] for a missing list or folder; [`Code::Dataset`] for a row that cannot be understood (with its line),
    /// folders that could be classes or parts, a file that is listed twice or in two parts, a clip without its one tag, or no clips
    /// at all.
    pub fn load(options: &DatasetOptions, task: Option<Task>, seed: u64) -> Result<Self> {
        Self::load_by(options, task, seed, SplitRules::default())
    }

    /// As [`Dataset::load`], by the rules of an older run.
    ///
    /// # Errors
    /// As [`Dataset::load`].
    pub fn load_by(options: &DatasetOptions, task: Option<Task>, seed: u64, rules: SplitRules) -> Result<Self> {
        let location = options.location();
        if let Err(reason) = std::fs::metadata(location) {
            return Err(Error::input(location, Code::Dataset, &reason));
        }
        let source = match options {
            DatasetOptions::Manifest { path } => manifest::read(path)?,
            DatasetOptions::Folders { root } => folders::read(root)?,
            DatasetOptions::Mtat { root, split } => {
                let usual = if rules == SplitRules::Shuffled { MtatSplit::Tagged } else { MtatSplit::default() };
                mtat::read(root, split.unwrap_or(usual))?
            }
            DatasetOptions::Gtzan { root, lists } => gtzan::read(root, lists.as_deref())?,
        };
        assemble::assemble(options, source, task, seed, rules)
    }

    /// Clips of one part.
    pub fn part(&self, part: Part) -> impl Iterator<Item = &Clip> {
        self.clips.iter().filter(move |clip| clip.part == part)
    }
}

/// What a reader found, before tags are numbered and splits drawn.
struct RawDataset {
    rows: Vec<RawClip>,
    task: Task,
    /// The order of the tags where it is fixed; else code points.
    tags: Option<Vec<String>>,
    split: String,
    clip_seconds: Option<f64>,
    shortest_seconds: Option<f64>,
    warnings: Vec<Warning>,
}

impl RawDataset {
    /// Nothing yet, of a kind with this task whose parts are described by `split`.
    fn new(task: Task, split: String) -> Self {
        let (rows, warnings) = (Vec::new(), Vec::new());
        Self { rows, task, tags: None, split, clip_seconds: None, shortest_seconds: None, warnings }
    }
}

/// One file, as a reader found it.
struct RawClip {
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
