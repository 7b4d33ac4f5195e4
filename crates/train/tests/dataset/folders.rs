//! Datasets with one folder per class, and folder trees that only look similar.

use error::Code;
use net::Task;
use train::dataset::{Dataset, DatasetOptions};

use super::{codes, counts, failure, touch};

fn tree(names: &[&str]) -> (tempfile::TempDir, DatasetOptions) {
    let folder = tempfile::tempdir().unwrap();
    touch(folder.path(), names);
    let options = DatasetOptions::Folders { root: folder.path().to_path_buf() };
    (folder, options)
}

#[test]
fn folders_are_classes() {
    let names: Vec<String> = (0..10)
        .flat_map(|i| [format!("dog/{i}.wav"), format!("cat/deep/{i}.MP3")])
        .chain(["dog/notes.txt".into()])
        .collect();
    let (_folder, options) = tree(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let dataset = Dataset::load(&options, None, 1).unwrap();
    assert_eq!((dataset.task, dataset.tags.clone()), (Task::SingleLabel, vec!["cat".into(), "dog".into()]));
    assert_eq!((dataset.clips.len(), dataset.clips[0].name.as_str()), (20, "cat/deep/0.MP3"));
    let missing = Dataset::load(&DatasetOptions::Folders { root: "nowhere".into() }, None, 1);
    assert_eq!(missing.unwrap_err().code, Code::FileNotFound);
}

#[test]
fn folders_of_classes_may_be_parts_in_any_usual_spelling() {
    for (words, expected) in [
        (["train", "val", "test"], [2, 1, 1]),
        (["Train", "Valid", "Test"], [2, 1, 1]),
        (["training", "validation", "testing"], [2, 1, 1]),
        (["TRAIN", "dev", "eval"], [2, 1, 1]),
        (["train_set", "valid_set", "test_set"], [2, 1, 1]),
        (["train", "eval", "test"], [2, 1, 1]),
    ] {
        let [train, valid, test] = words;
        let names = [
            format!("{train}/dog/a.wav"),
            format!("{train}/cat/b.wav"),
            format!("{valid}/dog/c.wav"),
            format!("{test}/cat/d.wav"),
        ];
        let (_folder, options) = tree(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let dataset = Dataset::load(&options, None, 1).unwrap();
        assert_eq!(
            (dataset.tags.as_slice(), counts(&dataset)),
            (&["cat".into(), "dog".into()][..], expected),
            "{words:?}"
        );
        assert!(dataset.warnings.is_empty(), "{:?}", dataset.warnings);
    }
    let (_folder, two) = tree(&["train/dog/a.wav", "train/cat/b.wav", "test/dog/c.wav"]);
    assert_eq!(counts(&Dataset::load(&two, None, 1).unwrap()), [2, 0, 1]);
}

#[test]
fn trees_that_could_be_read_in_two_ways_are_refused() {
    let refused = |names: &[&str]| {
        let (_folder, options) = tree(names);
        failure(&options)
    };
    let message = refused(&["train/dog/a.wav", "test/dog/b.wav", "jazz/c.wav"]);
    assert!(message.contains("folders for parts (test, train) beside others (jazz)"), "{message}");
    assert!(refused(&["train/a.wav", "test/b.wav", "jazz/c.wav"]).contains("beside others"));
    assert!(
        refused(&["val/x/a.wav", "valid/x/b.wav", "train/x/c.wav"]).contains("val and valid are both the valid part")
    );
    assert!(refused(&["Train/x/a.wav", "training/x/b.wav"]).contains("both the train part"));
    assert!(refused(&["dev/x/a.wav", "eval/x/b.wav"]).contains("one of two parts"));
    assert!(refused(&["train/a.wav", "test/b.wav"]).contains("ROOT/train/CLASS/FILE"));
    assert!(refused(&["a.wav", "notes/b.txt"]).contains("ROOT/CLASS/FILE"));
}

#[test]
fn a_class_may_be_called_like_a_part() {
    let (_folder, options) = tree(&["train/a.wav", "car/b.wav", "bicycle/c.wav"]);
    assert_eq!(Dataset::load(&options, None, 0).unwrap().tags, ["bicycle", "car", "train"]);
}

#[test]
fn what_is_in_no_class_is_counted() {
    let (_folder, options) = tree(&[
        "train/dog/a.wav",
        "train/cat/b.wav",
        "valid/dog/c.wav",
        "test/1.wav",
        "test/2.wav",
        "stray.wav",
        "docs/readme.md",
        "train/empty/x.txt",
    ]);
    let dataset = Dataset::load(&options, None, 1).unwrap();
    assert_eq!(counts(&dataset), [2, 1, 0]);
    let mut told: Vec<(&str, Option<usize>)> =
        dataset.warnings.iter().map(|warning| (warning.code.as_str(), warning.count)).collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [
            ("files-outside-classes", Some(1)),
            ("files-outside-classes", Some(2)),
            ("folder-without-audio", None),
            ("folder-without-audio", None)
        ]
    );
}

#[test]
fn names_with_a_leading_dot_are_classes_and_files_but_for_those_of_systems() {
    let (_folder, options) = tree(&[
        ".38 Special/a.wav",
        "...And Justice for All/b.wav",
        "...And Justice for All/.hidden.wav",
        "pop/._c.wav",
        "pop/c.wav",
        "__MACOSX/pop/d.wav",
        ".git/e.wav",
        "pop/@eaDir/f.wav",
        ".ipynb_checkpoints/pop/g.wav",
    ]);
    let dataset = Dataset::load(&options, None, 1).unwrap();
    assert_eq!(dataset.tags, ["...And Justice for All", ".38 Special", "pop"]);
    assert_eq!(dataset.clips.len(), 4);
}

#[test]
fn one_folder_around_the_classes_is_told() {
    let (_folder, options) = tree(&["genres/rock/a.wav", "genres/pop/b.wav"]);
    assert!(codes(&Dataset::load(&options, None, 1).unwrap()).contains(&"one-class"));
}

#[cfg(unix)]
#[test]
fn a_file_whose_name_is_not_unicode_is_left_out_and_told() {
    use std::os::unix::ffi::OsStrExt;

    let (folder, options) = tree(&["dog/a.wav", "cat/b.wav"]);
    let name = std::ffi::OsStr::from_bytes(b"\xff.wav");
    // Some file systems have no such names.
    if std::fs::write(folder.path().join("dog").join(name), b"").is_err() {
        return testbed::skip("this file system requires Unicode names");
    }
    let dataset = Dataset::load(&options, None, 1).unwrap();
    assert_eq!(dataset.clips.len(), 2);
    assert!(codes(&dataset).contains(&"name-not-unicode"), "{:?}", codes(&dataset));
}

#[cfg(unix)]
#[test]
fn links_in_a_circle_are_left_out_and_broken_links_are_missing_files() {
    use std::os::unix::fs::symlink;

    let (folder, options) = tree(&["dog/a.wav", "dog/deep/b.wav", "cat/c.wav"]);
    let plain = Dataset::load(&options, None, 1).unwrap();
    symlink("..", folder.path().join("dog/up")).unwrap();
    symlink(".", folder.path().join("dog/deep/here")).unwrap();
    symlink("../deep", folder.path().join("dog/deep/again")).unwrap();
    symlink("notes.txt", folder.path().join("dog/broken.txt")).unwrap();
    assert_eq!(Dataset::load(&options, None, 1).unwrap().clips, plain.clips);
    symlink("/nowhere/d.wav", folder.path().join("dog/d.wav")).unwrap();
    let names: Vec<String> =
        Dataset::load(&options, None, 1).unwrap().clips.into_iter().map(|clip| clip.name).collect();
    assert_eq!(names, ["cat/c.wav", "dog/a.wav", "dog/d.wav", "dog/deep/b.wav"]);
}
