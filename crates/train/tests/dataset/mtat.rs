//! MagnaTagATune's annotations and splits.

use std::fmt::Write;
use std::path::Path;

use net::MTAT_TAGS;
use train::dataset::{Dataset, DatasetOptions, MtatSplit, Part, SplitRules};

use super::{codes, counts, touch};
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
        let options = DatasetOptions::Mtat { root: folder.path().to_path_buf(), split };
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
    let options = DatasetOptions::Mtat { root: folder.path().to_path_buf(), split: None };
    let dataset = Dataset::load(&options, None, 0).unwrap();
    assert!(dataset.clips.iter().all(|clip| clip.path.is_file()));
    assert_eq!((codes(&dataset), dataset.warnings[0].count), (vec!["other-suffix"], Some(2)));
}

#[test]
fn gm_mtat_has_its_clips_tags_and_parts() {
    let Some(root) = shared("data/gm-mtat") else { return };
    let dataset = Dataset::load(&DatasetOptions::Mtat { root, split: None }, None, 0).unwrap();
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
