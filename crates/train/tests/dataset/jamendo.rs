//! MTG-Jamendo in the layout of its repository and of its downloads.

use std::fs;
use std::path::Path;

use train::dataset::{Dataset, DatasetOptions, JamendoSubset};

use super::{codes, counts, failure, touch};
use crate::shared::shared;

const HEADER: &str = "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS\n";

/// One file of each part in `folder`, with rows of different lengths.
fn lists(folder: &Path, subset: &str) {
    fs::create_dir_all(folder).unwrap();
    for (part, rows) in [
        ("train", "track_0000215\tartist_14\talbum_31\t15/215.mp3\t151.4\tgenre---rock\tinstrument---piano\n"),
        ("validation", "track_0000216\tartist_15\talbum_32\t16/216.mp3\t1.5\tgenre---pop\n\n"),
        (
            "test",
            "track_0000217\tartist_14\talbum_33\t17/217.mp3\t1.5\tgenre---rock\tgenre---pop\tmood/theme---happy\r\n",
        ),
    ] {
        fs::write(folder.join(format!("{subset}-{part}.tsv")), format!("{HEADER}{rows}")).unwrap();
    }
}

fn jamendo(root: &Path) -> DatasetOptions {
    DatasetOptions::Jamendo { root: root.into(), lists: None, split: None, subset: None }
}

#[test]
fn rows_have_any_number_of_tags_and_files_any_published_name() {
    for (audio, told) in [
        (["15/215.mp3", "16/216.mp3", "17/217.mp3"], vec![]),
        (["15/215.low.mp3", "16/216.low.mp3", "17/217.low.mp3"], vec![]),
        (["15/215.wav", "16/216.low.flac", "17/217.low.mp3"], vec!["other-suffix"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        touch(folder.path(), &audio);
        lists(&folder.path().join("data/splits/split-0"), "autotagging_top50tags");
        let dataset = Dataset::load(&jamendo(folder.path()), None, 0).unwrap();
        assert_eq!((counts(&dataset), codes(&dataset)), ([1, 1, 1], told), "{audio:?}");
        assert_eq!(dataset.tags, net::JAMENDO_TAGS);
        let tags: Vec<&str> = dataset.clips[2].tags.iter().map(|&tag| dataset.tags[tag as usize].as_str()).collect();
        assert_eq!(tags, ["genre---pop", "genre---rock", "mood/theme---happy"]);
        assert!(dataset.clips.iter().all(|clip| clip.path.is_file()), "{audio:?}");
        assert_eq!(dataset.clips[0].name, "15/215.mp3");
    }
}

#[test]
fn splits_and_groups_of_tags_are_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let repository = folder.path().join("mtg-jamendo-dataset");
    lists(&repository.join("data/splits/split-3"), "autotagging_moodtheme");
    touch(folder.path(), &["audio-low/15/215.low.mp3"]);
    let root = folder.path().to_path_buf();
    let options = |split, subset| DatasetOptions::Jamendo {
        root: root.clone(),
        lists: Some(repository.clone()),
        split: Some(split),
        subset: Some(subset),
    };
    let dataset = Dataset::load(&options(3, JamendoSubset::Moodtheme), None, 0).unwrap();
    assert_eq!(dataset.split, "jamendo split-3 moodtheme");
    assert_eq!(dataset.tags.len(), 4, "the tags that occur");
    assert!(dataset.clips[0].path.is_file(), "{}", dataset.clips[0].path.display());
    let message = Dataset::load(&options(0, JamendoSubset::Moodtheme), None, 0).unwrap_err().message;
    assert!(message.contains("split-0/autotagging_moodtheme-train.tsv"), "{message}");
    let message = Dataset::load(&options(5, JamendoSubset::All), None, 0).unwrap_err().message;
    assert!(message.contains("0 to 4, received 5"), "{message}");
}

#[test]
fn broken_rows_are_refused_with_their_line() {
    let folder = tempfile::tempdir().unwrap();
    lists(folder.path(), "autotagging_top50tags");
    let file = folder.path().join("autotagging_top50tags-train.tsv");
    fs::write(&file, format!("{HEADER}track_1\tartist_1\n")).unwrap();
    let message = Dataset::load(&jamendo(folder.path()), None, 0).unwrap_err().message;
    assert!(message.contains("train.tsv: line 2: 2 columns"), "{message}");
    fs::write(&file, format!("{HEADER}track_1\tartist_1\talbum_1\t15/1.mp3\t3.0\tgenre---polka\n")).unwrap();
    let message = Dataset::load(&jamendo(folder.path()), None, 0).unwrap_err().message;
    assert!(message.contains("line 2: genre---polka is not one of the 50 tags"), "{message}");
    fs::write(&file, "path,tags,split\n").unwrap();
    let message = Dataset::load(&jamendo(folder.path()), None, 0).unwrap_err().message;
    assert!(message.contains("line 1") && message.contains("TRACK_ID"), "{message}");
    let nothing = tempfile::tempdir().unwrap();
    assert!(failure(&jamendo(nothing.path())).contains("--lists"));
}

#[test]
fn the_published_rows_are_read() {
    let Some(published) = shared("data/splits/MTG-Jamendo") else { return };
    let folder = tempfile::tempdir().unwrap();
    for part in ["train", "validation", "test"] {
        let name = format!("autotagging_top50tags-{part}");
        fs::copy(published.join(format!("{name}.head.tsv")), folder.path().join(format!("{name}.tsv"))).unwrap();
    }
    let dataset = Dataset::load(&jamendo(folder.path()), None, 0).unwrap();
    assert_eq!(counts(&dataset), [399, 399, 399]);
    assert_eq!(dataset.tags, net::JAMENDO_TAGS, "also those that these rows do not have");
}
