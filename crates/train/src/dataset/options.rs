//! The options of a dataset: its kind and location, and the selection of its tags and parts.

use std::path::{Path, PathBuf};

use serde::{de, ser, Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::choices::{EscSubset, FmaSubset, GtzanSplit, JamendoSubset, MtatSplit};
use super::selection::{Selection, NOTHING};

/// The location and layout of a dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum DatasetOptions {
    /// A list of files. The suffix decides the format: CSV with the columns `path,tags,split` (tags joined by `|`), or
    /// JSONL with the same keys, where `tags` is a list, or an object of weights in 0..1 (soft targets); with the key
    /// `targets`, an array file `[segments, tags]` of weights, `tags` names its columns. Paths are relative to the
    /// manifest; `split` is train, valid or test; an empty split is drawn. Multi-label unless the task is set.
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
        /// A folder of published list files, which decide clips and parts instead of `split`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lists: Option<PathBuf>,
    },
    /// GTZAN: ten genre folders, in `root` or up to three folders below it, and the fault-filtered lists
    /// `{train,valid,test}_filtered.txt` in the same folder, in `lists`, or built in. Single-label.
    Gtzan {
        /// The folder that holds the genre folders, or the outermost folder of an unpacked archive.
        root: PathBuf,
        /// The folder that holds the lists.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lists: Option<PathBuf>,
        /// Which clips are used if there are no lists. Default: `filtered`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        split: Option<GtzanSplit>,
    },
    /// MTG-Jamendo: the audio and the TSV files of its repository. Multi-label.
    Jamendo {
        /// The folder that holds the folders `00` to `99`.
        root: PathBuf,
        /// The folder of the split files, or of the repository. Default: `root`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lists: Option<PathBuf>,
        /// The number of the split, 0 to 4. Default: 0.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        split: Option<u8>,
        /// The tags. Default: `top50tags`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subset: Option<JamendoSubset>,
    },
    /// FMA: `tracks.csv` and the audio of one subset, with the split of its authors. Single-label: the top genre.
    Fma {
        /// The folder that holds `fma_small` (or another subset) and `fma_metadata`, or that of the subset itself.
        root: PathBuf,
        /// The folder that holds `tracks.csv`. Default: `fma_metadata` in `root` or in the same folder as
        /// `root`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lists: Option<PathBuf>,
        /// The subset. Default: `small`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subset: Option<FmaSubset>,
    },
    /// ESC-50 or ESC-10: `meta/esc50.csv` and `audio`, or the class folders of ESC-10. The fold of the selection is the
    /// test part. Single-label.
    Esc50 {
        /// The folder that holds `meta` and `audio`, or the class folders.
        root: PathBuf,
        /// The classes. Default: `esc50`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subset: Option<EscSubset>,
    },
    /// TAGTRAUM: genres of clips of the Million Song Dataset. Single-label.
    Tagtraum {
        /// The folder of the audio.
        root: PathBuf,
        /// The folder of the annotations (`.cls`), the lists of the split and the maps from ids to paths. Default:
        /// `root`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lists: Option<PathBuf>,
    },
    /// The Million Song Dataset with the 50 Last.fm tags of the papers. Multi-label.
    Msd {
        /// The folder of the audio.
        root: PathBuf,
        /// The folder of the lists, the tag vectors and the maps from ids to paths. Default: `root`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lists: Option<PathBuf>,
    },
    /// Another dataset with a selection of its tags or with other parts. In JSON its properties and those of the
    /// dataset are in one object.
    #[serde(skip)]
    Selected {
        /// The dataset; not itself a selection.
        source: Box<DatasetOptions>,
        /// What is selected of it.
        selection: Selection,
    },
}

impl DatasetOptions {
    /// The kind, as in options: `manifest`, `folders`, `mtat` ...
    pub fn kind(&self) -> &'static str {
        match self {
            DatasetOptions::Manifest { .. } => "manifest",
            DatasetOptions::Folders { .. } => "folders",
            DatasetOptions::Mtat { .. } => "mtat",
            DatasetOptions::Gtzan { .. } => "gtzan",
            DatasetOptions::Jamendo { .. } => "jamendo",
            DatasetOptions::Fma { .. } => "fma",
            DatasetOptions::Esc50 { .. } => "esc50",
            DatasetOptions::Tagtraum { .. } => "tagtraum",
            DatasetOptions::Msd { .. } => "msd",
            DatasetOptions::Selected { source, .. } => source.kind(),
        }
    }

    /// The name under which published results of the dataset are known: its kind, followed by what makes it differ from
    /// the split of the papers, if anything does.
    pub fn published_name(&self) -> String {
        let other = match self.source() {
            DatasetOptions::Mtat { split: Some(split), lists: None, .. } if *split != MtatSplit::Kaist => {
                format!(" {}", split.as_str())
            }
            DatasetOptions::Gtzan { split: Some(GtzanSplit::All), lists: None, .. } => " all".to_owned(),
            _ => String::new(),
        };
        let selection = self.selection();
        let tags = if selection.changes_tags() { ", selected tags" } else { "" };
        let group = selection.group.as_ref().map_or_else(String::new, |group| format!(", parts by {group}"));
        format!("{}{other}{tags}{group}", self.kind())
    }

    /// The path of the manifest or the root folder.
    pub fn location(&self) -> &Path {
        match self {
            DatasetOptions::Manifest { path, .. } => path,
            DatasetOptions::Folders { root }
            | DatasetOptions::Mtat { root, .. }
            | DatasetOptions::Gtzan { root, .. }
            | DatasetOptions::Jamendo { root, .. }
            | DatasetOptions::Fma { root, .. }
            | DatasetOptions::Esc50 { root, .. }
            | DatasetOptions::Tagtraum { root, .. }
            | DatasetOptions::Msd { root, .. } => root,
            DatasetOptions::Selected { source, .. } => source.location(),
        }
    }

    /// The mean weight from which a soft target counts as a tag of the clip.
    pub(crate) fn positive_from(&self) -> f64 {
        match self.source() {
            DatasetOptions::Manifest { positive_from: Some(limit), .. } => *limit,
            _ => super::POSITIVE_FROM,
        }
    }

    /// A manifest with the usual limits.
    pub fn manifest(path: impl Into<PathBuf>) -> Self {
        DatasetOptions::Manifest { path: path.into(), positive_from: None }
    }

    /// The dataset without its selection.
    pub fn source(&self) -> &DatasetOptions {
        match self {
            DatasetOptions::Selected { source, .. } => source,
            plain => plain,
        }
    }

    /// The selection of tags and parts; empty if nothing is selected.
    pub fn selection(&self) -> &Selection {
        match self {
            DatasetOptions::Selected { selection, .. } => selection,
            _ => &NOTHING,
        }
    }

    /// The same dataset with `selection` in place of its own.
    #[must_use]
    pub fn selected(self, selection: Selection) -> Self {
        let source = match self {
            DatasetOptions::Selected { source, .. } => source,
            plain => Box::new(plain),
        };
        if selection == NOTHING {
            return *source;
        }
        DatasetOptions::Selected { source, selection }
    }

    /// The folder to which the names of the clips are relative.
    pub(super) fn folder(&self) -> &Path {
        match self.source() {
            DatasetOptions::Manifest { path, .. } => path.parent().unwrap_or(Path::new("")),
            _ => self.location(),
        }
    }

    /// The same options with absolute paths.
    #[must_use]
    pub fn absolute(&self) -> Self {
        let mut options = self.clone();
        let absolute = |path: &mut PathBuf| {
            if let Ok(full) = std::path::absolute(&*path) {
                *path = full;
            }
        };
        options.each_path(&absolute);
        options
    }

    /// Calls `change` with every path of the options.
    fn each_path(&mut self, change: &dyn Fn(&mut PathBuf)) {
        match self {
            DatasetOptions::Manifest { path: root, .. }
            | DatasetOptions::Folders { root }
            | DatasetOptions::Esc50 { root, .. } => change(root),
            DatasetOptions::Mtat { root, lists, .. }
            | DatasetOptions::Gtzan { root, lists, .. }
            | DatasetOptions::Jamendo { root, lists, .. }
            | DatasetOptions::Fma { root, lists, .. }
            | DatasetOptions::Tagtraum { root, lists }
            | DatasetOptions::Msd { root, lists } => {
                change(root);
                lists.iter_mut().for_each(change);
            }
            DatasetOptions::Selected { source, selection } => {
                source.each_path(change);
                selection.tag_list.iter_mut().chain(&mut selection.merge_file).for_each(change);
            }
        }
    }
}

impl Serialize for DatasetOptions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The function that the derive makes for the plain kinds, not this one.
        let plain = Self::serialize;
        let DatasetOptions::Selected { source, selection } = self else { return plain(self, serializer) };
        let refused = |reason: serde_json::Error| ser::Error::custom(reason);
        let mut all = serde_json::to_value(&**source).map_err(refused)?;
        let more = serde_json::to_value(selection).map_err(refused)?;
        if let (Some(all), Value::Object(more)) = (all.as_object_mut(), more) {
            all.extend(more);
        }
        all.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for DatasetOptions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut source = Map::<String, Value>::deserialize(deserializer)?;
        let mut selection = Map::new();
        for key in Selection::KEYS {
            if let Some(value) = source.shift_remove(key) {
                selection.insert(key.to_owned(), value);
            }
        }
        let refused = |reason: serde_json::Error| de::Error::custom(reason);
        let selection = serde_json::from_value(Value::Object(selection)).map_err(refused)?;
        // The function that the derive makes for the plain kinds, not this one.
        let plain = Self::deserialize(Value::Object(source)).map_err(refused)?;
        Ok(plain.selected(selection))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_splits_and_tags_of_the_papers_have_the_plain_name() {
        let name = |text: &str| serde_json::from_str::<DatasetOptions>(text).unwrap().published_name();
        for (text, expected) in [
            (r#"{"kind":"mtat","root":"x"}"#, "mtat"),
            (r#"{"kind":"mtat","root":"x","split":"kaist"}"#, "mtat"),
            (r#"{"kind":"mtat","root":"x","split":"pons"}"#, "mtat pons"),
            (r#"{"kind":"mtat","root":"x","topTags":9,"group":"artist"}"#, "mtat, selected tags, parts by artist"),
            (r#"{"kind":"esc50","root":"x","fold":3}"#, "esc50"),
            (r#"{"kind":"gtzan","root":"x","split":"all"}"#, "gtzan all"),
        ] {
            assert_eq!(name(text), expected);
        }
    }
}
