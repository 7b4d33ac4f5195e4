//! The audio files of the Million Song Dataset: 7digital previews, or files named by their ids (protocols.md 1.4).

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use error::Result;

use super::file_names::{FileNames, Likeness};
use super::lists::{read_dict, Item};
use super::{broken, RawDataset};

/// The maps from an id of the Million Song Dataset to the path of its preview.
const MAPS: [&str; 2] = ["MSD_id_to_7D_id.pkl", "7D_id_to_path.pkl"];

/// Where the audio of each track is.
pub(super) struct MsdFiles {
    root: PathBuf,
    /// The path below the root by the id of the track, if the lists have the maps.
    paths: Option<HashMap<String, String>>,
    names: FileNames,
}

impl MsdFiles {
    /// Reads the maps in `lists`, if they are there.
    ///
    /// # Errors
    /// [`error::Code::Dataset`] for a map that cannot be read, and if only one of the two is there.
    pub(super) fn open(root: &Path, lists: &Path) -> Result<Self> {
        let [ids, places] = MAPS.map(|name| lists.join(name));
        let paths = match (ids.is_file(), places.is_file()) {
            (true, true) => {
                let places: HashMap<String, String> = texts(read_dict(&places)?).collect();
                let ids = texts(read_dict(&ids)?);
                Some(ids.filter_map(|(id, preview)| Some((id, places.get(&preview)?.clone()))).collect())
            }
            (false, false) => None,
            _ => return Err(broken(lists, format!("it must hold both {} and {}, or neither", MAPS[0], MAPS[1]))),
        };
        Ok(Self { root: root.to_path_buf(), paths, names: FileNames::new(Likeness::Stem) })
    }

    /// The name of the track `id` in the dataset, and its file. Without maps, files are named by their ids and lie in
    /// the root or in its folders `A/B/C`, from the third to the fifth letter of the id.
    pub(super) fn of(&mut self, id: &str) -> (String, PathBuf) {
        let mapped = self.paths.as_ref().and_then(|paths| paths.get(id)).cloned();
        let flat = format!("{id}.mp3");
        let nested = match id.get(2..5) {
            Some(letters) => {
                let letters: Vec<String> = letters.chars().map(String::from).collect();
                format!("{}/{flat}", letters.join("/"))
            }
            None => flat.clone(),
        };
        let nothing = HashSet::new();
        let mut found = None;
        for name in mapped.iter().chain([&nested, &flat]) {
            let path = self.names.find(self.root.join(name), &nothing);
            if path.exists() {
                found = Some((name.clone(), path));
                break;
            }
        }
        let (name, path) = found.unwrap_or_else(|| {
            let name = mapped.unwrap_or(nested);
            let path = self.root.join(&name);
            (name, path)
        });
        (name, std::path::absolute(&path).unwrap_or(path))
    }

    /// Adds the warnings about files under other names.
    pub(super) fn warn(&self, source: &mut RawDataset) {
        source.warnings.extend(self.names.warning());
    }
}

fn texts(pairs: Vec<(String, Item)>) -> impl Iterator<Item = (String, String)> {
    pairs.into_iter().filter_map(|(key, item)| match item {
        Item::Text(text) => Some((key, text)),
        Item::Numbers(_) => None,
    })
}
