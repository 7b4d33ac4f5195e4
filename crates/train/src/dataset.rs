//! Datasets: clips, their tags, and the part that each clip belongs to.

mod assemble;
mod file_names;
mod folders;
mod gtzan;
mod joined_tags;
mod length;
mod line_tags;
mod manifest;
mod mtat;
mod options;
mod part;
mod soft_targets;
mod split;
mod tag_findings;
mod text;

use std::path::{Path, PathBuf};

use error::{shown, Code, Error, Result};
use net::Task;

use crate::event::Warning;
use soft_targets::RawSoftTargets;

pub use joined_tags::{join_tags, split_tags};
pub(crate) use manifest::listed_splits;
pub use options::{DatasetOptions, MtatSplit};
pub use part::{Part, PartCounts};
pub use soft_targets::SoftTargets;
pub use split::SplitRules;
pub(crate) use tag_findings::folded;

/// The mean weight from which a soft target counts as a tag of the clip, if the manifest's options do not say another.
pub const POSITIVE_FROM: f64 = 0.5;

/// One audio file of a dataset.
#[derive(Clone, Debug, PartialEq)]
pub struct Clip {
    /// The name in the dataset: the path relative to the root or the manifest. Unique.
    pub name: String,
    /// The path of the file, absolute.
    pub path: PathBuf,
    /// Indices into [`Dataset::tags`], ascending; exactly one when single-label. Of a clip with soft targets: the tags
    /// whose mean weight is at least [`POSITIVE_FROM`], or the limit of the manifest; when single-label the tag with the
    /// largest one.
    pub tags: Vec<u32>,
    /// The weights of the tags, if they are soft: the targets of training, and of the loss.
    pub soft: Option<SoftTargets>,
    /// The part that the clip belongs to.
    pub part: Part,
}

/// Clips, tags and split.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// `manifest`, `folders`, `mtat` or `gtzan`.
    pub kind: &'static str,
    /// How the clips were assigned to parts, for reports. Results with different values must not be compared.
    pub split: String,
    /// The rules by which the clips were assigned to parts.
    pub rules: SplitRules,
    /// Whether the tags exclude each other.
    pub task: Task,
    /// Tag names, in the order of the outputs.
    pub tags: Vec<String>,
    /// Every clip, in the order of the source.
    pub clips: Vec<Clip>,
    /// Seconds of each clip that are used, from its start; `None`: all.
    pub clip_seconds: Option<f64>,
    /// Clips shorter than this many seconds do not belong to the split; `None`: no limit.
    pub shortest_seconds: Option<f64>,
    /// If the seed of a drawn split left a part empty: another seed that gives every part at least one clip.
    pub other_seed: Option<u64>,
    /// Problems that do not prevent the use of the dataset.
    pub warnings: Vec<Warning>,
}

impl Dataset {
    /// Reads the lists of a dataset; audio files are not opened. `task` overrides the default task of the dataset kind.
    /// `seed` draws a split if the dataset has none.
    ///
    /// # Errors
    /// [`Code::FileNotFound`] for a missing list or folder; [`Code::Dataset`] for a row that cannot be understood (with
    /// its line number), for weights of soft targets outside 0..1, for folders that could be either classes or parts, for a file that is listed twice or in two
    /// parts, for a single-label clip that does not have exactly one tag, and if there are no clips at all.
    pub fn load(options: &DatasetOptions, task: Option<Task>, seed: u64) -> Result<Self> {
        Self::load_by(options, task, seed, SplitRules::default())
    }

    /// Like [`Dataset::load`], by the split rules of an older run.
    ///
    /// # Errors
    /// As [`Dataset::load`].
    pub fn load_by(options: &DatasetOptions, task: Option<Task>, seed: u64, rules: SplitRules) -> Result<Self> {
        let location = options.location();
        if let Err(reason) = std::fs::metadata(location) {
            return Err(Error::input(location, Code::Dataset, &reason));
        }
        let source = match options {
            DatasetOptions::Manifest { path, positive_from } => {
                if let Some(limit) = positive_from.filter(|limit| !(*limit > 0.0 && *limit <= 1.0)) {
                    let message = format!("positiveFrom must be a number above 0 to 1, received {limit}");
                    return Err(Error::new(Code::InvalidOption, message));
                }
                manifest::read(path)?
            }
            DatasetOptions::Folders { root } => folders::read(root)?,
            DatasetOptions::Mtat { root, split } => {
                let usual = if rules == SplitRules::Shuffled { MtatSplit::Tagged } else { MtatSplit::default() };
                mtat::read(root, split.unwrap_or(usual))?
            }
            DatasetOptions::Gtzan { root, lists } => gtzan::read(root, lists.as_deref())?,
        };
        assemble::assemble(options, source, task, seed, rules)
    }

    /// The clips of one part.
    pub fn part(&self, part: Part) -> impl Iterator<Item = &Clip> {
        self.clips.iter().filter(move |clip| clip.part == part)
    }
}

/// The result of a reader, before tags are numbered and missing splits are drawn.
struct RawDataset {
    rows: Vec<RawClip>,
    task: Task,
    /// The order of the tags if the dataset defines one; otherwise tags are sorted by code points.
    tags: Option<Vec<String>>,
    split: String,
    clip_seconds: Option<f64>,
    shortest_seconds: Option<f64>,
    warnings: Vec<Warning>,
}

impl RawDataset {
    /// An empty source for a kind with this task, whose split is described by `split`.
    fn new(task: Task, split: String) -> Self {
        let (rows, warnings) = (Vec::new(), Vec::new());
        Self { rows, task, tags: None, split, clip_seconds: None, shortest_seconds: None, warnings }
    }
}

/// One audio file as a reader found it.
struct RawClip {
    name: String,
    path: PathBuf,
    /// Of a row with soft targets: the names of the weights.
    tags: Vec<String>,
    soft: Option<RawSoftTargets>,
    part: Option<Part>,
    /// Line number in the list, from 1.
    line: Option<u64>,
}

/// An error about the dataset at `file`. Control characters in names that `message` quotes are escaped.
fn broken(file: &Path, message: impl std::fmt::Display) -> Error {
    Error::new(Code::Dataset, shown(&format!("{}: {message}", file.display()))).with_file(file)
}
