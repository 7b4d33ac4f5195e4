//! Datasets: clips, their tags, and the part that each clip belongs to.

mod assemble;
mod choices;
mod esc50;
mod file_names;
mod fma;
mod fold;
mod folders;
mod group;
mod gtzan;
mod jamendo;
mod joined_tags;
mod length;
mod line_tags;
mod lists;
mod manifest;
mod merge_rules;
mod msd;
mod msd_files;
mod mtat;
mod mtat_lists;
mod options;
mod part;
mod place;
mod selection;
mod soft_targets;
mod split;
mod tag_findings;
mod tagtraum;
mod text;
mod vocabulary;

use std::path::{Path, PathBuf};

use error::{shown, Code, Error, Result};
use net::Task;

use crate::event::Warning;
use soft_targets::RawSoftTargets;

pub use choices::{EscSubset, FmaSubset, GtzanSplit, JamendoSubset, MtatSplit};
pub(crate) use group::groups_of_file;
pub use joined_tags::{join_tags, split_tags};
pub(crate) use manifest::listed_splits;
pub use manifest::{listed_clips, ListedClip, ListedClips};
pub use merge_rules::MergeRules;
pub use options::DatasetOptions;
pub use part::{Part, PartCounts};
pub use place::Place;
pub use selection::Selection;
pub use soft_targets::SoftTargets;
pub use split::SplitRules;
pub use tag_findings::folded;

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
    /// whose mean weight is at least [`POSITIVE_FROM`], or the limit of the manifest; when single-label the tag with
    /// the largest one.
    pub tags: Vec<u32>,
    /// The weights of the tags, if they are soft: the targets of training, and of the loss.
    pub soft: Option<SoftTargets>,
    /// The part that the clip belongs to.
    pub part: Part,
    /// The line of the list that names the clip; `None` if it was found in a folder.
    pub place: Option<Place>,
    /// What the dataset says about the origin of the clip, such as its artist.
    pub groups: Vec<Group>,
}

/// A property that several clips can share, such as the artist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The name of the property: `artist`, `album`, or the column of a list.
    pub name: std::borrow::Cow<'static, str>,
    /// Its value, not empty.
    pub value: String,
}

impl Group {
    fn new(name: &'static str, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

/// Clips, tags and split.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// The kind: `manifest`, `folders`, `mtat` ...
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
    /// The numbers of the folds, ascending, if the parts are folds.
    pub folds: Vec<usize>,
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
    /// its line number), for weights of soft targets outside 0..1, for folders that could be either classes or parts,
    /// for a file that is listed twice or in two parts, for a single-label clip that does not have exactly one tag, for
    /// a fold without clips, and if there are no clips at all; [`Code::InvalidOption`] for a selection out of bounds.
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
        let selection = options.selection();
        selection.validate()?;
        let source = match options.source() {
            DatasetOptions::Manifest { path, positive_from } => {
                if let Some(limit) = positive_from.filter(|limit| !(*limit > 0.0 && *limit <= 1.0)) {
                    let message = format!("positiveFrom must be a number above 0 to 1, received {limit}");
                    return Err(Error::new(Code::InvalidOption, message));
                }
                manifest::read(path, selection)?
            }
            DatasetOptions::Folders { root } => folders::read(root)?,
            DatasetOptions::Mtat { root, split, lists } => {
                let usual = if rules == SplitRules::Shuffled { MtatSplit::Tagged } else { MtatSplit::default() };
                mtat::read(root, split.unwrap_or(usual), lists.as_deref(), selection.chooses_tags())?
            }
            DatasetOptions::Gtzan { root, lists, split } => {
                let usual = if rules == SplitRules::Shuffled { GtzanSplit::All } else { GtzanSplit::default() };
                gtzan::read(root, lists.as_deref(), split.unwrap_or(usual))?
            }
            DatasetOptions::Jamendo { root, lists, split, subset } => {
                jamendo::read(root, lists.as_deref(), split.unwrap_or(0), subset.unwrap_or_default())?
            }
            DatasetOptions::Fma { root, lists, subset } => {
                fma::read(root, lists.as_deref(), subset.unwrap_or_default())?
            }
            DatasetOptions::Esc50 { root, subset } => esc50::read(root, subset.unwrap_or_default())?,
            DatasetOptions::Tagtraum { root, lists } => tagtraum::read(root, lists.as_deref())?,
            DatasetOptions::Msd { root, lists } => msd::read(root, lists.as_deref())?,
            DatasetOptions::Selected { .. } => {
                return Err(Error::new(Code::Internal, "a selection of a selection of a dataset"));
            }
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
    /// The fold that is the test part if no fold is chosen; `None` if the dataset has other parts.
    usual_fold: Option<usize>,
    clip_seconds: Option<f64>,
    shortest_seconds: Option<f64>,
    warnings: Vec<Warning>,
}

impl RawDataset {
    /// An empty source for a kind with this task, whose split is described by `split`.
    fn new(task: Task, split: String) -> Self {
        let (rows, warnings) = (Vec::new(), Vec::new());
        Self { rows, task, tags: None, split, usual_fold: None, clip_seconds: None, shortest_seconds: None, warnings }
    }
}

/// One audio file as a reader found it.
#[derive(Clone, Default)]
struct RawClip {
    name: String,
    path: PathBuf,
    /// Of a row with soft targets: the names of the weights.
    tags: Vec<String>,
    soft: Option<RawSoftTargets>,
    part: Option<Part>,
    /// The number of its fold, from 1.
    fold: Option<usize>,
    groups: Vec<Group>,
    /// What is drawn in place of the clip: the name of its group.
    drawn_as: Option<String>,
    place: Option<Place>,
}

/// An error about the dataset at `file`. Control characters in names that `message` quotes are escaped.
pub(crate) fn broken(file: &Path, message: impl std::fmt::Display) -> Error {
    Error::new(Code::Dataset, shown(&format!("{}: {message}", file.display()))).with_file(file)
}

/// An error about `row`, at its line if it has one.
fn broken_at(row: &RawClip, options: &DatasetOptions, message: String) -> Error {
    match &row.place {
        Some(place) => place.broken(&message),
        None => broken(options.location(), message),
    }
}
