//! Tags and parts that are selected of a dataset.

use std::collections::BTreeMap;
use std::fs;

use error::Code;
use net::Task;
use train::dataset::{Dataset, DatasetOptions, Part, Selection};

use super::{codes, counts, failure, manifest};

const LIST: &str = "path,tags,split,artist,fold\n\
                    a.wav,man|rock,train,x,1\n\
                    b.wav,male voice,train,x,2\n\
                    c.wav,male vocal|pop|man,valid,y,3\n\
                    d.wav,rock|rare,test,y,1\n\
                    e.wav,,test,z,2\n";

fn load(options: &DatasetOptions, selection: Selection) -> Dataset {
    Dataset::load(&options.clone().selected(selection), None, 0).unwrap()
}

/// The tags of each clip, by name.
fn tags(dataset: &Dataset) -> Vec<(String, Vec<String>)> {
    let named = |tags: &[u32]| tags.iter().map(|&tag| dataset.tags[tag as usize].clone()).collect();
    dataset.clips.iter().map(|clip| (clip.name.clone(), named(&clip.tags))).collect()
}

#[test]
fn tags_are_merged_before_they_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let options = manifest(folder.path(), "m.csv", LIST);
    let merge_tags = vec!["male vocal = male voice = man".to_owned()];
    let merged = load(&options, Selection { merge_tags: merge_tags.clone(), ..Selection::default() });
    assert_eq!(merged.tags, ["male vocal", "pop", "rare", "rock"]);
    assert_eq!(tags(&merged)[2].1, ["male vocal", "pop"], "each once");
    let two = load(&options, Selection { merge_tags, min_positives: Some(2), ..Selection::default() });
    assert_eq!(two.tags, ["male vocal", "rock"]);
    assert_eq!(two.clips.len(), 5, "the clip without tags had none before");
    assert!(two.split.ends_with("; 2 selected tags"), "{}", two.split);
    let rules = folder.path().join("rules.txt");
    fs::write(&rules, "# voices\nman = male voice = male vocal\n").unwrap();
    let by_file = load(&options, Selection { merge_file: Some(rules), top_tags: Some(1), ..Selection::default() });
    assert_eq!(by_file.tags, ["man"]);
    assert_eq!(by_file.clips.len(), 4, "d has lost its tags");
    assert!(codes(&by_file).contains(&"untagged-left-out"));
}

#[test]
fn a_file_gives_the_order_of_the_tags() {
    let folder = tempfile::tempdir().unwrap();
    let options = manifest(folder.path(), "m.csv", LIST);
    for (name, text) in [("tags.txt", "rock\r\npop\n\nflute\n"), ("tags.json", "[\"rock\", \"pop\", \"flute\"]")] {
        let list = folder.path().join(name);
        fs::write(&list, text).unwrap();
        let dataset = load(&options, Selection { tag_list: Some(list), ..Selection::default() });
        assert_eq!(dataset.tags, ["rock", "pop", "flute"]);
        let names: Vec<&str> = dataset.clips.iter().map(|clip| clip.name.as_str()).collect();
        assert_eq!(names, ["a.wav", "c.wav", "d.wav", "e.wav"]);
        let unknown = dataset.warnings.iter().find(|warning| warning.code.as_str() == "unknown-tags").unwrap();
        assert_eq!(unknown.tags, ["flute"]);
    }
    let twice = folder.path().join("twice.txt");
    fs::write(&twice, "rock\npop\nrock\n").unwrap();
    let selection = Selection { tag_list: Some(twice), ..Selection::default() };
    let refused = Dataset::load(&options.clone().selected(selection), None, 0).unwrap_err();
    assert!(refused.message.contains("twice.txt: line 3: the tag rock is listed twice"), "{refused}");
    let few = options.clone().selected(Selection { min_positives: Some(9), ..Selection::default() });
    assert!(failure(&few).contains("most frequent tag has 2 clips"), "{}", failure(&few));
    let none = options.selected(Selection { top_tags: Some(0), ..Selection::default() });
    assert_eq!(Dataset::load(&none, None, 0).unwrap_err().code, Code::InvalidOption);
}

#[test]
fn no_group_is_in_two_parts_and_names_do_not_matter() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..400).map(|i| format!("{i}.wav,t{},{}\n", i % 3, i % 40)).collect();
    let options = manifest(folder.path(), "m.csv", format!("path,tags,Singer\n{rows}"));
    let selection = Selection { group: Some("singer".into()), ..Selection::default() };
    let dataset = load(&options, selection.clone());
    let mut parts: BTreeMap<&str, Vec<Part>> = BTreeMap::new();
    for clip in &dataset.clips {
        parts.entry(&clip.groups[0].value).or_default().push(clip.part);
    }
    assert_eq!(parts.len(), 40);
    assert!(parts.values().all(|parts| parts.iter().all(|part| *part == parts[0])), "{parts:?}");
    assert!(counts(&dataset).iter().all(|&count| count > 0));
    assert!(dataset.split.ends_with("80/10/10 by hash of seed 0 and singer"), "{}", dataset.split);
    let other = Dataset::load(&options.selected(selection), None, 1).unwrap();
    assert_ne!(counts(&dataset), counts(&other));
}

#[test]
fn a_split_that_groups_replace_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let options = manifest(folder.path(), "m.csv", LIST.replace(",y,3", ",,3"));
    let dataset = load(&options, Selection { group: Some("artist".into()), ..Selection::default() });
    assert!(codes(&dataset).contains(&"split-replaced") && codes(&dataset).contains(&"clips-without-group"));
    let wrong = options.selected(Selection { group: Some("label".into()), ..Selection::default() });
    assert!(failure(&wrong).contains("group must be one of artist, received \"label\""), "{}", failure(&wrong));
}

#[test]
fn lists_can_have_folds() {
    let folder = tempfile::tempdir().unwrap();
    let options = manifest(folder.path(), "m.csv", LIST);
    let dataset = load(&options, Selection { fold: Some(3), ..Selection::default() });
    assert_eq!(counts(&dataset), [2, 2, 1]);
    let folded = |text: &str| {
        let options = manifest(folder.path(), "f.csv", text);
        failure(&options.selected(Selection { fold: Some(1), ..Selection::default() }))
    };
    assert!(folded("path,tags\na.wav,x\n").contains("it has no folds"));
    assert!(folded("path,tags,fold\na.wav,x,1\nb.wav,x,2\n").contains("at least 3"));
    let message = folded("path,tags,fold\na.wav,x,1\nb.wav,x,2\nc.wav,x,3\nd.wav,x,\n");
    assert!(message.contains("line 5: d.wav has no fold"), "{message}");
    for wrong in ["one", "1.5", "0.0", "."] {
        let message = folded(&format!("path,tags,fold\na.wav,x,{wrong}\n"));
        assert!(message.contains("line 2: the fold must be a whole number"), "{message}");
    }
    let options = manifest(folder.path(), "f.csv", LIST.replace(",1\n", ",1.0\n"));
    assert_eq!(counts(&load(&options, Selection { fold: Some(3), ..Selection::default() })), [2, 2, 1]);
    let json = "{\"path\":\"a.wav\",\"tags\":[\"x\"],\"fold\":1}\n{\"path\":\"b.wav\",\"tags\":[\"x\"],\"fold\":2}\n\
                {\"path\":\"c.wav\",\"tags\":[\"x\"],\"fold\":3}\n";
    let options = manifest(folder.path(), "f.jsonl", json);
    assert_eq!(counts(&load(&options, Selection { fold: Some(2), ..Selection::default() })), [1, 1, 1]);
}

#[test]
fn classes_that_are_not_selected_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let options = manifest(folder.path(), "m.csv", "path,tags\na.wav,x\nb.wav,x\nc.wav,y\n");
    let selected = options.selected(Selection { top_tags: Some(1), ..Selection::default() });
    let dataset = Dataset::load(&selected, Some(Task::SingleLabel), 0).unwrap();
    assert_eq!((dataset.clips.len(), &dataset.tags[..]), (2, &["x".to_owned()][..]));
}
