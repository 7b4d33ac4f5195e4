//! The options of `learn`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use engine::Precision;
use error::{Code, Error, Result};
use library::{LibraryOptions, MetadataField};
use net::Task;
use options::learn as table;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Which part of the network learns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// Only the head, on the features of the base model.
    #[default]
    Head,
    /// After the head, also this number of the last blocks, if that is measurably better.
    Blocks(usize),
    /// After the head, the whole network, if that is measurably better.
    All,
}

impl fmt::Display for Depth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head => f.write_str("head"),
            Self::Blocks(count) => write!(f, "blocks:{count}"),
            Self::All => f.write_str("all"),
        }
    }
}

impl FromStr for Depth {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let count = |text: &str| text.strip_prefix("blocks:").and_then(|count| count.parse().ok());
        match text {
            "head" => Ok(Self::Head),
            "all" => Ok(Self::All),
            _ => count(text).filter(|&count| count > 0).map(Self::Blocks).ok_or_else(|| {
                let message =
                    format!("depth must be \"head\", \"blocks:N\" or \"all\", received \"{}\"", error::shown(text));
                Error::new(Code::InvalidOption, message)
            }),
        }
    }
}

impl Serialize for Depth {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Depth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(|reason: Error| serde::de::Error::custom(reason.message))
    }
}

/// Options of [`super::learn()`]. The JSON form uses the same names in camelCase; unknown keys are refused. Names,
/// limits and defaults are those of [`table`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LearnOptions {
    /// Folders and files with songs. Default: none.
    #[serde(default)]
    pub library: Vec<PathBuf>,
    /// A CSV or JSONL manifest with paths and tags, and optionally `artist` and `album`. Default: none.
    #[serde(default)]
    pub manifest: Option<PathBuf>,
    /// A collection that Rekordbox exported as XML. Default: none.
    #[serde(default)]
    pub rekordbox: Option<PathBuf>,
    /// Whether the playlists of `rekordbox` are tags too. Default: false.
    #[serde(default)]
    pub rekordbox_playlists: bool,
    /// Playlists, and folders with playlists, whose names are tags of their songs. Default: none.
    #[serde(default)]
    pub playlists: Vec<PathBuf>,
    /// The fields of the files' metadata that give tags; `none` alone for no field. Default: genre, mood, grouping and
    /// rating.
    #[serde(default)]
    pub metadata: Option<Vec<String>>,
    /// Whether every word of a comment is a tag. Default: false.
    #[serde(default)]
    pub comment_words: bool,
    /// The folders whose names are tags, counted from the named folder (1) or from the file (-1). Default: none.
    #[serde(default)]
    pub folder_levels: Vec<i32>,
    /// A file with rules for tags with the same meaning. Default: none.
    #[serde(default)]
    pub aliases: Option<PathBuf>,
    /// Further texts that are not tags. Default: none.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// The characters that separate several tags in one text. Default: those of the library.
    #[serde(default)]
    pub separators: Option<String>,
    /// The base model. Default: none; it is needed unless `dry_run` is set.
    #[serde(default)]
    pub from: Option<PathBuf>,
    /// The folder of the result. It is needed unless `dry_run` is set.
    #[serde(default)]
    pub out: Option<PathBuf>,
    /// Only says what was found in the library. Default: false.
    #[serde(default)]
    pub dry_run: bool,
    /// Whether the tags exclude each other: each song then has exactly one. Default: they do not.
    #[serde(default = "default_task")]
    pub task: Task,
    /// Which part of the network learns. Default: the head.
    #[serde(default)]
    pub depth: Depth,
    /// Number of epochs of the fine-tuning after the head. Default: 12.
    #[serde(default = "default_epochs")]
    pub epochs: usize,
    /// Segments of each song, evenly spread. Default: 10.
    #[serde(default = "default_segments")]
    pub segments: usize,
    /// Number of parts of the cross-validation. Default: 5.
    #[serde(default = "default_folds")]
    pub folds: usize,
    /// Draws of the bootstrap that gives the intervals. Default: 1000.
    #[serde(default = "default_bootstrap")]
    pub bootstrap: usize,
    /// Replaces files in `out` that `learn` did not write. Default: false.
    #[serde(default)]
    pub force: bool,
    /// Seed of the parts and of the hidden layer. Default: 0.
    #[serde(default)]
    pub seed: u64,
    /// `auto`, `cpu`, `cuda` or `cuda:N`. Default: `auto`.
    #[serde(default = "default_device")]
    pub device: String,
    /// Arithmetic precision of the base model. Default: f32.
    #[serde(default)]
    pub precision: Precision,
    /// Threads of the network and of the head; 0: one per physical core. Default: 0.
    #[serde(default)]
    pub threads: usize,
    /// Number of files read at the same time; 0: one per core. Default: 0.
    #[serde(default)]
    pub jobs: usize,
    /// Folder for the features. Default: the user's cache folder.
    #[serde(default)]
    pub cache: Option<PathBuf>,
}

fn default_task() -> Task {
    Task::MultiLabel
}

fn default_epochs() -> usize {
    table::EPOCHS.default
}

fn default_segments() -> usize {
    table::SEGMENTS.default
}

fn default_folds() -> usize {
    table::FOLDS.default
}

fn default_bootstrap() -> usize {
    table::BOOTSTRAP.default
}

fn default_device() -> String {
    table::DEVICE.to_owned()
}

impl Default for LearnOptions {
    fn default() -> Self {
        Self {
            library: Vec::new(),
            manifest: None,
            rekordbox: None,
            rekordbox_playlists: false,
            playlists: Vec::new(),
            metadata: None,
            comment_words: false,
            folder_levels: Vec::new(),
            aliases: None,
            ignore: Vec::new(),
            separators: None,
            from: None,
            out: None,
            dry_run: false,
            task: default_task(),
            depth: Depth::Head,
            epochs: default_epochs(),
            segments: default_segments(),
            folds: default_folds(),
            bootstrap: default_bootstrap(),
            force: false,
            seed: 0,
            device: default_device(),
            precision: Precision::default(),
            threads: 0,
            jobs: 0,
            cache: None,
        }
    }
}

impl LearnOptions {
    /// Refuses invalid options; [`super::learn()`] calls it first.
    ///
    /// # Errors
    /// [`Code::InvalidOption`], naming the option and the value received.
    pub fn validate(&self) -> Result<()> {
        table::EPOCHS.check(self.epochs)?;
        table::SEGMENTS.check(self.segments)?;
        table::FOLDS.check(self.folds)?;
        table::BOOTSTRAP.check(self.bootstrap)?;
        table::THREADS.check_or_zero(self.threads)?;
        table::JOBS.check_or_zero(self.jobs)?;
        self.of_library()?.validate()
    }

    /// The options with which the library is read.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for an unknown field of the metadata.
    pub(super) fn of_library(&self) -> Result<LibraryOptions> {
        let plain = LibraryOptions::default();
        let metadata = match self.metadata.as_deref() {
            None => plain.metadata,
            Some([only]) if only == "none" => Vec::new(),
            Some(names) => names.iter().map(|name| field(name)).collect::<Result<_>>()?,
        };
        Ok(LibraryOptions {
            paths: self.library.clone(),
            metadata,
            comment_words: self.comment_words,
            folder_levels: self.folder_levels.clone(),
            manifests: self.manifest.iter().cloned().collect(),
            rekordbox: self.rekordbox.iter().cloned().collect(),
            rekordbox_playlists: self.rekordbox_playlists,
            playlists: self.playlists.clone(),
            aliases_file: self.aliases.clone(),
            ignore: self.ignore.clone(),
            separators: self.separators.clone().unwrap_or(plain.separators),
            jobs: self.jobs,
            ..LibraryOptions::default()
        })
    }
}

/// The field with this name.
fn field(name: &str) -> Result<MetadataField> {
    serde_json::from_value(serde_json::Value::String(name.to_owned())).map_err(|_| {
        let message = format!(
            "metadata must be a list of genre, mood, grouping, comment and rating, or none alone; received \"{}\"",
            error::shown(name)
        );
        Error::new(Code::InvalidOption, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_depth_is_read_as_it_is_written() {
        for (text, depth) in [("head", Depth::Head), ("blocks:2", Depth::Blocks(2)), ("all", Depth::All)] {
            assert_eq!((text.parse::<Depth>().unwrap(), depth.to_string()), (depth, text.to_owned()));
        }
        for text in ["", "blocks", "blocks:0", "blocks:-1", "heads"] {
            let failure = text.parse::<Depth>().unwrap_err();
            assert!(failure.code == Code::InvalidOption && failure.message.contains("blocks:N"), "{text}");
        }
    }

    #[test]
    fn options_that_cannot_be_meant_are_refused_with_the_value() {
        let good = LearnOptions { library: vec!["music".into()], ..LearnOptions::default() };
        good.validate().unwrap();
        for (options, part) in [
            (LearnOptions::default(), "nothing to read"),
            (LearnOptions { folds: 2, ..good.clone() }, "folds"),
            (LearnOptions { segments: 0, ..good.clone() }, "segments"),
            (LearnOptions { metadata: Some(vec!["genres".into()]), ..good.clone() }, "received \"genres\""),
            (LearnOptions { metadata: Some(vec!["none".into(), "genre".into()]), ..good.clone() }, "\"none\""),
        ] {
            let failure = options.validate().unwrap_err();
            assert!(failure.code == Code::InvalidOption && failure.message.contains(part), "{failure}");
        }
        let none = LearnOptions { metadata: Some(vec!["none".into()]), ..good };
        assert!(none.of_library().unwrap().metadata.is_empty());
    }
}
