//! Datasets from lists and folders.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // Test helpers: clippy knows only test functions.

mod shared;

use std::fs;
use std::path::Path;

use error::Code;
use net::Task;
use samplecnn_train::dataset::{Dataset, DatasetOptions, Part};
use shared::shared;

fn manifest(folder: &Path, name: &str, text: &str) -> DatasetOptions {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    DatasetOptions::Manifest { path }
}

fn failure(options: &DatasetOptions) -> String {
    let failure = Dataset::load(options, None, 0).unwrap_err();
    assert_eq!(failure.code, Code::Dataset, "{failure}");
    failure.message
}

#[test]
fn a_csv_manifest_gives_clips_tags_and_parts() {
    let folder = tempfile::tempdir().unwrap();
    let text = "\u{feff}path,tags,split\na.wav,zither|slow,train\n\"b, c.wav\", slow ,valid\nd.wav,,test\n";
    let dataset = Dataset::load(&manifest(folder.path(), "m.csv", text), None, 0).unwrap();
    assert_eq!(dataset.tags, ["slow", "zither"]);
    assert_eq!(dataset.task, Task::MultiLabel);
    let clips: Vec<(&str, &[u32], Part)> =
        dataset.clips.iter().map(|c| (c.name.as_str(), c.tags.as_slice(), c.part)).collect();
    assert_eq!(
        clips,
        [("a.wav", &[0, 1][..], Part::Train), ("b, c.wav", &[0], Part::Valid), ("d.wav", &[], Part::Test)]
    );
    assert_eq!(dataset.clips[0].path, folder.path().join("a.wav"));
    assert!(dataset.warnings.is_empty());
}

#[test]
fn a_jsonl_manifest_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let text = "{\"path\":\"a.wav\",\"tags\":[\"Zither\",\"é\"],\"split\":\"train\",\"artist\":\"x\"}\n\n{\"path\":\"/b.wav\",\"tags\":[],\"split\":\"valid\"}\n";
    let dataset = Dataset::load(&manifest(folder.path(), "m.jsonl", text), None, 0).unwrap();
    assert_eq!(dataset.tags, ["Zither", "é"], "code points");
    assert_eq!(dataset.clips[1].path, Path::new("/b.wav"));
    assert_eq!(dataset.warnings, ["not used in the manifest: artist"]);
}

#[test]
fn a_missing_split_is_drawn_by_the_seed() {
    let folder = tempfile::tempdir().unwrap();
    let text: String = (0..40).map(|i| format!("{i}.wav,{}\n", ["x", "y"][i % 2])).collect();
    let options = manifest(folder.path(), "m.csv", &format!("path,tags\n{text}"));
    let dataset = Dataset::load(&options, Some(Task::SingleLabel), 5).unwrap();
    assert_eq!(dataset, Dataset::load(&options, Some(Task::SingleLabel), 5).unwrap());
    assert_ne!(dataset.clips, Dataset::load(&options, Some(Task::SingleLabel), 6).unwrap().clips);
    for part in [Part::Valid, Part::Test] {
        let tags: Vec<u32> = dataset.part(part).flat_map(|c| c.tags.clone()).collect();
        assert_eq!(tags.iter().filter(|&&t| t == 0).count(), 2, "stratified");
        assert_eq!(tags.len(), 4);
    }
    assert!(dataset.split.contains("seed 5"));
}

#[test]
fn every_bad_row_is_named_by_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let bad = |name: &str, text: &str| failure(&manifest(folder.path(), name, text));
    assert!(bad("a.csv", "path,tags,split\na.wav,x,train\nb.wav,x,training\n").contains("line 3"));
    assert!(bad("a.csv", "path,tags,split\na.wav,x,train\nb.wav,x\n").contains("line 3"));
    assert!(bad("a.csv", "path,tags,split\na.wav,x,train\n,x,train\n").contains("line 3: the path is empty"));
    assert!(bad("a.csv", "file,tags\na.wav,x\n").contains("file,tags"));
    assert!(
        bad("a.jsonl", "{\"path\":\"a.wav\",\"tags\":[]}\n{\"path\":\"b.wav\",\"tags\":\"x\"}\n").contains("line 2")
    );
    assert!(bad("a.jsonl", "{\"path\":\"a.wav\"}\n").contains("tags"));
    assert!(bad("a.csv", "path,tags,split\n").contains("no audio files"));
    assert!(bad("a.txt", "path,tags,split\n").contains(".csv or .jsonl"));
    fs::write(folder.path().join("b.csv"), b"path,tags\na.wav,x\nb\xff.wav,x\n").unwrap();
    let not_text = failure(&DatasetOptions::Manifest { path: folder.path().join("b.csv") });
    assert!(not_text.contains("line 3"), "{not_text}");
    let several = manifest(folder.path(), "c.csv", "path,tags\na.wav,x|y\n");
    let failure = Dataset::load(&several, Some(Task::SingleLabel), 0).unwrap_err();
    assert!(failure.message.contains("line 2") && failure.message.contains("x, y"), "{failure}");
}

#[test]
fn two_splits_that_share_a_file_are_refused_under_any_name() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.wav"), b"").unwrap();
    let text = "path,tags,split\na.wav,x,train\n./a.wav,x,test\nb.wav,x,valid\n";
    let message = failure(&manifest(folder.path(), "m.csv", text));
    assert!(message.contains("a.wav is in two splits, train and test (lines 2 and 3)"), "{message}");
    let text = "path,tags,split\na.wav,x,train\na.wav,y,train\nb.wav,x,valid\n";
    assert!(failure(&manifest(folder.path(), "m.csv", text)).contains("listed twice (lines 2 and 3)"));
}

#[test]
fn folders_are_classes_and_may_be_parts() {
    let folder = tempfile::tempdir().unwrap();
    let touch = |name: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, b"").unwrap();
    };
    for i in 0..10 {
        touch(&format!("plain/dog/{i}.wav"));
        touch(&format!("plain/cat/deep/{i}.MP3"));
    }
    touch("plain/dog/notes.txt");
    touch("plain/empty/readme.md");
    touch("parts/train/dog/a.wav");
    touch("parts/valid/dog/b.wav");
    touch("parts/train/cat/c.wav");
    let plain = Dataset::load(&DatasetOptions::Folders { root: folder.path().join("plain") }, None, 1).unwrap();
    assert_eq!(
        (plain.task, plain.tags.clone(), plain.clips.len()),
        (Task::SingleLabel, vec!["cat".into(), "dog".into()], 20)
    );
    assert_eq!(plain.part(Part::Test).count(), 2);
    assert_eq!(plain.warnings.len(), 1);
    assert_eq!(plain.clips[0].name, "cat/deep/0.MP3");
    let parts = Dataset::load(&DatasetOptions::Folders { root: folder.path().join("parts") }, None, 1).unwrap();
    assert_eq!((parts.tags.len(), parts.part(Part::Train).count(), parts.part(Part::Valid).count()), (2, 2, 1));
    let missing = Dataset::load(&DatasetOptions::Folders { root: folder.path().join("nowhere") }, None, 1);
    assert_eq!(missing.unwrap_err().code, Code::FileNotFound);
}

#[test]
fn the_options_are_read_from_json_and_refuse_strangers() {
    let options: DatasetOptions = serde_json::from_str(r#"{"kind":"mtat","root":"x"}"#).unwrap();
    assert_eq!(options, DatasetOptions::Mtat { root: "x".into() });
    assert!(serde_json::from_str::<DatasetOptions>(r#"{"kind":"mtat","root":"x","path":"y"}"#).is_err());
    assert!(serde_json::from_str::<DatasetOptions>(r#"{"kind":"magna","root":"x"}"#).is_err());
}

#[test]
fn gm_mtat_has_its_clips_tags_and_parts() {
    let Some(root) = shared("data/gm-mtat") else { return };
    let dataset = Dataset::load(&DatasetOptions::Mtat { root }, None, 0).unwrap();
    let count = |part| dataset.part(part).count();
    assert_eq!((count(Part::Train), count(Part::Valid), count(Part::Test)), (473, 47, 120));
    assert_eq!(dataset.tags.len(), 50);
    assert_eq!((dataset.tags[47].as_str(), dataset.tags[48].as_str()), ("metal", "female voice"), "order B");
    let with_positives = |part: Option<Part>| {
        (0..50u32)
            .filter(|tag| dataset.clips.iter().any(|c| part.is_none_or(|p| c.part == p) && c.tags.contains(tag)))
            .count()
    };
    assert_eq!(with_positives(None), 38);
    assert_eq!(with_positives(Some(Part::Valid)), 37, "country has none");
    assert!(dataset.clips.iter().all(|clip| clip.path.is_file()));
}

#[test]
fn gtzan_takes_the_fault_filtered_lists() {
    let Some(lists) = shared("data/splits/GTZAN_split") else { return };
    let folder = tempfile::tempdir().unwrap();
    for genre in ["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"] {
        let genre_folder = folder.path().join("genres").join(genre);
        fs::create_dir_all(&genre_folder).unwrap();
        for i in 0..10 {
            fs::write(genre_folder.join(format!("{genre}.{i:05}.wav")), b"").unwrap();
        }
    }
    let options = DatasetOptions::Gtzan { root: folder.path().to_path_buf(), lists: Some(lists) };
    let dataset = Dataset::load(&options, None, 0).unwrap();
    let count = |part| dataset.part(part).count();
    assert_eq!((count(Part::Train), count(Part::Valid), count(Part::Test)), (443, 197, 290));
    let per_genre = |part| {
        let mut counts = [0; 10];
        dataset.part(part).for_each(|clip| counts[clip.tags[0] as usize] += 1);
        counts
    };
    assert_eq!(per_genre(Part::Train), [46, 48, 45, 42, 47, 43, 44, 41, 43, 44]);
    assert_eq!(per_genre(Part::Test), [31, 31, 30, 29, 27, 27, 27, 30, 26, 32]);
    let drawn =
        Dataset::load(&DatasetOptions::Gtzan { root: folder.path().to_path_buf(), lists: None }, None, 0).unwrap();
    assert_eq!((drawn.clips.len(), drawn.part(Part::Test).count(), drawn.warnings.len()), (100, 10, 1));
}
