//! TAGTRAUM's genre annotations, id lists and path maps.

use std::fs;
use std::path::Path;

use error::Code;
use net::Task;
use train::dataset::{Dataset, DatasetOptions};

use super::{codes, counts, touch};
use crate::shared::shared;

const GENRES: &str =
    "# comment\r\nTRAAAAW128F429D538\tPop_Rock\nTRAAADJ128F4287B47\tRap\nTRAAADZ128F9348C2E\tpop_rock\n";

fn tagtraum(root: &Path) -> DatasetOptions {
    DatasetOptions::Tagtraum { root: root.into(), lists: None }
}

fn list(folder: &Path, name: &str, ids: &[&str]) {
    let items: String = ids.iter().map(|id| format!("S'{id}'\na")).collect();
    fs::write(folder.join(name), format!("(lp1\n{items}.")).unwrap();
}

#[test]
fn lists_genres_and_files_are_joined_by_their_ids() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::write(root.join("msd_tagtraum_cd2c.cls"), GENRES).unwrap();
    list(root, "train_list.cP", &["TRAAAAW128F429D538"]);
    list(root, "valid_list.cP", &["TRAAADJ128F4287B47"]);
    list(root, "test_list.cP", &["TRAAADZ128F9348C2E"]);
    touch(root, &["A/A/A/TRAAAAW128F429D538.mp3", "TRAAADJ128F4287B47.wav", "8/9/8947470.clip.mp3"]);
    let dataset = Dataset::load(&tagtraum(root), None, 0).unwrap();
    assert_eq!((counts(&dataset), &dataset.tags[..]), ([1, 1, 1], &["pop_rock".to_owned(), "rap".to_owned()][..]));
    assert_eq!(dataset.clips[0].name, "A/A/A/TRAAAAW128F429D538.mp3");
    assert!(dataset.clips[0].path.is_file() && dataset.clips[1].path.is_file() && !dataset.clips[2].path.is_file());
    assert_eq!(codes(&dataset), ["other-suffix"]);
    // With the maps of the 7digital previews.
    fs::write(root.join("MSD_id_to_7D_id.pkl"), "(dp0\nS'TRAAADZ128F9348C2E'\nI42\ns.").unwrap();
    let message = Dataset::load(&tagtraum(root), None, 0).unwrap_err().message;
    assert!(message.contains("both MSD_id_to_7D_id.pkl and 7D_id_to_path.pkl"), "{message}");
    fs::write(root.join("7D_id_to_path.pkl"), "(dp0\nI42\nS'8/9/8947470.clip.mp3'\ns.").unwrap();
    let dataset = Dataset::load(&tagtraum(root), None, 0).unwrap();
    assert!(dataset.clips.iter().all(|clip| clip.path.is_file()));
    assert_eq!(dataset.clips[2].name, "8/9/8947470.clip.mp3");
}

#[test]
fn without_lists_the_split_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("genres.cls"), GENRES).unwrap();
    let dataset = Dataset::load(&tagtraum(folder.path()), None, 0).unwrap();
    assert_eq!(dataset.clips.len(), 3);
    assert!(dataset.split.contains("by hash of seed 0"), "{}", dataset.split);
}

#[test]
fn two_genres_and_unknown_ids_are_refused_with_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let file = root.join("msd_tagtraum_cd2c.cls");
    let refused = |options: &DatasetOptions| {
        let refused = Dataset::load(options, None, 0).unwrap_err();
        assert_eq!(refused.code, Code::Dataset);
        refused.message
    };
    assert!(refused(&tagtraum(root)).contains("0 .cls files"));
    fs::write(&file, format!("{GENRES}TRAAAEF128F4273421\trock\tpop\n")).unwrap();
    let message = refused(&tagtraum(root));
    assert!(message.contains("cd2c.cls: line 5") && message.contains("found rock, pop"), "{message}");
    assert_eq!(Dataset::load(&tagtraum(root), Some(Task::MultiLabel), 0).unwrap().clips.len(), 4);
    fs::write(&file, format!("{GENRES}TRAAAEF128F4273421\n")).unwrap();
    assert!(refused(&tagtraum(root)).contains("line 5: expected ID<TAB>GENRE"));
    fs::write(&file, GENRES).unwrap();
    for name in ["train_list.cP", "valid_list.cP", "test_list.cP"] {
        list(root, name, &["TRAAAAW128F429D538", "TRXXXXX128F429D538"]);
    }
    let message = refused(&tagtraum(root));
    assert!(message.contains("train_list.cP: entry 2: TRXXXXX128F429D538 has no genre"), "{message}");
    fs::remove_file(root.join("valid_list.cP")).unwrap();
    assert!(refused(&tagtraum(root)).contains("first 141372 are the training part"));
}

#[test]
fn the_published_test_list_is_read() {
    let Some(lists) = shared("data/splits/TAGTRAUM_split") else { return };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let bytes = fs::read(lists.join("test_list.cP")).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let ids: Vec<&str> = text.lines().filter_map(|line| line.split('\'').nth(1)).collect();
    assert_eq!(ids.len(), 37_817);
    let mut genres: String = ids.iter().map(|id| format!("{id}\trock\n")).collect();
    genres += "TRTRAIN\tpop\nTRVALID\tpop\n";
    fs::write(root.join("msd_tagtraum_cd2c.cls"), genres).unwrap();
    fs::copy(lists.join("test_list.cP"), root.join("test_list.cP")).unwrap();
    list(root, "train_list.cP", &["TRTRAIN"]);
    list(root, "valid_list.cP", &["TRVALID"]);
    assert_eq!(counts(&Dataset::load(&tagtraum(root), None, 0).unwrap()), [1, 1, 37_817]);
}
