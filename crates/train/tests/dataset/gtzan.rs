//! GTZAN as originally distributed, converted, and in the layout of Kaggle.

use std::fs;
use std::path::Path;

use train::dataset::{Dataset, DatasetOptions, GtzanSplit, Part, SplitRules};

use super::{codes, counts, failure, touch};
use crate::shared::shared;

const GENRES: [&str; 10] =
    ["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"];

/// `clips` files of each genre below `folder`; `hiphop` is the spelling of that genre in folder and file names.
fn genres(folder: &Path, hiphop: &str, suffix: &str, clips: usize) {
    for genre in GENRES {
        let genre = if genre == "hiphop" { hiphop } else { genre };
        for i in 0..clips {
            touch(folder, &[&format!("{genre}/{genre}.{i:05}.{suffix}")]);
        }
    }
}

/// Lists of three clips per genre, one for each part, in the format of the published lists.
fn lists(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    for (i, part) in ["train", "valid", "test"].iter().enumerate() {
        let text: String = GENRES.iter().map(|genre| format!("{genre}/{genre}.{i:05}.wav\n")).collect();
        fs::write(folder.join(format!("{part}_filtered.txt")), text).unwrap();
    }
}

#[test]
fn lists_find_the_files_under_any_suffix_and_spelling() {
    for (below, hiphop, suffix) in [
        ("", "hiphop", "wav"),
        ("genres", "hiphop", "au"),
        ("genres", "hip-hop", "mp3"),
        ("Data/genres_original", "hiphop", "flac"),
        ("archive/Data/genres_original", "Hip Hop", "ogg"),
        ("gtzan", "hip_hop", "wav"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        genres(&folder.path().join(below), hiphop, suffix, 4);
        lists(&folder.path().join("lists"));
        let lists = Some(folder.path().join("lists"));
        let dataset =
            Dataset::load(&DatasetOptions::Gtzan { root: folder.path().into(), lists, split: None }, None, 0).unwrap();
        assert_eq!(counts(&dataset), [10, 10, 10], "{below} {hiphop} {suffix}");
        assert!(dataset.clips.iter().all(|clip| clip.path.is_file()), "{below} {hiphop} {suffix}");
        assert_eq!(dataset.tags, GENRES);
        let told = if suffix == "wav" { vec![] } else { vec!["other-suffix"] };
        assert_eq!(codes(&dataset), told, "{below} {hiphop} {suffix}");
    }
}

#[test]
fn lists_beside_the_genres_are_found_and_read_in_other_forms() {
    let folder = tempfile::tempdir().unwrap();
    genres(&folder.path().join("genres"), "hiphop", "au", 3);
    lists(folder.path());
    let options = DatasetOptions::Gtzan { root: folder.path().into(), lists: None, split: None };
    assert_eq!(counts(&Dataset::load(&options, None, 0).unwrap()), [10, 10, 10]);
    let forms = "\u{feff}# filtered\r\nblues\\blues.00000.wav\r\n\r\n\
                 hip-hop/hip-hop.00000.au\r\njazz.00000.wav\r\n./genres/pop/pop.00000.mp3\r\n";
    fs::write(folder.path().join("train_filtered.txt"), forms).unwrap();
    let dataset = Dataset::load(&options, None, 0).unwrap();
    assert_eq!(counts(&dataset), [4, 10, 10]);
    assert!(dataset.clips.iter().all(|clip| clip.path.is_file()));
    fs::write(folder.path().join("train_filtered.txt"), "blues/blues.00000.wav\nfolk/folk.00000.wav\n").unwrap();
    let message = Dataset::load(&options, None, 0).unwrap_err().message;
    assert!(message.contains("train_filtered.txt: line 2") && message.contains("folk"), "{message}");
}

#[test]
fn pictures_of_the_genres_are_not_the_genres() {
    let folder = tempfile::tempdir().unwrap();
    genres(&folder.path().join("Data/genres_original"), "hiphop", "wav", 20);
    genres(&folder.path().join("Data/a_pictures"), "hiphop", "png", 3);
    let options = DatasetOptions::Gtzan { root: folder.path().into(), lists: None, split: Some(GtzanSplit::All) };
    let dataset = Dataset::load(&options, None, 0).unwrap();
    assert_eq!((dataset.clips.len(), codes(&dataset)), (200, vec!["gtzan-unfiltered"]));
    assert_eq!(dataset.clips[0].name, "blues/blues.00000.wav");
    let nothing = tempfile::tempdir().unwrap();
    genres(nothing.path(), "hiphop", "png", 1);
    assert!(failure(&DatasetOptions::Gtzan { root: nothing.path().into(), lists: None, split: None })
        .contains("hold no audio"));
    fs::remove_dir_all(nothing.path().join("jazz")).unwrap();
    assert!(failure(&DatasetOptions::Gtzan { root: nothing.path().into(), lists: None, split: None })
        .contains("folders jazz"));
}

#[test]
fn the_fault_filtered_lists_are_built_in_with_their_published_counts() {
    let folder = tempfile::tempdir().unwrap();
    genres(&folder.path().join("genres"), "hiphop", "au", 100);
    let options = DatasetOptions::Gtzan { root: folder.path().to_path_buf(), lists: None, split: None };
    let dataset = Dataset::load(&options, None, 0).unwrap();
    assert!(dataset.clips.iter().all(|clip| clip.path.is_file()));
    let old = Dataset::load_by(&options, None, 0, SplitRules::Shuffled).unwrap();
    assert_eq!((old.clips.len(), codes(&old)), (1000, vec!["gtzan-unfiltered"]), "as 0.1.0");
    if let Some(lists) = shared("data/splits/GTZAN_split") {
        let root = folder.path().to_path_buf();
        let published =
            Dataset::load(&DatasetOptions::Gtzan { root, lists: Some(lists), split: None }, None, 0).unwrap();
        let parts = |dataset: &Dataset| -> Vec<(String, Part)> {
            dataset.clips.iter().map(|clip| (clip.name.clone(), clip.part)).collect()
        };
        assert_eq!(parts(&dataset), parts(&published));
    }
    assert_eq!(counts(&dataset), [443, 197, 290]);
    let per_genre = |part| {
        let mut counts = [0; 10];
        dataset.part(part).for_each(|clip| counts[clip.tags[0] as usize] += 1);
        counts
    };
    assert_eq!(per_genre(Part::Train), [46, 48, 45, 42, 47, 43, 44, 41, 43, 44]);
    assert_eq!(per_genre(Part::Test), [31, 31, 30, 29, 27, 27, 27, 30, 26, 32]);
}
