//! Published lists of the clips and parts of MagnaTagATune (protocols.md 1.2).

use std::collections::HashMap;
use std::path::Path;

use error::Result;
use sha2::{Digest, Sha256};

use super::lists::read_names;
use super::{broken, Part, Place};

/// How the files of each published split are called, in the order of the parts.
const NAMES: [[&str; 3]; 3] = [
    // jongpillee/music_dataset_split
    ["train_list_pub.cP", "valid_list_pub.cP", "test_list_pub.cP"],
    // minzwon/sota-music-tagging-models
    ["train.npy", "valid.npy", "test.npy"],
    // jordipons/musicnn-training
    ["train_gt_mtt.tsv", "val_gt_mtt.tsv", "test_gt_mtt.tsv"],
];
/// The paths of the clips in jordipons/musicnn-training, whose lists hold only their numbers.
const INDEX: &str = "index_mtt.tsv";

/// The clips of lists that no row of the annotations has taken yet.
pub(super) struct MtatLists {
    clips: HashMap<String, (Part, Place)>,
    described: String,
}

impl MtatLists {
    /// Reads the lists in `folder`.
    ///
    /// # Errors
    /// [`error::Code::FileNotFound`]; [`error::Code::Dataset`] if the folder holds no known lists, for a list that
    /// cannot be read, and for a clip in two lists.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let Some(names) = NAMES.iter().find(|names| folder.join(names[0]).is_file()) else {
            let known: Vec<&str> = NAMES.iter().map(|names| names[0]).collect();
            return Err(broken(folder, format!("no list of MagnaTagATune in it: expected {}", known.join(" or "))));
        };
        let index = if names[0].ends_with(".tsv") { Some(index(&folder.join(INDEX))?) } else { None };
        let mut clips: HashMap<String, (Part, Place)> = HashMap::new();
        let mut hash = Sha256::new();
        for (part, name) in Part::ALL.into_iter().zip(names) {
            let file = folder.join(name);
            for (line, entry) in read_names(&file)? {
                let path = match &index {
                    Some(index) => {
                        let id = entry.split('\t').next().unwrap_or_default();
                        index
                            .get(id)
                            .cloned()
                            .ok_or_else(|| broken(&file, format!("line {line}: the clip {id} is not in {INDEX}")))?
                    }
                    // "row<TAB>path"
                    None => entry.rsplit('\t').next().unwrap_or_default().to_owned(),
                };
                let place = Place { file: file.as_path().into(), line };
                let name = stem(&path);
                hash.update(format!("{part} {name}\n"));
                if let Some((_, other)) = clips.insert(name, (part, place.clone())) {
                    return Err(broken(&file, format!("{path} is listed twice: {other}, and {place}")));
                }
            }
        }
        let checksum = hex::encode(&hash.finalize()[..4]);
        Ok(Self { clips, described: format!("mtat by the lists {} ({checksum})", names[0]) })
    }

    /// The name of the split in reports: the kind of the lists, and a checksum over their clips.
    pub(super) fn described(&self) -> String {
        self.described.clone()
    }

    /// The part of the clip `name`, if the lists contain it.
    pub(super) fn take(&mut self, name: &str) -> Option<Part> {
        self.clips.remove(&stem(name)).map(|(part, _)| part)
    }

    /// Refuses lists with clips that the annotations do not have.
    pub(super) fn refuse_rest(&self, annotations: &Path) -> Result<()> {
        let Some((name, (_, place))) = self.clips.iter().min_by_key(|(_, (part, place))| (*part, place.line)) else {
            return Ok(());
        };
        let message = format!(
            "{name} is not in {}, like {} other clips of the lists; use the annotations that belong to the \
             lists",
            annotations.display(),
            self.clips.len() - 1
        );
        Err(place.broken(&message))
    }
}

/// The path of each clip by its number.
fn index(file: &Path) -> Result<HashMap<String, String>> {
    let pair = |(line, text): (u64, String)| match text.split_once('\t') {
        Some((id, path)) => Ok((id.to_owned(), path.to_owned())),
        None => Err(broken(file, format!("line {line}: expected clip_id<TAB>path, received \"{text}\""))),
    };
    read_names(file)?.into_iter().map(pair).collect()
}

/// A path without the suffix: the lists name `.npy` or `.mp3` files.
fn stem(path: &str) -> String {
    let path = path.trim();
    path.strip_suffix(".npy").or_else(|| path.strip_suffix(".mp3")).unwrap_or(path).to_owned()
}
