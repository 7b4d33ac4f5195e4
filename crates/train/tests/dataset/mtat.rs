//! MagnaTagATune's annotations and splits.

use std::fmt::Write;
use std::path::Path;

use net::MTAT_TAGS;
use train::dataset::{Dataset, DatasetOptions, MtatSplit, Part, SplitRules};

use super::{codes, counts, npy, touch};
use crate::shared::shared;

/// Annotations of `names`; those that are tagged have the first tag of order B.
fn annotations(folder: &Path, names: &[(&str, bool)]) {
    let mut text = format!("\"clip_id\"\t\"{}\"\t\"mp3_path\"\n", MTAT_TAGS.join("\"\t\""));
    for (index, (name, tagged)) in names.iter().enumerate() {
        let cells: Vec<&str> = (0..50).map(|tag| if tag == 0 && *tagged { "1" } else { "0" }).collect();
        writeln!(text, "\"{index}\"\t\"{}\"\t\"{name}\"", cells.join("\"\t\"")).unwrap();
    }
    std::fs::write(folder.join("annotations_final.csv"), text).unwrap();
}

#[test]
fn splits_have_names() {
    let folder = tempfile::tempdir().unwrap();
    annotations(
        folder.path(),
        &[("0/a.mp3", true), ("b/b.mp3", false), ("c/c.mp3", true), ("f/d.mp3", true), ("d/e.mp3", false)],
    );
    let load = |split, rules| {
        let options = DatasetOptions::Mtat { root: folder.path().to_path_buf(), split, lists: None };
        Dataset::load_by(&options, None, 0, rules).unwrap()
    };
    let kaist = load(None, SplitRules::Hashed);
    assert_eq!((counts(&kaist), kaist.shortest_seconds), ([1, 1, 1], Some(29.1)));
    assert_eq!(codes(&kaist), ["untagged-left-out"]);
    assert_eq!(kaist, load(Some(MtatSplit::Kaist), SplitRules::Hashed));
    let tagged = load(Some(MtatSplit::Tagged), SplitRules::Hashed);
    assert_eq!((counts(&tagged), tagged.shortest_seconds), ([1, 1, 1], None));
    let pons = load(Some(MtatSplit::Pons), SplitRules::Hashed);
    assert_eq!((counts(&pons), pons.shortest_seconds), ([2, 1, 2], None));
    assert!(kaist.split != tagged.split && tagged.split != pons.split);
    let old = load(None, SplitRules::Shuffled);
    assert_eq!((old.split.as_str(), old.shortest_seconds), ("mtat by folder, tagged clips", None), "as 0.1.0");
}

#[test]
fn converted_clips_are_found_by_their_stem() {
    let folder = tempfile::tempdir().unwrap();
    annotations(folder.path(), &[("0/a-0-29.mp3", true), ("c/b-0-29.mp3", true), ("d/c-0-29.mp3", true)]);
    touch(folder.path(), &["0/a-0-29.wav", "c/b-0-29.flac", "d/c-0-29.mp3"]);
    let options = DatasetOptions::Mtat { root: folder.path().to_path_buf(), split: None, lists: None };
    let dataset = Dataset::load(&options, None, 0).unwrap();
    assert!(dataset.clips.iter().all(|clip| clip.path.is_file()));
    assert_eq!((codes(&dataset), dataset.warnings[0].count), (vec!["other-suffix"], Some(2)));
}

#[test]
fn gm_mtat_has_its_clips_tags_and_parts() {
    let Some(root) = shared("data/gm-mtat") else { return };
    let dataset = Dataset::load(&DatasetOptions::Mtat { root, split: None, lists: None }, None, 0).unwrap();
    assert_eq!(counts(&dataset), [473, 47, 120]);
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
fn annotations_saved_again_by_a_spreadsheet_are_read() {
    let folder = tempfile::tempdir().unwrap();
    annotations(folder.path(), &[("0/a.mp3", true), ("c/c.mp3", true), ("f/d.mp3", true)]);
    let file = folder.path().join("annotations_final.csv");
    let original = std::fs::read_to_string(&file).unwrap();
    let options = DatasetOptions::Mtat { root: folder.path().to_path_buf(), split: None, lists: None };
    let expected = Dataset::load(&options, None, 0).unwrap();
    let plain = original.replace('"', "");
    for variant in [
        plain.clone(),
        plain.replace('\t', ","),
        plain.replace('\t', ";").replace('\n', "\r\n"),
        format!("\u{feff}{original}"),
        plain.replace("\t1\t", "\t1.0\t"),
    ] {
        std::fs::write(&file, &variant).unwrap();
        assert_eq!(Dataset::load(&options, None, 0).unwrap(), expected, "{}", &variant[..60]);
    }
    std::fs::write(&file, original.replacen("\t\"1\"", "\t\"yes\"", 1)).unwrap();
    let message = Dataset::load(&options, None, 0).unwrap_err().message;
    assert!(message.contains("line 2") && message.contains("received \"yes\""), "{message}");
}

/// A NumPy array of texts.
fn npy_of_texts(texts: &[&str]) -> Vec<u8> {
    let width = texts.iter().map(|text| text.chars().count()).max().unwrap();
    let padded = texts.iter().flat_map(|text| text.chars().chain(std::iter::repeat('\0')).take(width));
    npy(&format!("<U{width}"), &format!("{},", texts.len()), padded.flat_map(|c| (c as u32).to_le_bytes()))
}

#[test]
fn published_lists_decide_clips_and_parts() {
    let clips = [("0/a-x-1-t.mp3", true), ("0/b-x-1-t.mp3", true), ("c/c-y-1-t.mp3", false), ("f/d-z-1-t.mp3", true)];
    let write = |folder: &Path, files: &[(&str, Vec<u8>)]| {
        for (name, bytes) in files {
            std::fs::write(folder.join(name), bytes).unwrap();
        }
    };
    let pickled = |name: &str| format!("(lp1\nS'{name}.npy'\np2\na.").into_bytes();
    let forms: [Vec<(&str, Vec<u8>)>; 3] = [
        vec![
            ("train_list_pub.cP", pickled("0/a-x-1-t")),
            ("valid_list_pub.cP", pickled("c/c-y-1-t")),
            ("test_list_pub.cP", pickled("0/b-x-1-t")),
        ],
        vec![
            ("train.npy", npy_of_texts(&["0\t0/a-x-1-t.mp3"])),
            ("valid.npy", npy_of_texts(&["12\tc/c-y-1-t.mp3"])),
            ("test.npy", npy_of_texts(&["3\t0/b-x-1-t.mp3"])),
        ],
        vec![
            ("index_mtt.tsv", b"7\t0/a-x-1-t.mp3\n8\t0/b-x-1-t.mp3\n9\tc/c-y-1-t.mp3\n".to_vec()),
            ("train_gt_mtt.tsv", b"7\t[0.0, 1.0]\n".to_vec()),
            ("val_gt_mtt.tsv", b"9\t[0.0, 1.0]\n".to_vec()),
            ("test_gt_mtt.tsv", b"8\t[0.0, 1.0]\n".to_vec()),
        ],
    ];
    for files in forms {
        let folder = tempfile::tempdir().unwrap();
        annotations(folder.path(), &clips);
        write(folder.path(), &files);
        let root = folder.path().to_path_buf();
        let options = DatasetOptions::Mtat { root: root.clone(), split: None, lists: Some(root) };
        let dataset = Dataset::load(&options, None, 0).unwrap();
        let parts: Vec<(&str, Part)> = dataset.clips.iter().map(|clip| (clip.name.as_str(), clip.part)).collect();
        assert_eq!(
            parts,
            [("0/a-x-1-t.mp3", Part::Train), ("0/b-x-1-t.mp3", Part::Test), ("c/c-y-1-t.mp3", Part::Valid)],
            "{}",
            files[0].0
        );
        assert_eq!(dataset.shortest_seconds, None, "the lists decide");
        assert!(dataset.split.starts_with("mtat by the lists "), "{}", dataset.split);
    }
}

#[test]
fn lists_that_do_not_fit_are_refused_with_their_entry() {
    let folder = tempfile::tempdir().unwrap();
    annotations(folder.path(), &[("0/a.mp3", true), ("c/c.mp3", true), ("f/d.mp3", true)]);
    let root = folder.path().to_path_buf();
    let options = DatasetOptions::Mtat { root: root.clone(), split: None, lists: Some(root.clone()) };
    let failure = |files: [&str; 3]| {
        for (part, text) in ["train", "valid", "test"].iter().zip(files) {
            std::fs::write(root.join(format!("{part}_list_pub.cP")), format!("(lp0\n{text}.")).unwrap();
        }
        Dataset::load(&options, None, 0).unwrap_err().message
    };
    let message = Dataset::load(&options, None, 0).unwrap_err().message;
    assert!(message.contains("no list of MagnaTagATune"), "{message}");
    let message = failure(["S'0/a.npy'\na", "S'c/c.npy'\naS'c/new.npy'\na", "S'f/d.npy'\na"]);
    assert!(message.contains("valid_list_pub.cP: entry 2: c/new is not in"), "{message}");
    let message = failure(["S'0/a.npy'\na", "S'c/c.npy'\na", "S'0/a.npy'\na"]);
    assert!(message.contains("listed twice") && message.contains("train_list_pub.cP: entry 1"), "{message}");
    let message = failure(["cos\nsystem\n", "S'c/c.npy'\na", "S'f/d.npy'\na"]);
    assert!(message.contains("os.system"), "{message}");
}

#[test]
fn the_published_lists_have_their_counts() {
    let Some(lists) = shared("data/splits/MTAT_split") else { return };
    let folder = tempfile::tempdir().unwrap();
    // Annotations of exactly the clips of the lists, from the lists themselves.
    let mut names = Vec::new();
    for part in ["train", "valid", "test"] {
        let text = std::fs::read_to_string(lists.join(format!("{part}_list_pub.cP"))).unwrap();
        let quoted = text.lines().filter_map(|line| line.trim_start_matches('a').strip_prefix('S'));
        names.extend(quoted.map(|name| name.trim_matches(['\'', '"']).replace(".npy", ".mp3")));
    }
    let rows: Vec<(&str, bool)> = names.iter().map(|name| (name.as_str(), true)).collect();
    annotations(folder.path(), &rows);
    let root = folder.path().to_path_buf();
    let by_lists = DatasetOptions::Mtat { root: root.clone(), split: None, lists: Some(lists) };
    let by_lists = Dataset::load(&by_lists, None, 0).unwrap();
    assert_eq!(counts(&by_lists), [15_244, 1_529, 4_332]);
    let by_folder = Dataset::load(&DatasetOptions::Mtat { root, split: None, lists: None }, None, 0).unwrap();
    assert_eq!(counts(&by_folder), [15_244, 1_529, 4_332], "the lists follow the folders");
    // protocols.md 1.1: no album is in two parts, but 45 of the 75 test artists are also in train (2,680 test clips).
    let values = |name: &str, part: Part| -> std::collections::BTreeSet<String> {
        let groups = by_lists.part(part).flat_map(|clip| &clip.groups);
        groups.filter(|group| group.name == name).map(|group| group.value.clone()).collect()
    };
    let (trained, tested) = (values("artist", Part::Train), values("artist", Part::Test));
    assert_eq!((tested.len(), tested.intersection(&trained).count()), (75, 45));
    let shared = by_lists.part(Part::Test).filter(|clip| trained.contains(&clip.groups[0].value)).count();
    assert_eq!(shared, 2_680);
    assert!(values("album", Part::Train).is_disjoint(&values("album", Part::Test)));
}
