//! FMA's metadata with two or three header lines.

use std::fs;
use std::path::Path;

use train::dataset::{Dataset, DatasetOptions, FmaSubset};

use super::{codes, counts, touch};

const TWO: &str = ",album,artist,set,set,track,track\n,id,id,split,subset,genre_top,title\n";
const ROWS: &str = "2,1,1,training,small,Hip-Hop,Food\n\
                    3,1,1,validation,small,Rock,\"Electric, Ave\"\n\
                    1005,4,6,test,small,Rock,\"Two\nlines\"\n\
                    10,6,6,training,medium,Pop,Freeway\n\
                    140,7,54,test,large,,No genre\n\
                    141,7,54,test,large,Folk,Full\n";

fn write(folder: &Path, text: &str) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("tracks.csv"), text).unwrap();
}

fn fma(root: &Path, subset: Option<FmaSubset>) -> DatasetOptions {
    DatasetOptions::Fma { root: root.into(), lists: None, subset }
}

#[test]
fn each_subset_contains_the_smaller_ones() {
    for header in [TWO.to_owned(), format!("{TWO}track_id,,,,,,\n")] {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("fma_metadata"), &format!("{header}{ROWS}"));
        touch(folder.path(), &["fma_small/000/000002.mp3", "fma_small/000/000003.mp3", "fma_small/001/001005.mp3"]);
        let small = Dataset::load(&fma(folder.path(), None), None, 0).unwrap();
        assert_eq!((counts(&small), codes(&small)), ([1, 1, 1], vec![]));
        assert_eq!(small.tags, ["Hip-Hop", "Rock"]);
        assert!(small.clips.iter().all(|clip| clip.path.is_file()));
        assert_eq!((small.clips[2].name.as_str(), small.clips[2].groups[0].value.as_str()), ("001/001005.mp3", "6"));
        let medium = Dataset::load(&fma(folder.path(), Some(FmaSubset::Medium)), None, 0).unwrap();
        assert_eq!(counts(&medium), [2, 1, 1]);
        let large = Dataset::load(&fma(folder.path(), Some(FmaSubset::Large)), None, 0).unwrap();
        assert_eq!((counts(&large), codes(&large)), ([2, 1, 2], vec!["untagged-left-out"]));
        // The folder of the subset itself; the metadata are in the same folder as it.
        let inside = Dataset::load(&fma(&folder.path().join("fma_small"), None), None, 0).unwrap();
        assert!(inside.clips.iter().all(|clip| clip.path.is_file()));
    }
}

#[test]
fn other_tables_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let message = |text: &str| {
        write(folder.path(), text);
        Dataset::load(&fma(folder.path(), None), None, 0).unwrap_err().message
    };
    let options = fma(folder.path(), None);
    assert!(Dataset::load(&options, None, 0).unwrap_err().message.contains("no tracks.csv"));
    for (text, why) in [
        ("track_id,genre\n", "fewer than two header lines"),
        ("track_id,genre\n1,Rock\n", "no column set, split"),
        (&format!("{TWO}2,1,1,train,small,Rock,Food\n"), "line 3: the split must be training"),
        (&format!("{TWO}x,1,1,training,small,Rock,Food\n"), "line 3: expected the number of a track"),
    ] {
        assert!(message(text).contains(why), "{}", message(text));
    }
}
