//! Drawn splits.

use std::collections::BTreeMap;

use net::Task;
use train::dataset::{Dataset, Part, SplitRules};

use super::{codes, manifest, touch};
use train::dataset::DatasetOptions;

fn parts(dataset: &Dataset) -> BTreeMap<String, Part> {
    dataset.clips.iter().map(|clip| (clip.name.clone(), clip.part)).collect()
}

#[test]
fn rows_that_come_go_or_change_places_move_no_other_clip() {
    let folder = tempfile::tempdir().unwrap();
    let load = |name: &str, rows: &[String]| {
        let text = format!("path,tags\n{}", rows.concat());
        Dataset::load(&manifest(folder.path(), name, text), Some(Task::SingleLabel), 5).unwrap()
    };
    let rows: Vec<String> = (0..200).map(|i| format!("{i}.wav,{}\n", ["x", "y"][i % 2])).collect();
    let before = load("m.csv", &rows);
    assert!(before.split.ends_with("80/10/10 by hash of seed 5 and name"), "{}", before.split);
    let mut others = vec!["!first.wav,x\n".to_owned(), "another.wav,z\n".to_owned()];
    others.extend(rows.iter().rev().step_by(3).cloned());
    // Another list with other rows, and another tag for a clip.
    let after = parts(&load("other.csv", &others));
    let both = parts(&before).into_iter().filter(|(name, _)| after.contains_key(name)).collect::<Vec<_>>();
    assert_eq!(both.len(), 67);
    assert!(both.iter().all(|(name, part)| after[name] == *part));
}

#[test]
fn every_class_is_split_in_about_the_same_shares() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..4000).map(|i| format!("{i}.wav,{}\n", ["x", "y"][i % 2])).collect();
    let options = manifest(folder.path(), "m.csv", format!("path,tags\n{rows}"));
    let dataset = Dataset::load(&options, Some(Task::SingleLabel), 1).unwrap();
    for (part, share) in [(Part::Train, 1600.0f64), (Part::Valid, 200.0), (Part::Test, 200.0)] {
        for class in 0..2 {
            let count = dataset.part(part).filter(|clip| clip.tags == [class]).count() as f64;
            // Four standard deviations of 2,000 draws.
            assert!((count - share).abs() < 4.0 * (share * (1.0 - share / 2000.0)).sqrt(), "{part} {class}: {count}");
        }
    }
    assert_ne!(parts(&dataset), parts(&Dataset::load(&options, Some(Task::SingleLabel), 2).unwrap()));
}

#[test]
fn converted_and_moved_folders_keep_their_split() {
    let load = |names: &[String]| {
        let folder = tempfile::tempdir().unwrap();
        touch(folder.path(), &names.iter().map(String::as_str).collect::<Vec<_>>());
        Dataset::load(&DatasetOptions::Folders { root: folder.path().to_path_buf() }, None, 0).unwrap()
    };
    let named =
        |suffix: &str| -> Vec<String> { (0..60).map(|i| format!("{}/{i}.{suffix}", ["a", "b"][i % 2])).collect() };
    let of = |dataset: Dataset| dataset.clips.iter().map(|clip| clip.part).collect::<Vec<_>>();
    assert_eq!(of(load(&named("wav"))), of(load(&named("flac"))));
}

#[test]
fn a_part_that_chance_left_empty_is_told_with_a_seed_that_helps() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..5).map(|i| format!("{i}.wav,x|y\n")).collect();
    let options = manifest(folder.path(), "m.csv", format!("path,tags\n{rows}"));
    let empty = (0..50).find(|&seed| Dataset::load(&options, None, seed).unwrap().other_seed.is_some()).unwrap();
    let dataset = Dataset::load(&options, None, empty).unwrap();
    assert_eq!(codes(&dataset), ["drawn-part-empty"]);
    let other = dataset.other_seed.unwrap();
    assert!(dataset.warnings[0].message.contains(&format!("such as {other}")));
    let helped = Dataset::load(&options, None, other).unwrap();
    assert!(Part::ALL.iter().all(|&part| helped.part(part).count() > 0) && helped.warnings.is_empty());
}

#[test]
fn runs_of_the_first_version_keep_their_rules() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..40).map(|i| format!("{i}.wav,{}\n", ["x", "y"][i % 2])).collect();
    let options = manifest(folder.path(), "m.csv", format!("path,tags\n{rows}"));
    let old = Dataset::load_by(&options, Some(Task::SingleLabel), 5, SplitRules::Shuffled).unwrap();
    for part in [Part::Valid, Part::Test] {
        let tags: Vec<u32> = old.part(part).flat_map(|clip| clip.tags.clone()).collect();
        assert_eq!((tags.len(), tags.iter().filter(|&&tag| tag == 0).count()), (4, 2), "stratified");
    }
    assert!(old.split.ends_with("80/10/10 drawn with seed 5"));
}
