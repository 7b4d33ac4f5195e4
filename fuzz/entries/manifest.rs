//! Reads the input as the lists of a dataset: a manifest of each kind, the annotations of MagnaTagATune, the lists of
//! GTZAN, and lists of tags in the formats of Python and NumPy.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use error::{shown, Code};
use tempfile::TempDir;
use train::dataset::{Dataset, DatasetOptions, Part, Selection};

use crate::failure;

/// Audio files that the lists can name. They are empty and are not opened.
const SOUNDS: [&str; 6] = ["a.wav", "sub/b.flac", "c.mp3", "c.ogg", "0/d.mp3", "d/e.mp3"];
const GENRES: [&str; 10] =
    ["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"];

/// Reads `data` as each kind of list that it can be.
pub fn run(data: &[u8]) {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(folder).path();
    for name in ["m.csv", "m.jsonl"] {
        let path = folder.join(name);
        fs::write(&path, data).expect("a list can be written");
        let Some(dataset) = read(&DatasetOptions::manifest(path)) else { continue };
        again(&dataset, &folder.join("again.jsonl"));
    }
    if data.starts_with(b"clip_id\t") {
        fs::write(folder.join("annotations_final.csv"), data).expect("annotations can be written");
        read(&DatasetOptions::Mtat { root: folder.into(), split: None, lists: None });
    }
    if data.starts_with(b"(") || data.starts_with(b"\x80") {
        read_tags(folder, "tags.cP", data);
    }
    if data.starts_with(b"\x93NUMPY") {
        read_tags(folder, "tags.npy", data);
    }
    if GENRES.iter().any(|genre| data.starts_with(genre.as_bytes())) {
        for part in Part::ALL {
            fs::write(folder.join(format!("{part}_filtered.txt")), data).expect("a list can be written");
        }
        read(&DatasetOptions::Gtzan { root: folder.into(), lists: Some(folder.into()), split: None });
    }
}

/// Reads `data` as a list of tags called `name`, of a manifest with two tags.
fn read_tags(folder: &Path, name: &str, data: &[u8]) {
    let (list, path) = (folder.join(name), folder.join("two.csv"));
    fs::write(&list, data).expect("a list can be written");
    fs::write(&path, "path,tags,split\na.wav,x,train\nc.mp3,y,test\n").expect("a list can be written");
    let selection = Selection { tag_list: Some(list), ..Selection::default() };
    read(&DatasetOptions::Manifest { path, positive_from: None }.selected(selection));
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let genres = GENRES.map(|genre| format!("{genre}/{genre}.00000.wav"));
    for name in SOUNDS.into_iter().chain(genres.iter().map(String::as_str)) {
        let path = folder.path().join(name);
        path.parent().map(fs::create_dir_all).transpose().expect("a folder can be made");
        fs::write(path, "").expect("a file can be made");
    }
    folder
}

/// The dataset, or `None` after an allowed failure. Panics if the parts of the dataset contradict each other.
fn read(options: &DatasetOptions) -> Option<Dataset> {
    let dataset = match Dataset::load(options, None, 7) {
        Ok(dataset) => dataset,
        Err(reason) => {
            failure::check(&reason, &[Code::Dataset]);
            return None;
        }
    };
    assert!(!dataset.clips.is_empty() && !dataset.tags.is_empty());
    for clip in &dataset.clips {
        assert!(clip.tags.is_sorted() && clip.tags.iter().all(|&tag| (tag as usize) < dataset.tags.len()), "{clip:?}");
        assert!(clip.path.is_absolute(), "{clip:?}");
    }
    for warning in &dataset.warnings {
        assert!(shown(&warning.message) == warning.message, "a warning with control characters: {warning:?}");
    }
    Some(dataset)
}

/// Writes the dataset as a manifest of JSON lines, and checks that reading the manifest gives the same dataset.
fn again(dataset: &Dataset, path: &Path) {
    let mut lines = String::new();
    for clip in &dataset.clips {
        let tags: Vec<&str> = clip.tags.iter().map(|&tag| dataset.tags[tag as usize].as_str()).collect();
        let line = serde_json::json!({ "path": clip.name, "tags": tags, "split": clip.part.to_string() });
        lines.push_str(&line.to_string());
        lines.push('\n');
    }
    fs::write(path, lines).expect("a list can be written");
    let options = DatasetOptions::manifest(path);
    let again = Dataset::load(&options, Some(dataset.task), 0).expect("what was written can be read");
    // The places in the two lists differ.
    let clips = |dataset: &Dataset| -> Vec<_> {
        dataset.clips.iter().map(|clip| (clip.name.clone(), clip.path.clone(), clip.tags.clone(), clip.part)).collect()
    };
    assert_eq!((clips(&again), &again.tags), (clips(dataset), &dataset.tags));
}
